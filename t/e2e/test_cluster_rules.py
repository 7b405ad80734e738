#!/usr/bin/python3
"""Rules over several nodes: they reach all, one administrator of two wins, what does not fit is refused and named, nothing is lost with Redis."""
import hashlib
import os
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import ledger_entry as ledger
import wait
from cases import case, equal

RULES = """list friends ip
[policy]
rule refuse-helo when helo.name = "refused.example" then reject "5.7.1 not this one"
"""


def rules(mark):
    return RULES + f"\n# {mark}\n"


def apply(node, text, *options, name="next.rules"):
    path = os.path.join(node.gate.root, name)
    with open(path, "w") as f:
        f.write(text)
    return node.ctl("rules", "apply", path, *options, timeout=60)


def history(node):
    return [(r["revision"], r["author"], r["note"], r["sha256"], r["parent"]) for r in node.ctl("rules", "history", check=True).rows]


def status(node):
    return next(r for r in node.ctl("status").rows if r["program"] == "policyd")


def revision(node):
    return status(node)["revision"]


def trouble(node):
    return status(node)["problems"].get("cluster rules", "")


def wait_all(c, what, condition, timeout=10):
    for node in c.nodes:
        wait.until(lambda: condition(node), timeout, f"{what} on {node.name}; there: {status(node)}")


def wait_in_order(c):
    head = ledger.head(c, "rules")[0]
    wait_all(c, f"revision {head} in order", lambda n: revision(n) == head and not trouble(n))


@case("a revision applied on one node is in force on all, with its history")
def _(c):
    begin = time.monotonic()
    equal(apply(c[0], rules("one"), "--note", "the first of many").exit, 0)
    wait_all(c, "revision 2", lambda n: revision(n) == 2, 2)
    took = time.monotonic() - begin
    for node in c.nodes:
        equal(history(node), history(c[0]), node.name)
        assert "# one" in node.ctl("rules", "show", as_json=False).text
    print(f"     in force on {len(c.nodes)} nodes, applying and looking included, after {took * 1000:.0f} ms")


@case("rollback and diff work as on one machine")
def _(c):
    equal(c[0].ctl("rules", "rollback", "1").exit, 0)
    wait_all(c, "revision 3", lambda n: revision(n) == 3)
    equal(c[2].ctl("rules", "diff", "1", "3").exit, 0)
    equal(c[2].ctl("rules", "diff", "2", "3").exit, 1)


@case("where the signing key does not lie, it says where")
def _(c):
    done = apply(c[1], rules("elsewhere"))
    equal(done.exit, 3)
    assert "holds no signing key; run it on gate1" in done.errors, done.errors
    equal(revision(c[1]), 3)


@case("broken rules are refused before anybody hears of them")
def _(c):
    before = ledger.head(c, "rules")
    equal(apply(c[0], "rule nonsense").exit, 3)
    equal(ledger.head(c, "rules"), before)


@case("a node that was away has all revisions when it is back")
def _(c):
    c[2].policyd.stop()
    for i in range(3):
        equal(apply(c[0], rules(f"away {i}")).exit, 0)
    c[2].policyd.start()
    wait_in_order(c)
    equal(history(c[2]), history(c[0]))


@case("a revision that a node cannot take: it says so and why, and keeps the one before; the next one mends it")
def _(c):
    number, digest, _ = ledger.head(c, "rules")
    text, _ = ledger.make(c[0], "rules", number + 1, rules("of the future"), parent=digest, author="ann", language=99)
    ledger.put(c, "rules", number + 1, text)
    for node in c.nodes:
        wait.until(lambda: "refused: entry" in trouble(node), 5, f"a NACK of {node.name}")
        assert "language" in trouble(node) and "ann" in trouble(node), trouble(node)
        equal(revision(node), number)
    # An administrator has to look at it first: what is in force here is not what is in Redis.
    done = apply(c[0], rules("not over it"))
    assert done.exit == 1 and "not in force here" in done.errors and "language" in done.errors, done.errors
    text, _ = ledger.make(c[0], "rules", number + 2, rules("mended"), parent=ledger.head(c, "rules")[1])
    ledger.put(c, "rules", number + 2, text)
    wait_in_order(c)


def tampered(c, why, text, number=None, digest=None):
    """Written straight into Redis instead of the next revision: refused and named by all, the one before stays; then as it was."""
    before = ledger.head(c, "rules")
    number = number or before[0] + 1
    for node in c.nodes:
        node.log.mark()
    ledger.put(c, "rules", number, text, digest)
    for node in c.nodes:
        wait.until(lambda: re.search(why, trouble(node)), 5, f"{why} on {node.name}; there: {trouble(node)}")
        equal(revision(node), before[0])
        node.log.wait("cluster: rules forged", 10)
    done = apply(c[0], rules("over it"))
    assert done.exit != 0, done
    c.redis.command("DEL", c.key(f"rev:rules:{number}"))
    ledger.set_head(c, "rules", *before)
    wait_in_order(c)


