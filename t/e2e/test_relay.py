#!/usr/bin/python3
"""Nothing is relayed for an unlisted client, however the address is written, and whatever Postfix's other settings are."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
from cases import case, code, equal
from house import House

UNLISTED = "192.0.2.99"
EVE = "eve@outside.example"
# RCPT argument as written, and where it may go: refused (5xx), or ours (delivered to one.example or refused; never elsewhere).
TRICKS = [
    ("<user@foreign.example>", "refused"),
    ("<user@FOREIGN.example.>", "refused"),
    ("<user%foreign.example@one.example>", "refused"),
    ("<user%foreign.example%one.example@one.example>", "refused"),
    ("<user%foreign.example@one.example.>", "refused"),
    ('<"user@foreign.example"@one.example>', "refused"),
    ('<"user%foreign.example"@one.example>', "refused"),
    ("<foreign.example!user@one.example>", "refused"),
    ('<"foreign.example!user"@one.example>', "refused"),
    ("<one.example!user@foreign.example>", "refused"),
    ("<@foreign.example:user@one.example>", "ours"),
    ("<@one.example:user@foreign.example>", "refused"),
    ("<@one.example,@one.example:user%foreign.example@one.example>", "refused"),
    ("<user@one.example@foreign.example>", "refused"),
    ("<user@foreign.example@one.example>", "refused"),
    ("<user@one.example.>", "ours"),
    ("<user@one.example..>", "refused"),
    ("<USER@ONE.EXAMPLE>", "ours"),
    ("user@one.example", "ours"),
    ("<user@sub.one.example>", "refused"),
    ("<user@a.b.c.one.example>", "refused"),
    ("<user@.one.example>", "refused"),
    ("<user@notone.example>", "refused"),
    ("<user@one.example.foreign.example>", "refused"),
    ("<user@xn--mnchen-3ya.example>", "refused"),
    ("<user@m\u00fcnchen.example>", "refused"),
    ("<user@\uff4fne.example>", "refused"),  # a wide o
    ("<user@[127.0.0.66]>", "refused"),
    ("<user@127.0.0.66>", "refused"),
    ("<user@[IPv6:::1]>", "refused"),
    ("<user>", "refused"),
    ("<user%foreign.example>", "refused"),
    ("<postmaster>", "ours"),
    ("<postmaster@foreign.example>", "refused"),
    ('<"">', "refused"),
    ('<""@foreign.example>', "refused"),
    ("<user@one.example >", "ours"),
    ("<user@one.example\\@foreign.example>", "refused"),
    ("<(comment)user@foreign.example>", "refused"),
    ("<user@one.example(@foreign.example)>", "ours"),
]


def attempt(h, path, rcpt, **xclient):
    """One try from an unlisted client; goes on to DATA when the recipient is taken. (RCPT reply, Message-ID)."""
    m = mail.clean(sender=EVE, to="x@y.example")
    with h.session(path, UNLISTED, **xclient) as c:
        utf8 = not rcpt.isascii()
        c.mail(EVE, "SMTPUTF8" if utf8 and "SMTPUTF8" in c.features else "")
        reply = c.rcpt(rcpt, raw=True)
        if reply.code == 250:
            c.data(m)
        return reply, mail.id_of(m)


def tricks(h, path, **xclient):
    wrong, ids = [], {}
    for rcpt, may in TRICKS:
        reply, mid = attempt(h, path, rcpt, **xclient)
        ids[mid] = rcpt
        if may == "refused" and reply.code // 100 != 5:
            wrong.append(f"{rcpt}: {reply.code} {reply.text}")
    equal(wrong, [], "not refused")
    h.postfix.wait_queue_empty(30)
    relayed = [m for m in h.foreign.messages if m.mail_from or m.rcpt_to != [EVE]]  # a bounce to her own address is none
    equal([ids.get(m.message_id, m.rcpt_to) for m in relayed], [], "relayed to a foreign server")
    strangers = [r for m in h.sinks["one.example"].messages for r in m.rcpt_to
                 if not r.rstrip(".").lower().endswith("@one.example")]
    equal(strangers, [], "foreign addresses at the internal server")
    h.foreign.clear()
    equal(h.sinks["two.example"].messages, [], "mail at the other internal server")


@case("address tricks on the staging listener")
def _(h):
    tricks(h, "staging")


@case("address tricks on the proxy listener")
def _(h):
    tricks(h, "proxy")


@case("a login that XCLIENT claims opens nothing")
def _(h):
    for path in ("staging", "proxy"):
        code(attempt(h, path, "<user@foreign.example>", LOGIN="boss@one.example")[0], 5)


@case("a name or HELO that XCLIENT claims opens nothing")
def _(h):
    for more in ({"NAME": "mail.one.example"}, {"HELO": "mail.one.example"}, {"NAME": "localhost", "HELO": "localhost"},
                 {"DESTADDR": "127.0.0.1"}):
        code(attempt(h, "staging", "<user@foreign.example>", **more)[0], 550)


@case("the neighbours of a listed network are not in it")
def _(h):
    for client, want in (("10.0.0.0", 250), ("10.255.255.255", 250), ("11.0.0.0", 550), ("9.255.255.255", 550),
                         ("2001:db8::1", 550), ("::ffff:10.0.0.1", 250)):
        with h.session("staging", client) as c:
            c.mail("alice@one.example")
            reply = c.rcpt("carl@foreign.example")
            assert reply.code == want, f"{client}: {reply}"


@case("an internal server that sends foreign mail into the proxy listener is told the right one")
def _(h):
    h.gate.policyd.log.mark()
    for client in ("10.1.2.3", h.sinks["one.example"].address):
        sent = h.proxy("ann@one.example", "carl@foreign.example", mail.clean(), client=client)
        code(sent, 5, f"127.0.0.1:{h.postfix.port['staging']}")
    m = mail.clean()
    code(h.proxy("ann@one.example", "bob@one.example", m, client="10.1.2.3"), 250)  # to our own domains it may
    h.sinks["one.example"].wait_id(mail.id_of(m))
    h.sinks["one.example"].clear()


@case("relaying is decided for each recipient")
def _(h):
    m = mail.clean()
    with h.session("staging", UNLISTED) as c:
        sent = c.send(EVE, ["a@foreign.example", "bob@one.example", "b@foreign.example"], m)
    equal([r.code for r in sent.rcpts], [550, 250, 550])
    equal(h.sinks["one.example"].wait_id(mail.id_of(m)).rcpt_to, ["bob@one.example"])


@case("a pipelined session is judged recipient by recipient")
def _(h):
    with h.session("staging", UNLISTED) as c:
        replies = c.pipeline(["MAIL FROM:<eve@outside.example>", "RCPT TO:<a@foreign.example>", "RCPT TO:<bob@one.example>",
                              "RCPT TO:<b@foreign.example>", "RSET"])
    equal([r.code for r in replies], [250, 550, 250, 550, 250])


@case("MAIL and RCPT from a listed client after a refusal in the same session still work")
def _(h):
    with h.session("staging", "10.1.1.1") as c:
        code(c.send("alice@one.example", ["user@"], mail.clean()), 5)
        m = mail.clean()
        code(c.send("alice@one.example", ["carl@foreign.example"], m), 250)
    h.foreign.wait_id(mail.id_of(m))
    h.foreign.clear()


@case("VRFY tells an unlisted client nothing that RCPT would refuse")
def _(h):
    with h.session("staging", UNLISTED) as c:
        reply = c.command("VRFY user@foreign.example")
    assert reply.code != 250, reply


if __name__ == "__main__":
    cases.main(House)
