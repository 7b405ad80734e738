#!/usr/bin/python3
"""Redis answers after 5 s to everything; a node is killed and comes back with its clock an hour off; a node starts without Redis."""
import os
import shutil
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import gate
import relay_proxy
import survival
import wait
from cases import case, equal

SHIFT = os.path.join(gate.BUILD, "t", "shift_clock.so")


class Late(cluster_rig.Cluster):
    """The nodes reach Redis through a relay."""

    def __init__(self):
        super().__init__(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS, where=self._relay)

    def _relay(self):
        self.relay = relay_proxy.Relay(self.redis.tcp)
        return self.relay.where

    def __enter__(self):
        self.relay.__enter__()
        return super().__enter__()

    def __exit__(self, kind=None, *_):
        super().__exit__(kind)
        self.relay.__exit__()


@case("Redis answers after 5 s to everything: mail flows as before, and afterwards changes arrive again")
def _(c):
    with survival.Traffic(c) as t:
        c.relay.delay = 5.0
        begun, had = time.monotonic(), sum(len(f.accepted) for f in t.clean)
        while time.monotonic() < begun + 15:
            t.wait(10)
        rate = (sum(len(f.accepted) for f in t.clean) - had) / (time.monotonic() - begun)
        c.relay.delay = 0.0
        t.wait(5)
    t.settle()
    print(f"     {rate:.0f} messages a second, {t.summary()}")
    wait.until(lambda: c[0].ctl("list", "add", "blocked", "late@blocked.example").exit == 0, 60, "a change to be taken")
    c.wait("the item", lambda n: "late@blocked.example" in survival.items(n), 40)


def is_in_order(node):
    return node.ctl("cluster", "status").exit == 0


def with_clock(node, offset):
    """Both daemons of the node live in another time from their next start on."""
    shutil.copy(SHIFT, node.gate.bin)  # the build directory may be closed to other users
    for d in node.daemons:
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        d.env = {"LD_PRELOAD": os.path.join(node.gate.bin, "shift_clock.so"), "CLOCK_SHIFT": offset, "ASAN_OPTIONS": asan} if offset else {}


@case("a node is killed with -9 under load and started again with its clock an hour off")
def _(c):
    with survival.Traffic(c) as t:
        for offset in (3600, -3600):
            c[1].kill()
            with_clock(c[1], offset)
            for d in c[1].daemons:
                d.start()
            t.wait(10, timeout=60)
            item = f"clock{offset}@blocked.example"
            c[0].ctl("list", "add", "blocked", item, check=True)
            c.wait("the item", lambda n: item in survival.items(n), 15)
            states = {r["node"]: r["state"] for r in c[0].ctl("node", "list").rows}
            equal(states, {"gate1": "alive", "gate2": "alive"}, f"shifted by {offset} s")
        c[1].kill()
        with_clock(c[1], None)
        for d in c[1].daemons:
            d.start()
        t.wait(5, timeout=60)
    t.settle(killed=True)
    print(f"     {t.summary()}")


@case("a node starts without Redis and decides by its last good state")
def _(c):
    c.redis.stop()
    c[1].kill()
    c[0].log.mark()
    for d in c[1].daemons:
        d.log.mark()
        d.start()
    with survival.Traffic(c) as t:
        t.wait(15, timeout=60)
    t.settle()
    status = c[1].ctl("cluster", "status")
    assert status.exit != 0, "a cluster without Redis is not in order"
    c.redis.start()
    c[0].log.wait(r"redis: (connected|in order)", 40)
    c[0].ctl("cluster", "reseed", check=True)
    c.wait("the cluster to be in order", is_in_order, 40)


cases.main(Late)
