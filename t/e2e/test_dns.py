#!/usr/bin/python3
"""The resolver with real name servers: DNSSEC, silence of a zone and of a server, servers that die and come back, what lookups cost."""
import contextlib
import os
import statistics
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import dns_rig
import dns_server
import wait
from cases import case, equal
from dns_asker import Asker

ZONES = {
    "clean": "* TXT clean\n* A 192.0.2.1",
    "list.example": "* A 127.0.0.2",
    "plain.example": "@ TXT plain",
    "signed.example": "@ TXT signed\nalias CNAME www.plain.example.",
    "expired.example": "@ TXT expired",
    "stripped.example": "@ TXT stripped",
}


class Servers:
    """An nsd, and before it a server that misbehaves as a case says."""

    def __init__(self):
        self.nsd = dns_rig.Nsd(tempfile.mkdtemp(prefix="pg-dns-", dir=os.environ.get("T_TMP", "/tmp")), ZONES, signed=["signed.example"],
                               expired=["expired.example"], stripped=["stripped.example"])

    def __enter__(self):
        self.nsd.start()
        return self

    def __exit__(self, *_):
        self.nsd.kill()

    def front(self, **more):
        return dns_server.Server(upstream=self.nsd.port, **more)


def p99(times):
    return statistics.quantiles(times, n=100)[98]


def clean_times(a, count, tag):
    """Milliseconds of one fresh clean lookup after the other."""
    found = [a.one(f"TXT:x.{tag}{i}.clean") for i in range(count)]
    equal({f.status for f in found}, {"found"})
    return [f.ms for f in found]


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


@case("a resolver that never answers: lookups end in time, after ten seconds within one, with one line in the log; it is noticed when it is back")
def _(s):
    with s.front() as d, Asker(d.resolver, timeout=4) as a:
        a.one("TXT:x.some.clean")
        d.is_silent = True
        found = a.one("TXT:x.first.clean")
        assert found.status in ("timeout", "failed") and found.ms < wait.scaled(4500), found
        wait.until(lambda: a.status()["silent"], 20, "the silence to be noticed", pause=0.1)
        for i in range(3):
            found = a.one(f"TXT:x.silent{i}.clean")
            assert found.status in ("timeout", "failed") and found.ms < wait.scaled(1500), found
        equal(a.one("TXT:x.some.clean").status, "found")  # what is known is known
        equal(a.log.count(r"warn: dns: no name server answers \(127.0.0.1@\d+\)"), 1)
        d.is_silent = False
        wait.until(lambda: not a.status()["silent"], 3, "the end of the silence to be noticed")
        clean_times(a, 5, "back")
        equal(a.log.count("dns: "), 1)  # one a minute


@case("a server that dies and comes back is used at once")
def _(s):
    with Asker(s.nsd.resolver, timeout=4) as a:
        a.one("TXT:x.some.clean")
        s.nsd.kill()
        try:
            found = [a.one(f"TXT:x.dead{i}.clean") for i in range(4)]
        finally:
            s.nsd.start()
        assert {f.status for f in found} <= {"timeout", "failed"}, found
        def answers(i=iter(range(1000))):
            return a.one(f"TXT:x.again{next(i)}.clean").status == "found"
        begun = time.monotonic()
        wait.until(answers, 5, "lookups to succeed again")
        print(f"note: {1000 * (time.monotonic() - begun):.0f} ms after it was back")
        clean_times(a, 5, "well")


@case("of two servers one dies: the other does it all, and soon as fast as before; it is used again when it is back")
def _(s):
    with s.front() as first, s.front() as second, Asker(f"{first.resolver}, {second.resolver}") as a:
        clean_times(a, 20, "both")
        first.is_silent = True
        names = [f"x.one{i}.clean" for i in range(40)]
        for n in names:
            a.begin(f"TXT:{n}")
        equal({f.status for f in a.wait_answers(names)}, {"found"})
        def is_fast(i=iter(range(1000))):
            batch = next(i)
            return max(clean_times(a, 10, f"fast{batch}-")) < wait.scaled(100)
        wait.until(is_fast, 15, "the dead server to be left out")
        equal(a.status()["silent"], 0)
        first.is_silent = False
        asked = first.count("clean")
        def is_used(i=iter(range(1000))):
            clean_times(a, 5, f"used{next(i)}-")
            return first.count("clean") > asked
        wait.until(is_used, 15, "the server that is back to be asked again", pause=0.2)


@contextlib.contextmanager
def other_resolv_conf(text):
    """Words before a command that then sees this as /etc/resolv.conf; and the file, to be changed."""
    with tempfile.NamedTemporaryFile("w", prefix="resolv.") as f:
        f.write(text)
        f.flush()
        os.chmod(f.name, 0o644)
        yield ["unshare", "--mount", "sh", "-c", f'mount --bind {f.name} /etc/resolv.conf && exec "$@"', "sh"], f.name


@case("without any name server every lookup fails at once, and the log says what to set")
def _(s):
    with other_resolv_conf("# nothing here\n") as (prefix, path), Asker("", prefix=prefix) as a:
        a.log.wait("dns: servers: none are known.*set resolver")
        found = a.one("TXT:x.some.clean")
        equal(found.status, "failed")
        assert found.ms < wait.scaled(200), found
        equal(a.status()["servers"], 0)
        with open(path, "w") as f:
            f.write("nameserver 127.0.0.53\n")
        wait.until(lambda: a.status()["servers"] == 1, 10, "the new /etc/resolv.conf to be read")


@case("what lookups cost")
def _(s):
    with Asker(s.nsd.resolver) as a:
        a.one("A:x.list.example")
        a.measure(20, 10, "list.example")
        cached, fresh = a.measure(20, 2000, "list.example"), a.measure(5000, 1, "u.list.example")
        print(f"note: CPU of a lookup in a batch of 20: {cached:.1f} us cached, {fresh:.1f} us not")
        assert cached < wait.scaled(20), cached


cases.main(Servers)
