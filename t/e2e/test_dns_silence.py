#!/usr/bin/python3
"""The resolver while name servers are silent, die, come back or are none: how long lookups last then, what the log says, who is asked again."""
import contextlib
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import wait
from cases import case, equal
from dns_asker import Asker
from dns_house import Servers, clean_times


@case("a resolver that never answers: lookups end in time, after ten seconds within one, with one line in the log; it is noticed when it is back")
def _(s):
    with s.front() as d, Asker(d.resolver, timeout=4) as a:
        a.one("TXT:x.some.clean")
        d.is_silent = True
        found = a.one("TXT:x.first.clean")
        assert found.status in ("timeout", "failed") and found.ms < wait.scaled(5500), found
        wait.until(lambda: a.status()["silent"], 20, "the silence to be noticed", pause=0.1)
        silent = [a.one(f"TXT:x.silent{i}.clean") for i in range(3)]
        assert {f.status for f in silent} <= {"timeout", "failed"}, silent
        assert sorted(f.ms for f in silent)[1] < wait.scaled(1500), silent
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
        assert found.ms < wait.scaled(1000), found
        equal(a.status()["servers"], 0)
        with open(path, "w") as f:
            f.write("nameserver 127.0.0.53\n")
        wait.until(lambda: a.status()["servers"] == 1, 10, "the new /etc/resolv.conf to be read")


cases.main(Servers)