@case("`heads` itself is hostile: named, nothing changes, and it is over when that is away")
def _(c):
    key = c.key("heads")
    rows = c.redis.command("HGETALL", key)
    before = ledger.head(c, "rules")

    def named(why):
        c.redis.command("PUBLISH", c.key("changed"), "rules")
        for node in c.nodes:
            wait.until(lambda: re.search(why, str(status(node)["problems"])), 10, f"{why} on {node.name}; there: {status(node)['problems']}")
            equal(revision(node), before[0])
            assert node.ctl("cluster", "status").exit != 4
            wait.until(lambda: "redis" not in status(node)["problems"], 20, f"the link of {node.name}; there: {status(node)['problems']}")

    ledger.set_head(c, "list/made-up", 2 ** 63 - 1, "0" * 64, 2 ** 63 - 1)
    named("list/made-up forged")
    c.redis.command("HDEL", key, "list/made-up")
    wait_in_order(c)
    for node in c.nodes:
        wait.until(lambda: "made-up" not in str(status(node)["problems"]), 10, f"{node.name} to forget it")
    c.redis.command("HSET", key, "list/long", b"x" * (80 * 1024 * 1024))
    named("1 rows of `heads`")
    c.redis.command("HDEL", key, "list/long")
    c.redis.command("HSET", key, *[w for i in range(3000) for w in (f"list/x{i}", f"1 {'0' * 64} 1")])
    named("subjects; a cluster has at most")
    c.redis.command("DEL", key)
    c.redis.command("SADD", key, "x")
    named("is no hash")
    c.redis.command("DEL", key)
    c.redis.command("HSET", key, *rows)
    c.redis.command("PUBLISH", c.key("changed"), "rules")
    wait_in_order(c)
    for node in c.nodes:
        wait.until(lambda: "cluster heads" not in status(node)["problems"], 10, f"order on {node.name}")


@case("rubbish, another key's signature, a changed byte, an old revision under a new number: refused and named")
def _(c):
    number, digest, _ = ledger.head(c, "rules")
    tampered(c, "not genuine", b"rubbish")
    other, _ = ledger.make(c[0], "rules", number + 1, rules("evil"), parent=digest, key=b"x" * 32)
    tampered(c, "no key of this cluster", other)
    good, _ = ledger.make(c[0], "rules", number + 1, rules("evil"), parent=digest)
    tampered(c, "signature is wrong", good.replace(b"evil", b"EVIL"))
    tampered(c, f"it is entry {number}", c.redis.command("GET", c.key(f"rev:rules:{number}")))
    of_list = c.redis.command("GET", c.key("rev:list/relay_networks:1")) or c.redis.command("GET", c.key("rev:domains:1"))
    tampered(c, "it is of ", of_list)
    foreign, _ = ledger.make(c[0], "rules", number + 1, rules("evil"), parent=digest, cluster="other")
    tampered(c, "of the cluster other", foreign)
    tampered(c, "names another entry", good, digest="0" * 64)


@case("a head that names what is not there, and keys of other types: nothing happens but a word")
def _(c):
    before = ledger.head(c, "rules")
    ledger.set_head(c, "rules", before[0] + 5, "0" * 64, 1)
    wait_all(c, "the gap named", lambda n: "is not there" in trouble(n))
    ledger.set_head(c, "rules", *before)
    wait_in_order(c)
    c.redis.command("LPUSH", c.key(f"rev:rules:{before[0] + 1}"), "x")
    ledger.set_head(c, "rules", before[0] + 1, "0" * 64, before[0] + 1)
    wait_all(c, "the type named", lambda n: "no string of bytes" in trouble(n))
    c.redis.command("DEL", c.key(f"rev:rules:{before[0] + 1}"))
    c.redis.command("HSET", c.key("heads"), "rules", "\x00\x01 not ours")
    wait_all(c, "the row named", lambda n: "not ours" in str(status(n)["problems"]))
    ledger.set_head(c, "rules", *before)
    wait_in_order(c)


@case("an old head is served: nobody goes back; where the signing key lies it is written forward again")
def _(c):
    number, digest, _ = ledger.head(c, "rules")
    old = c.redis.command("GET", c.key(f"rev:rules:{number - 1}"))
    ledger.set_head(c, "rules", number - 1, hashlib.sha256(old).hexdigest(), number - 1)
    wait.until(lambda: ledger.head(c, "rules")[0] == number, 10, "the head to be written again")
    wait_in_order(c)
    c[0].log.wait("Redis had lost entries", 10)


