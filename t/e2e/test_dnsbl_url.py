#!/usr/bin/python3
"""Block lists of domains, asked for what links lead to: texts and pages, addresses, weights, lists that refuse or list everything, and
nothing looked for where nobody asks."""
import base64
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import smtp_client
import wait
from cases import case, equal
from names_house import NamesHouse

RULES = """
list relay_networks ip
[policy]
rule relay-by-ip when path = staging and client.ip in $relay_networks then permit relay
[filter]
rule cautious when sender.domain = "cautious.example" and dnsbl.url unknown then defer "4.7.1 Lists do not answer"
rule heavy (unknown passes) when sender.domain = "heavy.example" and dnsbl.url_score >= 5 then reject "5.7.1 Weight {dnsbl.url_score}"
rule listed (unknown passes) when sender.domain != "heavy.example" and dnsbl.url known then reject "5.7.1 It links to what {dnsbl.url} lists"
"""
SETTINGS = {"dnsbl_url_zones": "uri.lists.example=127.0.0.[2..14]*3, dbl.lists.example=127.0.1.[2..99]*2",
            "dnssec_anchor_file": "", "dns_timeout": "2s", "dns_never_ask": "corp.example"}
ZONE = "\n".join(["bad.example.uri A 127.0.0.2", "bad-shop.com.uri A 127.0.0.2", "both.example.uri A 127.0.0.8", "both.example.dbl A 127.0.1.2",
                  "evil.co.uk.uri A 127.0.0.2", "7.2.0.192.uri A 127.0.0.2", "7.2.0.192.dbl A 127.0.1.255", "xn--bse-sna.example.uri A 127.0.0.2",
                  "wiki.corp.example.uri A 127.0.0.2"])
CLIENT = "198.51.100.7"


def send(h, text, sender="a@any.example", kind="text/plain", client=CLIENT, path="proxy"):
    """text: the body, of type kind."""
    message = mail.clean(sender=sender, text=text).replace(b"Content-Type: text/plain", f"Content-Type: {kind}".encode(), 1)
    return smtp_client.final(getattr(h, path)(sender, "bob@one.example", message, client))


def passes(h, text, **more):
    equal(send(h, text, **more).code, 250)


def refused(h, text, words, **more):
    reply = send(h, text, **more)
    equal(reply.code, 550, text)
    assert words in reply.text, reply.text


@case("a link in a text is looked up by its registered domain")
def _(h):
    refused(h, "Look: http://bad.example/offer.\n", "It links to what uri.lists.example lists")
    refused(h, "Look: https://cdn.img.bad.example:8443/x?y\n", "uri.lists.example")
    refused(h, "Look: www.evil.co.uk!\n", "uri.lists.example")
    refused(h, "Bare: bad-shop.com/x\n", "uri.lists.example")
    passes(h, "Look: http://good.example/ and http://other.co.uk/bad.example\n")
    passes(h, "Write to someone@bad.example\n")


@case("a link in a page is looked up, however it is written")
def _(h):
    for page in ('<a href="http://bad.example/">here</a>', "<A HREF=HTTP://BAD.EXAMPLE>x</A>", '<img src="//pix.bad.example/1.gif">',
                 '<a href="h&#116;tp&colon;//b&#x61;d.example/">x</a>', '<a href="http://good.example@bad.example/">x</a>',
                 '<form action="https://bad.example/login">', '<a href="http:\\\\bad.example\\x">x</a>', '<a href="http://%62ad.example/">x</a>',
                 '<meta http-equiv="refresh" content="0; url=http://bad.example/">', "<p>see bad-shop.com/page</p>",
                 '<a href="https://good.example/go?to=http%3A%2F%2Fbad.example%2F">x</a>'):
        refused(h, page + "\n", "uri.lists.example", kind="text/html")
    refused(h, '<a href="http://b\u00f6se.example/">x</a>\n', "uri.lists.example", kind="text/html")
    passes(h, '<a href="mailto:a@bad.example">x</a> <a href="/bad.example">y</a> <img src="cid:bad.example">\n', kind="text/html")


@case("an address in a link is asked reversed; a list of domains only lists none")
def _(h):
    for host in ("192.0.2.7", "3221225991", "0xc0.0.2.7"):
        refused(h, f"http://{host}/\n", "what uri.lists.example lists")
    passes(h, "http://192.0.2.8/\n")
    before = h.dns.count("lists.example")
    passes(h, "http://10.1.2.3/ http://wiki.corp.example/ http://localhost/\n")  # our own business
    equal(h.dns.count("lists.example"), before)


