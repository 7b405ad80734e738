"""Mail through every node of a cluster while something fails, and the account at the end: nothing lost, nothing twice, no verdict changed."""
import collections

import house
from cases import equal
from load import Load

BLOCKED = "eve@blocked.example"
# Both ways of deciding take part: a stored list, and a counter that every request reads and every delivered message is charged to.
RULES = house.rules_with(lists="list blocked address", policy="""
rule blocked
  when sender in $blocked
  then reject "5.7.1 sender blocked"

rule flood
  when count(messages, sender, 1h) > 1000000
  then reject "5.7.1 too much mail"
""")
LISTS = {**house.LISTS, "blocked": [BLOCKED]}


class Traffic:
    """with Traffic(cluster) as t: …; t.wait(20); after it t.settle(). Each node with a Postfix gets clean and blocked mail all the time;
    domains are the cluster's, so that all of it is delivered to the first node's internal servers."""

    def __init__(self, cluster, pause=0.05, threads=2):
        self.nodes = [n for n in cluster.nodes if n.house]
        self.sinks = list(self.nodes[0].house.sinks.values())
        port = lambda n: n.house.postfix.port["proxy"]
        self.clean = [Load(port(n), "bob@one.example", threads=threads, pause=pause) for n in self.nodes]
        self.blocked = [Load(port(n), "bob@one.example", sender=BLOCKED, threads=1, pause=4 * pause) for n in self.nodes]

    def __enter__(self):
        for flow in (*self.clean, *self.blocked):
            flow.__enter__()
        self.wait(3)
        return self

    def __exit__(self, *_):
        for flow in (*self.clean, *self.blocked):
            flow.stopping.set()
        for flow in (*self.clean, *self.blocked):
            flow.stop()

    def wait(self, more, timeout=30):
        """Until every node has accepted `more` further messages."""
        for flow in self.clean:
            flow.wait_accepted(more, timeout)

    def settle(self, killed=False):
        """killed: a node was, so that its clients were deferred or cut off for a while; still no other verdict."""
        for n in self.nodes:
            n.house.postfix.wait_queue_empty(60)
        for flow in self.clean:
            assert set(flow.answers) <= ({250, 421, 451} if killed else {250}), flow.summary()
            assert killed or not flow.unknown, f"{len(flow.unknown)} connections broke"
            equal(flow.account(*self.sinks), ([], [], []), "lost, doubled, delivered though refused")
        for flow in self.blocked:
            assert set(flow.answers) <= ({550, 554, 421, 451} if killed else {550, 554}), flow.summary()
            assert flow.refused, "no blocked mail was tried"
            count = sum((s.count_by_id() for s in self.sinks), collections.Counter())
            equal([i for i in flow.refused if count[i]], [], "blocked, and delivered")
        for n in self.nodes:
            equal(n.house.foreign.messages, [], "relayed")

    def summary(self):
        return f"{sum(len(f.accepted) for f in self.clean)} accepted, {sum(len(f.refused) for f in self.blocked)} blocked"


def rules_number(node):
    return node.ctl("rules", "history", check=True).rows[0]["revision"]


def items(node, name="blocked"):
    return set(node.ctl("list", "export", name, check=True, as_json=False).text.split())
