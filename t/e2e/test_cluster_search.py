#!/usr/bin/python3
"""milter-ctl log and explain over a cluster: every node answers for itself, and who does not answer is named."""
import functools
import json
import os
import shutil
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import gate
import mail
import milter_client
import policy_client
import procs
import wait
from cases import Skipped, case, equal
from cluster_rig import Cluster

SHIFT = os.path.join(gate.BUILD, "t", "shift_clock.so")
RULES = """[policy]
rule no-mallory when sender = "mallory@outside.example" then reject "5.7.1 No"
[filter]
rule no-lottery when subject contains "lottery" then reject "5.7.1 No lotteries"
"""


def make():
    return Cluster(3, with_milter=True, rules=RULES, joined=True)


def refuse(node, recipient="bob@one.example"):
    """Refused at RCPT by its policyd; returns the code."""
    with policy_client.Policy(node.gate.settings["policy_socket"]) as p:
        answer = p.ask(sender="mallory@outside.example", recipient=recipient, policy_context="proxy")
    assert "No" in answer, answer
    return answer[answer.rindex("[") + 1:answer.rindex("]")]


def send(node, subject, queue_id):
    """Through its milter."""
    with milter_client.Milter(node.gate.settings["milter_socket"]) as m:
        m.values["{daemon_name}"] = "proxy"
        m.connect("192.0.2.7")
        m.helo()
        m.mail("alice@outside.example")
        m.rcpt("bob@one.example")
        m.data = functools.partial(m.data, queue_id)
        return m.message(mail.clean(subject=subject))


def filled(c):
    """One decision of each daemon of each node, once."""
    if not hasattr(c, "codes"):
        alive = lambda node: [r["state"] for r in node.ctl("node", "list").rows] == ["alive"] * 3
        c.wait("all nodes alive", alive, 20)
        c.codes = [refuse(n, f"at-{n.name}@one.example") for n in c.nodes]
        for i, n in enumerate(c.nodes):
            send(n, f"The lottery of {n.name}", f"4QUEUE{i}")
    return c


def nodes_of(told):
    return sorted((r["node"], r["program"]) for r in told.rows)


EVERYBODY = sorted((f"gate{i}", p) for i in (1, 2, 3) for p in ("milter", "policyd"))


@case("the question goes to all nodes, the answer is in the order of time")
def _(c):
    filled(c)
    for node in c.nodes:
        told = node.ctl("log", check=True)
        equal(nodes_of(told), EVERYBODY, node.name)
        equal([r["time_ms"] for r in told.rows], sorted(r["time_ms"] for r in told.rows))


@case("options choose on every node; --limit leaves the newest of all")
def _(c):
    told = filled(c)[0].ctl("log", "--to", "at-gate3@one.example", check=True)
    equal(nodes_of(told), [("gate3", "policyd")])
    told = c[1].ctl("log", "--text", "lottery of gate1", check=True)
    equal([r["queue_id"] for r in told.rows], ["4QUEUE0"])
    told = c[1].ctl("log", "--limit", "2", check=True)
    equal([r["queue_id"] for r in told.rows], ["4QUEUE1", "4QUEUE2"])
    assert "there are more" in told.errors, told


@case("--node asks one, --here this one alone; a table names the nodes")
def _(c):
    filled(c)
    equal(nodes_of(c[0].ctl("log", "--here", check=True)), [("gate1", "milter"), ("gate1", "policyd")])
    equal(nodes_of(c[0].ctl("log", "--node", "gate1", check=True)), [("gate1", "milter"), ("gate1", "policyd")])
    equal(nodes_of(c[0].ctl("log", "--node", "gate3", check=True)), [("gate3", "milter"), ("gate3", "policyd")])
    told = c[0].ctl("log", "--node", "gate9")
    assert told.exit == 3 and "gate9" in told.errors, told
    told = c[0].ctl("log", as_json=False)
    assert told.text.split()[:2] == ["TIME", "NODE"] and "gate3" in told.text, told


