"""Cases of ARC chains and of results that inner gateways wrote, for signed_cases.py."""
import base64
import re

import signed_mail as m

RSA, ED, OTHER, WEAK = m.Key(), m.Key(None), m.Key(), m.Key(1023)
KEYS = {f"a._domainkey.{d}.example": [RSA.record()] for d in ("one", "two", "three", "sealer")}
KEYS["ed._domainkey.one.example"] = [ED.record()]
KEYS["weak._domainkey.one.example"] = [WEAK.record()]
NAMES = ("From", "To", "Subject", "Date")
PASS = b"dmarc=pass header.from=example.com"
PLAIN = m.plain()


def arc_fields(message, instance):
    """The three fields of one set, in the order in which they are sealed."""
    fields, _ = m.split(message)
    for name in (b"arc-authentication-results", b"arc-message-signature", b"arc-seal"):
        for field, value in fields:
            if field.lower() == name and re.search(rb"\bi\s*=\s*%d\s*;" % instance, value):
                yield field, value


def seal(message, instance, cv, key=RSA, domain=b"one.example", **tags):
    """The ARC-Seal over the sets of message, of which the last has none yet."""
    said = {"i": b"%d" % instance, "a": key.algorithm, "cv": cv, "d": domain, "s": b"a",
            **{k: v if v is None or isinstance(v, bytes) else str(v).encode() for k, v in tags.items()}}
    value = b" " + b"; ".join(k.encode() + b"=" + v for k, v in said.items() if v is not None) + b"; b="
    chain = [f for i in range(1, instance + 1) for f in arc_fields(message, i)] + [(b"ARC-Seal", value + b"\r\n")]
    data = b"".join(n + b":" + v for n, v in m.canon_fields(b"relaxed/relaxed", chain)).rstrip(b"\r\n")
    return b"ARC-Seal:" + value + base64.b64encode(key.sign(data)) + b"\r\n"


def one_set(message, instance, cv=None, results=PASS, domain=b"one.example", key=RSA, ams=None, tags=None):
    """One more set on top of message."""
    cv = cv if cv is not None else b"none" if instance == 1 else b"pass"
    message = b"ARC-Authentication-Results: i=%d; mx.%s; %s\r\n" % (instance, domain, results) + message
    how = {"names": NAMES, "d": domain, "s": b"a", **(ams or {})}
    message = m.field(key, message, name=b"ARC-Message-Signature", v=None, i=instance, **how) + message
    return seal(message, instance, cv, key, domain, **(tags or {})) + message


def chain(count, message=PLAIN, **how):
    for i in range(1, count + 1):
        message = one_set(message, i, **how)
    return message


def without(message, name, instance):
    """The message less one field."""
    fields, body = m.split(message)
    left = [(n, v) for n, v in fields if n.lower() != name.lower() or not re.search(rb"\bi\s*=\s*%d\s*;" % instance, v)]
    assert len(left) == len(fields) - 1
    return b"".join(n + b":" + v for n, v in left) + b"\r\n" + body


def seals(*what):
    return "arc=pass " + " ".join(what)


