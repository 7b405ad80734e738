#!/usr/bin/python3
"""Cases of signed mail, each with what must be found. Printed a line each for t/unit/inspect/test_signatures.c, texts in hexadecimal:
  now SECONDS
  txt NAME RECORD...          name of a key, and its TXT records
  fails NAME STATUS           timeout, failed, limited
  case NAME WANTED MESSAGE TRUSTED

WANTED: the signatures from the top, then what is said of ARC and by gateways: "pass whole | fail: the body is not what was signed, arc=pass ..."
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import signed_arc
import signed_mail as m

RSA, WEAK, LEAST, TINY, ED = m.Key(), m.Key(1023), m.Key(1024), m.Key(512), m.Key(None)
OTHER = m.Key()
BIG = m.Key(4096)
PLAIN = m.plain()
KEYS = {
    "s1": [RSA.record()], "ed": [ED.record()], "weak": [WEAK.record()], "least": [LEAST.record()], "tiny": [TINY.record()],
    "big": [BIG.record()], "bare": [RSA.record(public=RSA.bare())], "other": [OTHER.record()],
    "no-version": [RSA.record(tags=b"")], "version-2": [RSA.record(tags=b"v=DKIM2; ")],
    "version-last": [RSA.record(tags=b"") + b"; v=DKIM1"],
    "revoked": [b"v=DKIM1; p="], "no-p": [b"v=DKIM1; k=rsa"], "rubbish": [b"v=DKIM1; p=!!!"], "not-der": [b"v=DKIM1; p=AAAA"],
    "kind": [RSA.record(kind=b"ed25519")], "kind-unknown": [RSA.record(kind=b"dsa")], "ed-as-rsa": [ED.record(kind=b"rsa")],
    "web": [RSA.record(tags=b"v=DKIM1; s=web; ")], "mail": [RSA.record(tags=b"v=DKIM1; s=web:email; ")],
    "any": [RSA.record(tags=b"v=DKIM1; s=*; ")], "sha1": [RSA.record(tags=b"v=DKIM1; h=sha1; ")],
    "sha": [RSA.record(tags=b"v=DKIM1; h=sha1 : sha256; ")], "testing": [RSA.record(tags=b"v=DKIM1; t=y; ")],
    "own": [RSA.record(tags=b"v=DKIM1; t=y:s; ")], "testing-revoked": [b"v=DKIM1; t=y; p="],
    "spf-too": [b"v=spf1 -all", RSA.record()], "spf-only": [b"v=spf1 -all"], "two": [RSA.record(), OTHER.record()],
    "blanks": [RSA.record().replace(b"p=MII", b" p = M I\tI ") + b" ; "], "notes": [RSA.record(tags=b"v=DKIM1; n=what's this?; x=y; ")],
    "double": [RSA.record() + b"; k=rsa"], "empty": [b""], "a.b": [RSA.record()],
}
FAILS = {"slow": "timeout", "broken": "failed", "refused": "limited"}


def rsa(message=PLAIN, key=RSA, **how):
    return m.signed(key, message, **how)


def with_key(selector, want, key=RSA, **how):
    return (f"key {selector}", want, rsa(key=key, s=selector, **how))


def canons():
    for header in (b"simple", b"relaxed"):
        for body in (b"simple", b"relaxed"):
            canon = header + b"/" + body
            for key in (RSA, ED):
                name = f"{canon.decode()} {key.algorithm.decode()}"
                yield name, "pass whole", rsa(key=key, canon=canon, s="s1" if key is RSA else "ed")
                yield f"{name} by dkimpy", "pass whole", m.by_dkimpy(key, PLAIN, b"s1" if key is RSA else b"ed", canon=canon)
            for what, body_bytes in (("empty", b""), ("one line end", b"\r\n"), ("three line ends", b"\r\n\r\n\r\n"), ("no end", b"x"),
                                     ("blanks", b" \t\r\n \r\n"), ("blank lines behind", b"x\r\n \r\n\t\r\n\r\n"),
                                     ("8-bit", b"\xff\xc3\xa9\r\n"), ("lone LF", b"a\nb\r\n"), ("lone CR", b"a\rb\r\n"),
                                     ("long", b"word " * 20000 + b"\r\n")):
                yield f"{canon.decode()} {what}", "pass whole", rsa(m.plain(body_bytes), canon=canon)
    yield "header canon alone", "pass whole", rsa(canon=b"relaxed/simple", c=b"relaxed")
    yield "no c=", "pass whole", rsa(canon=b"simple/simple", c=None)
    for c in (b"loose/simple", b"relaxed/", b"relaxed/simple/simple", b"Relaxed/simple", b""):
        yield f"c={c.decode()}", "permerror: c= is unknown", rsa(c=c)


def keys():
    for selector in ("bare", "no-version", "mail", "any", "sha", "spf-too", "blanks", "notes", "a.b"):
        yield with_key(selector, "pass whole")
    yield with_key("big", "pass whole", BIG)
    yield with_key("least", "pass whole", LEAST)
    yield with_key("weak", "policy: an RSA key of only 1023 bits", WEAK)
    yield with_key("tiny", "policy: an RSA key of only 512 bits", TINY)
    yield with_key("revoked", "permerror: the key is revoked")
    yield with_key("no-p", "permerror: the key record has no p=")
    yield with_key("rubbish", "permerror: the key is not base64")
    yield with_key("not-der", "permerror: the key is no key: not an RSA public key")
    yield with_key("kind", "permerror: the key is not of the kind that a= names")
    yield with_key("kind-unknown", "permerror: the key is of an unknown kind")
    yield with_key("ed-as-rsa", "permerror: the key is no key: not an RSA public key")
    yield with_key("web", "permerror: the key is not for mail")
    yield with_key("sha1", "permerror: the key is not for SHA-256")
    yield with_key("version-2", "permerror: the key record is not of version DKIM1")
    yield with_key("version-last", "permerror: the key record is not of version DKIM1")
    yield with_key("spf-only", "permerror: the key record is not of version DKIM1")
    yield with_key("double", "permerror: the key record does not read: the tag k= stands there twice")
    yield with_key("empty", "permerror: the key record does not read: no tags at all")
    yield with_key("two", "permerror: several keys of one name")
    yield with_key("nowhere", "permerror: there is no key of that name")
    yield with_key("other", "fail: the signature does not match")
    yield with_key("ed", "permerror: the key is not of the kind that a= names")
    for selector in FAILS:
        yield with_key(selector, "temperror: the key could not be asked for")
    yield with_key("testing", "pass whole")
    yield "testing, altered", "neutral: the domain tests: the body is not what was signed", rsa(s="testing") + b"more\r\n"
    yield with_key("testing-revoked", "neutral: the domain tests: the key is revoked")
    yield with_key("own", "pass whole", i="ann@example.com")
    yield "own, below", "neutral: the domain tests: i= is below the domain, which the key forbids", rsa(s="own", i="ann@a.example.com")
    yield "the key's name too long", "permerror: s= and d= are too long for a name", rsa(s="x" * 60 + ".y" * 80, d="z" * 40 + ".example")


def altered():
    good = rsa()
    yield "body", "fail: the body is not what was signed", good.replace(b"soon", b"SOON")
    yield "body longer", "fail: the body is not what was signed", good + b"P.S.\r\n"
    yield "body shorter", "fail: the body is not what was signed", good.replace(b"Ann\r\n\r\n", b"")
    yield "blank lines behind", "pass whole", good + b"\r\n\r\n"
    yield "field", "fail: the signature does not match", good.replace(b"Hello\r\n\tagain", b"Hullo again")
    yield "refolded", "pass whole", good.replace(b"Hello\r\n\tagain  and again ", b"Hello again\r\n and\r\n again")
    yield "refolded, simple", "fail: the signature does not match", rsa(canon=b"simple/simple").replace(b"Hello\r\n\tagain", b"Hello again")
    yield "case of names", "pass whole", good.replace(b"\r\nSubject:", b"\r\nSUBJECT :")
    yield "unsigned field added", "pass whole", b"X-More: a\r\n" + good
    yield "a line of blanks in one that was added", "pass", b"X-More: a\r\n \t\r\n" + good
    yield "From below", "fail: the signature does not match", good.replace(b"\r\n\r\n", b"\r\nFrom: eve@evil.example\r\n\r\n", 1)
    yield "From above", "pass", b"From: eve@evil.example\r\n" + good
    yield "Subject above", "pass", b"Subject: Win\r\n" + good
    yield "Content-Type above", "pass", b"Content-type: text/html\r\n" + good
    yield "odd From", "pass", b"Fr\xc3om: eve@evil.example\r\n" + good
    yield "odd Subject alone", "pass", rsa(PLAIN.replace(b"Subject:", b"Sub\x01ject:"))
    yield "From in a CR", "pass", b"X-A: a\rFrom: eve@evil.example\r\n" + good
    yield "From in a CR of a name", "pass", b"X\rFrom: eve@evil.example\r\n" + good
    yield "a NUL", "pass", b"X-A: a\0b\r\n" + good
    yield "From gone", "fail: the signature does not match", good.replace(b"From: Ann <ann@example.com>\r\n", b"")
    yield "signature field", "fail: the signature does not match", good.replace(b" d=example.com;", b" d=example.com; z=x;", 1)
    yield "b= folded", "pass whole", good.replace(b"b=", b"b= \r\n ", 1) if b";\r\n\tb=" not in good else good.replace(
        b";\r\n\tb=", b";\r\n\tb=\r\n\t ", 1)
    yield "bytes of b= gone", "fail: the signature does not match", good.replace(b"\r\n\tb=", b"\r\n\tb=AAAA", 1)
    over = rsa(names=m.HEADER + ("From", "Subject"))
    yield "oversigned", "pass whole", over
    yield "oversigned, From above", "fail: the signature does not match", b"From: eve@evil.example\r\n" + over
    yield "oversigned, Subject above", "fail: the signature does not match", b"Subject: Win\r\n" + over
    twice = m.plain(more=[b"X-A: 1", b"X-A: 2", b"X-A: 3"])
    partly = rsa(twice, names=("From", "X-A", "X-A"))
    yield "two of three", "pass", partly
    yield "two of three, top", "pass", partly.replace(b"X-A: 1", b"X-A: 9")
    yield "two of three, middle", "fail: the signature does not match", partly.replace(b"X-A: 2", b"X-A: 9")


def whole():
    names = list(m.HEADER)
    for name in ("Subject", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"):
        yield f"{name} unsigned", "pass", rsa(names=[n for n in names if n != name])
        without = b"\r\n".join(line for line in PLAIN.replace(b"\r\n\t", b" ").split(b"\r\n") if not line.startswith(name.encode() + b":"))
        yield f"{name} neither there nor signed", "pass whole", rsa(without, names=[n for n in names if n != name])
    yield "To and Date unsigned", "pass whole", rsa(names=[n for n in names if n not in ("To", "Date")])
    yield "names in lower case", "pass whole", rsa(names=[n.lower() for n in names])
    yield "two From, both signed", "pass", rsa(m.plain(more=[b"From: eve@evil.example"]), names=names + ["From"])
    length = len(m.canon_body(b"relaxed/relaxed", m.BODY))
    yield "l= of all", "pass", rsa(l=length)
    yield "l= and more", "policy: l= leaves 8 bytes of the body unsigned", rsa(l=length) + b"more\r\n"
    yield "l=0", f"policy: l= leaves {length} bytes of the body unsigned", rsa(l=0)
    yield "l= inside", f"policy: l= leaves {length - 5} bytes of the body unsigned", rsa(l=5)
    yield "l= inside, altered before", "fail: the body is not what was signed", rsa(l=5).replace(b"Hello Bob", b"Hullo Bob")
    yield "l= too long", "fail: the body is shorter than l=", rsa(l=length + 1)
    yield "l= huge", "fail: the body is shorter than l=", rsa(l="9" * 76)
    yield "l=-1", "permerror: l= is not a number", rsa().replace(b"; bh=", b"; l=-1; bh=", 1)
    yield "l= empty", "permerror: l= is not a number", rsa().replace(b"; bh=", b"; l=; bh=", 1)
    yield "l= twice", "permerror: the tag l= stands there twice", rsa().replace(b"; bh=", b"; l=1; l=2; bh=", 1)


def tags():
    yield "t= now", "pass whole", rsa(t=m.NOW)
    yield "t= a little ahead", "pass whole", rsa(t=m.NOW + 299)
    yield "t= ahead", "permerror: made in the future", rsa(t=m.NOW + 301)
    yield "x= ahead", "pass whole", rsa(t=m.NOW - 9, x=m.NOW + 1)
    yield "x= now", "pass whole", rsa(x=m.NOW)
    yield "x= past", "permerror: expired", rsa(x=m.NOW - 1)
    yield "x= before t=", "permerror: x= lies before t=", rsa(t=m.NOW - 5, x=m.NOW - 9)
    yield "x= huge", "pass whole", rsa(x="9" * 40)
    yield "t= a word", "permerror: t= or x= is not a time", rsa(t="now")
    yield "i= below", "pass whole", rsa(i="ann@a.b.example.com")
    yield "i= quoted", "pass whole", rsa(i="ann=40x@example.com")
    yield "i= without local part", "pass whole", rsa(i="@Example.COM")
    yield "i= elsewhere", "permerror: i= is not of the domain d=", rsa(i="ann@evil.example")
    yield "i= beside", "permerror: i= is not of the domain d=", rsa(i="ann@xexample.com")
    yield "i= above", "permerror: i= is not of the domain d=", rsa(i="ann@com")
    yield "i= no address", "permerror: i= is no address", rsa(i="example.com")
    yield "d= in upper case", "pass whole", rsa(d="EXAMPLE.Com")
    yield "d= rubbish", "permerror: d= or s= is no domain name", rsa(d="exa mple.com")
    yield "d= empty", "permerror: d= or s= is no domain name", rsa(d="")
    yield "v=2", "permerror: v= is not 1", rsa(v="2")
    yield "q= with others", "pass whole", rsa(q="http/x : dns/txt")
    yield "q= unknown", "permerror: q= is not dns/txt", rsa(q="dns")
    yield "unknown tags", "pass whole", rsa(zz="anything at all", X="1")
    yield "names apart by blanks", "pass whole", rsa(names=[b" " + n.encode() + b"\r\n\t" for n in m.HEADER])
    for name in "v a b bh d h s".split():
        made = rsa(**{name: None}) if name != "b" else rsa().replace(b"\r\n\tb=", b"\r\n\tbb=", 1)
        yield f"no {name}=", f"permerror: {name}= is missing", made
    yield "From not in h=", "permerror: From is not in h=", rsa(names=("To", "Subject"))
    yield "h= empty", "permerror: From is not in h=", rsa(h="")
    yield "a= unknown", "permerror: a= is unknown", rsa(a="rsa-md5")
    yield "a= of the other kind", "permerror: the key is not of the kind that a= names", rsa(a="ed25519-sha256")
    yield "rsa-sha1", "policy: rsa-sha1 is not accepted", rsa(a="rsa-sha1", hash_name="sha1")
    yield "bh= short", "permerror: bh= is not a SHA-256 digest in base64", rsa(bh="AAAA")
    yield "bh= not base64", "permerror: bh= is not a SHA-256 digest in base64", rsa(bh="*")
    yield "b= empty", "permerror: b= is not a signature in base64", rsa()[:rsa().index(b"\r\n\tb=") + 5] + b"\r\n" + PLAIN
    yield "1,000 names", "pass whole", rsa(names=list(m.HEADER) + ["X"] * 992)
    yield "1,001 names", "permerror: more than 1000 names in h=", rsa(names=list(m.HEADER) + ["X"] * 993)
    yield "no tags", "permerror: not a list of tags like v=1; a=b", b"DKIM-Signature: rubbish\r\n" + PLAIN
    yield "no value", "permerror: no tags at all", b"DKIM-Signature:\r\n" + PLAIN
    yield "8-bit", "permerror: c= is unknown", rsa(c=b"rel\xe4xed")
    yield "a control", "permerror: a control character in a tag", rsa(zz=b"\x01")


def several():
    yield "none", "", PLAIN
    yield "no header", "", b"\r\nbody\r\n"
    yield "nothing", "", b""
    yield "no body", "fail: the body is not what was signed", rsa()[:rsa().index(b"\r\n\r\n") + 2]
    yield "body begins with a blank", "pass whole", rsa(m.plain(b" x\r\n y\r\n"))
    yield "two kinds", "pass whole | pass whole", m.signed(ED, rsa(), s="ed")
    broken = m.field(RSA, PLAIN, s="slow") + m.field(RSA, PLAIN, s="nowhere") + b"DKIM-Signature: x\r\n" + rsa()
    yield "one good among broken ones", ("temperror: the key could not be asked for | permerror: there is no key of that name | "
                                         "permerror: not a list of tags like v=1; a=b | pass whole"), broken
    yield "the first signed by the second", "pass whole | pass whole", m.signed(RSA, rsa(), names=m.HEADER + ("DKIM-Signature",))
    yield "signed against a further signature", "pass whole", rsa(names=m.HEADER + ("DKIM-Signature",))
    yield "two canonical forms", "pass whole | pass whole", m.field(RSA, PLAIN, canon=b"simple/simple") + rsa()
    yield "l= of several", " | ".join(f"policy: l= leaves {len(m.canon_body(b'relaxed/relaxed', m.BODY)) - n} bytes of the body unsigned"
                                      for n in (9, 1, 5)) + " | pass whole", b"".join(m.field(RSA, PLAIN, l=n) for n in (9, 1, 5)) + rsa()
    yield "sixteen and more", " | ".join(["pass whole"] * 16) + " and more", m.field(RSA, PLAIN) * 17 + PLAIN
    yield "forty keys", " | ".join(["permerror: there is no key of that name"] * 16) + " and more", b"".join(
        m.field(RSA, PLAIN, s=f"k{n}") for n in range(40)) + PLAIN
    yield "4,000 fields", "pass whole", rsa(m.plain(more=[b"X-%d: %d" % (n % 50, n) for n in range(4000)]),
                                             names=list(m.HEADER) + [f"X-{n % 50}" for n in range(900)])


def hexed(value):
    value = value if isinstance(value, bytes) else value.encode()
    return value.hex() or "-"


def main():
    print("now", m.NOW)
    for selector, records in {**KEYS, **signed_arc.KEYS}.items():
        domain = "example.com" if selector in KEYS else ""
        print("txt", f"{selector}._domainkey.{domain}" if domain else selector, *map(hexed, records))
    for selector, status in FAILS.items():
        print("fails", f"{selector}._domainkey.example.com", status)
    for group in (canons, keys, altered, whole, tags, several, signed_arc.chains, signed_arc.gateways):
        for name, wanted, message, *trusted in group():
            print("case", hexed(f"{group.__name__}: {name}"), hexed(wanted), hexed(message), hexed(trusted[0] if trusted else ""))


if __name__ == "__main__":
    main()
