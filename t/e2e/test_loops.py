#!/usr/bin/python3
"""Mail that goes in circles through real hops is refused on its second pass; forwards, re-entry and forged marks are not loops."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import sink
import wait
from cases import case, code, equal
from circle import Circle

LOOP_WARNING = r"(?i)warn.*loop"


def passes(h, message_id):
    """How often the message was taken by our Postfix, by its log."""
    return len(re.findall(r"cleanup.*message-id=" + re.escape(message_id), h.postfix.log.text()))


@case("a routing loop is refused on its second pass, with one warning; the sender is told")
def _(h):
    h.gate.milter.log.mark()
    m = mail.clean(sender="alice@one.example", to="bob@loop.example")
    code(h.staging("alice@one.example", "bob@loop.example", m), 250)
    bounce = h.sinks["one.example"].wait_for(1, 30, lambda r: r.mail_from == "" and mail.id_of(m).encode() in r.data)[0]
    assert b"5.4.6" in bounce.data and b"oop" in bounce.data, "the bounce does not tell of the loop"
    h.postfix.wait_queue_empty(30)
    h.hops["loop.example"].wait_queue_empty(30)
    wait.until(lambda: passes(h, mail.id_of(m)) >= 2, 10, "the mail log to name two passes")
    equal(passes(h, mail.id_of(m)), 2, "times that our cleanup saw it")
    equal(h.gate.milter.log.count(LOOP_WARNING), 1, "warnings")


@case("a message that Postfix splits over two next hops is caught on the second pass of each half")
def _(h):
    h.gate.milter.log.mark()
    m = mail.clean(sender="alice@one.example", to="bob@loop.example, carl@round.example")
    code(h.staging("alice@one.example", ["bob@loop.example", "carl@round.example", "dan@loop.example"], m), 250)
    told = lambda who: lambda r: r.mail_from == "" and mail.id_of(m).encode() in r.data and who in r.data
    for who in (b"bob@loop.example", b"carl@round.example"):
        h.sinks["one.example"].wait_for(1, 30, told(who))
    h.postfix.wait_queue_empty(30)
    wait.until(lambda: passes(h, mail.id_of(m)) >= 3, 10, "the mail log to name three passes")  # postlogd writes a little later
    equal(passes(h, mail.id_of(m)), 3, "times that our cleanup saw it")
    equal(h.gate.milter.log.count(LOOP_WARNING), 2, "warnings")


@case("more recipients than the mark names are caught as well")
def _(h):
    m = mail.clean(sender="alice@one.example")
    code(h.staging("alice@one.example", [f"u{i}@loop.example" for i in range(25)], m), 250)
    h.sinks["one.example"].wait_for(1, 30, lambda r: r.mail_from == "" and mail.id_of(m).encode() in r.data)
    h.postfix.wait_queue_empty(30)
    wait.until(lambda: passes(h, mail.id_of(m)) >= 2, 10, "the mail log to name two passes")
    equal(passes(h, mail.id_of(m)), 2, "times that our cleanup saw it")


@case("a bounce that goes in circles is kept, and makes no further bounce")
def _(h):
    m = mail.clean(sender="MAILER-DAEMON@one.example", to="bob@loop.example", subject="Undelivered")
    code(h.staging("", "bob@loop.example", m), 250)
    h.hops["loop.example"].log.wait("to=<bob@loop.example>.*status=sent")
    h.postfix.wait_queue_empty(30)
    wait.until(lambda: passes(h, mail.id_of(m)) >= 2, 10, "the mail log to name two passes")
    equal(passes(h, mail.id_of(m)), 2, "times that our cleanup saw it")
    kept = h.gate.ctl("quarantine", "list", check=True)
    assert "null-sender-loop" in kept.text, kept.text


@case("status tells of the loop")
def _(h):
    assert "loop" in h.gate.ctl("status", as_json=False).text.lower()


@case("the next hop of a domain that sends its mail back is refused at RCPT")
def _(h):
    server = h.sinks["one.example"]
    sent = h.staging("alice@outside.example", "bob@one.example", mail.clean(), client=server.address)
    code(sent, 5, "5.4.6")
    code(sent, 5, "one.example")


def delivered(h, path, m, to="bob@one.example", server="one.example"):
    """Sends and returns what arrived."""
    send = h.proxy if path == "proxy" else h.staging
    have = len(h.sinks[server].with_id(mail.id_of(m)))
    code(send("alice@outside.example", to, m), 250)
    return h.sinks[server].wait_for(have + 1, 15, lambda r: r.message_id == mail.id_of(m))[-1].data


@case("forwards are not loops, until there are more than five")
def _(h):
    data = mail.clean()
    for hop in range(6):
        server = ["one.example", "two.example"][hop % 2]
        data = delivered(h, "staging", data, f"user{hop}@{server}", server)
    last = h.staging("alice@one.example", "user6@one.example", data)
    code(last, 5, "5.4.6")


@case("mail that came in by the proxy and is sent on through staging is no loop")
def _(h):
    data = delivered(h, "proxy", mail.clean())
    delivered(h, "staging", data)


def with_trace(value):
    return mail.clean(headers=[("X-Postgate-Trace", value)])


@case("forged marks are removed and stop nothing")
def _(h):
    real = sink.headers_of(delivered(h, "proxy", mail.clean()))["X-Postgate-Trace"]
    flat = re.sub(r"\s+", " ", real)
    forged = ["", "x", "A" * 5000, flat[:-4] + "AAAA", flat.replace("pass", "pas"), flat + flat, flat[:20], "\t".join("ab" * 400)]
    for value in forged:
        got = sink.headers_of(delivered(h, "proxy", with_trace(value)))
        marks = got.get_all("X-Postgate-Trace")
        equal(len(marks), 1, f"marks after {value[:40]!r}")
        assert re.sub(r"\s+", " ", marks[0]) != value, "the forged mark was kept"


@case("a true mark replayed in another message is removed and stops nothing")
def _(h):
    real = sink.headers_of(delivered(h, "proxy", mail.clean()))["X-Postgate-Trace"]
    got = sink.headers_of(delivered(h, "proxy", with_trace(re.sub(r"\s+", " ", real))))
    equal(len(got.get_all("X-Postgate-Trace")), 1)
    assert got["X-Postgate-Trace"] != real


@case("a true mark opens nothing: a program behind it is still refused")
def _(h):
    mark = sink.headers_of(delivered(h, "proxy", mail.clean()))["X-Postgate-Trace"]
    m = mail.attachment(headers=[("X-Postgate-Trace", re.sub(r"\s+", " ", mark))])
    code(h.proxy("eve@outside.example", "bob@one.example", m), 5, "5.7.1")


if __name__ == "__main__":
    cases.main(Circle)