@case("Redis restarted empty: all keep what they have and say so; reseed writes it again")
def _(c):
    number = ledger.head(c, "rules")[0]
    c.redis.restart()
    wait_all(c, "empty", lambda n: "holds nothing of it" in trouble(n), 30)
    for node in c.nodes:
        equal(revision(node), number)
    refused = apply(c[0], rules("into nothing"))
    assert refused.exit == 3 and "cluster reseed" in refused.errors, refused
    done = c[0].ctl("cluster", "reseed", check=True)
    assert done.rows[0]["written"] > 5, done
    wait_in_order(c)
    equal(apply(c[0], rules("after it")).exit, 0)
    wait_in_order(c)


@case("a node starts without Redis with its last good rules, and follows when Redis is back")
def _(c):
    number = ledger.head(c, "rules")[0]
    dump = {k: c.redis.command("DUMP", k) for k in c.redis.keys(c.key("rev:*")) + c.redis.keys(c.key("heads"))}
    c.redis.stop()
    c[1].policyd.restart()
    wait.until(lambda: revision(c[1]) == number, 5, "the rules to be in force")
    refused = apply(c[0], rules("without Redis"))
    equal(refused.exit, 4, refused.errors)
    c.redis.start()
    for key, value in dump.items():
        c.redis.command("RESTORE", key, 0, value)
    c.wait_link(0)
    wait.until(lambda: apply(c[0], rules("Redis is back")).exit == 0, 20, "Redis to be used again")
    wait_in_order(c)


@case("two revisions with one number are a fork: named by all, mended by who is asked to")
def _(c):
    number, _, _ = ledger.head(c, "rules")
    parent = re.search(rb"^parent (\w+)$", c.redis.command("GET", c.key(f"rev:rules:{number}")), re.M)[1].decode()
    text, digest = ledger.make(c[0], "rules", number, rules("the other one"), parent=parent)
    ledger.put(c, "rules", number, text)
    wait_all(c, "the fork named", lambda n: "both genuine" in trouble(n))
    refused = c[0].ctl("cluster", "reseed")
    assert refused.exit == 3 and "--supersede" in refused.errors, refused
    equal(c[1].ctl("cluster", "reseed", "--supersede").exit, 3)
    done = c[0].ctl("cluster", "reseed", "--supersede")
    equal(done.exit, 0, done.errors)
    wait_in_order(c)
    assert "the other one" not in c[2].ctl("rules", "show", as_json=False).text


@case("two administrators against each other: each time one wins, the other is told who and shown the difference; nothing is lost")
def _(c):
    shutil.copy2(os.path.join(c[0].gate.state, "cluster", "signing.key"), os.path.join(c[1].gate.state, "cluster", "signing.key"))
    os.chown(os.path.join(c[1].gate.state, "cluster", "signing.key"), 61002, 61002)
    c[1].policyd.restart()
    c.wait_link(1)
    wait_in_order(c)
    first = ledger.head(c, "rules")[0]
    until = time.monotonic() + float(os.environ.get("SECONDS", 8))
    results = {0: [], 1: []}

    def work(i):
        n = 0
        while time.monotonic() < until:
            n += 1
            results[i].append((f"by {i} number {n}", apply(c[i], rules(f"by {i} number {n}"))))

    threads = [threading.Thread(target=work, args=(i,)) for i in results]
    [t.start() for t in threads]
    [t.join() for t in threads]
    wait_in_order(c)
    every = results[0] + results[1]
    equal({r.exit for _, r in every} - {0, 1}, set(), str([r for _, r in every if r.exit not in (0, 1)][:1]))
    won = {r.rows[-1]["revision"]: mark for mark, r in every if r.exit == 0}
    lost = [r for _, r in every if r.exit == 1]
    last = ledger.head(c, "rules")[0]
    equal(sorted(won), list(range(first + 1, last + 1)), "each number was won once")
    assert lost, "they never met"
    for r in lost:
        assert re.search(r"was first: entry \d+ of rules", r.errors), r.errors
        assert any(f"by {j} number" in row.get("difference", "") for j in results for row in r.rows[1:]), r.rows
    for node in c.nodes:
        equal(history(node), history(c[0]), node.name)
        for number in (first + 1, last):
            assert f"# {won[number]}\n" in node.ctl("rules", "show", str(number), as_json=False).text
    print(f"     {len(won)} won, {len(lost)} were told to look again")


@case("a node that joins later has the last revisions; its own are saved aside")
def _(c):
    equal([row[0] for row in history(c[2])], list(range(ledger.head(c, "rules")[0], 0, -1)))


if __name__ == "__main__":
    cases.main(lambda: cluster_rig.Cluster(3, rules=RULES, lists={"friends": ["192.0.2.1"]}, joined=True))
