#!/usr/bin/python3
"""Mail while the resolver is silent: it flows within its deadlines, the log says so once, status too; and all is well when it is back."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import wait
from cases import case, code, equal
from names_house import NamesHouse

RULES = """
[policy]
rule policy-listed (unknown passes) when dnsbl known then reject "5.7.1 Listed"
[filter]
rule filter-listed (unknown passes) when dnsbl known then reject "5.7.1 Listed"
rule filter-spf-temperror when sender.domain in {"signed.example" "expired.example"} and spf = temperror then defer "4.7.24 SPF cannot be checked"
rule filter-spf-pass when sender.domain in {"signed.example" "expired.example"} and spf = pass then reject "5.7.1 SPF passes"
"""
SETTINGS = {"dnsbl_client_zones": "one.lists.example, two.lists.example", "dns_timeout": "2s"}
SPF = '@ TXT "v=spf1 +all"'


class Silent(NamesHouse):
    def __init__(self):
        super().__init__({"signed.example": SPF, "expired.example": SPF, "lists.example": ""}, nsd={"signed": ["signed.example"],
                         "expired": ["expired.example"]}, rules=RULES, settings=SETTINGS)
        self.dns.is_silent = True
        self.gate.settings["dnssec_anchor_file"] = self.nsd.anchor


MESSAGE = "From: alice@outside.example\r\nTo: bob@one.example\r\nSubject: x\r\nDate: Sun, 22 Nov 2026 08:00:00 +0000\r\nMessage-ID: <{0}@outside.example>\r\n\r\nhello\r\n"
number = iter(range(1000))


def send(h, most):
    """One message from a client that was not seen before, delivered in at most so many seconds."""
    i = next(number)
    begun = time.monotonic()
    code(h.proxy("alice@outside.example", "bob@one.example", MESSAGE.format(i).encode(), client=f"198.51.{i}.7"), 250)
    took = time.monotonic() - begun
    assert took < wait.scaled(most), f"message {i} took {took:.1f} s"
    return took


def daemons(h):
    return h.gate.milter, h.gate.policyd


@case("mail flows while no name server answers, and after ten seconds quickly")
def _(h):
    took = [send(h, 8)]
    for d in daemons(h):
        d.log.wait(r"warn: dns: no name server answers \(127.0.0.1@\d+\)", 20)
    took += [send(h, 5) for _ in range(3)]
    print("note: seconds a message: " + ", ".join(f"{t:.1f}" for t in took))


@case("status says so, and its exit is 1")
def _(h):
    said = h.gate.ctl("status")
    equal(said.exit, 1)
    equal({row["program"]: "no name server answers" in row["problems"].get("dns", "") for row in said.rows}, {"milter": True, "policyd": True})


@case("it is noticed at once when one answers again, with no further line in the minute")
def _(h):
    h.dns.is_silent = False
    is_well = lambda: not any("dns" in row["problems"] for row in h.gate.ctl("status").rows)
    wait.until(is_well, 10, "status to be well", pause=0.1)
    for _ in range(3):
        send(h, 2)
    for d in daemons(h):
        equal(d.log.count("dns: "), 1, d.program)


@case("a domain whose DNSSEC signatures have expired is a temperror; one that is signed well is believed")
def _(h):
    wait.until(lambda: all(row["is_dnssec_validated"] for row in h.gate.ctl("status").rows), 10, "validation to begin")
    for domain, want, text in (("signed.example", 550, "SPF passes"), ("expired.example", 451, "SPF cannot be checked")):
        code(h.proxy(f"alice@{domain}", "bob@one.example", MESSAGE.format(domain).encode(), client="198.51.100.9"), want, text)


@case("a daemon starts, and ends, with a silent resolver")
def _(h):
    h.dns.is_silent = True
    for d in daemons(h):
        begun = time.monotonic()
        d.restart()
        assert time.monotonic() - begun < wait.scaled(10), d.program
    send(h, 8)


cases.main(Silent)