def chains():
    one = one_set(PLAIN, 1)
    two = one_set(one, 2, domain=b"two.example", results=b"arc=pass; dmarc=fail header.from=example.com")
    yield "one by dkimpy", seals("sealer.example(example.com)"), m.sealed(RSA, PLAIN, b"arc=none; " + PASS, b"a")
    twice = m.sealed(RSA, m.sealed(RSA, PLAIN, b"arc=none; " + PASS, b"a"), b"arc=pass", b"a", b"two.example", b"mx.two.example")
    yield "two by dkimpy", seals("sealer.example(example.com)", "two.example"), twice
    yield "one", seals("one.example(example.com)"), one
    yield "two", seals("one.example(example.com)", "two.example"), two
    yield "one of Ed25519", seals("one.example(example.com)"), one_set(PLAIN, 1, key=ED, ams={"s": "ed"}, tags={"s": "ed"})
    yield "fifty", seals(*["one.example(example.com)"] * 50), chain(50)
    yield "fifty-one", "arc=fail: a field of ARC without an instance from 1 to 50", chain(51)
    yield "with DKIM", "pass whole, " + seals("one.example(example.com)"), one_set(m.by_dkimpy(RSA, PLAIN, b"a", b"one.example"), 1)
    yield "fields added above", seals("one.example(example.com)"), b"Received: from a\r\nX-A: b\r\n" + one
    yield "simple", seals("one.example(example.com)"), one_set(PLAIN, 1, ams={"canon": b"simple/simple"})
    yield "sets out of order", seals("one.example(example.com)", "two.example"), reordered(two)
    yield "body altered", "arc=fail: message signature of instance 1: the body is not what was signed", one.replace(b"soon", b"SOON")
    yield "body altered between", seals("one.example(example.com)", "two.example"), one_set(
        one.replace(b"soon", b"SOON"), 2, domain=b"two.example", results=b"arc=pass")
    yield "From altered", "arc=fail: message signature of instance 1: the signature does not match", one.replace(b"Ann <ann", b"Eve <ann")
    yield "results altered", "arc=fail: seal of instance 1: the signature does not match", one.replace(b"=pass header", b"=fail header")
    yield "older results altered", "arc=fail: seal of instance 1: the signature does not match", two.replace(b"=pass header", b"=none header")
    yield "older seal altered", "arc=fail: seal of instance 1: the signature does not match", two.replace(b"cv=none; d=one", b"cv=none; z=1; d=one")
    yield "seal by another key", "arc=fail: seal of instance 1: the signature does not match", seal_again(one, key=OTHER)
    yield "seal without a key", "arc=fail: seal of instance 1: there is no key of that name", seal_again(one, s=b"nowhere")
    yield "seal by a short key", "arc=fail: seal of instance 1: an RSA key of only 1023 bits", seal_again(one, key=WEAK, s=b"weak")
    yield "message signature by a short key", "arc=fail: message signature of instance 1: an RSA key of only 1023 bits", one_set(
        PLAIN, 1, key=WEAK, ams={"s": "weak"}, tags={"s": "weak"})
    yield "gap", "arc=fail: a set is not complete", one_set(PLAIN, 2)
    yield "first set gone", "arc=fail: a set is not complete", lacking(two)
    for name in (b"ARC-Authentication-Results", b"ARC-Message-Signature", b"ARC-Seal"):
        yield f"{name.decode()} missing", "arc=fail: a set is not complete", without(two, name, 1)
        field = next(n + b":" + v for n, v in m.split(one)[0] if n == name)
        yield f"{name.decode()} twice", "arc=fail: two fields of one kind and instance", field + one
        yield f"{name.decode()} without instance", "arc=fail: a field of ARC without an instance from 1 to 50", name + b": a=b; c\r\n" + one
    for value in (b"0", b"51", b"x", b"-1", b"99999999999999999999", b""):
        yield f"i={value.decode()}", "arc=fail: a field of ARC without an instance from 1 to 50", b"ARC-Seal: i=" + value + b"; a=b\r\n" + one
    yield "first says pass", "arc=fail: cv= does not fit the place in the chain", one_set(PLAIN, 1, cv=b"pass")
    yield "second says none", "arc=fail: cv= does not fit the place in the chain", one_set(one, 2, cv=b"none")
    yield "second says fail", "arc=fail: a sealer says that the chain fails", one_set(one, 2, cv=b"fail")
    yield "cv unknown", "arc=fail: seal of instance 1: cv= is unknown", one_set(PLAIN, 1, cv=b"maybe")
    yield "no cv", "arc=fail: seal of instance 1: cv= is missing", seal_again(one, cv=None)
    yield "seal with h=", "arc=fail: seal of instance 1: h= must not stand there", seal_again(one, h="from")
    yield "seal with bh=", "arc=fail: seal of instance 1: bh= must not stand there", seal_again(one, bh="AAAA")
    yield "seal from the future", "arc=fail: seal of instance 1: made in the future", seal_again(one, t=m.NOW + 1000)
    yield "seal of rsa-sha1", "arc=fail: seal of instance 1: rsa-sha1 is not accepted", seal_again(one, a="rsa-sha1")
    yield "ARC-Seal in h=", "arc=fail: message signature of instance 1: ARC-Seal in h=", one_set(PLAIN, 1, ams={"names": NAMES + ("ARC-Seal",)})
    yield "From not in h=", "arc=fail: message signature of instance 1: From is not in h=", one_set(PLAIN, 1, ams={"names": ("To",)})
    yield "l=", "arc=fail: message signature of instance 1: l= leaves 4 bytes of the body unsigned", one_set(
        PLAIN, 1, ams={"l": len(m.canon_body(b"relaxed/relaxed", m.BODY)) - 4})
    yield "key that times out", "arc=temperror: seal of instance 1: the key could not be asked for", seal_again(
        one, s=b"slow", d=b"example.com")
    yield "key that times out, body altered", "arc=fail: message signature of instance 1: the body is not what was signed", seal_again(
        one, s=b"slow", d=b"example.com").replace(b"soon", b"SOON")
    yield "one key that times out, and one that is not there", "arc=fail: message signature of instance 1: there is no key of that name", seal_again(
        one_set(PLAIN, 1, ams={"s": "nowhere"}), s=b"slow", d=b"example.com")
    yield "results of nobody", seals("one.example"), one_set(PLAIN, 1, results=b"none")
    yield "two results of DMARC", seals("one.example"), one_set(PLAIN, 1, results=PASS + b"; dmarc=pass header.from=evil.example")
    yield "results that do not read", seals("one.example"), one_set(PLAIN, 1, results=b"dmarc=pass header.from=\x80\"")
    yield "DMARC that fails", seals("one.example"), one_set(PLAIN, 1, results=b"dmarc=fail header.from=example.com")
    yield "DMARC in odd spelling", seals("one.example(example.com)"), one_set(
        PLAIN, 1, results=b"spf=pass; DMARC = Pass (p=none)\r\n  header.From=EXAMPLE.com")