@case("weights add up, each list once")
def _(h):
    refused(h, "http://both.example/ http://bad.example/\n", "Weight 5", sender="a@heavy.example")
    passes(h, "http://bad.example/ http://evil.co.uk/\n", sender="a@heavy.example")


@case("encoded texts and parts inside of parts are searched, too")
def _(h):
    inner = base64.b64encode("Go to http://bad.example/\n".encode("utf-16")).decode()
    text = ("--b\n\nnothing here\n--b\nContent-Type: message/rfc822\n\nSubject: inner\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-16\n"
            f"Content-Transfer-Encoding: base64\n\n{inner}\n--b--\n")
    refused(h, text, "uri.lists.example", kind='multipart/mixed; boundary="b"')


@case("nobody asks for the links of our own people")
def _(h):
    before = h.dns.count("lists.example")
    passes(h, "http://bad.example/\n", client="10.1.2.3", path="staging")
    equal(h.dns.count("lists.example"), before)


@case("more links than are looked up, and lists that do not answer, are unknown")
def _(h):
    many = "".join(f"http://d{i}.example/\n" for i in range(41))
    equal(send(h, many, sender="a@cautious.example").code, 451)
    passes(h, many)
    few = "".join(f"http://d{i}.example/\n" for i in range(39))
    refused(h, few + "http://bad.example/\n", "uri.lists.example", sender="a@cautious.example")
    with h.lists(dnsbl_url_zones="silent.lists.example"):
        h.dns.on("silent.lists.example", rcode="SERVFAIL")
        equal(send(h, "http://x.example/\n", sender="a@cautious.example").code, 451)
        passes(h, "no links at all\n", sender="a@cautious.example")


@case("a list that refuses us, and one that lists everything, list nobody")
def _(h):
    with h.lists(dnsbl_url_zones="multi.lists.example, sold.lists.example"):
        h.dns.on("multi.lists.example", answer=["127.0.0.1"])
        h.dns.on("sold.lists.example", answer=["127.0.0.2"])
        passes(h, "http://bad.example/\n")
        passes(h, "http://bad.example/ http://other.example/\n")
        for words in ("multi.lists.example: it answers 127.0.0.1: it refuses", "sold.lists.example: it lists everything"):
            equal(h.gate.milter.log.count(words), 1, words)
        told = next(row for row in h.gate.ctl("status").rows if row["program"] == "milter")["problems"]
        assert "lists everything" in told["block list of links sold.lists.example"], told
        found = {r["subject"]: r for r in h.gate.ctl("doctor").rows}
        equal((found["multi.lists.example"]["state"], found["sold.lists.example"]["state"]), ("error", "error"))


@case("all names of all lists cost one round trip")
def _(h):
    spreads = []
    with h.lists(dnsbl_url_zones=", ".join(f"z{i}.lists.example" for i in range(5))):
        passes(h, "http://warm.example/\n")
        h.dns.delay = 0.05
        for n in range(5):
            before = len(h.dns.asked)
            passes(h, "".join(f"http://n{n}d{i}.example/\n" for i in range(10)))
            times = [t for t, name, _, _ in h.dns.asked[before:] if name.startswith(f"n{n}d")]
            equal(len(times), 50)
            spreads.append(max(times) - min(times))
        h.dns.delay = 0
    spread = statistics.median(spreads)  # the machine may be busy for one of them
    print(f"note: 50 questions of one message, 50 ms each: asked within {spread * 1000:.1f} ms")
    assert spread < wait.scaled(0.045), f"asked over {spread * 1000:.0f} ms"


@case("without such lists no links are looked for")
def _(h):
    with h.lists(dnsbl_url_zones=""):
        passes(h, "http://bad.example/\n")
        passes(h, "http://bad.example/\n", sender="a@cautious.example")
        row = h.gate.ctl("log", "--from", "a@cautious.example", "--limit", "1", check=True).rows[0]
        facts = h.gate.ctl("explain", row["code"], check=True).rows
        assert "url" not in str(facts).replace("dnsbl.url", ""), facts


if __name__ == "__main__":
    cases.main(lambda: NamesHouse({"lists.example": ZONE}, rules=RULES, settings=SETTINGS))
