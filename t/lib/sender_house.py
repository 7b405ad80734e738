"""A house that answers each message with what it learnt of who sent it: zones of its own on a private name server, and an independent signer."""
import os
import re
import shutil
import tempfile

import dns_rig
import house
import mail
import milter_client
import signed_mail
import smtp_client

SENDER, STRANGER = "198.51.100.1", "192.0.2.7"  # the first may send for every domain with an SPF record
SPF = f"v=spf1 ip4:{SENDER} -all"
SELECTOR = "s1"
SHOWN = ("dmarc", "dmarc.policy", "dmarc.domain", "author", "author.by", "spf", "dkim", "arc")
RULES = ("list relay_networks ip { 10.0.0.0/8 }\n[filter]\nrule show when message.size > 0 then reject \"5.7.1 told "
         + " ".join(f"{fact}={{{fact}}}" for fact in SHOWN) + " .\"\n")
# All that a reader sees.
WHOLE = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")


def txt(name, text):
    return f"{name}. TXT {dns_rig.txt(text)}"


class SenderHouse(house.House):
    """domains: {"a.example": "v=DMARC1; …" or None}: each gets that record, SPF, and the key under SELECTOR._domainkey. records: further lines."""

    rules = RULES

    def __init__(self, domains, records=(), settings=None, **more):
        self.dir = tempfile.mkdtemp(prefix="pg-names-", dir=os.environ.get("T_TMP", "/tmp"))
        os.chmod(self.dir, 0o755)
        self.key = signed_mail.Key()
        lines = list(records)
        for domain, policy in domains.items():
            lines += [txt(domain, SPF), txt(f"{SELECTOR}._domainkey.{domain}", self.key.record())]
            lines += [txt(f"_dmarc.{domain}", record) for record in ([policy] if isinstance(policy, str) else policy or [])]
        self.names = dns_rig.Nsd(os.path.join(self.dir, "nsd"), {".": "\n".join(lines)})
        super().__init__(self.rules, settings={"resolver": self.names.resolver, "dnssec_anchor_file": "", "dns_timeout": "4s",
                                          "authentication_results": "yes", **(settings or {})}, **more)

    def start(self):
        self.cleanup += [lambda: shutil.rmtree(self.dir, ignore_errors=True), self.names.kill]
        self.names.start()
        return super().start()

    def sign(self, message, domain, headers=WHOLE, length=False):
        """message with a DKIM-Signature on top; headers: names, as often as they stand in h=, those that are not there left out."""
        there = {line.split(b":")[0].lower() for line in message.split(b"\r\n\r\n", 1)[0].split(b"\r\n") if line[:1].strip()}
        named = [h.lower().encode() for h in headers if h.lower().encode() in there]
        return signed_mail.by_dkimpy(self.key, message, SELECTOR.encode(), domain.encode(), include_headers=named, length=length)

    def seal(self, message, domain, results, chain="none"):
        """message with one more ARC set on top that says `results` (dmarc=pass header.from=…); chain: what the sealer found before it."""
        return signed_mail.sealed(self.key, message, f"arc={chain}; {results}".encode(), SELECTOR.encode(), domain.encode(), domain.encode())

    def told(self, message, sender="", client=STRANGER, recipient="bob@one.example", helo="client.example"):
        """What the gate says of it: {"dmarc": "fail", …}."""
        with smtp_client.Smtp("127.0.0.1", self.postfix.port["proxy"], helo=helo) as c:
            c.xclient(client)
            return read_told(smtp_client.final(c.send(sender, [recipient], message)).text)

    def told_by_milter(self, message, sender, client=STRANGER, recipient="bob@one.example", daemon="postgate-proxy", **macros):
        """The same of fields exactly as they stand, without what Postfix makes of them."""
        with milter_client.Milter(self.gate.settings["milter_socket"]) as m:
            m.connect(client, daemon_name=daemon)
            m.helo()
            m.mail(sender, **macros)
            m.rcpt(recipient)
            return read_told(m.message(message).text)

    def told_of_login(self, message, user, sender="x@one.example", client="10.1.2.3"):
        """The same for mail of somebody who logged in."""
        return self.told_by_milter(message, sender, client, "carl@foreign.example", "postgate-submission", auth_authen=user, auth_type="PLAIN")


def read_told(text):
    found = re.search(r"told (.*) \.", " ".join(text.split("\n")))
    assert found, f"the gate told nothing: {text!r}"
    return dict(word.split("=", 1) for word in found[1].split(" ") if "=" in word)


def letter(sender, **more):
    return mail.clean(sender=sender, **more)
