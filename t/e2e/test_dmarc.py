#!/usr/bin/python3
"""DMARC through Postfix: records in a real name server, signatures of an independent signer; each line of CASES is one message."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import sender_house
from cases import case, equal
from sender_house import SENDER, STRANGER, SenderHouse, letter, txt

DOMAINS = {
    "none.example": "v=DMARC1; p=none", "quarantine.example": "v=DMARC1; p=quarantine", "reject.example": "v=DMARC1; p=reject",
    "child.reject.example": None, "strict.example": "v=DMARC1; p=reject; adkim=s; aspf=s", "child.strict.example": None,
    "below.example": "v=DMARC1; p=none; sp=reject", "own.below.example": "v=DMARC1; p=quarantine; sp=none",
    "unknown.example": None, "other.example": None, "list.example": None, "seller.example": "v=DMARC1; p=none",
    "broken.example": "v=DMARC1; p=reject; pct=abc", "behind.example": "p=reject; v=DMARC1", "reports.example": "v=DMARC1; rua=mailto:d@x.example",
    "two.below.example": ["v=DMARC1; p=reject", "v=DMARC1; p=none"], "left-out.example": "v=DMARC1; p=reject; pct=0",
    "xn--bcher-kva.example": "v=DMARC1; p=reject", "evil.co.uk": None, "victim.co.uk": "v=DMARC1; p=reject",
}
RECORDS = [txt("_dmarc.reject.example", "v=spf1 -all"), txt("_dmarc.reject.example", "something else"), txt("_dmarc.co.uk", "v=DMARC1; p=reject"),
           "mail.reject.example. TXT \"v=spf1 ip4:%s -all\"" % SENDER, "mail.other.example. TXT \"v=spf1 ip4:%s -all\"" % SENDER]

# From | envelope sender (- none, then HELO) | client | signed by | result policy domain
CASES = """
neither                       | a@reject.example            | x@other.example        | stranger | -                    | fail reject reject.example
nothing asked for             | a@none.example              | x@other.example        | stranger | -                    | fail none none.example
quarantine                    | a@quarantine.example        | x@quarantine.example   | stranger | -                    | fail quarantine quarantine.example
SPF                           | a@reject.example            | x@reject.example       | sender   | -                    | pass reject reject.example
SPF of another domain         | a@reject.example            | x@other.example        | sender   | -                    | fail reject reject.example
SPF of a child                | a@reject.example            | x@child.reject.example | sender   | -                    | pass reject reject.example
SPF of a child, strict        | a@strict.example            | x@child.strict.example | sender   | -                    | fail reject strict.example
SPF, strict                   | a@strict.example            | x@strict.example       | sender   | -                    | pass reject strict.example
DKIM                          | a@reject.example            | x@other.example        | stranger | reject.example       | pass reject reject.example
DKIM of the parent            | a@child.reject.example      | x@other.example        | stranger | reject.example       | pass reject child.reject.example
DKIM of a child               | a@reject.example            | x@other.example        | stranger | child.reject.example | pass reject reject.example
DKIM of a child, strict       | a@strict.example            | x@other.example        | stranger | child.strict.example | fail reject strict.example
DKIM of somebody else         | a@reject.example            | x@other.example        | stranger | list.example         | fail reject reject.example
both, one aligned             | a@reject.example            | x@other.example        | sender   | reject.example       | pass reject reject.example
null sender, HELO aligned     | a@reject.example            | - mail.reject.example  | sender   | -                    | pass reject reject.example
null sender, HELO not         | a@reject.example            | - mail.other.example   | sender   | -                    | fail reject reject.example
null sender, HELO no name     | a@reject.example            | - [198.51.100.1]       | sender   | -                    | fail reject reject.example
sp=                           | a@x.below.example           | x@other.example        | stranger | -                    | fail reject x.below.example
p= above                      | a@below.example             | x@other.example        | stranger | -                    | fail none below.example
a record of its own           | a@own.below.example         | x@other.example        | stranger | -                    | fail quarantine own.below.example
its parent's, not between     | a@x.own.below.example       | x@other.example        | stranger | -                    | fail reject x.own.below.example
two records                   | a@two.below.example         | x@other.example        | stranger | -                    | none none two.below.example
no record                     | a@unknown.example           | x@other.example        | stranger | -                    | none none unknown.example
pct= is no number             | a@broken.example            | x@other.example        | stranger | -                    | permerror none broken.example
v= is not in front            | a@behind.example            | x@other.example        | stranger | -                    | none none behind.example
only rua=                     | a@reports.example           | x@other.example        | stranger | -                    | fail none reports.example
left out by pct=              | a@left-out.example          | x@other.example        | stranger | -                    | fail quarantine left-out.example
IDN, as A-labels              | a@xn--bcher-kva.example     | x@other.example        | stranger | -                    | fail reject xn--bcher-kva.example
IDN, as UTF-8                 | a@b\u00fccher.example       | x@other.example        | stranger | -                    | fail reject xn--bcher-kva.example
upper case                    | A@REJECT.Example            | x@other.example        | stranger | reject.example       | pass reject reject.example
a public suffix               | a@co.uk                     | x@evil.co.uk           | sender   | evil.co.uk           | fail reject co.uk
its neighbour                 | a@victim.co.uk              | x@evil.co.uk           | sender   | evil.co.uk           | fail reject victim.co.uk
an address literal            | a@[192.0.2.1]               | x@other.example        | stranger | -                    | none none [192.0.2.1]
two mailboxes, the worst      | a@none.example, b@reject.example | x@none.example    | sender   | -                    | fail reject reject.example
two mailboxes, both pass      | a@reject.example, b@child.reject.example | x@reject.example | sender | -               | pass reject reject.example
a semicolon between           | a@none.example;b@reject.example | x@none.example     | sender   | -                    | fail reject reject.example
two @                         | a@none.example@reject.example | x@none.example       | sender   | -                    | fail reject reject.example
behind the brackets           | <a@none.example>b@reject.example | x@none.example    | sender   | -                    | fail reject reject.example
an encoded-word alone         | =?utf-8?q?b=40reject.example?= | x@none.example      | sender   | -                    | fail reject reject.example
as a display name             | b@reject.example <a@none.example> | x@none.example   | sender   | -                    | pass none none.example
as a quoted display name      | "b@reject.example, B" <a@none.example> | x@none.example | sender | -                   | pass none none.example
in a group                    | Us: a@none.example, b@reject.example; | x@none.example | sender | -                    | fail reject reject.example
a mailbox without a record    | a@reject.example, b@unknown.example | x@reject.example | sender | -                    | none none unknown.example
"""


def lines():
    for line in CASES.strip().splitlines():
        yield [cell.strip() for cell in line.split("|")]


@case("each message gets the result and the policy that RFC 7489 says")
def _(h):
    wrong = []
    for name, author, sender, client, signer, wanted in lines():
        message = letter(author)
        if signer != "-":
            message = h.sign(message, signer)
        envelope, _, helo = sender.partition(" ")
        told = h.told(message, "" if envelope == "-" else envelope, {"sender": SENDER, "stranger": STRANGER}[client],
                      helo=helo or "client.example")
        got = " ".join(told[fact] for fact in ("dmarc", "dmarc.policy", "dmarc.domain"))
        if got != wanted:
            wrong.append(f"{name}: {got}, not {wanted} ({told})")
    equal(wrong, [])


@case("no From at all, and one of which nothing can be read, have no policy")
def _(h):
    for author in ("", "root"):
        message = letter(author)
        if not author:
            message = message.replace(b"From: \r\n", b"")
        told = h.told(message, "x@other.example")
        equal((told["dmarc"], told["author"]), ("none", "<>"), author)


@case("of two From fields the worse one counts, whichever stands above")
def _(h):
    good, bad = b"From: a@none.example\r\n", b"From: b@reject.example\r\n"
    for both in (good + bad, bad + good):
        told = h.told(letter("a@none.example").replace(good, both), "x@none.example", SENDER)
        equal((told["dmarc"], told["dmarc.policy"], told["dmarc.domain"]), ("fail", "reject", "reject.example"))


@case("nine domains in From are too many")
def _(h):
    told = h.told(letter(", ".join(f"a@d{i}.example" for i in range(9))), "x@other.example")
    equal((told["dmarc"], told["dmarc.policy"]), ("fail", "reject"))


@case("the log line says what was found, and for which From")
def _(h):
    h.gate.milter.log.mark()
    h.told(letter("a@reject.example"), "x@other.example", STRANGER)
    line = h.gate.milter.log.wait(" verdict=reject ", 5)[-1]
    assert " spf=fail dkim=none dmarc=fail header.from=<reject.example> verdict=reject " in line, line


@case("mail of our own has no DMARC")
def _(h):
    told = h.told_of_login(letter("a@reject.example"), "x")
    equal((told["dmarc"], told["dmarc.policy"], told["dmarc.domain"], told["spf"]), ("none",) * 4)


@case("a chain of trusted sealers rescues, and gives no author; one of others does not")
def _(h):
    changed = letter("a@reject.example")
    said = "dmarc=pass header.from=reject.example"
    told = h.told(h.seal(changed, "list.example", said), "x@other.example")
    equal((told["arc"], told["dmarc"], told["dmarc.policy"], told["author"]), ("pass", "pass", "reject", "<>"))
    told = h.told(h.seal(changed, "other.example", said), "x@other.example")
    equal((told["arc"], told["dmarc"]), ("pass", "fail"))
    told = h.told(h.seal(changed, "list.example", "dmarc=pass header.from=none.example"), "x@other.example")
    equal((told["arc"], told["dmarc"]), ("pass", "fail"))
    told = h.told(h.seal(changed, "list.example", "dmarc=fail header.from=reject.example"), "x@other.example")
    equal((told["arc"], told["dmarc"]), ("pass", "fail"))
    told = h.told(h.seal(h.seal(changed, "other.example", said), "list.example",
                          said.replace("reject", "none"), "pass"), "x@other.example")
    equal((told["arc"], told["dmarc"]), ("pass", "fail"))


@case("a name server that is silent makes temperror of it, within the time of lookups")
def _(h):
    h.names.freeze()
    try:
        told = h.told(letter("a@fresh.example"), "x@other.example")
    finally:
        h.names.thaw()
    equal((told["dmarc"], told["author"]), ("temperror", "<>"))


if __name__ == "__main__":
    cases.main(lambda: SenderHouse(DOMAINS, RECORDS, {"arc_trusted_sealers": "list.example"}))
