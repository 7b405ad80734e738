#!/usr/bin/python3
"""Nodes of neighbouring releases: what the next one says beside what this one knows is passed over; what cannot be passed over is refused and named."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import ledger_entry as ledger
import wait
from cases import case, equal

RULES = """list friends ip
[policy]
rule accept-friends when client.ip in $friends then permit relay
"""


def policyd(node):
    return next(r for r in node.ctl("status").rows if r["program"] == "policyd")


def is_member(node):
    return node.ctl("cluster", "status").rows[0]["is_member"]


def items(node):
    return node.ctl("list", "export", "friends", check=True, as_json=False).text.split()


def put_next(c, subject, payload, is_base=False, **further):
    """As a later release would write it."""
    number, digest, base = ledger.head(c, subject)
    base = number + 1 if is_base else base
    payload = payload if isinstance(payload, str) else json.dumps(payload)
    text, its_hash = ledger.make(c[0], subject, number + 1, payload, parent=digest, base=base, **further)
    ledger.put(c, subject, number + 1, text, its_hash, base)
    return number + 1


def wait_in_order(c):
    c.wait("order", lambda n: not policyd(n)["cluster"]["troubled"], 10)


@case("a revision with lines this release does not know is in force, and kept as it was signed")
def _(c):
    number = put_next(c, "rules", RULES + "# of the next release\n", is_base=True, language=1, ticket="4711", reviewed_by="bob and carol")
    c.wait("the revision", lambda n: policyd(n)["revision"] == number)
    for n in c.nodes:
        assert "# of the next release" in n.ctl("rules", "show", as_json=False).text
    wait_in_order(c)
    path = os.path.join(c[0].gate.root, "next.rules")
    with open(path, "w") as f:
        f.write(RULES + "# of this one, on top\n")
    c[0].ctl("rules", "apply", path, check=True)
    c.wait("the one on top", lambda n: policyd(n)["revision"] == number + 1)


@case("an item and a domain with further keys are taken")
def _(c):
    put_next(c, "list/friends", {"type": "ip", "verb": "add", "items": ["192.0.2.9"], "until": 1999999999, "why": {"a": [1]}}, comment="x")
    c.wait("the item", lambda n: "192.0.2.9" in items(n))
    put_next(c, "domains", {"verb": "put", "domain": "next.example", "routes": ["192.0.2.20:25"], "priority": 5, "tls": "must"})
    c.wait("the domain", lambda n: "next.example" in [r["domain"] for r in n.ctl("domain", "list").rows])
    wait_in_order(c)


@case("what is said of members and is not known is skipped and said; keys rotate on top of it")
def _(c):
    for n in c.nodes:
        n.log.mark()
    put_next(c, "members", {"verb": "colour", "of": "gate1", "is": "green"})
    for n in c.nodes:
        n.log.wait("members says colour, which a later release knows; it is skipped", 10)
    wait_in_order(c)
    key = lambda n: open(os.path.join(n.gate.state, "cluster.key")).read().split("\n", 2)[2]
    before = key(c[0])
    c[0].ctl("cluster", "rotate-key", check=True)
    c.wait("the new key", lambda n: key(n) == key(c[0]) != before)
    wait_in_order(c)


@case("a change of a list that is not known cannot be skipped: the list stays, and who looks is told")
def _(c):
    before, head = items(c[0]), ledger.head(c, "list/friends")
    number = put_next(c, "list/friends", {"type": "ip", "verb": "expire", "items": ["192.0.2.9"]})
    c.wait("the word", lambda n: "names no verb that this release knows" in policyd(n)["problems"].get("cluster lists", ""))
    for n in c.nodes:
        equal(items(n), before, n.name)
    c.redis.command("DEL", c.key(f"rev:list/friends:{number}"))
    ledger.set_head(c, "list/friends", *head)
    wait_in_order(c)


@case("files of a node that hold lines of the next release are read after a way back")
def _(c):
    files = [os.path.join(c[1].gate.state, name) for name in ("cluster.key", "cluster/node")]
    c[1].policyd.stop()
    was = {}
    for path in files:
        with open(path) as f:
            was[path] = f.read()
        with open(path, "a") as f:
            f.write("colour green\n")
    c[1].policyd.start()
    try:
        wait.until(lambda: policyd(c[1])["cluster"].get("alive") == 2 and is_member(c[1]), 20,
                   f"gate2 to be a member; it says {policyd(c[1])}")
    finally:
        c[1].policyd.stop()
        for path, text in was.items():
            with open(path, "w") as f:
                f.write(text)
        c[1].policyd.start()


cases.main(lambda: cluster_rig.Cluster(2, rules=RULES, lists={"friends": ["192.0.2.1"]}, joined=True))
