#!/usr/bin/python3
"""Redis loses what it had: restarted empty, a promoted replica without the last writes, an old head for ever. Nobody goes back."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import redis_rig
import survival
import wait
from cases import case, equal


class Pair(cluster_rig.Cluster):
    """Two nodes, a primary with a replica, and Sentinel."""

    def __init__(self):
        super().__init__(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS, where=self._sentinel)

    def _sentinel(self):
        self.replica = redis_rig.Redis(os.path.join(self.root, "replica"), replica_of=self.redis)
        self.sentinel = redis_rig.Sentinel(os.path.join(self.root, "sentinel"), self.redis)
        return redis_rig.sentinel_setting(self.sentinel)

    def start(self):
        self.redis.start()
        self.replica.start()
        self.replica.wait_replica()
        self.sentinel.start()
        return super().start()

    def __exit__(self, kind=None, *_):
        super().__exit__(kind)
        for r in (self.sentinel, self.replica):
            r.stop()


def is_in_order(node):
    return node.ctl("cluster", "status").exit == 0


def add(c, item):
    c[0].ctl("list", "add", "blocked", item, check=True)
    c.wait(f"the item {item}", lambda n: item in survival.items(n), 15)


@case("Redis is emptied: the nodes keep their own, say so, and re-seed on command")
def _(c):
    add(c, "before@blocked.example")
    number = survival.rules_number(c[0])
    with survival.Traffic(c) as t:
        for n in c.nodes:
            n.log.mark()
        c.redis.command("FLUSHALL")
        c.redis.command("PUBLISH", c.key("changed"), "rules")
        c.wait("that Redis is empty to be said", lambda n: n.log.count(r"(?i)redis holds nothing") > 0, 15)
        t.wait(5)
        for n in c.nodes:
            equal(survival.rules_number(n), number, n.name)
            assert "before@blocked.example" in survival.items(n)
            assert not is_in_order(n), f"{n.name} finds an empty Redis in order"
        c[0].ctl("cluster", "reseed", check=True)
        c.wait("the cluster to be in order", is_in_order, 30)
        t.wait(5)
    t.settle()
    add(c, "after@blocked.example")


@case("Redis serves an old head: shown as old on every node, also on one that has not seen the newer one")
def _(c):
    old = {f: v for f, v in zip(*[iter(c.redis.command("HGETALL", c.key("heads")))] * 2)}
    c[1].kill()
    add_to = survival.RULES + "\n"
    with open(os.path.join(c[0].gate.root, "next.rules"), "w") as f:
        f.write(add_to)
    c[0].ctl("rules", "apply", f.name, check=True)
    number = survival.rules_number(c[0])
    c.redis.command("HSET", c.key("heads"), "rules", old[b"rules"])
    for d in c[1].daemons:
        d.start()
    c.wait("the old head to be named", lambda n: not is_in_order(n), 30)
    equal(survival.rules_number(c[0]), number, "gate1 went back")
    said = c[1].ctl("cluster", "status")
    assert "gate1" in said.text + said.errors, f"gate2 does not name who has more: {said}"
    c[0].ctl("cluster", "reseed")
    c.wait("the cluster to be in order", is_in_order, 40)
    equal(survival.rules_number(c[1]), number, "gate2")


@case("the primary is killed; the promoted replica lacks the last revision: nobody goes back, it is written again, mail flows")
def _(c):
    with survival.Traffic(c) as t:
        c.replica.command("REPLICAOF", "NO", "ONE")  # it hears nothing any more
        with open(os.path.join(c[0].gate.root, "next.rules"), "w") as f:
            f.write(survival.RULES + "\n\n")
        c[0].ctl("rules", "apply", f.name, check=True)
        number = survival.rules_number(c[0])
        c.wait("the revision", lambda n: survival.rules_number(n) == number, 15)
        c.redis.kill()
        wait.until(lambda: c.sentinel.primary_port() == c.replica.port or _promote(c), 60, "the replica to be promoted")
        c.wait("the cluster to be in order again", is_in_order, 60)
        for n in c.nodes:
            equal(survival.rules_number(n), number, n.name)
        t.wait(5)
    t.settle()
    print(f"     {t.summary()}")
    add(c, "promoted@blocked.example")


def _promote(c):
    """Sentinel may refuse a replica that left: then it is told of the new primary."""
    c.sentinel.command("SENTINEL", "REMOVE", "gate")
    c.sentinel.command("SENTINEL", "MONITOR", "gate", "127.0.0.1", c.replica.port, 1)
    return False


cases.main(Pair)
