#!/usr/bin/python3
"""Redis stops, hangs or answers late while mail flows through two nodes. T_OUTAGE: seconds it is away (20; the long run is 600)."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import redis_rig
import survival
from cases import case, equal

OUTAGE = float(os.environ.get("T_OUTAGE", "20"))


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
        assert refused.exit in (4, 5) and "Redis" in refused.errors, refused
        assert "later@blocked.example" not in survival.items(c[0]), "refused, and in force"
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
            begun, had = time.monotonic(), sum(len(f.accepted) for f in t.clean)
            while time.monotonic() < begun + 10:
                t.wait(10)
            rate = (sum(len(f.accepted) for f in t.clean) - had) / (time.monotonic() - begun)
        finally:
            c.redis.thaw()
        t.wait(5)
    t.settle()
    print(f"     {rate:.0f} messages a second, {t.summary()}")


@case("what administrators changed before is still so on both nodes")
def _(c):
    for n in c.nodes:
        equal(survival.rules_number(n), survival.rules_number(c[0]), n.name)


def make():
    return cluster_rig.Cluster(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS,
                               redis=lambda root: redis_rig.Redis(os.path.join(root, "redis"), persistent=True))


cases.main(make)
