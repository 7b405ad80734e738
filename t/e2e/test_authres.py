#!/usr/bin/python3
"""Authentication-Results as the internal server gets it, read by a second parser: one of ours, on top, true; what claims to be ours or the
organisation's is gone however it is spelt; what others say is untouched."""
import os
import re
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import authres
import cases
import dns_rig
import mail
import procs
import signed_mail
import smtp_client
from cases import case, equal
from house import House, rules_with

OURS, INNER = "gate.example", "inner.example"
OUTSIDE, GATEWAY, WRONG, INSIDE = "192.0.2.7", "198.51.100.9", "203.0.113.9", "10.1.2.3"
AR, AAR = b"Authentication-Results", b"ARC-Authentication-Results"
FOREIGN = b'mx.far.example 1 (not gate.example); spf=pass smtp.helo="gate.example";\r\n\tdkim=pass header.d=far.example'
KEY = signed_mail.Key()


def zones():
    record = KEY.record().decode()
    cut = " ".join('"%s"' % record[i:i + 200] for i in range(0, len(record), 200))
    return {"outside.example": '@ TXT "v=spf1 ip4:192.0.2.7 ip4:198.51.100.9 -all"\n_dmarc TXT "v=DMARC1; p=none"\n'
                               f"s1._domainkey TXT {cut}\n",
            "helo.example": '@ TXT "v=spf1 ip4:192.0.2.7 -all"\n',
            "mild.example": '_dmarc TXT "v=DMARC1; p=none"\n', "strict.example": '_dmarc TXT "v=DMARC1; p=reject"\n', "list.example": f"s1._domainkey TXT {cut}\n"}


class Rig(House):
    def __init__(self):
        super().__init__(rules=rules_with(filter_='rule kept when sender = "kept@outside.example" then quarantine "kept"'),
                         postfix_settings={"non_smtpd_milters": "unix:postgate/milter"}, settings={"authentication_results": "yes", "authserv_id": OURS, "dnssec_anchor_file": "",
                                   "arc_trusted_sealers": "list.example",
                                   "trusted_authserv_ids": f"{INNER}@198.51.100.0/24, second.example@198.51.100.0/24"})
        self.names = dns_rig.Nsd(self.sub("names"), zones())
        self.gate.settings["resolver"] = self.names.resolver

    def start(self):
        self.names.start()
        self.cleanup.append(self.names.kill)
        return super().start()


def fields(data):
    """Header fields as (name, value) in bytes, value with its folding."""
    head = data.replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    return [tuple(f.split(b":", 1)) for f in re.split(rb"\n(?![ \t])", head) if b":" in f]


def eager(text):
    """What somebody sees who overlooks blanks, comments' brackets, quotes and case."""
    return re.sub(rb"[^!#-'*+\-./0-9:=@A-Z\[\]^-~]", b"", text).lower()


def results(data, name=AR):
    return [(n, v) for n, v in fields(data) if eager(n) == name.lower()]


def parse(value):
    """By python3-authres, which knows nothing of us. None: it does not read."""
    text = re.sub(rb"\r?\n", b"", value).decode("utf-8", "surrogateescape").strip()
    try:
        return authres.AuthenticationResultsHeader.parse_value(text)
    except (authres.AuthResError, UnicodeError):
        return None


def is_ours(value):
    parsed = parse(value)
    known = parsed.authserv_id if parsed else None
    return (known or "").lower().rstrip(".") == OURS or (known is None and OURS.encode() in eager(value)[:100])


def sent(h, raw, client=OUTSIDE, sender="a@outside.example", listener="proxy", helo="client.example"):
    """raw: header lines put on top of a clean message. The bytes that the internal server got; None when the name of EHLO is refused."""
    m = b"".join(line + b"\r\n" for line in raw) + mail.clean(sender=sender or "a@outside.example")
    with smtp_client.Smtp("127.0.0.1", h.postfix.port[listener], helo=helo) as c:
        if c.log[-1].startswith("S: 501"):
            return None
        c.xclient(client)
        reply = c.send(sender, ["bob@one.example"], m)
    assert reply.end and reply.end.code == 250, reply
    return h.sinks["one.example"].wait_id(mail.id_of(m)).data


