#!/usr/bin/python3
"""How soon a change is in force on all of eight nodes: asked of each node's policyd as Postfix would, the slowest counts."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import policy_client
import wait
from cases import case

NODES, ROUNDS = 8, int(os.environ.get("ROUNDS", 40))
WITHIN = 1.0
RULES = """list friends ip
[policy]
rule accept-friends when client.ip in $friends then permit relay
"""


class Watch(threading.Thread):
    """Asks one node until its answer is the one wanted; notes when."""

    def __init__(self, node, **attributes):
        super().__init__()
        self.node, self.attributes, self.at = node, attributes, None

    def run(self):
        with policy_client.Policy(self.node.gate.settings["policy_socket"]) as p:
            end = time.monotonic() + 20
            while time.monotonic() < end:
                if p.ask(recipient="carl@foreign.example", policy_context="staging", **self.attributes) == "OK":
                    self.at = time.monotonic()
                    return
                time.sleep(0.004)


def measure(c, what, change, attributes):
    """Seconds from the moment the administrator pressed return until the slowest node had it, milter-ctl included."""
    taken = []
    for i in range(ROUNDS):
        watches = [Watch(node, **attributes(i)) for node in c.nodes]
        [w.start() for w in watches]
        begin = time.monotonic()
        change(i)
        [w.join() for w in watches]
        assert all(w.at for w in watches), [w.node.name for w in watches if not w.at]
        taken.append(max(w.at for w in watches) - begin)
    taken.sort()
    p50, p99 = taken[len(taken) // 2], taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    print(f"     {what}: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {ROUNDS} times on {NODES} nodes")
    assert p99 < wait.scaled(WITHIN), f"{what}: {p99:.2f} s"


@case(f"an item of a list is in force on all within {WITHIN:g} s")
def _(c):
    measure(c, "list add", lambda i: c[0].ctl("list", "add", "friends", f"192.0.2.{i}", check=True),
            lambda i: {"client_address": f"192.0.2.{i}"})


@case(f"a revision is in force on all within {WITHIN:g} s")
def _(c):
    text = lambda i: RULES + f'rule accept-{i} when client.ip in 198.51.100.{i}/32 then permit relay\n'
    measure(c, "rules apply", lambda i: c[0].gate.apply(text(i)), lambda i: {"client_address": f"198.51.100.{i}"})


if __name__ == "__main__":
    cases.main(lambda: cluster_rig.Cluster(NODES, rules=RULES, lists={"friends": ["203.0.113.1"]}, joined=True))
