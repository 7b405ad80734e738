#!/usr/bin/python3
"""Redis stops, hangs or answers late while mail flows through two nodes. T_OUTAGE: seconds it is away (20; the long run is 600)."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import redis_rig
import relay_proxy
import survival
import wait
from cases import case, equal

OUTAGE = float(os.environ.get("T_OUTAGE", "20"))


def report_total(node):
    rows = node.ctl("report", "--since", "2h", "--by", "verdict").rows
    return sum(r.get("messages", 0) for r in rows)


@case(f"Redis is stopped for {OUTAGE:.0f} s under load and started again: nobody notices, then all is as one again")
def _(c):
    with survival.Traffic(c) as t:
        for n in c.nodes:
            n.log.mark()
        c.redis.stop()
        end = time.monotonic() + OUTAGE
        while time.monotonic() < end:
            t.wait(5)
        refused = c[0].ctl("list", "add", "blocked", "later@blocked.example")
        assert refused.exit in (3, 5) and "Redis" in refused.errors, refused
        c.redis.start()
        c.wait("the link to come back", lambda n: n.log.count(r"redis: in order again|redis: connected") > 0, 40)
        t.wait(5)
    t.settle()
    print(f"     {t.summary()}")
    c[0].ctl("list", "add", "blocked", "later@blocked.example", check=True)
    c.wait("the item", lambda n: "later@blocked.example" in survival.items(n), 10)


@case("Redis hangs (accepts, answers nothing) under load: no request waits for it")
def _(c):
    with survival.Traffic(c) as t:
        c.redis.freeze()
        try:
            begun = time.monotonic()
            t.wait(40, timeout=30)
            took = time.monotonic() - begun
        finally:
            c.redis.thaw()
        t.wait(5)
    t.settle()
    print(f"     40 messages a node in {took:.1f} s, {t.summary()}")


@case("what administrators changed before is still so on both nodes")
def _(c):
    for n in c.nodes:
        equal(survival.rules_number(n), survival.rules_number(c[0]), n.name)


def make():
    return cluster_rig.Cluster(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS,
                               redis=redis_rig.Redis(os.path.join(cluster_rig.tempfile.mkdtemp(prefix="pgr-"), "r"), persistent=True))


cases.main(make)