def own(data):
    """The one that is ours: on top of all, and nothing else claims to be."""
    found = [v for _, v in results(data) if is_ours(v)]
    equal(len(found), 1, data.decode("latin-1"))
    equal(fields(data)[0], (AR, found[0]), data.decode("latin-1"))
    longest = max(len(line) for line in (AR + b":" + found[0]).split(b"\n"))
    assert longest <= 78, found[0]
    parsed = parse(found[0])
    equal(parsed.authserv_id, OURS)
    assert not re.search(rb"[^\t\n -~]", found[0]), found[0]
    return parsed


def said(parsed):
    return {f"{r.method}={r.result}" for r in parsed.results}


def of(parsed, method, type_, name):
    """The values of that property of that method."""
    return [p.value for r in parsed.results if r.method == method for p in r.properties if (p.type, p.name) == (type_, name)]


# What follows the colon, or the whole line when it begins with a name of its own.
SPELLINGS = {
    "plain": b" gate.example; spf=pass smtp.mailfrom=ceo@one.example",
    "no blank": b"gate.example;dkim=pass",
    "upper case": b" GATE.Example; spf=pass",
    "version": b" gate.example 1; spf=pass",
    "another version": b" gate.example 17 ; spf=pass",
    "no results": b" gate.example",
    "nothing but none": b" gate.example; none",
    "tab": b"\tgate.example\t;\tspf=pass",
    "quoted": b' "gate.example"; spf=pass',
    "quoted, version": b' "gate.example" 1; spf=pass',
    "quoted-pairs": b' "g\\ate\\.example"; spf=pass',
    "quoted, blank at the end": b' "gate.example "; spf=pass',
    "comment before": b" (by) gate.example; spf=pass",
    "nested comments": b" (a (b (c) d) e) gate.example; spf=pass",
    "comment with a quoted-pair": b" (a \\) b) gate.example; spf=pass",
    "comments everywhere": b" (a)(b) gate.example (c) 1 (d) ; (e) spf (f) = (g) pass",
    "comment after": b" gate.example(by); spf=pass",
    "comment within": b" gate.(x)example; spf=pass",
    "folded before": b"\r\n gate.example; spf=pass",
    "folded twice": b"\r\n \r\n\tgate.example\r\n ; spf=pass",
    "folded within": b" gate.\r\n example; spf=pass",
    "folded comment": b" (a\r\n b) gate.example; spf=pass",
    "final dot": b" gate.example.; spf=pass",
    "blanks within": b" gate . example; spf=pass",
    "no semicolon": b" gate.example spf=pass",
    "comma": b" gate.example, far.example; spf=pass",
    "slash": b" gate.example/1; spf=pass",
    "equals": b" gate.example=1; spf=pass",
    "angle brackets": b" <gate.example>; spf=pass",
    "square brackets": b" [gate.example]; spf=pass",
    "half quoted": b' "gate".example; spf=pass',
    "quote not closed": b' "gate.example; spf=pass',
    "quote at the end": b' gate.example"; spf=pass',
    "comment not closed": b" (x gate.example; spf=pass",
    "forty comments": b" " + b"(" * 40 + b"gate.example; spf=pass",
    "fraction": b" gate.example 1.0; spf=pass",
    "semicolon first": b" ; gate.example; spf=pass",
    "backslash": b" g\\ate.example; spf=pass",
    "8-bit byte": b" gate.example\xa0; spf=pass",
    "8-bit byte within": b" gate\xa0.example; spf=pass",
    "soft hyphen": b" gate\xc2\xad.example; spf=pass",
    "fullwidth": b" \xef\xbd\x87ate.example; spf=pass",
    "ideographic stop": b" gate\xe3\x80\x82example; spf=pass",
    "zero width": b" \xe2\x80\x8bgate.example; spf=pass",
    "control": b" gate\x01.example; spf=pass",
    "delete": b" gate.example\x7f; spf=pass",
    "encoded-word": b" =?utf-8?q?gate=2Eexample?=; spf=pass",
    "encoded-word in base64": b" =?us-ascii?B?Z2F0ZS5leGFtcGxl?=; spf=pass",
    "encoded-word within": b" gate.=?utf-8?q?example?=; spf=pass gate.example",
    "no id": b" spf=pass smtp.helo=gate.example",
    "of ARC under the plain name": b" i=1; gate.example; spf=pass",
    "name in upper case": b"AUTHENTICATION-RESULTS: gate.example; spf=pass",
    "blank before the colon": b"Authentication-Results : gate.example; spf=pass",
    "tabs before the colon": b"authentication-results\t\t: gate.example; spf=pass",
}


