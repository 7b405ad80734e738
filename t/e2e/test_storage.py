#!/usr/bin/python3
"""A full disk and damaged databases: what must be durable defers, everything else goes on."""
import glob
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import gate
import mail
from cases import Skipped, case, code, equal
from house import House, rules_with

RULES_HERE = rules_with(filter_='rule suspicious\n  when subject contains "suspicious"\n  then quarantine "looks odd"\n')


class Small(House):
    """The quarantine lies on a file system of 8 MB of its own."""

    def start(self):
        where = self.gate.quarantine
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size=8m,mode=2750,uid={gate.MILTER_UID},gid={gate.GROUP}", "tmpfs", where])
        self.mounted = done.returncode == 0
        if self.mounted:
            self.cleanup.append(self.unmount)
        return super().start()

    def unmount(self):
        self.gate.stop()
        subprocess.run(["umount", self.gate.quarantine])

    def fill(self):
        """Leaves no block free; returns what frees them again."""
        path = os.path.join(self.gate.quarantine, "ballast")
        with open(path, "wb", buffering=0) as f:
            try:
                while f.write(b"x" * 65536):
                    pass
            except OSError:
                pass
        return lambda: os.unlink(path)


def make():
    return Small(rules=RULES_HERE, settings={"quarantine_min_free": "0", "quarantine_max_percent": "95"})


def suspicious(h):
    m = mail.clean(subject="suspicious")
    return m, h.proxy("alice@outside.example", "bob@one.example", m)


@case("with room in it, quarantine keeps the message and answers 250")
def _(h):
    m, sent = suspicious(h)
    code(sent, 250)
    assert "suspicious" in h.gate.ctl("quarantine", "list", check=True).text
    h.postfix.wait_queue_empty()
    equal(h.sinks["one.example"].with_id(mail.id_of(m)), [], "delivered")


@case("when the disk is full, what should be kept is deferred and all else goes on")
def _(h):
    if not h.mounted:
        raise Skipped("a small file system cannot be mounted here")
    free = h.fill()
    try:
        m, sent = suspicious(h)
        code(sent, 4)
        program = h.proxy("alice@outside.example", "bob@one.example", mail.attachment())
        assert program.end.code // 100 in (4, 5), program.end  # refused unkept, or deferred: never taken
        good = mail.clean()
        code(h.proxy("alice@outside.example", "bob@one.example", good), 250)
        h.sinks["one.example"].wait_id(mail.id_of(good))
    finally:
        free()
    h.postfix.wait_queue_empty()
    equal(h.sinks["one.example"].with_id(mail.id_of(m)), [], "delivered")


@case("when there is room again it is kept again")
def _(h):
    code(suspicious(h)[1], 250)


@case("no unfinished file is left behind by the failures")
def _(h):
    names = [p for p in glob.glob(h.gate.quarantine + "/**", recursive=True) if os.path.isfile(p)]
    listed = h.gate.ctl("quarantine", "list", check=True).rows
    assert not [n for n in names if n.endswith(".tmp") or os.path.basename(n).startswith(".")], names
    assert len(listed) >= 2, listed


def damage(paths):
    assert paths, "no database to damage"
    for path in paths:
        size = os.path.getsize(path)
        with open(path, "r+b") as f:
            f.write((b"this is not a database" * (size // 22 + 1))[:size])
        for beside in (path + "-wal", path + "-shm"):
            if os.path.exists(beside):
                os.unlink(beside)


def databases(h, *patterns):
    return [p for pattern in patterns for p in glob.glob(os.path.join(h.gate.state, "**", pattern), recursive=True)]


@case("damaged databases of the milter: it starts, says so, and filters")
def _(h):
    h.gate.milter.stop()
    damage(databases(h, "milter.db", "*decisions*milter*.db", "milter/*.db"))
    h.gate.milter.log.mark()
    h.gate.milter.start()
    good = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", good), 250)
    h.sinks["one.example"].wait_id(mail.id_of(good))
    code(h.proxy("alice@outside.example", "bob@one.example", mail.attachment()), 5)
    assert h.gate.milter.log.count("(?i)(damaged|malformed|not? a? ?database)"), h.gate.milter.log.tail()


@case("a database damaged while the milter runs stops no mail")
def _(h):
    damage(databases(h, "milter.db", "*decisions*milter*.db", "milter/*.db"))
    good = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", good), 250)
    h.sinks["one.example"].wait_id(mail.id_of(good))


@case("damaged policyd.db: policyd goes on from what it published, or defers; it never relays")
def _(h):
    h.gate.policyd.stop()
    damage(databases(h, "policyd.db"))
    h.gate.policyd.log.mark()
    try:
        h.gate.policyd.start()
    except Exception as e:
        print(f"     policyd did not start: {e}")
    sent = h.staging("eve@outside.example", "carl@foreign.example", mail.clean(), client="192.0.2.99")
    assert sent.end is None and sent.rcpts[-1].code // 100 in (4, 5), sent
    assert h.gate.policyd.log.count("(?i)(damaged|malformed|not? a? ?database)"), h.gate.policyd.log.tail()
    good = h.proxy("alice@outside.example", "bob@one.example", mail.clean())
    assert good.rcpts[-1].code in (250, 451), good
    equal(h.foreign.messages, [])


if __name__ == "__main__":
    cases.main(make)
