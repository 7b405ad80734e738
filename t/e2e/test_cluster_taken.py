#!/usr/bin/python3
"""Somebody has the password of nodes for Redis: floods and giant values where any node may write. Nodes keep their link, serve each other, and say
what they do not believe."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import wait
from cases import case, equal
from quarantine_rig import Quarantine

GIANT = b"x" * (80 * 1024 * 1024)  # more than a reply may have


def node_id(c, i):
    return {r["node"]: r["id"] for r in c[0].ctl("node", "list").rows}[c[i].name]


def check_links(c, connections):
    """The same connection to Redis as before."""
    for node in c.nodes:
        equal(node.log.text().count("redis: connected"), connections[node.name], f"connections of {node.name}")


def connections_of(c):
    return {node.name: node.log.text().count("redis: connected") for node in c.nodes}


@case("an inbox that is filled without end, or with what is too long: requests of nodes are served all the same")
def _(c):
    entry, _ = c.keep(1)
    before, inbox = connections_of(c), c.key("inbox:" + node_id(c, 1))
    with c.redis.connection(timeout=60) as r:
        for _ in range(60):
            r.command("RPUSH", inbox, *["rubbish"] * 5000)
        r.command("RPUSH", inbox, GIANT)
        r.command("PUBLISH", inbox, "inbox")
        wait.until(lambda: r.command("LLEN", inbox) == 0, 5, "the inbox to be empty")
    equal(c[0].ctl("quarantine", "show", entry).exit, 0)
    assert "request refused" in c[1].log.text()
    check_links(c, before)


@case("an index of the quarantine with rows and ids that are too long, or that is none: named, and those of others go on")
def _(c):
    entry, message = c.keep(1)
    other, _ = c.keep(2)
    before, own = connections_of(c), c.key("quarantine:" + node_id(c, 2))
    with c.redis.connection(timeout=60) as r:
        row = r.command("HGET", own, other)
        r.command("HSET", own, other, GIANT)
        r.command("ZADD", own + ":ids", 0, b"2099" + GIANT)
        done = c[0].ctl("quarantine", "list")
        assert entry in [r["id"] for r in done.rows] and done.exit == 5 and "gate3: 1 rows" in done.errors, done
        equal(c[0].ctl("quarantine", "show", entry).exit, 0)
        r.command("DEL", own, own + ":ids")
        r.command("SET", own, "no hash")
        equal(c[0].ctl("quarantine", "show", entry).exit, 0)
        equal(c[0].ctl("quarantine", "release", entry).exit, 0)
        r.command("DEL", own)
        r.command("HSET", own, other, row)
        r.command("ZADD", own + ":ids", 0, other)
    check_links(c, before)


@case("hours of thousands of made-up nodes: the report names them, and comes soon")
def _(c):
    hour = int(time.time()) // 3600
    with c.redis.connection(timeout=60) as r:
        for h in range(hour - 200, hour):
            r.command("HSET", c.key(f"stats:{h}"), *[w for i in range(2000) for w in (f"{i:016x}", "x")])
        begin = time.monotonic()
        done = c[0].ctl("report", "--since", "30d", timeout=60)
        took = time.monotonic() - begin
        assert done.exit == 5 and "no such member" in done.errors, done
        assert took < 5, f"{took:.1f} s"
        for h in range(hour - 200, hour):
            r.command("DEL", c.key(f"stats:{h}"))


if __name__ == "__main__":
    cases.main(Quarantine)