def reordered(message):
    """The ARC fields backwards: their order says nothing."""
    fields, body = m.split(message)
    arc = [f for f in fields if f[0].lower().startswith(b"arc-")]
    rest = [f for f in fields if not f[0].lower().startswith(b"arc-")]
    return b"".join(n + b":" + v for n, v in arc[::-1] + rest) + b"\r\n" + body


def lacking(message):
    for name in (b"ARC-Authentication-Results", b"ARC-Message-Signature", b"ARC-Seal"):
        message = without(message, name, 1)
    return message


def seal_again(message, **how):
    """The first set with another seal."""
    key, cv, domain = how.pop("key", RSA), how.pop("cv", b"none"), how.pop("d", b"one.example")
    bare = without(message, b"ARC-Seal", 1)
    return seal(bare, 1, cv, key, domain, **how) + bare


def gateways():
    def field(text, name=b"Authentication-Results"):
        return name + b": " + text + b"\r\n"
    gate = field(b"gate.example; spf=pass smtp.mailfrom=a@b.example; dkim=fail header.d=x.example;\r\n dkim=pass header.d=b.example; "
                 b"dmarc=pass (p=none) header.from=b.example; arc=none")
    received = b"Received: from outside by gate.example; Tue, 14 Nov 2023 22:13:20 +0000\r\n"
    all_of_it = "by gate.example spf=pass(b.example) dkim=pass(b.example) dmarc=pass(b.example) arc=none"
    yield "above Received", all_of_it, gate + received + PLAIN, "gate.example"
    yield "no Received", all_of_it, gate + PLAIN, "gate.example"
    yield "of several", all_of_it, gate + received + PLAIN, "other.example,gate.example"
    yield "id in capitals", all_of_it, gate.replace(b"gate.example;", b"GATE.Example 1 ;") + received + PLAIN, "gate.example"
    yield "below Received", "", received + gate + PLAIN, "gate.example"
    yield "below an odd Received", "", b"Rece\x01ived: x\r\n" + gate + PLAIN, "gate.example"
    yield "nobody trusted", "", gate + received + PLAIN, ""
    yield "of another", "", gate + received + PLAIN, "other.example"
    yield "a name that contains it", "", gate.replace(b"gate.example;", b"xgate.example;") + received + PLAIN, "gate.example"
    yield "another field's name", "", field(b"gate.example; spf=pass", b"X-Authentication-Results") + PLAIN, "gate.example"
    yield "in two fields", "by gate.example spf=fail dkim=pass", field(b"gate.example; spf=fail") + field(
        b"gate.example; spf=pass; dkim=pass") + received + PLAIN, "gate.example"
    yield "two gateways", "by a.example spf=fail", field(b"a.example; spf=fail") + field(b"b.example; dkim=pass") + PLAIN, "a.example, b.example"
    yield "HELO", "by gate.example spf=pass(mail.b.example)", field(b"gate.example; spf=pass smtp.helo=mail.b.example") + PLAIN, "gate.example"
    yield "DKIM by i=", "by gate.example dkim=pass(b.example)", field(b"gate.example; dkim=pass header.i=@b.example") + PLAIN, "gate.example"
    yield "none", "by gate.example", field(b"gate.example; none") + PLAIN, "gate.example"
    yield "unknown words", "by gate.example", field(b"gate.example; spf=splendid; dmarc=bestguesspass") + PLAIN, "gate.example"
    yield "malformed", "", field(b"gate.example; spf") + PLAIN, "gate.example"
    for both in (b"dkim=fail; dkim=temperror", b"dkim=temperror; dkim=fail"):
        yield "DKIM that may yet pass", "by gate.example dkim=temperror", field(b"gate.example; " + both) + PLAIN, "gate.example"
