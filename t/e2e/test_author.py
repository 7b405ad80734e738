#!/usr/bin/python3
"""Who counts as the author, through Postfix: what proves one, and each way of seeming to be one."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
from cases import case, equal
from sender_house import SENDER, STRANGER, WHOLE, SenderHouse, letter

DOMAINS = {
    "a.example": "v=DMARC1; p=reject", "mail.a.example": None, "strict.example": "v=DMARC1; p=reject; adkim=s; aspf=s",
    "mail.strict.example": None, "evil.example": None, "list.example": None, "victim.co.uk": None, "evil.co.uk": None, "co.uk": None,
    "inside.example": "v=DMARC1; p=reject",
}
ANN, EVIL = "ann@a.example", "mallory@evil.example"
NOBODY = ("<>", "none")
GATEWAY = "203.0.113.9"


def author(told):
    return told["author"], told["author.by"]


def stranger_says(h, message, sender=EVIL, client=STRANGER, **more):
    return author(h.told(message, sender, client, **more))


def second_from():
    """A field that some program takes for From, and where it stands. Postfix makes "X-Mailbox-Line:" of a first line that begins with "From "."""
    for field in (f"From: {EVIL}", f"From: {ANN}", f"FROM: {EVIL}", f"From : {EVIL}", f"From\t: {EVIL}", f"From:\r\n {EVIL}", "From:"):
        for before in (None, b"X-First", b"To:", b"\r\n"):
            if before or not field.startswith("From "):
                yield field, before


def insert(message, line, before=None):
    """line as a header field: on top, or before the first line that begins with `before` (before b"\\r\\n": at the end of the header)."""
    at = 0 if before is None else (b"\r\n" + message).index(b"\r\n" + before)
    return message[:at] + line + b"\r\n" + message[at:]


@case("a signature over all that a reader sees proves an author; so does SPF; nothing does not")
def _(h):
    equal(stranger_says(h, h.sign(letter(ANN), "a.example")), (ANN, "dkim"))
    equal(stranger_says(h, letter(ANN), ANN, SENDER), (ANN, "spf"))
    equal(stranger_says(h, letter(ANN)), NOBODY)
    equal(stranger_says(h, letter(ANN), ANN), NOBODY)
    equal(stranger_says(h, h.sign(letter(f'"Ann (a)" <{ANN}>'), "a.example")), (ANN, "dkim"))


@case("relaxed alignment takes the organisation's word, strict does not, strangers below a public suffix have none")
def _(h):
    for address, signer, wanted in ((ANN, "mail.a.example", True), ("ann@mail.a.example", "a.example", True),
                                    ("ann@strict.example", "strict.example", True), ("ann@strict.example", "mail.strict.example", False),
                                    ("ann@mail.strict.example", "strict.example", False), (ANN, "evil.example", False),
                                    ("ann@victim.co.uk", "evil.co.uk", False), ("ann@victim.co.uk", "co.uk", False)):
        equal(stranger_says(h, h.sign(letter(address), signer)), (address, "dkim") if wanted else NOBODY, f"{signer} for {address}")


@case("SPF of another domain proves nobody; with a null sender HELO's counts")
def _(h):
    equal(stranger_says(h, letter(ANN), EVIL, SENDER), NOBODY)
    equal(stranger_says(h, letter("ann@strict.example"), "x@mail.strict.example", SENDER), NOBODY)
    equal(stranger_says(h, letter(ANN), "", SENDER, helo="mail.a.example"), (ANN, "spf"))
    equal(stranger_says(h, letter(ANN), "", SENDER, helo="evil.example"), NOBODY)
    equal(stranger_says(h, letter(ANN), "", STRANGER, helo="mail.a.example"), NOBODY)


@case("a second From proves nobody, wherever it stands and however it is written")
def _(h):
    plain = letter(ANN, headers=[("X-Zeroth", "0"), ("X-First", "1")])
    signed, wrong = h.sign(plain, "a.example"), []
    for field, before in second_from():
        for message, sender, client in ((signed, EVIL, STRANGER), (plain, ANN, SENDER)):
            got = stranger_says(h, insert(message, field.encode(), before), sender, client)
            if got != NOBODY:
                wrong.append(f"{field!r} before {before!r}: {got}")
    equal(wrong, [])


@case("nor as a milter might get it from a server that mends nothing")
def _(h):
    plain = letter(ANN, headers=[("X-First", "1")])
    signed, wrong = h.sign(plain, "a.example"), []
    equal(author(h.told_by_milter(signed, EVIL)), (ANN, "dkim"))
    equal(author(h.told_by_milter(plain, ANN, SENDER)), (ANN, "spf"))
    for field in (f"From : {EVIL}", f"From\t: {EVIL}", f"fROM:{EVIL}", f"From  \t : {EVIL}", "From:", "From : ", f"From:\r\n\t{EVIL}", f"From: {ANN}"):
        for before in (None, b"X-First", b"To:", b"\r\n"):
            for message, sender, client in ((signed, EVIL, STRANGER), (plain, ANN, SENDER)):
                got = author(h.told_by_milter(insert(message, field.encode(), before), sender, client))
                if got != NOBODY:
                    wrong.append(f"{field!r} before {before!r}: {got}")
    equal(wrong, [])


@case("a From that programs read differently proves nobody")
def _(h):
    wrong = []
    for written in (f"Group: {ANN};", f"{ANN};{EVIL}", f"{ANN} {EVIL}", f"{ANN}, {EVIL}", f"{EVIL}, {ANN}", f"{ANN}@evil.example", f"<@evil.example:{ANN}>",
                    f"{ANN} <{EVIL}>", f"<{ANN}> <{EVIL}>", f"<{ANN}", f"{ANN} ({EVIL})", f"=?utf-8?q?{ANN.replace('@', '=40')}?=", f"{ANN}, root",
                    f'"{ANN}', f"({EVIL}) {ANN}"):
        for message, sender, client in ((h.sign(letter(written), "a.example"), EVIL, STRANGER), (letter(written), ANN, SENDER)):
            got = stranger_says(h, message, sender, client)
            if got != NOBODY:
                wrong.append(f"{written}: {got}")
    equal(wrong, [])


@case("a display name proves nothing: the author is who signed")
def _(h):
    for written in (f'"{ANN}" <{EVIL}>', f"=?utf-8?q?{ANN.replace('@', '=40')}?= <{EVIL}>", f'"Ann <{ANN}>" <{EVIL}>'):
        equal(stranger_says(h, h.sign(letter(written), "evil.example")), (EVIL, "dkim"), written)
        equal(stranger_says(h, h.sign(letter(written), "a.example")), NOBODY, written)


@case("a signature that leaves out what a reader sees proves nobody")
def _(h):
    for left_out in ("Subject", "Content-Type", "MIME-Version"):
        signed = h.sign(letter(ANN), "a.example", [n for n in WHOLE if n != left_out])
        told = h.told(signed, EVIL)
        equal((told["dkim"], told["dmarc"], author(told)), ("pass", "pass", NOBODY), left_out)
    quoted = insert(letter(ANN), b"Content-Transfer-Encoding: quoted-printable", b"\r\n")
    equal(stranger_says(h, h.sign(quoted, "a.example")), (ANN, "dkim"))
    equal(stranger_says(h, h.sign(quoted, "a.example", [n for n in WHOLE if n != "Content-Transfer-Encoding"])), NOBODY)


@case("a field put in afterwards proves nobody, when a reader sees it")
def _(h):
    signed = h.sign(letter(ANN), "a.example")
    for field in (b"Subject: pay at once", b'Content-Type: multipart/mixed; boundary="x"', b"MIME-Version: 1.0", b"Content-Transfer-Encoding: base64",
                  b"Subject : pay at once", b"subject: pay"):
        for before in (None, b"To:", b"\r\n"):
            equal(stranger_says(h, insert(signed, field, before)), NOBODY, f"{field} before {before}")
    equal(stranger_says(h, insert(signed, b"X-Mailer: y", b"To:")), (ANN, "dkim"))


@case("a body that l= leaves open proves nobody")
def _(h):
    signed = h.sign(letter(ANN), "a.example", length=True)
    equal(stranger_says(h, signed), NOBODY)
    told = h.told(signed + b"Pay at once.\r\n", EVIL)
    equal((author(told), told["dmarc"]), (NOBODY, "fail"))


@case("a message that was changed proves nobody")
def _(h):
    signed = h.sign(letter(ANN, subject="Lunch"), "a.example")
    for what, by in ((b"Subject: Lunch", b"Subject: Pay"), (b"Good day.", b"Good bye."), (b"ann@", b"amy@"), (b"d=a.example", b"d=a.examplf")):
        equal(stranger_says(h, signed.replace(what, by)), NOBODY, str(by))
    for before in (b"From:", b"To:", b"\r\n"):  # no field: the header ends there
        equal(stranger_says(h, insert(signed, f"From\r\n : {EVIL}".encode(), before)), NOBODY, str(before))
    equal(stranger_says(h, signed), (ANN, "dkim"))


@case("Authentication-Results from outside prove nothing, with our name in them or another")
def _(h):
    for name in ("gate.example", "gate1", "evil.example"):
        forged = insert(letter(ANN), f"Authentication-Results: {name}; dkim=pass header.d=a.example; spf=pass smtp.mailfrom={ANN};"
                        " dmarc=pass header.from=a.example".encode())
        told = h.told(forged, EVIL)
        equal((author(told), told["dmarc"], told["dkim"]), (NOBODY, "fail", "none"), name)


@case("ARC proves nobody")
def _(h):
    sealed = h.seal(letter(ANN), "list.example", "dkim=pass header.d=a.example; dmarc=pass header.from=a.example")
    told = h.told(sealed, EVIL)
    equal((told["arc"], told["dmarc"], author(told)), ("pass", "pass", NOBODY))


@case("an inner gateway's word counts for DMARC, never for the author")
def _(h):
    said = b"Authentication-Results: mx.front.example; spf=pass smtp.mailfrom=a.example; dkim=none; dmarc=pass header.from=a.example"
    received = b"Received: from x (x [192.0.2.99]) by mx.front.example; Mon, 02 Nov 2026 10:00:00 +0000"
    above = insert(insert(letter(ANN), received), said)
    below = insert(insert(letter(ANN), said), received)
    told = h.told(above, ANN, GATEWAY)
    equal((told["dmarc"], told["spf"], told["dmarc.policy"], author(told)), ("pass", "pass", "reject", NOBODY))
    told = h.told(below, ANN, GATEWAY)
    equal((told["dmarc"], told["spf"], author(told)), ("none", "none", NOBODY), "written by somebody before it")
    told = h.told(above, ANN, STRANGER)
    equal((told["dmarc"], told["spf"], author(told)), ("fail", "fail", NOBODY), "from a stranger")
    told = h.told(insert(insert(h.sign(letter(ANN), "a.example"), received), said.replace(b"pass", b"fail")), ANN, GATEWAY)
    equal((told["dmarc"], author(told)), ("fail", (ANN, "dkim")))


@case("a login proves its own address, and nobody else's")
def _(h):
    by = lambda address, user: author(h.told_of_login(letter(address), user))
    equal(by(ANN, ANN), (ANN, "login"))
    equal(by(ANN, "ANN@A.example"), (ANN, "login"))
    equal(by("ann@inside.example", "ann"), ("ann@inside.example", "login"))
    for address, user in ((ANN, "bob@a.example"), (ANN, "ann"), (ANN, "ann@mail.a.example"), (f"{ANN}, {ANN}", ANN), (f"{ANN}, bob@a.example", ANN),
                          (f"Group: {ANN};", ANN), ("bob@inside.example", "ann"), (f'"{ANN}" <bob@a.example>', ANN)):
        equal(by(address, user), NOBODY, f"{user} as {address}")
    equal(author(h.told_of_login(insert(letter(ANN), f"From: {ANN}".encode()), ANN)), NOBODY)
    equal(author(h.told_of_login(h.sign(letter(ANN), "a.example"), "bob@a.example")), (ANN, "dkim"))


if __name__ == "__main__":
    cases.main(lambda: SenderHouse(DOMAINS, settings={"arc_trusted_sealers": "list.example", "login_domain": "inside.example",
                                                "trusted_authserv_ids": "mx.front.example@203.0.113.0/28"}))
