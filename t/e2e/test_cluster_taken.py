#!/usr/bin/python3
"""Somebody has the password of nodes for Redis: floods and giant values where any node may write. Nodes keep their link, serve each other, and say
what they do not believe."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import wait
from cases import case, equal
from quarantine_rig import Quarantine

GIANT = b"x" * (80 * 1024 * 1024)  # more than a reply may have


def node_id(c, i):
    return {r["node"]: r["id"] for r in c[0].ctl("node", "list").rows}[c[i].name]


@case("an inbox that is filled without end, or with what is too long: requests of nodes are served all the same")
def _(c):
    entry, _ = c.keep(1)
    inbox = c.key("inbox:" + node_id(c, 1))
    with c.redis.connection(timeout=60) as r:
        for _ in range(120):
            r.command("RPUSH", inbox, *["rubbish"] * 5000)
        r.command("RPUSH", inbox, GIANT)
        r.command("PUBLISH", inbox, "inbox")
        wait.until(lambda: r.command("LLEN", inbox) == 0, 10, "the inbox to be empty")
    wait.until(lambda: c[0].ctl("quarantine", "show", entry).exit == 0, 20, "the request to be served")
    assert "request refused" in c[1].log.text()


def list_names(c, entry, why):
    done = c[0].ctl("quarantine", "list")
    return done.exit == 5 and why in done.errors and entry in [r["id"] for r in done.rows]


@case("an index of the quarantine with rows and ids that are too long, or that is none: named, and those of others go on")
def _(c):
    entry, message = c.keep(1)
    other, _ = c.keep(2)
    own = c.key("quarantine:" + node_id(c, 2))
    with c.redis.connection(timeout=60) as r:
        row = r.command("HGET", own, other)
        r.command("HSET", own, other, GIANT)
        r.command("ZADD", own + ":ids", 0, b"2099" + GIANT)
        wait.until(lambda: list_names(c, entry, "gate3: 1 rows"), 20, "gate3's row to be named")
        wait.until(lambda: c[0].ctl("quarantine", "show", entry).exit == 0, 20, "the entry of gate2")
        r.command("DEL", own, own + ":ids")
        r.command("SET", own, "no hash")
        equal(c[0].ctl("quarantine", "show", entry).exit, 0)
        equal(c[0].ctl("quarantine", "release", entry).exit, 0)
        c.sinks[1].wait_id(mail.id_of(message))
        r.command("DEL", own)
        r.command("HSET", own, other, row)
        r.command("ZADD", own + ":ids", 0, other)


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
        assert took < wait.scaled(5), f"{took:.1f} s"
        for h in range(hour - 200, hour):
            r.command("DEL", c.key(f"stats:{h}"))


@case("keys that nodes write are of another type: they are written anew, and all is as before")
def _(c):
    wait.room(60)
    entry, _ = c.keep(2)
    rows = lambda node: sorted(r["id"] for r in node.ctl("quarantine", "list").rows)
    before, ids, hour = rows(c[0]), [node_id(c, i) for i in range(3)], int(time.time()) // 3600
    for key in [f"inbox:{i}" for i in ids] + [f"quarantine:{i}{k}" for i in ids for k in ("", ":ids")] + [f"stats:{hour}"]:
        c.redis.command("DEL", c.key(key))
        c.redis.command("SADD", c.key(key), "x")
    c.redis.command("CLIENT", "KILL", "TYPE", "pubsub")  # hints may have been missed: each compares its index
    wait.until(lambda: c[0].ctl("quarantine", "list").exit == 0 and rows(c[0]) == before, 20, "the whole index")
    wait.until(lambda: c[0].ctl("quarantine", "show", entry).exit == 0, 20, "requests to be served")
    c.keep(2)
    wait.until(lambda: c.redis.command("TYPE", c.key(f"stats:{hour}")) == b"hash", 20, "the hour of statistics")


if __name__ == "__main__":
    cases.main(Quarantine)
