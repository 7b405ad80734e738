#!/usr/bin/python3
"""Block lists and allow lists, asked in a real name server: who is refused by policyd and by the milter, weights, IPv6, refusals, dead lists."""
import ipaddress
import os
import statistics
import sys
import time

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
rule policy-listed (unknown passes)
  when sender.domain = "policy.example" and dnsbl known
  then reject "5.7.1 Listed by {dnsbl}"
rule policy-sender (unknown passes)
  when dnsbl.sender known
  then reject "5.7.1 {sender.domain} is listed by {dnsbl.sender}"
[filter]
rule filter-unknown when sender.domain = "cautious.example" and dnsbl unknown then defer "4.7.1 Lists do not answer"
rule filter-listed
  when sender.domain in {"filter.example" "cautious.example"} and dnsbl = "zen.lists.example"
  then reject "5.7.1 Listed by {dnsbl}"
rule filter-heavy (unknown passes)
  when sender.domain = "heavy.example" and dnsbl.score >= 3
  then reject "5.7.1 Weight {dnsbl.score}"
"""
SETTINGS = {
    "dnsbl_client_zones": "zen.lists.example=127.0.0.[2..11]*3, plain.lists.example",
    "dnsbl_allow_zones": "good.lists.example*2",
    "dnsbl_sender_zones": "dbl.lists.example=127.0.1.[2..99]",
    "dnssec_anchor_file": "", "dns_timeout": "2s",
}
TWENTY = ", ".join(f"z{i}.lists.example" for i in range(20))
LISTED, LIGHT, SPOKEN_FOR, OTHER_ANSWER, CLEAN = "192.0.2.7", "192.0.2.8", "192.0.2.9", "192.0.2.10", "192.0.2.77"
LISTED_V6, CLEAN_V6 = "2001:db8:7::25", "2001:db8:7::26"


def reverse(address):
    return ipaddress.ip_address(address).reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def zone():
    listings = [(LISTED, "zen", "127.0.0.4"), (LISTED_V6, "zen", "127.0.0.2"), (LIGHT, "plain", "127.0.0.2"), (SPOKEN_FOR, "zen", "127.0.0.2"),
                (SPOKEN_FOR, "good", "127.0.10.1"), (OTHER_ANSWER, "zen", "127.0.0.99"), ("10.1.2.3", "zen", "127.0.0.2"),
                *((f"198.51.100.{i}", "z7", "127.0.0.2") for i in range(25, 30))]
    return "\n".join([f"{reverse(a)}.{z} A {answer}" for a, z, answer in listings] + ["spam.example.dbl A 127.0.1.2", "odd.example.dbl A 127.0.0.2"])


def send(h, sender, client, path="proxy", **xclient):
    return smtp_client.final(getattr(h, path)(sender, "bob@one.example", mail.clean(sender=sender or "x@y.example"), client, **xclient))


def passes(h, sender, client, **more):
    equal(send(h, sender, client, **more).code, 250)


def refused(h, sender, client, words, **more):
    reply = send(h, sender, client, **more)
    equal(reply.code, 550)
    assert words in reply.text, reply.text


def status(h):
    return {row["program"]: row for row in h.gate.ctl("status").rows}


def answers_of(h, client, sender="a@policy.example"):
    row = h.gate.ctl("policy", "test", f"sender={sender}", "recipient=bob@one.example", f"client_address={client}",
                     "policy_context=proxy", check=True).rows[0]
    return row["facts"]


@case("policyd refuses a listed client, by its zone, and nobody else")
def _(h):
    refused(h, "a@policy.example", LISTED, "Listed by zen.lists.example")
    refused(h, "a@policy.example", LIGHT, "Listed by plain.lists.example")
    passes(h, "a@policy.example", CLEAN)
    passes(h, "a@policy.example", OTHER_ANSWER)


@case("the milter refuses the same client")
def _(h):
    refused(h, "a@filter.example", LISTED, "Listed by zen.lists.example")
    passes(h, "a@filter.example", LIGHT)
    passes(h, "a@filter.example", CLEAN)
    passes(h, "a@other.example", LISTED)


@case("IPv6 clients are looked up, too")
def _(h):
    refused(h, "a@policy.example", LISTED_V6, "Listed by zen.lists.example")
    refused(h, "a@filter.example", LISTED_V6, "Listed by zen.lists.example")
    passes(h, "a@policy.example", CLEAN_V6)
    passes(h, "a@filter.example", CLEAN_V6)


@case("weights add up, and an allow list takes off")
def _(h):
    refused(h, "a@heavy.example", LISTED, "Weight 3")
    passes(h, "a@heavy.example", LIGHT)
    passes(h, "a@heavy.example", SPOKEN_FOR)
    refused(h, "a@filter.example", SPOKEN_FOR, "zen.lists.example")


@case("a sender's domain is looked up; the null sender has none")
def _(h):
    refused(h, "a@spam.example", CLEAN, "spam.example is listed by dbl.lists.example")
    refused(h, "A@SPAM.Example", CLEAN, "spam.example is listed")
    passes(h, "a@odd.example", CLEAN)
    passes(h, "", CLEAN)


@case("nobody asks about our own people or private addresses")
def _(h):
    before = h.dns.count("lists.example")
    passes(h, "a@policy.example", "10.1.2.3", path="staging")
    passes(h, "", "192.168.1.1")
    equal(h.dns.count("lists.example"), before)
    equal(answers_of(h, "10.1.2.3")["dnsbl"], "absent")


@case("the facts say what each list said")
def _(h):
    facts = answers_of(h, LISTED, sender="a@spam.example")
    equal((facts["dnsbl"], facts["dnsbl.sender"]), ('{"zen.lists.example"}', '{"dbl.lists.example"}'))
    facts = answers_of(h, CLEAN)
    equal((facts["dnsbl"], facts["dnsbl.sender"]), ("absent", "absent"))


@case("a list that refuses us lists nobody, is warned of once, and stands in status")
def _(h):
    with h.lists(dnsbl_client_zones="refusing.lists.example, parked.lists.example, zen.lists.example=127.0.0.[2..11]"):
        h.dns.on("refusing.lists.example", answer=["127.255.255.254"])
        h.dns.on("parked.lists.example", answer=["203.0.113.80"])
        for i in range(7):
            passes(h, "a@policy.example", f"192.0.2.{20 + i}")
            passes(h, "a@filter.example", f"192.0.2.{20 + i}")
        refused(h, "a@filter.example", LISTED, "Listed by zen.lists.example")
        for daemon in (h.gate.policyd, h.gate.milter):
            for words in ("refusing.lists.example: it answers 127.255.255.254.*public resolvers",
                          "parked.lists.example: it answers 203.0.113.80.*no list says that"):
                equal(daemon.log.count(words), 1, f"lines of {daemon.program}: {words}")
        for program, row in status(h).items():
            told = row["problems"]["block list refusing.lists.example"]
            assert "127.255.255.254" in told and "left out" in told, (program, told)
        passes(h, "a@cautious.example", CLEAN)  # left out: counts as not listing


@case("doctor says of each list what is wrong with it, and what a refusal means")
def _(h):
    answers = {"2.0.0.127.right": "127.0.0.2", "refusing": "127.255.255.254", "everything": "127.0.0.2", "domains": "127.0.1.255"}
    for name, answer in answers.items():
        h.dns.on(f"{name}.lists.example", "A", answer=[answer])
    h.dns.on("failing.lists.example", rcode="SERVFAIL")
    zones = ("right", "refusing", "everything", "domains", "failing", "nothing")
    with h.lists(dnsbl_client_zones=", ".join(f"{z}.lists.example" for z in zones), dnsbl_allow_zones="", dnsbl_sender_zones=""):
        done = h.gate.ctl("doctor")
    equal(done.exit, 1)
    found = {r["subject"].split(".")[0]: (r["state"], r["text"]) for r in done.rows}
    for name, state, words in (("right", "ok", "as it should"), ("refusing", "error", "127.255.255.254: it does not answer public resolvers"),
                               ("everything", "error", "lists everything"), ("domains", "error", "move the zone to dnsbl_sender_zones"),
                               ("failing", "error", "answer with a failure"), ("nothing", "warning", "its own test entry")):
        equal(found[name][0], state, name)
        assert words in found[name][1], (name, found[name])
    for name in (*answers, "failing"):
        h.dns.forget(f"{name}.lists.example")


@case("a dead list costs a few messages their time, then nobody")
def _(h):
    with h.lists(dnsbl_client_zones="dead.lists.example, zen.lists.example", dns_timeout="1s"):
        h.dns.on("dead.lists.example", silent=True)
        equal(send(h, "a@cautious.example", "192.0.2.40").code, 451)  # unknown
        refused(h, "a@cautious.example", LISTED, "zen.lists.example")  # another lists
        for i in range(6):
            passes(h, "a@filter.example", f"192.0.2.{41 + i}")
        begin = time.monotonic()
        for i in range(10):
            passes(h, "a@cautious.example", f"192.0.2.{50 + i}")
        took = time.monotonic() - begin
        assert took < wait.scaled(3), f"{took:.1f} s for ten messages"
        equal([i for i in range(10) if h.dns.count(f"{50 + i}.2.0.192.dead.lists.example")], [])  # old lookups may still be tried again
        equal(h.gate.milter.log.count("dead.lists.example: it does not answer in time"), 1)
        assert "left out" in status(h)["milter"]["problems"]["block list dead.lists.example"]
        refused(h, "a@cautious.example", LISTED, "zen.lists.example")


@case("twenty lists cost one round trip")
def _(h):
    spreads = []
    with h.lists(dnsbl_client_zones=TWENTY):
        passes(h, "a@policy.example", CLEAN)  # the resolver knows the way now
        h.dns.delay = 0.05
        for client in range(25, 30):
            before = len(h.dns.asked)
            reply = answers_of(h, f"198.51.100.{client}")
            equal(reply["dnsbl"], '{"z7.lists.example"}')
            times = [t for t, name, _, _ in h.dns.asked[before:] if name.startswith(f"{client}.100.51.198.z")]
            equal(len(times), 20)
            spreads.append(max(times) - min(times))
    spread = statistics.median(spreads)  # the machine may be busy for one of them
    print(f"note: 20 lists, 50 ms each: asked within {spread * 1000:.1f} ms")
    assert spread < wait.scaled(0.04), f"asked over {spread * 1000:.0f} ms"


if __name__ == "__main__":
    cases.main(lambda: NamesHouse({"lists.example": zone()}, rules=RULES, settings=SETTINGS, postfix_settings={"inet_protocols": "all"}))
