#!/usr/bin/python3
"""DKIM and ARC through Postfix: the cases of signed mail with their keys in a real name server, and what a real opendkim signs."""
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import milter_client
import mail
import ports
import procs
import sender_house
import signed_arc
import signed_cases
import signed_mail
import sink
from cases import case, equal
from sender_house import SenderHouse, txt

SHOWN = ("dkim", "dkim.domains", "dkim.authors", "arc", "arc.sealers", "arc.dmarc")
# What Postfix mends or breaks on its way in, or nobody could send; and what waits for names that are not served here.
NOT_SENT = ("lone LF", "lone CR", "a NUL", "in a CR", "no header", "nothing", "no body", "odd From", "odd Subject", "below an odd", "case of names",
            "blanks before", "slow", "broken", "refused", "one good among", "times out", "l= huge", "t= ahead", "x= ahead", "x= now")
BEST_FIRST = ("pass", "temperror", "policy", "fail", "neutral", "permerror")
TRUSTED = "one.example"


def wanted(text):
    """What the facts say, from what a case wants: "pass whole | fail: …, arc=pass one.example(example.com)"."""
    signatures, _, arc = text.partition("arc=")
    signatures = signatures.removesuffix(", ").removesuffix(" and more")
    parts = [p.strip() for p in signatures.split(" | ")] if signatures else []
    words = [re.split(r"[ :]", p)[0] for p in parts]
    best = next((w for w in BEST_FIRST if w in words), "none")
    found = re.split(r"[ :]", arc)[0] if arc else "none"
    seals = [s.partition("(")[0] for s in arc.split()[1:]] if found == "pass" else []
    rescue = found == "pass" and seals[-1] == TRUSTED and arc.endswith(")")
    return {"dkim": best, "dkim.authors": any(p == "pass whole" for p in parts), "arc": found, "arc.sealers": seals[:1] and bool(seals),
            "arc.dmarc": rescue}


class House(SenderHouse):
    rules = ("list relay_networks ip { 10.0.0.0/8 }\n[filter]\nrule deliver when subject contains \"deliver\" then accept\n"
             "rule show when message.size > 0 then reject \"5.7.1 told " + " ".join(f"{f}={{{f}}}" for f in SHOWN) + " .\"\n")

    def __init__(self):
        records = [txt(f"{s}._domainkey.example.com", r) for s, all_of in signed_cases.KEYS.items() for r in all_of]
        records += [txt(name, r) for name, all_of in signed_arc.KEYS.items() for r in all_of]
        super().__init__({"opendkim.example": None}, records, settings={"arc_trusted_sealers": TRUSTED})


def told_of(h, message):
    told = h.told(message)
    return {"dkim": told["dkim"], "dkim.authors": told["dkim.authors"] not in ("<>", "none", ""), "arc": told["arc"],
            "arc.sealers": told["arc.sealers"] not in ("<>", "none", ""), "arc.dmarc": told["arc.dmarc"] not in ("<>", "none", "")}


def check(h, group):
    wrong, count = [], 0
    for name, text, message, *_ in group():
        if any(part in name for part in NOT_SENT):
            continue
        count += 1
        want = wanted(text)
        want["arc.sealers"] = bool(want["arc.sealers"])
        got = told_of(h, message)
        if got != want:
            wrong.append(f"{name}: {got}, not {want}")
    equal(wrong, [])
    return count


for group in (signed_cases.canons, signed_cases.keys, signed_cases.altered, signed_cases.whole, signed_cases.tags, signed_cases.several,
              signed_arc.chains):
    @case(f"signed mail, {group.__name__}: the facts say what was found")
    def _(h, group=group):
        assert check(h, group) > 5


@case("a signature that holds is told in Authentication-Results, and one that does not with the reason")
def _(h):
    message = signed_mail.plain(sender=b"Ann <ann@example.com>").replace(b"Hello", b"deliver").replace(b"other.example", b"one.example")
    good = signed_mail.field(signed_cases.RSA, message)
    for top, word in ((good, "dkim=pass"), (signed_mail.field(signed_cases.RSA, message, x=signed_mail.NOW - 9), "dkim=permerror")):
        tag = mail.new_id()
        h.proxy("x@stranger.example", ["bob@one.example"], top + b"Message-ID: " + tag.encode() + b"\r\n" + message)
        delivered = h.sinks["one.example"].wait_id(tag)
        results = sink.headers_of(delivered.data).get_all("Authentication-Results")
        equal(len(results), 1)
        assert word in results[0], results


class Signer:
    """A real opendkim that signs for opendkim.example, spoken to as Postfix does."""

    def __init__(self, key):
        self.dir = tempfile.mkdtemp(prefix="pg-odk-", dir=os.environ.get("T_TMP", "/tmp"))
        self.where = f"inet:127.0.0.1:{ports.reserve()}"
        with open(os.path.join(self.dir, "key"), "wb", opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write(key.pem)

    def __enter__(self):
        _, address, port = self.where.split(":")
        with open(os.path.join(self.dir, "conf"), "w") as f:
            f.write(f"Domain opendkim.example\nSelector {sender_house.SELECTOR}\nKeyFile {self.dir}/key\nMode s\n"
                    f"Canonicalization relaxed/simple\nSocket inet:{port}@{address}\nOversignHeaders From\n"
                    f"SignHeaders {','.join(sender_house.WHOLE)}\nBackground no\nSyslog no\nRequireSafeKeys no\n")
        self.process = procs.start(["opendkim", "-f", "-x", os.path.join(self.dir, "conf")])
        ports.wait_answer(self.where)
        return self

    def __exit__(self, *_):
        procs.stop(self.process)
        shutil.rmtree(self.dir, ignore_errors=True)

    def sign(self, message, sender):
        with milter_client.Milter(self.where) as m:
            m.connect("127.0.0.1")
            m.helo()
            m.mail(sender)
            m.rcpt("bob@one.example")
            edits = m.message(message).edits
        (field,) = [e.split(" ", 2)[2] for e in edits if "DKIM-Signature" in e]
        return field.replace("\n", "\r\n").encode() + b"\r\n" + message


@case("what a real opendkim signs passes and covers From twice; with another From above it fails")
def _(h):
    message = mail.clean(sender="ann@opendkim.example")
    with Signer(h.key) as signer:
        signed = signer.sign(message, "ann@opendkim.example")
    told = h.told(signed)
    equal((told["dkim"], told["dkim.domains"], told["dkim.authors"]), ("pass", "opendkim.example", "opendkim.example"))
    told = h.told(b"From: eve@evil.example\r\n" + signed)
    equal((told["dkim"], told["dkim.authors"]), ("fail", "none"))


if __name__ == "__main__":
    cases.main(House)