def line_of(spelling, name=AR):
    return spelling if re.match(rb"(?i)authentication-results", spelling) else name + b":" + spelling


@case("more than forty spellings of our id are removed, ours is put on top, others' stay as they are")
def _(h):
    assert len(SPELLINGS) > 40
    wrong = []
    for name, spelling in SPELLINGS.items():
        data = sent(h, [line_of(spelling), AR + b": " + FOREIGN])
        try:
            own(data)
            left = [v for _, v in results(data)[1:]]
            equal(left, [b" " + FOREIGN.replace(b"\r\n", b"\n")], data.decode("latin-1"))
        except AssertionError as e:
            wrong.append(f"{name}: {e}")
    assert not wrong, "; ".join(wrong)


@case("the same of ARC-Authentication-Results, which we never write")
def _(h):
    wrong = []
    foreign = AAR + b": i=1; " + FOREIGN
    for name, spelling in SPELLINGS.items():
        if spelling[:1] in b"Aa" or b" i=1" in spelling:
            continue
        for before in (b" i=2;", b" i = 2 (c) ;", b""):
            data = sent(h, [AAR + b":" + before + spelling, foreign])
            left = [n + b":" + v for n, v in results(data, AAR)]
            if left != [foreign.replace(b"\r\n", b"\n")] or not own(data):
                wrong.append(f"{name} after {before}: {left}")
        if len(wrong) > 3:
            break
    assert not wrong, "; ".join(wrong)


@case("a NUL that Postfix lets through hides nothing")
def _(h):
    own(sent(h, [AR + b": gate\0.example; spf=pass", AR + b": \0gate.example; spf=pass"]))


@case("hundreds of forged ones are all removed, of all kinds, at once; more are refused")
def _(h):
    forged = []
    for i in range(160):
        forged += [AR + b": (%d) gate.example; spf=pass" % i, b"X-MS-Exchange-Organization-%d: forged" % i,
                   b"aRC-Authentication-Results: i=%d; gate.example; spf=pass" % (i % 50 + 1)]
    begin = time.monotonic()
    data = sent(h, forged + [AR + b": " + FOREIGN])
    took = time.monotonic() - begin
    own(data)
    equal(len(results(data)), 2)
    assert not results(data, AAR) and b"forged" not in data, data
    assert took < 5, f"{took:.1f} s"
    print(f"note: {len(forged)} removals took {took * 1000:.0f} ms")
    m = b"".join(AR + b": gate.example; spf=pass\r\n" for _ in range(501)) + mail.clean()
    end = h.proxy("a@outside.example", "bob@one.example", m).end
    assert end.code == 554 and "Authentication-Results" in end.text, end


@case("our own of an earlier pass is removed, and so is what our own people claim; they get none")
def _(h):
    first = sent(h, [])
    again = sent(h, [AR + b":" + results(first)[0][1].replace(b"\n", b"\r\n")])
    own(again)
    for listener in ("proxy", "staging"):
        data = sent(h, [AR + b": gate.example; auth=pass smtp.auth=ceo", AR + b": " + FOREIGN], client=INSIDE, listener=listener)
        equal([v.strip() for _, v in results(data)], [FOREIGN.replace(b"\r\n", b"\n")], data.decode("latin-1"))


