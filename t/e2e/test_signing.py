#!/usr/bin/python3
"""Mail that leaves through staging is signed with DKIM: read back at the next server and verified by another program."""
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import dkim
import dns_rig
import mail
import opendkim_rig
import wait
from cases import case, equal
from house import House, rules_with

MARKED = rules_with(filter_='''
rule mark-outgoing
  when path = staging and header("X-Mark-Me") known
  then add header "Reply-To" "desk@signed.example", prefix subject "[out]", remove header "X-Mark-Me"
''')
PLAIN = "From: Ann <ann@signed.example>\r\nTo: bob@foreign.example\r\nSubject: Greetings\r\nDate: Mon, 02 Nov 2026 10:00:00 +0000\r\n"


class Signing(House):
    """The house with a name server whose zones grow as keys are published."""

    def start(self):
        self.dns = dns_rig.Nsd(self.sub("dns"), {"signed.example": "@ A 192.0.2.80", "two-keys.example": "@ A 192.0.2.81"}, ttl=1).start()
        self.cleanup.append(self.dns.kill)
        self.gate.settings.update({"resolver": self.dns.resolver, "dnssec_anchor_file": "", "authentication_results": "no"})
        return super().start()

    def publish(self, *records):
        """records: name -> text, as milter-ctl printed them; beside what the zones hold already."""
        for name, text in records:
            zone = name.split("._domainkey.")[1]
            while zone not in self.dns.zones:
                zone = zone.split(".", 1)[1]
            self.dns.write(zone, self.dns.zones[zone] + f"\n{name}. TXT {dns_rig.txt(text)}\n")

    def key_in_dns(self, name, timeout=5):
        """For dkimpy: the record as the name server has it."""
        import dns_server
        for records in dns_server.ask(self.dns.port, name.decode().rstrip("."), "TXT").answer:
            return b"".join(records[0].strings)
        return None

    def send(self, message, sender="ann@signed.example", path="staging", **more):
        getattr(self, path)(sender, "bob@foreign.example" if path == "staging" else "bob@one.example", message, **more)
        server = self.foreign if path == "staging" else self.sinks["one.example"]
        return server.wait_id(mail.id_of(message)).data


def record_of(done):
    return done.rows[0]["name"], done.rows[0]["record"]


def printed(done):
    """The same from the text for people: a line of a zone file."""
    name = done.text.split(". IN TXT", 1)[0].strip()
    return name, "".join(re.findall(r'"([^"]*)"', done.text))


def looked_at(h):
    """The keys; doctor looks at once, by itself the milter looks once a minute. What was not there is known for a second (ttl)."""
    h.gate.ctl("doctor")
    return h.gate.ctl("domain", "keys").rows


def signatures(data):
    head = data.split(b"\r\n\r\n", 1)[0]
    return re.findall(rb"^DKIM-Signature:[^\r\n]*(?:\r\n[ \t][^\r\n]*)*", head, re.M | re.I)


def verified(h, data):
    """How many of the signatures hold, by dkimpy."""
    verifier = dkim.DKIM(data, minkey=1024)
    return [verifier.verify(idx=i, dnsfunc=h.key_in_dns) for i in range(len(signatures(data)))]


def message(text="Good day.\r\n", head=PLAIN, more="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"):
    return f"{head}Message-ID: {mail.new_id('sign')}\r\n{more}\r\n{text}".encode()


@case("a key is made, printed, waited for, and signs from the minute its record is seen")
def _(h):
    done = h.gate.ctl("domain", "sign", "Signed.Example", "--selector", "s1", check=True)
    name, text = record_of(done)
    equal(name, "s1._domainkey.signed.example")
    assert text.startswith("v=DKIM1; k=rsa; p="), text
    assert not signatures(h.send(message())), "signed with a key that nobody can look up"
    equal(printed(h.gate.ctl("domain", "keys", "--records", as_json=False)), (name, text))
    h.publish((name, text))
    rows = h.gate.ctl("domain", "keys").rows
    equal([(r["domain"], r["selector"], r["algorithm"]) for r in rows], [("signed.example", "s1", "rsa")])
    wait.until(lambda: looked_at(h)[0]["signs"], 10, "the record to be seen")
    data = h.send(message())
    equal(verified(h, data), [True])


