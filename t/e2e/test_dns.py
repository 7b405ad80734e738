#!/usr/bin/python3
"""The resolver with real name servers: DNSSEC, zones that never answer, bounds, what lookups cost. It measures, so it runs alone."""
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import dns_server
import wait
from cases import case, equal
from dns_asker import Asker
from dns_house import Servers, clean_times


def p99(times):
    return statistics.quantiles(times, n=100)[98]


def wait_validating(a, want):
    wait.until(lambda: a.status()["validating"] == want, 10, f"validating to be {want}")


@case("DNSSEC: what is signed is proved, what is broken fails, what is unsigned is taken as it is")
def _(s):
    with Asker(s.nsd.resolver, s.nsd.anchor) as a:
        wait_validating(a, 1)
        for name, want in (("signed.example", ("found", True)), ("plain.example", ("found", False)), ("expired.example", ("failed", False)),
                           ("stripped.example", ("failed", False)), ("nothing.signed.example", ("nxdomain", True)),
                           ("no.such.tld", ("nxdomain", True))):
            found = a.one(f"TXT:{name}")
            equal((found.status, found.secure), want, name)
        equal(a.log.count("dns"), 0)


@case("DNSSEC: without keys, or past a server that strips signatures, answers are taken as they come, and the log says so once")
def _(s):
    with Asker(s.nsd.resolver, "") as a:
        equal(a.one("TXT:expired.example").status, "found")
        equal((a.status()["validating"], a.log.text()), (0, ""))
    with Asker(s.nsd.resolver, "/nonexistent/root.key") as a:
        equal(a.one("TXT:expired.example").status, "found")
        equal(a.log.wait("dns: validation: .*cannot be read")[0].count("/nonexistent/root.key"), 1)
    with dns_server.Server() as plain, Asker(plain.resolver, s.nsd.anchor) as a:
        plain.on("host.example", "A", answer=["192.0.2.9"])
        found = a.one("A:host.example")
        equal((found.status, found.secure, a.status()["validating"]), ("found", False, 0))
        a.log.wait("dns: validation: .*do not pass signatures on")
        a.one("A:other.example")
        equal(a.log.count("dns: validation"), 1)


@case("DNSSEC: keys that do not fit cost no mail: validation ends, and the log says why")
def _(s):
    with tempfile.NamedTemporaryFile("w", suffix=".key") as other:
        other.write(". IN DS 12345 13 2 " + "ab" * 32 + "\n")
        other.flush()
        with Asker(s.nsd.resolver, other.name) as a:
            a.log.wait("dns: validation: .*do not fit")
            equal(a.one("TXT:x.some.clean").status, "found")
            equal(a.status()["validating"], 0)


@case("a spammer's 500 zones that never answer: clean lookups keep their p99")
def _(s):
    with s.front() as d, Asker(d.resolver) as a:
        d.on("dead", silent=True)
        before = clean_times(a, 300, "b")
        dead = [f"x.zone{i}.dead" for i in range(500)]
        for i in range(0, 500, 50):
            a.begin(*(f"TXT:{n}:{1000 + i}" for n in dead[i:i + 25]), *(f"TXT:{n}:{2000 + i}" for n in dead[i + 25:i + 50]))
        wait.until(lambda: d.count("dead") >= 500, 10, "500 questions to the dead zones")
        during, end = [], time.monotonic() + 8
        while time.monotonic() < end:
            during += clean_times(a, 100, f"d{len(during)}-")
        status = a.status()
        print(f"note: clean lookups: p99 {p99(before):.2f} ms before, {p99(during):.2f} ms beside 500 dead ones ({len(during)} lookups)")
        equal((status["silent"], status["limited"]), (0, 0))
        assert p99(during) < max(3 * p99(before), wait.scaled(20)), (p99(before), p99(during))
        assert {f.status for f in a.wait_answers(dead)} <= {"timeout", "failed"}


@case("one zone gets 8 lookups at once, in whatever spelling; an asker 32")
def _(s):
    with s.front() as d, Asker(d.resolver, timeout=3) as a:
        d.on("dead", silent=True)
        a.one("TXT:x.some.clean")
        a.begin(*(f"TXT:{c}.victim.dead" for c in "abcdefgh"), "TXT:i.sub.VICTIM.dead", "TXT:j.\\118ictim.dead")
        equal([f.status for f in a.wait_answers(["i.sub.victim.dead", "j.victim.dead"])], ["limited"] * 2)
        a.begin(*(f"TXT:x.many{i}.dead:77" for i in range(33)))
        equal(a.wait_answers(["x.many32.dead"])[0].status, "limited")
        equal(a.one("TXT:y.some.clean:78").status, "found")


@case("twenty block lists cost one round trip")
def _(s):
    with s.front() as d, Asker(d.resolver) as a:
        a.one("A:x.list.example")

        def median(tag):
            slowest = [max(f.ms for f in a.ask(*(f"A:{tag}{run}.z{i}.list.example:5:ours" for i in range(20)))) for run in range(7)]
            return statistics.median(slowest)
        near = median("near")  # what the server itself takes for twenty
        d.delay = 0.05
        far = median("far")
        print(f"note: 20 lists: {near:.1f} ms, behind 50 ms {far:.1f} ms")
        assert 50 <= far < near + wait.scaled(60), (near, far)


@case("what lookups cost")
def _(s):
    with Asker(s.nsd.resolver) as a:
        a.one("A:x.list.example")
        a.measure(20, 10, "list.example")
        cached, fresh = a.measure(20, 2000, "list.example"), a.measure(5000, 1, "u.list.example")
        print(f"note: CPU of a lookup in a batch of 20: {cached:.1f} us cached, {fresh:.1f} us not")
        assert cached < wait.scaled(20), cached


cases.main(Servers)