@case("explain finds the node from the code, and asks all for a queue id")
def _(c):
    filled(c)
    for i, code in enumerate(c.codes):
        row = c[0].ctl("explain", code, check=True).rows[0]
        equal((row["code"], row["rule"]), (code, "no-mallory"))
        equal(row.get("node", "gate1"), f"gate{i + 1}")
    row = c[0].ctl("explain", "4QUEUE2", check=True).rows[0]
    equal((row["node"], row["queue_id"], row["program"]), ("gate3", "4QUEUE2", "milter"))
    told = c[0].ctl("explain", "4NOSUCH9")
    assert told.exit == 3 and "any node" in told.errors, told
    told = c[0].ctl("explain", "0000-0000-0000")
    assert told.exit == 3 and "another cluster" in told.errors, told


class Following:
    """milter-ctl log --follow on the first node; rows() are those it printed after the first."""

    def __init__(self, c, name):
        self.path = os.path.join(c.root, name)
        argv = [os.path.join(c[0].gate.bin, "milter-ctl"), "-c", c[0].gate.cf, "--json", "log", "--follow", "--limit", "1"]
        self.process = procs.start(argv, log=self.path)

    def rows(self):
        with open(self.path) as f:
            return [json.loads(line) for line in f if line.startswith("{")][1:]

    def wait_for(self, *codes):
        wait.until(lambda: set(codes) <= {r["code"] for r in self.rows()}, 20, f"{codes} to be shown")

    def __enter__(self):
        wait.until(lambda: os.path.getsize(self.path) > 0, 20, "the newest row")
        return self

    def __exit__(self, *_):
        procs.stop(self.process, signal.SIGTERM)


@case("--follow shows what any node decides from now on, once")
def _(c):
    before = {r["code"] for r in filled(c)[0].ctl("log", check=True).rows}
    with Following(c, "followed") as f:
        codes = [refuse(n) for n in c.nodes]
        f.wait_for(*codes)
        last = refuse(c[2])
        f.wait_for(last)
    # Of a node that was too busy to answer the first question, older ones come with the next.
    equal(sorted(r["code"] for r in f.rows() if r["code"] not in before), sorted([*codes, last]))


@case("a node that is gone is named, what the others have is shown, exit 5")
def _(c):
    filled(c)
    c[2].kill()
    told = c[0].ctl("log", "--verdict", "reject", timeout=60)
    equal(told.exit, 5)
    assert "gate3" in told.errors, told
    assert {r["node"] for r in told.rows} == {"gate1", "gate2"}, told
    told = c[0].ctl("explain", c.codes[2], timeout=60)
    assert told.exit != 0 and "gate3" in told.errors, told
    told = c[0].ctl("explain", "4QUEUE2", timeout=60)
    assert told.exit == 5 and "gate3" in told.errors, told
    equal(c[0].ctl("explain", c.codes[1], timeout=60).exit, 0)
    c[2].restart()


def restart_with(node, env):
    for d in node.daemons:
        d.stop()
        d.env = env
        d.start()


@case("a node whose clock is off is named; its rows stand by its own time, and --follow goes on")
def _(c):
    if not os.path.exists(SHIFT):
        raise Skipped("t/shift_clock.so is not built")
    shutil.copy(SHIFT, c[1].gate.bin)
    asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
    restart_with(c[1], {"LD_PRELOAD": os.path.join(c[1].gate.bin, "shift_clock.so"), "CLOCK_SHIFT": "-3600", "ASAN_OPTIONS": asan})
    try:
        c.wait("gate2 to be back", lambda: c[0].ctl("log", "--node", "gate2").exit == 0, 30)
        with Following(c, "late") as f:
            code = refuse(c[1], "late@one.example")
            f.wait_for(code)
        told = c[0].ctl("log", "--to", "late@one.example")
        equal([(r["node"], r["code"]) for r in told.rows], [("gate2", code)])
        assert "gate2: its clock is 3" in told.errors and "behind this node's" in told.errors, told
    finally:
        restart_with(c[1], {})


@case("with Redis down a node answers for itself and names the others")
def _(c):
    filled(c)
    c.redis.stop()
    told = c[0].ctl("log", "--verdict", "reject", timeout=60)
    equal((told.exit, {r["node"] for r in told.rows}), (5, {"gate1"}))
    assert "gate2" in told.errors and "gate3" in told.errors, told
    equal(c[0].ctl("explain", c.codes[0], timeout=60).exit, 0)


if __name__ == "__main__":
    cases.main(make)