@case("From and what readers see are oversigned; the domain, selector and form are as they should be")
def _(h):
    signature = signatures(h.send(message()))[0].decode()
    tags = dict(t.strip().split("=", 1) for t in re.sub(r"\s", "", signature.split(":", 1)[1]).split(";"))
    equal((tags["d"], tags["s"], tags["a"], tags["c"]), ("signed.example", "s1", "rsa-sha256", "relaxed/relaxed"))
    names = tags["h"].split(":")
    equal({n: names.count(n) for n in ("from", "subject", "date", "content-type", "mime-version", "to", "message-id")},
          {"from": 2, "subject": 2, "date": 2, "content-type": 2, "mime-version": 2, "to": 1, "message-id": 1})
    assert "l" not in tags
    assert max(len(line) for line in signature.split("\r\n")) < 100, signature


ODD = {
    "no body": message(""),
    "no line end at its end": message("no end"),
    "empty lines and blanks at its end": message("a \t b  \r\n\r\n \r\n\r\n"),
    "only empty lines": message("\r\n\r\n\r\n"),
    "dots": message(".\r\n..\r\n.a\r\n"),
    "8-bit": message("Grüße\r\n", more="MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"),
    "folded fields": message(more="References: <a@b.example>\r\n\t<c@d.example>\r\n   <e@f.example>\r\nCc: x@foreign.example,\r\n y@foreign.example\r\n"),
    "odd blanks": message(head=PLAIN.replace("Subject: Greetings", "Subject:\t  Greetings   to \t all  ")),
    "two To": message(head=PLAIN + "To: carol@foreign.example\r\n"),
    "large": message("0123456789abcdef" * 4 + "\r\n" * 1 + ("line of text\r\n" * 20000)),
    "many fields": message(more="".join(f"List-Id: <l{i}.signed.example>\r\n" for i in range(80))),
}


@case("odd messages are signed so that another verifier agrees")
def _(h):
    bad = {name: got for name, m in ODD.items() if (got := verified(h, h.send(m))) != [True]}
    equal(bad, {})


@case("what rules change is signed as it leaves")
def _(h):
    data = h.send(message(head=PLAIN + "X-Mark-Me: yes\r\n"))
    assert b"[out] Greetings" in data and b"Reply-To: desk@signed.example" in data and b"X-Mark-Me" not in data, data
    equal(verified(h, data), [True])


@case("changed on its way it does not verify")
def _(h):
    data = h.send(message())
    for old, new in ((b"Good day", b"Bad day!"), (b"Subject: Greetings", b"Subject: Invoice"), (b"\r\nFrom:", b"\r\nFrom: eve@signed.example\r\nFrom:")):
        assert old in data
        assert not dkim.verify(data.replace(old, new, 1), dnsfunc=h.key_in_dns), new


@case("a domain below signs with the key above; another domain, two From, or a foreign client do not")
def _(h):
    data = h.send(message(head=PLAIN.replace("ann@signed", "ann@deep.signed")), sender="ann@deep.signed.example")
    equal(verified(h, data), [True])
    assert b"d=signed.example" in signatures(data)[0]
    unsigned = {
        "another domain": h.send(message(head=PLAIN.replace("ann@signed.example", "ann@other.example"))),
        "two From": h.send(message(head=PLAIN.replace("Ann <ann@signed.example>", "ann@signed.example, eve@other.example"))),
        "the proxy path": h.send(message(), path="proxy"),
    }
    equal([name for name, d in unsigned.items() if signatures(d)], [])
    m = message()
    h.staging("ann@signed.example", "bob@one.example", m, client="192.0.2.77")  # whom Postfix lets write to us, but who is none of ours
    assert not signatures(h.sinks["one.example"].wait_id(mail.id_of(m)).data), "a stranger's mail was signed"


@case("RSA and Ed25519 both sign; with --now at once; after a restart too")
def _(h):
    for selector, kind in (("r1", "rsa"), ("e1", "ed25519")):
        h.publish(record_of(h.gate.ctl("domain", "sign", "two-keys.example", "--selector", selector, "--algorithm", kind, "--now", check=True)))
    head = PLAIN.replace("signed.example", "two-keys.example")
    for _ in range(2):
        data = h.send(message(head=head), sender="ann@two-keys.example")
        equal(sorted(re.search(rb"a=([a-z0-9-]+)", s)[1] for s in signatures(data)), [b"ed25519-sha256", b"rsa-sha256"])
        equal(verified(h, data), [True, True])
        h.gate.milter.restart()