@case("mail by sendmail(1) gets one too; staging and released mail get none, and are cleaned all the same")
def _(h):
    m = AR + b": gate.example; dkim=pass\r\n" + mail.clean(sender="root@one.example")
    path = h.sub("local.eml")
    with open(path, "wb") as f:
        f.write(m.replace(b"\r\n", b"\n"))
    done = procs.run(["/bin/sh", "-c", f'exec /usr/sbin/sendmail -C "$0" -f root@one.example -i bob@one.example < {path}', h.postfix.etc],
                     env={"PATH": "/usr/sbin:/usr/bin:/bin", "MAIL_CONFIG": h.postfix.etc})
    equal(done.returncode, 0, done.stderr)
    assert {"spf=none", "dkim=none"} <= said(own(h.sinks["one.example"].wait_id(mail.id_of(m)).data))
    m = b"X-MS-Exchange-Organization-SCL: -1\r\n" + AR + b': "gate.example"; spf=pass\r\n' + mail.clean(subject="keep me")
    equal(h.proxy("kept@outside.example", "bob@one.example", m).end.code, 250)
    row = h.gate.ctl("quarantine", "list", check=True).rows[0]
    h.gate.ctl("quarantine", "release", row["id"], check=True)
    data = h.sinks["one.example"].wait_id(mail.id_of(m)).data
    assert not results(data) and b"X-MS-Exchange" not in data, data


@case("X-MS-Exchange-Organization is the organisation's word: removed from outside, kept from inside")
def _(h):
    marks = [b"X-MS-Exchange-Organization-SCL: -1", b"x-ms-exchange-organization-authas : Internal",
             b"X-MS-EXCHANGE-ORGANIZATION-AuthSource\t: mx.one.example", b"X-MS-Exchange-Organization-AuthAs:\r\n Internal"]
    others = [b"X-MS-Exchange-Transport-Rules: kept", b"X-MS-Has-Attach: kept"]
    for client in (OUTSIDE, GATEWAY):
        data = sent(h, marks + others, client=client).lower()
        assert b"exchange-organization" not in data and data.count(b"kept") == 2, data
    data = sent(h, marks + others, client=INSIDE).lower()
    equal(data.count(b"exchange-organization"), 4, data.decode("latin-1"))


@case("a gateway's own results stay when it brings them, and are forged from everywhere else")
def _(h):
    theirs = AR + b": inner.example; spf=pass smtp.mailfrom=outside.example"
    is_there = lambda data: b"inner.example; spf=pass" in data
    assert is_there(sent(h, [theirs], client=GATEWAY))
    assert is_there(sent(h, [theirs], client=INSIDE))
    assert not is_there(sent(h, [theirs], client=OUTSIDE))
    assert not is_there(sent(h, [theirs], client=WRONG))
    assert not is_there(sent(h, [AR + b': (c) "INNER.example" 1; spf=pass'], client=OUTSIDE).lower())


@case("what is said is what was found")
def _(h):
    parsed = own(sent(h, []))
    assert {"spf=pass", "dkim=none", "dmarc=pass"} <= said(parsed), said(parsed)
    equal(of(parsed, "spf", "smtp", "mailfrom"), ["a@outside.example"])
    equal(of(parsed, "dmarc", "header", "from"), ["outside.example"])
    parsed = own(sent(h, [], sender="", helo="helo.example"))
    assert "spf=pass" in said(parsed), said(parsed)
    equal(of(parsed, "spf", "smtp", "helo"), ["helo.example"])


def dmarc_of(h, m):
    equal(h.proxy("a@outside.example", "bob@one.example", m).end.code, 250)
    data = h.sinks["one.example"].wait_id(mail.id_of(m)).data
    parsed = own(data)
    return parsed, next(r for r in parsed.results if r.method == "dmarc"), b" ".join(results(data)[0][1].split())


