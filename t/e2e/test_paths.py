#!/usr/bin/python3
"""Clean mail on both paths: it arrives once, where it should, and is changed by nothing but our trace header."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import procs
import sink
from cases import case, code, equal
from house import House


@case("clean mail from outside is passed to the internal server")
def _(h):
    m = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
    got = h.sinks["one.example"].wait_id(mail.id_of(m))
    equal((got.mail_from, got.rcpt_to), ("alice@outside.example", ["bob@one.example"]))
    equal(got.data.split(b"\r\n\r\n", 1)[1], b"Good day.\r\n", "body")


@case("one trace header is added, nothing else")
def _(h):
    m = mail.clean()
    h.proxy("alice@outside.example", "bob@one.example", m)
    got = sink.headers_of(h.sinks["one.example"].wait_id(mail.id_of(m)).data)
    equal(len(got.get_all("X-Postgate-Trace", [])), 1, "trace headers")
    added = {n.lower() for n in got.keys()} - {n.lower() for n in sink.headers_of(m).keys()}
    equal(added - {"received", "x-postgate-trace"}, set(), "further headers")


@case("foreign mail on the proxy listener is refused")
def _(h):
    code(h.proxy("alice@outside.example", "carl@foreign.example", mail.clean()), 554)
    equal(h.foreign.messages, [])


@case("staging takes each domain to its own server")
def _(h):
    ids = {}
    for domain in h.sinks:
        m = mail.clean(to=f"bob@{domain}")
        ids[domain] = mail.id_of(m)
        code(h.staging("alice@one.example", f"bob@{domain}", m), 250)
    for domain, server in h.sinks.items():
        equal(server.wait_id(ids[domain]).rcpt_to, [f"bob@{domain}"])
        equal([i for d, i in ids.items() if d != domain and server.with_id(i)], [], f"strangers at {domain}")


@case("one message to two domains is split by Postfix and arrives once at each")
def _(h):
    m = mail.clean()
    code(h.staging("alice@one.example", ["a@one.example", "b@two.example"], m), 250)
    for server in h.sinks.values():
        server.wait_id(mail.id_of(m))
    h.postfix.wait_queue_empty()
    equal([len(s.with_id(mail.id_of(m))) for s in h.sinks.values()], [1, 1])


@case("staging relays for a listed network")
def _(h):
    m = mail.clean(to="carl@foreign.example")
    code(h.staging("alice@one.example", "carl@foreign.example", m, client="10.9.8.7"), 250)
    h.foreign.wait_id(mail.id_of(m))


@case("staging takes mail for an accepted domain from anybody")
def _(h):
    m = mail.clean()
    code(h.staging("alice@outside.example", "bob@one.example", m, client="192.0.2.7"), 250)
    h.sinks["one.example"].wait_id(mail.id_of(m))


@case("a bounce (null sender) passes")
def _(h):
    m = mail.clean(subject="Undelivered")
    code(h.proxy("", "bob@one.example", m), 250)
    equal(h.sinks["one.example"].wait_id(mail.id_of(m)).mail_from, "")


@case("a message of 8 MB passes unchanged")
def _(h):
    m = mail.of_size(8_000_000)
    code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
    got = h.sinks["one.example"].wait_id(mail.id_of(m), 60)
    equal(len(got.data.split(b"\r\n\r\n", 1)[1]), len(m.split(b"\r\n\r\n", 1)[1]), "body length")


@case("two hundred messages in one session are all answered and delivered")
def _(h):
    ids = []
    with h.session("proxy", "192.0.2.7") as c:
        for _ in range(200):
            m = mail.clean()
            ids.append(mail.id_of(m))
            code(c.send("alice@outside.example", ["bob@one.example"], m), 250)
    counts = {}

    def all_there():
        counts.update(h.sinks["one.example"].count_by_id())
        return all(counts.get(i) for i in ids)
    h.sinks["one.example"].wait_for(200, 60, lambda m: m.message_id in ids)
    assert all_there() and all(counts[i] == 1 for i in ids), "one is missing or doubled"


@case("an internal server that refuses the recipient late makes a bounce to the sender, not a loss")
def _(h):
    server = h.sinks["two.example"]
    server.reject_rcpt["nobody@two.example"] = "550 5.1.1 no such user"
    m = mail.clean(sender="carl@one.example", to="nobody@two.example")
    code(h.staging("carl@one.example", "nobody@two.example", m), 250)
    back = h.sinks["one.example"].wait_for(1, 15, lambda r: r.mail_from == "" and mail.id_of(m).encode() in r.data)[0]
    equal(back.rcpt_to, ["carl@one.example"])


@case("an internal server that is busy gets the message later, once")
def _(h):
    server = h.sinks["two.example"]
    server.reply_to_data = "451 4.3.0 busy"
    m = mail.clean(to="bob@two.example")
    h.postfix.log.mark()
    code(h.staging("alice@one.example", "bob@two.example", m), 250)
    h.postfix.log.wait("status=deferred.*busy")
    server.reply_to_data = None
    h.postfix.flush()
    server.wait_id(mail.id_of(m), 20)
    h.postfix.wait_queue_empty()
    equal(len(server.with_id(mail.id_of(m))), 1)


@case("a domain with two next hops goes to the second while the first is dead, and to the first when it lives")
def _(h):
    first, second = sink.Sink("127.0.0.31", name="first"), sink.Sink("127.0.0.32", name="second")
    h.gate.ctl("domain", "add", "pair.example", "--route", f"{first.route},{second.route}", check=True)
    h.wait_maps(["pair.example"])
    h.postfix.reload()
    with second:
        m = mail.clean(to="bob@pair.example")
        code(h.staging("alice@one.example", "bob@pair.example", m), 250)
        second.wait_id(mail.id_of(m), 30)
        with first:
            m = mail.clean(to="bob@pair.example")
            code(h.staging("alice@one.example", "bob@pair.example", m), 250)
            first.wait_id(mail.id_of(m), 30)


@case("mail for a name below an accepted domain goes nowhere; a route of its own takes it there")
def _(h):
    code(h.staging("alice@one.example", "bob@sub.one.example", mail.clean()), 550, "5.1.2")  # for a listed client as well
    h.gate.ctl("domain", "add", "sub.one.example", "--route", h.sinks["two.example"].route, check=True)
    h.wait_maps(["sub.one.example"])
    h.postfix.reload()
    m = mail.clean(to="bob@sub.one.example")
    code(h.proxy("alice@outside.example", "bob@sub.one.example", m), 250)
    h.sinks["two.example"].wait_id(mail.id_of(m))


@case("a domain that Postfix keeps for itself is taken, and it is said that its mail does not come")
def _(h):
    name = procs.run(["postconf", "-c", h.postfix.etc, "-xh", "mydestination"]).stdout.strip()
    done = h.gate.ctl("domain", "add", name, "--route", h.sinks["two.example"].route)
    equal(done.exit, 5, done.errors)
    assert f"added, but Postfix keeps its mail to itself, since mydestination in {h.postfix.etc}/main.cf names {name} too" in done.errors, done.errors
    h.gate.ctl("domain", "remove", name, check=True)


@case("a domain in another script is accepted in both of its forms")
def _(h):
    h.gate.ctl("domain", "add", "m\u00fcnchen.example", "--route", h.sinks["two.example"].route, check=True)
    h.wait_maps(["xn--mnchen-3ya.example"])
    h.postfix.reload()
    for rcpt in ("bob@xn--mnchen-3ya.example", "bob@XN--MNCHEN-3YA.example", "bob@m\u00fcnchen.example"):
        for path in ("proxy", "staging"):
            m = mail.clean()
            with h.session(path, "192.0.2.7") as c:
                code(c.send("alice@outside.example", [rcpt], m, "" if rcpt.isascii() else "SMTPUTF8"), 250)
            h.sinks["two.example"].wait_id(mail.id_of(m))


if __name__ == "__main__":
    cases.main(House)