@case("opendkim agrees, too, and with both kinds of key")
def _(h):
    both = h.send(message(head=PLAIN.replace("signed.example", "two-keys.example")), sender="ann@two-keys.example")
    with opendkim_rig.Verifier(h.sub("opendkim"), h.dns.port) as verifier:
        bad = {name: got for name, m in ODD.items() if (got := verifier.results(h.send(m))) != ["pass"]}
        equal(bad, {})
        equal(len(signatures(both)), 2)
        assert "pass" in verifier.results(both) and "fail" not in verifier.results(both), verifier.results(both)


@case("an existing key can be brought along; the file is the milter's alone")
def _(h):
    path = h.sub("old.pem")
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    done = h.gate.ctl("domain", "sign", "brought.example", "--selector", "old.2026", "--key", path, "--now", check=True)
    public = subprocess.run(["openssl", "rsa", "-in", path, "-pubout"], check=True, capture_output=True, text=True).stdout
    equal(record_of(done)[1], "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1]))
    kept = os.path.join(h.gate.state, "milter", "dkim", "brought.example", "old.2026.key")
    equal(oct(os.stat(kept).st_mode & 0o777), "0o600")
    done = h.gate.ctl("domain", "sign", "brought.example", "--selector", "ed", "--algorithm", "ed25519", "--key", path)
    assert done.exit == 3 and "leave --algorithm out" in done.errors, done


@case("a second selector takes over when it is published; a removed key signs no more")
def _(h):
    name, text = record_of(h.gate.ctl("domain", "sign", "signed.example", "--selector", "s2", check=True))
    assert b"s=s1;" in signatures(h.send(message()))[0], "not published yet"
    h.publish((name, text))
    wait.until(lambda: all(r["signs"] for r in looked_at(h) if r["selector"] == "s2"), 10, "the record to be seen")
    assert b"s=s2;" in signatures(h.send(message()))[0]
    equal([(r["selector"], r["signs"], r["newer"]) for r in h.gate.ctl("domain", "keys", "signed.example").rows],
          [("s1", False, "s2"), ("s2", True, None)])
    assert "no, s2 does" in h.gate.ctl("domain", "keys", "signed.example", as_json=False).text
    h.gate.ctl("domain", "unsign", "signed.example", "--selector", "s2", check=True)
    assert b"s=s1;" in signatures(h.send(message()))[0]
    h.gate.ctl("domain", "unsign", "signed.example", check=True)
    assert not signatures(h.send(message()))
    equal(os.listdir(os.path.join(h.gate.state, "milter", "dkim", "signed.example")), [])


WRONG = [
    (("sign", "signed.example", "--selector", "a..b"), "selector"),
    (("sign", "localhost", "--selector", "s1"), "not a domain"),
    (("sign", "two-keys.example", "--selector", "r1"), "has a key r1 already"),
    (("sign", "two-keys.example", "--selector", "x", "--algorithm", "dsa"), "rsa or ed25519"),
    (("sign", "two-keys.example", "--selector", "x", "--key", "/etc/hostname"), "private key as PEM"),
    (("unsign", "unheard.example"), "no such key"),
]


@case("mistakes are told")
def _(h):
    for words, text in WRONG:
        done = h.gate.ctl("domain", *words)
        assert done.exit in (2, 3) and text in done.errors, (words, done)


@case("doctor: a missing record, one of another key, and one that is right")
def _(h):
    def finding(name):
        return next((r["state"] for r in h.gate.ctl("doctor").rows if r["subject"] == name), None)
    equal(finding("r1._domainkey.two-keys.example"), "ok")
    name, _ = record_of(h.gate.ctl("domain", "sign", "two-keys.example", "--selector", "late", "--now", check=True))
    equal(finding(name), "error")  # it signs, and nobody can verify
    other = record_of(h.gate.ctl("domain", "sign", "two-keys.example", "--selector", "swapped", check=True))[0]
    h.publish((other, "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ"))
    equal(finding(other), "error")
    equal(h.gate.ctl("doctor").exit, 1)


@case("a key that signs while its record is missing: the log says so")
def _(h):
    h.gate.milter.log.mark()
    h.gate.ctl("domain", "sign", "signed.example", "--selector", "nowhere", "--now", check=True)
    h.send(message())  # the first use looks
    h.gate.milter.log.wait(r"warn: the DKIM record of nowhere\._domainkey\.signed\.example is not in DNS", 10)


if __name__ == "__main__":
    cases.main(lambda: Signing(rules=MARKED))