@case("a DMARC that fails says why and what is asked for; one that an ARC chain rescues says whose it is")
def _(h):
    parsed, dmarc, text = dmarc_of(h, mail.clean(sender="ceo@mild.example"))
    equal((dmarc.result, dmarc.reason), ("fail", "SPF passes, but for another domain"), text)
    equal(of(parsed, "dmarc", "policy", "dmarc") + of(parsed, "dmarc", "header", "from"), ["none", "mild.example"], text)
    assert b"by arc" not in text, text
    m = signed_mail.sealed(KEY, mail.clean(sender="ceo@strict.example"), b"arc=none; dmarc=pass header.from=strict.example", domain=b"list.example", server=b"list.example")
    parsed, dmarc, text = dmarc_of(h, m)
    equal((dmarc.result, dmarc.reason, of(parsed, "dmarc", "policy", "dmarc")), ("pass", None, []), text)
    assert b"dmarc=pass (by arc: list.example) (p=reject) header.from=strict.example; arc=pass" in text, text


@case("signatures of two keys and one that fails, each with its own result")
def _(h):
    m = mail.clean(sender="a@outside.example")
    good = signed_mail.signed(KEY, m, d="outside.example", names=signed_mail.HEADER[:5])
    head = signed_mail.field(signed_mail.Key(None), m, d="outside.example", s="none", names=signed_mail.HEADER[:5])
    m = head + good
    equal(h.proxy("a@outside.example", "bob@one.example", m).end.code, 250)
    parsed = own(h.sinks["one.example"].wait_id(mail.id_of(m)).data)
    found = {r.result: r for r in parsed.results if r.method == "dkim"}
    equal(set(found), {"pass", "permerror"}, said(parsed))
    values = {p.name: p.value for p in found["pass"].properties}
    equal((values["d"], values["s"], values["a"], len(values["b"])), ("outside.example", "s1", "rsa-sha256", 8))


@case("a gateway's results above the topmost Received are taken over by name; below it, and from elsewhere, they are not")
def _(h):
    theirs = AR + b": second.example; spf=softfail smtp.mailfrom=b.example; dkim=pass header.d=b.example; dmarc=pass header.from=outside.example"
    received = b"Received: from b.example by inner.example; Mon, 02 Nov 2026 10:00:00 +0000"
    data = sent(h, [theirs, received], client=GATEWAY)
    assert {"spf=softfail", "dkim=pass", "dmarc=pass"} <= said(own(data)), data
    assert b"(by second.example)" in results(data)[0][1], data
    for lines, client in (([received, theirs], GATEWAY), ([theirs, received], OUTSIDE), ([theirs, received], WRONG)):
        data = sent(h, lines, client=client)
        assert not {"spf=softfail", "dkim=pass"} & said(own(data)) and b"(by " not in results(data)[0][1], data


@case("nothing that a sender says adds a result, a comment or a line")
def _(h):
    for sender in ("x;dkim=pass", 'x dkim=pass', "dkim=pass", "a(dkim=pass)", "a\\\\;dkim=pass", "a,b", "<", "=?utf-8?q?a?="):
        data = sent(h, [], sender='"%s"@outside.example' % sender)
        parsed = own(data)
        assert "dkim=pass" not in said(parsed) and b"dkim=pass" not in results(data)[0][1], data
        equal([v for v in of(parsed, "spf", "smtp", "mailfrom") if v.rsplit("@", 1)[-1] != "outside.example"], [])
    names = ("x;dkim=pass", "(dkim=pass)", '"x;dkim=pass"', "x\\;dkim=pass", "dkim=pass", "[192.0.2.7]", "[IPv6:::1]", "[x;dkim=pass]",
             "m\xfcnchen.example", "x\udcff;dkim=pass", "x" * 400, "=?utf-8?q?dkim=3Dpass?=")
    tried = [sent(h, [], sender="", helo=helo) for helo in names]
    taken = [data for data in tried if data]
    assert len(taken) >= 8, f"{len(taken)} names of EHLO were taken"
    for data in taken:
        assert "dkim=pass" not in said(own(data)) and b"dkim=pass" not in results(data)[0][1], data


if __name__ == "__main__":
    cases.main(Rig)
