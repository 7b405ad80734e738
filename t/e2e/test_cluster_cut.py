#!/usr/bin/python3
"""The network between one node and Redis is cut, and heals; sixteen nodes start at once."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import netns
import redis_rig
import survival
from cases import case


class Cut(cluster_rig.Cluster):
    """policyd of the second node lives in a network namespace; its Postfix and its milter reach it through unix sockets as ever."""

    def __init__(self):
        self.ns = netns.Namespace(1)
        super().__init__(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS, redis=self._redis, where=lambda: self.redis.tcp)
        self[1].gate.settings["redis"] = f"inet:{self.ns.host}:{self.redis.port}"
        self[1].policyd.prefix = self.ns.prefix

    def _redis(self, root):
        return redis_rig.Redis(os.path.join(root, "redis"), settings={"bind": f"127.0.0.1 {self.ns.host}", "protected-mode": "no"})

    def __enter__(self):
        self.ns.__enter__()
        return super().__enter__()

    def __exit__(self, kind=None, *_):
        super().__exit__(kind)
        self.ns.__exit__()


@case("the wire between one node and Redis is cut for 20 s under load, then heals: mail flows, changes arrive late but whole")
def _(c):
    with survival.Traffic(c) as t:
        c.ns.cut()
        begun = time.monotonic()
        for i in range(10):
            c[0].ctl("list", "add", "blocked", f"cut{i}@blocked.example", check=True)
        while time.monotonic() < begun + 20:
            t.wait(5)
        assert "cut9@blocked.example" not in survival.items(c[1]), "the wire was not cut"
        states = {r["node"]: r["state"] for r in c[0].ctl("node", "list").rows}
        assert states["gate2"] in ("suspect", "down"), states
        c.ns.heal()
        c.wait("the items", lambda n: {f"cut{i}@blocked.example" for i in range(10)} <= survival.items(n), 60)
        t.wait(5)
        c.wait("both to be alive", lambda: {r["state"] for r in c[0].ctl("node", "list").rows} == {"alive"}, 30)
    t.settle()
    print(f"     {t.summary()}")


cases.main(Cut)
