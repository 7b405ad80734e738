#!/usr/bin/python3
"""Sixteen nodes start at once while mail flows through the first."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import survival
import wait
from cases import case, equal

NODES = 16


class Many(cluster_rig.Cluster):
    """The first node has a Postfix, the others a policyd alone."""

    def __init__(self):
        super().__init__(NODES, rules=survival.RULES, lists=survival.LISTS, joined=True)
        of = self[0].gate.settings
        first = self._house(0, survival.RULES, survival.LISTS, {k: of[k] for k in ("cluster_name", "redis", "node_name")})
        self.nodes[0] = first


@case(f"{NODES} nodes are killed and start at once: each has the newest revision and all items")
def _(c):
    with survival.Traffic(c) as t:
        for n in c.nodes[1:]:
            n.kill()
        for i in range(20):
            c[0].ctl("list", "add", "blocked", f"many{i}@blocked.example", check=True)
        c[0].ctl("rules", "rollback", str(survival.rules_number(c[0])), check=True)
        number, begun = survival.rules_number(c[0]), time.monotonic()
        for n in c.nodes[1:]:
            n.policyd.start(ready=False)
        for n in c.nodes[1:]:
            n.policyd.wait_ready()
        want = survival.items(c[0])
        for n in c.nodes[1:]:
            wait.until(lambda: survival.rules_number(n) == number and survival.items(n) == want, 40, f"{n.name} to have all")
        took = time.monotonic() - begun
        wait.until(lambda: [r["state"] for r in c[0].ctl("node", "list").rows] == ["alive"] * NODES, 30, "all to be alive")
        t.wait(5)
    t.settle()
    print(f"     all in force after {took:.1f} s, {t.summary()}")


cases.main(Many)
