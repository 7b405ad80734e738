#!/usr/bin/python3
"""quarantine_copies = 2: each held message lies on one more node, goes with it, and goes out from there when its holder is lost."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import wait
from cases import case, equal
from quarantine_rig import Quarantine, content, shown


def make():
    return Quarantine(settings={"quarantine_copies": "2"})


def copies(c, i, entry):
    return [r for r in c.rows(i, "--state", "copy") if r["id"] == entry]


def keep(c, i):
    """(id, message, row of the copy), once it is there and listed on all nodes."""
    entry, message = c.keep(i)
    for node in c.nodes:
        wait.until(lambda: copies(c, node.index, entry), 10, f"{node.name} to list the copy")
    return entry, message, copies(c, i, entry)[0]


@case("a held message is copied once, to another node, the same to the last byte")
def _(c):
    for i in range(3):
        entry, message, row = keep(c, i)
        equal(len(copies(c, 0, entry)), 1)
        assert row["node"] != c[i].name, row
        equal([r["node"] for r in c.rows(0) if r["id"] == entry], [c[i].name], "listed without asking for copies")
        equal(shown(c.raw(i, entry, "--copy", check=True)), content(message))
        equal(shown(c.raw(i, entry, "--node", row["node"], check=True)), content(message))


@case("what is large is copied too, and lies in Redis no longer than it takes")
def _(c):
    entry, message = c.keep(0, size=8_000_000)
    wait.until(lambda: copies(c, 1, entry), 20, "the copy")
    equal(shown(c.raw(1, entry, "--copy", check=True, timeout=60)), content(message))
    equal([k for k in c.redis.keys(c.key("answer:*")) if c.redis.command("TYPE", k) == b"list"], [])


@case("released or deleted at its holder, the copy goes")
def _(c):
    for word in ("release", "delete"):
        entry, message, row = keep(c, 1)
        c[2].ctl("quarantine", word, entry, check=True)
        wait.until(lambda: not copies(c, 0, entry), 10, f"the copy to go after {word}")
        equal([r["state"] for r in c.rows(0) if r["id"] == entry], [word + "d"])


@case("a copy is not released, nor deleted by chance, while its holder is alive")
def _(c):
    entry, message, row = keep(c, 1)
    done = c[0].ctl("quarantine", "release", entry, "--copy")
    equal(done.exit, 3)
    assert "gate2, which holds" in done.errors and "alive" in done.errors, done.errors
    done = c[0].ctl("quarantine", "delete", entry, "--node", row["node"])
    equal(done.exit, 3)
    assert "copy" in done.errors, done.errors
    equal(len(copies(c, 0, entry)), 1)


@case("what has no copy yet gets one at the next comparison: here, where the setting is new")
def _(c):
    def begin_with(copies):
        c[1].gate.settings["quarantine_copies"] = copies
        c[1].gate.write_config()
        c[1].policyd.restart()
    begin_with("1")
    entry, message = c.keep(1)
    equal(copies(c, 0, entry), [])
    begin_with("2")
    wait.until(lambda: copies(c, 0, entry), 20, "the copy")
    equal(shown(c.raw(0, entry, "--copy", check=True)), content(message))


@case("its holder gone, the list shows the copy, and an administrator may release it, once")
def _(c):
    entry, message, row = keep(c, 2)
    keeper = next(n.index for n in c.nodes if n.name == row["node"])
    asker = 1 - keeper
    for d in c[2].daemons:
        d.kill()
    try:
        wait.until(lambda: "is down since" in c[asker].ctl("quarantine", "show", entry, timeout=150).errors, 90, "the node to be down")
        done = c[asker].ctl("quarantine", "release", entry)
        equal(done.exit, 5)
        assert f"node {row['node']} keeps a copy" in done.errors, done.errors
        equal({r["node"] for r in c.rows(asker) if r["id"] == entry}, {"gate3", row["node"]})
        c[asker].ctl("quarantine", "release", entry, "--copy", check=True)
        got = c.sinks[keeper].wait_id(mail.id_of(message))
        equal(got.data.count(b"x" * 70), 1)
        again = c[asker].ctl("quarantine", "release", entry, "--copy")
        equal(again.exit, 3)
        equal(sum(len(s.with_id(mail.id_of(message))) for s in c.sinks), 1)
    finally:
        for d in c[2].daemons:
            d.start()


if __name__ == "__main__":
    cases.main(make)
