#!/usr/bin/python3
"""Statistics of two nodes: counted exactly, complete and once when Redis was away or lost them, believed from their node alone."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import mail
import wait
from cases import case, code, equal

SENT = 15  # seconds until what was counted has reached Redis: written each 3, sent each 5


def make():
    return cluster_rig.Cluster(2, houses=True, joined=True)


def send(node, count, sender="a@outside.example"):
    for _ in range(count):
        code(node.house.proxy(sender, "bob@one.example", mail.clean()), 250)


def total(node, *words, want=0):
    done = node.ctl("report", *words)
    equal(done.exit, want, done.errors)
    return done.rows[-1]["messages"]


def by_node(node):
    return {r["key"]: r["messages"] for r in node.ctl("report", "--by", "node").rows}


def settled(c, first, second, timeout=SENT):
    """Both nodes say so, and go on saying so."""
    want = {"gate1": first, "gate2": second}
    for go_on in (True, False):
        for node in c.nodes:
            wait.until(lambda: {k: v for k, v in by_node(node).items() if k != "total"} == want, timeout if go_on else 1,
                       f"{node.name} to say {want}")
        if go_on:
            time.sleep(6)


@case("messages of both nodes are counted exactly, and each node tells the whole")
def _(c):
    send(c[0], 5)
    send(c[1], 8, "b@outside.example")
    settled(c, 5, 8)
    equal([total(n) for n in c.nodes], [13, 13])
    equal(total(c[0], "--node", "gate2"), 8)
    equal(total(c[1], "--node", "gate2"), 8)
    rows = {r["key"]: r["messages"] for r in c[0].ctl("report", "--by", "sender").rows}
    equal((rows["a@outside.example"], rows["b@outside.example"]), (5, 8))


@case("while Redis is away a node tells its own; when it is back all is there, once")
def _(c):
    c.redis.stop()
    send(c[0], 4)
    send(c[1], 3)
    wait.until(lambda: by_node(c[0]).get("gate1") == 9, 10, "this node's own")
    done = c[0].ctl("report")
    equal(done.exit, 5)
    assert "away" in done.errors, done.errors
    equal(total(c[0], "--node", "gate1"), 9)
    c.redis.start()
    settled(c, 9, 11, 60)


@case("Redis restarted empty: each node sends again what it had sent")
def _(c):
    c.redis.command("FLUSHALL")
    c.redis.stop()
    c.redis.start()
    wait.until(lambda: c.redis.command("KEYS", c.key("stats:*")), 90, "statistics in Redis")
    c[0].ctl("cluster", "reseed")
    settled(c, 9, 11, 60)


@case("kill -9 of policyd, after a few seconds, loses nothing and counts nothing twice")
def _(c):
    send(c[1], 2)
    time.sleep(8)  # written each 3 s, and the disk may be busy
    c[1].policyd.kill()
    c[1].policyd.start()
    settled(c, 9, 13, 60)


@case("counts written into Redis by somebody else are refused, and named")
def _(c):
    wait.room(60)
    hour = int(time.time()) // 3600
    key = c.key(f"stats:{hour}")
    for node in c.nodes:
        send(node, 1)  # what was counted so far may belong to the hour before
    before = 24
    wait.until(lambda: [total(node) for node in c.nodes] == [before] * 2, SENT, "both to be counted")
    ids = [k.decode() for k in c.redis.command("HKEYS", key) if len(k) == 16]
    equal(len(ids), 2)
    mine = c.redis.command("HGET", key, ids[0])
    for forged, why in ((b'postgate-statistics 1 9 ' + b"0" * 128 + b'\n{"total":[1000]}', "not signed"),
                        (mine.replace(b'"recipients":', b'"recipients":9'), "not signed"), (b"x", "no hour")):
        for i in ids:
            c.redis.command("HSET", key, i, forged)
        done = c[0].ctl("report")
        equal(done.exit, 5)
        assert why in done.errors, done.errors
        assert done.rows[-1]["messages"] <= before
    c.redis.command("HSET", key, "00000000000000ff", mine)
    assert "no such member" in c[0].ctl("report").errors
    c.redis.command("HDEL", key, "00000000000000ff")
    c.redis.command("DEL", c.key(f"stats:{hour - 2}"))
    c.redis.command("SET", c.key(f"stats:{hour - 2}"), "no hash")
    for node in c.nodes:
        send(node, 1)  # the hour is written anew
    told = lambda: [(d.exit, d.rows[-1]["messages"]) for d in (n.ctl("report") for n in c.nodes)]
    wait.until(lambda: told() == [(0, before + 2)] * 2, SENT, "the right counts again")
    c.redis.command("DEL", c.key(f"stats:{hour - 2}"))


@case("a node that is down is named with since when; its hours stay in the sums")
def _(c):
    before = total(c[0])
    time.sleep(6)
    c[1].policyd.kill()
    wait.until(lambda: c[0].ctl("report").exit == 5, 40, "gate2 to be missed")
    done = c[0].ctl("report")
    assert "gate2" in done.errors and "last seen" in done.errors, done.errors
    equal(done.rows[-1]["messages"], before)


cases.main(make)
