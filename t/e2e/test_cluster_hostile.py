#!/usr/bin/python3
"""Somebody writes straight into Redis while mail flows: forged, replayed, renamed, doubled and disordered entries and requests; all of it is
refused and named, and no verdict changes."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import ledger_entry as ledger
import survival
import wait
from cases import case, equal

SENDER = "alice@outside.example"  # of the clean mail: what is forged here would refuse it, or send it elsewhere
RULES = survival.RULES.replace("[filter]", f'rule evil\n  when sender = "{SENDER}"\n  then reject "5.7.1 evil"\n[filter]', 1)
ITEM = json.dumps({"type": "address", "verb": "add", "items": [SENDER]})
ROUTE = json.dumps({"verb": "put", "domain": "one.example", "routes": ["127.0.0.66:25"]})
OPENED = json.dumps({"verb": "replace", "domains": []})


def problems(node):
    return next(r for r in node.ctl("status").rows if r["program"] == "policyd")["problems"]


def wait_named(c, what, why, timeout=10):
    c.wait(f"{why!r} named", lambda n: re.search(why, problems(n).get(what, "")), timeout)


def state_of(node):
    return (survival.rules_number(node), survival.items(node), [(r["domain"], r.get("routes")) for r in node.ctl("domain", "list", check=True).rows])


def is_in_order(node):
    return not any(k.startswith("cluster ") for k in problems(node))


def refused(c, subject, what, why, number, text, its_hash=None, base=None):
    """Written as the newest entry, named by both nodes, nothing changed; then as it was."""
    before, was = ledger.head(c, subject), [state_of(n) for n in c.nodes]
    key = c.key(f"rev:{subject}:{number}")
    old = c.redis.command("GET", key)
    ledger.put(c, subject, number, text, its_hash, base or before[2])
    wait_named(c, what, why)
    equal([state_of(n) for n in c.nodes], was, f"{subject}: {why}")
    c.redis.command(*(("DEL", key) if old is None else ("SET", key, old)))
    ledger.set_head(c, subject, *before)
    c.wait("order", is_in_order, 20)


def forge(c, subject, what, payload):
    """In every way an entry can be wrong."""
    number, digest, base = ledger.head(c, subject)
    make = lambda n, **kw: ledger.make(c[0], subject, n, payload, **{"parent": digest, "base": base if n != number + 1 else None, **kw})
    own = c.redis.command("GET", c.key(f"rev:{subject}:{number}"))
    refused(c, subject, what, "no key of this cluster", number + 1, make(number + 1, key=b"x" * 32)[0])
    refused(c, subject, what, "of the cluster other", number + 1, make(number + 1, cluster="other")[0])
    refused(c, subject, what, f"it is entry {number}", number + 1, own)  # the same once more
    refused(c, subject, what, f"it is entry {number + 2}", number + 1, make(number + 2)[0])  # out of order
    refused(c, subject, what, "not genuine", number + 1, payload.encode())
    elsewhere = ledger.make(c[0], "list/relay_networks" if subject == "rules" else "rules", number + 1, payload, parent=digest)[0]
    refused(c, subject, what, "it is of ", number + 1, elsewhere)  # renamed
    changed = bytearray(make(number + 1)[0])
    changed[-150 - 1] ^= 1
    refused(c, subject, what, "signature is wrong|not genuine", number + 1, bytes(changed))
    other_past = make(number + 1, parent="0" * 64, base=base)[0]
    refused(c, subject, what, "follow|parent|another", number + 1, other_past)


@case("forged, replayed and renamed revisions, items and domains: refused and named, mail is as ever")
def _(c):
    c[0].ctl("list", "add", "blocked", "one@blocked.example", check=True)
    c.wait("the item", lambda n: "one@blocked.example" in survival.items(n), 10)
    with survival.Traffic(c) as t:
        for subject, what, payload in (("rules", "cluster rules", RULES), ("list/blocked", "cluster lists", ITEM),
                                       ("domains", "cluster domains", ROUTE), ("domains", "cluster domains", OPENED)):
            forge(c, subject, what, payload)
            t.wait(5)
    t.settle()
    print(f"     {t.summary()}")


@case("entries twice and in another order, in the middle of a log that a node has to catch up from")
def _(c):
    with survival.Traffic(c) as t:
        c[1].policyd.stop()
        begun = ledger.head(c, "list/blocked")[0]
        for i in range(6):
            c[0].ctl("list", "add", "blocked", f"late{i}@blocked.example", check=True)
        key = lambda n: c.key(f"rev:list/blocked:{begun + n}")
        kept = {n: c.redis.command("GET", key(n)) for n in range(1, 7)}
        c.redis.command("SET", key(3), kept[2])  # twice
        c.redis.command("SET", key(4), kept[5])  # out of order
        c.redis.command("SET", key(5), kept[4])
        c[1].policyd.start()
        wait.until(lambda: "cluster lists" in problems(c[1]), 15, "gate2 to name it")
        have = survival.items(c[1])
        assert "late1@blocked.example" in have and "late2@blocked.example" not in have, sorted(have)
        for n, text in kept.items():
            c.redis.command("SET", key(n), text)
        c.redis.command("PUBLISH", c.key("changed"), "list/blocked")
        wait.until(lambda: "late5@blocked.example" in survival.items(c[1]), 20, "gate2 to have the rest")
        c.wait("order", is_in_order, 20)
        t.wait(5)
    t.settle(killed=True)
    equal(survival.items(c[1]), survival.items(c[0]))


def request_of(c, i, words):
    """Runs milter-ctl on the first node; the bytes of its request to node i."""
    its_id = next(r["id"] for r in c[0].ctl("node", "list").rows if r["node"] == c[i].name)
    key = c.key("inbox:" + its_id)
    with c.redis.connection(timeout=30) as r:
        r.command("MONITOR")
        c[0].ctl(*words, check=True)
        while True:
            line = r.read()
            if b'"RPUSH" "' + key.encode() in line and b" lua]" in line:
                text = line.partition(key.encode() + b'" "')[2].rpartition(b'"')[0]
                return key, text.decode("unicode_escape").encode("latin-1")


@case("a request to drain a node, replayed and forged: refused and named, the node goes on")
def _(c):
    key, request = request_of(c, 1, ("node", "drain", "gate2"))
    c[0].ctl("node", "resume", "gate2", check=True)
    with survival.Traffic(c) as t:
        for put, why in ((request, "drain of gate1 was put there a second time"), (request.replace(b'"id":"', b'"id":"0', 1), ""), (b"rubbish\n" * 500, "")):
            c[1].log.mark()
            c.redis.command("RPUSH", key, put)
            c.redis.command("PUBLISH", key, "inbox")
            wait.until(lambda: c.redis.command("LLEN", key) == 0, 10, "the request to be taken")
            if why:
                c[1].log.wait(f"request refused: .*({why})", 10)  # of the others it says so once in 10 s
            t.wait(5)
    t.settle()


cases.main(lambda: cluster_rig.Cluster(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS))
