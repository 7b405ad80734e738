#!/usr/bin/python3
"""milter-ctl log: what happened to which message, over the decisions of both daemons."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import gate
import mail
import procs
import wait
from cases import case, code, equal
from house import House


def make():
    return House()


def log(h, *words, **kw):
    return h.gate.ctl("log", *words, check=True, **kw)


def sent(h):
    """One of each kind, once: accepted, refused for its content, refused at RCPT."""
    if not hasattr(h, "good"):
        h.good = mail.clean(subject="Invoice 4711", to="bob@one.example")
        code(h.proxy("alice@outside.example", ["bob@one.example", "carl@one.example"], h.good, client="192.0.2.7"), 250)
        code(h.proxy("Eve@Outside.example", "dora@two.example", mail.attachment(to="dora@two.example"), client="203.0.113.77"), 5)
        code(h.staging("mallory@outside.example", "x@foreign.example", mail.clean(), client="203.0.113.5"), 5)
    return h


@case("rows of both daemons in the order of time, with what they are about")
def _(h):
    rows = log(sent(h)).rows
    equal([(r["program"], r["verdict"]) for r in rows], [("milter", "deliver"), ("milter", "reject"), ("policyd", "reject")])
    first = rows[0]
    equal((first["client"], first["sender"], first["recipients"], first["path"], first["message_id"]),
          ("192.0.2.7", "alice@outside.example", ["bob@one.example", "carl@one.example"], "proxy", mail.id_of(h.good)))
    assert first["queue_id"] and first["code"] and first["node"] == "gate1", first
    equal([r["time_ms"] for r in rows], sorted(r["time_ms"] for r in rows))


FILTERS = [
    (("--from", "ALICE@outside.example"), 1), (("--from", "@outside.example"), 3), (("--to", "carl@one.example"), 1),
    (("--to", "@two.example"), 1), (("--to", "nobody@one.example"), 0), (("--client", "203.0.113.77"), 1),
    (("--client", "192.0.2.0/24"), 1), (("--client", "0.0.0.0/1"), 0), (("--verdict", "reject"), 2), (("--verdict", "reject,deliver"), 3),
    (("--rule", "executable-attachment"), 1), (("--text", "invoice 47"), 1), (("--since", "1h"), 3), (("--since", "2h", "--until", "1h"), 0),
    (("--verdict", "reject", "--from", "eve@outside.example"), 1),
]


@case("each option chooses")
def _(h):
    sent(h)
    for words, count in FILTERS:
        equal(len(log(h, *words).rows), count, " ".join(words))


@case("ids choose, and explain takes the code a row shows")
def _(h):
    row = log(sent(h), "--from", "alice@outside.example").rows[0]
    for words in (("--queue-id", row["queue_id"]), ("--message-id", row["message_id"]), ("--code", row["code"])):
        equal([r["code"] for r in log(h, *words).rows], [row["code"]], " ".join(words))
    equal([r["code"] for r in log(h, "--code", log(h, "--verdict", "reject").rows[1]["code"]).rows[-1:]],
          [log(h, "--verdict", "reject").rows[1]["code"]])
    equal(h.gate.ctl("explain", row["code"], check=True).rows[0]["facts"]["subject"], '"Invoice 4711"')


@case("a table for people; more than the limit is said")
def _(h):
    told = h.gate.ctl("log", "--limit", "2", as_json=False)
    lines = told.text.splitlines()
    assert lines[0].split() == ["TIME", "PATH", "CLIENT", "FROM", "TO", "VERDICT", "RULE", "CODE"], lines
    assert len(lines) == 3 and "mallory@outside.example" in lines[2], lines
    assert "there are more" in told.errors, told
    told = h.gate.ctl("log", "--from", "alice@outside.example", as_json=False)
    assert "bob@one.example +1" in told.text and not told.errors, told
    told = h.gate.ctl("log", "--from", "nobody@nowhere.example", as_json=False)
    equal((told.exit, told.text), (0, ""))
    assert "no decision" in told.errors, told


@case("what is wrong is refused with what would be right")
def _(h):
    for words, want in ((("--since", "yesterday"), "2h"), (("--client", "10.0.0.1/8"), "10.0.0.0/8"), (("--verdict", "rejected"), "reject"),
                        (("--limit", "100000"), "10000")):
        told = h.gate.ctl("log", *words)
        assert told.exit in (2, 3) and want in told.errors, told


@case("--follow shows what is decided from now on, once")
def _(h):
    sent(h)
    path = h.sub("followed")
    argv = [os.path.join(h.gate.bin, "milter-ctl"), "-c", h.gate.cf, "--json", "log", "--follow", "--limit", "1"]
    following = procs.start(argv, log=path)
    shown = lambda: [json.loads(line) for line in open(path) if line.startswith("{") and line.endswith("\n")]
    wait.until(lambda: len(shown()) == 1, 10, "the newest row")
    for i in range(5):
        code(h.proxy(f"follow{i}@outside.example", "bob@one.example", mail.clean()), 250)
    wait.until(lambda: len(shown()) >= 6, 10, "the rows that came since")
    code(h.proxy("last@outside.example", "bob@one.example", mail.clean()), 250)
    wait.until(lambda: shown()[-1]["sender"] == "last@outside.example", 10, "the last row")
    procs.stop(following)
    equal([r["sender"] for r in shown()[1:]], [f"follow{i}@outside.example" for i in range(5)] + ["last@outside.example"])


@case("with policyd down the milter answers, with the milter down policyd does and says so")
def _(h):
    sent(h)
    h.gate.policyd.stop()
    told = h.gate.ctl("log", "--to", "@two.example")
    equal([r["program"] for r in told.rows], ["milter"])
    h.gate.policyd.start()
    h.gate.milter.stop()
    told = h.gate.ctl("log", "--from", "@outside.example")
    equal((told.exit, [r["program"] for r in told.rows]), (5, ["policyd"]))
    assert "milter" in told.errors, told
    h.gate.milter.start()


@case("what was decided before a restart is found after it")
def _(h):
    sent(h)
    h.gate.milter.restart()
    equal(len(log(h, "--text", "invoice 4711").rows), 1)


if __name__ == "__main__":
    cases.main(make)
