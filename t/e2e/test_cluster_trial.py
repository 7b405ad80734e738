#!/usr/bin/python3
"""Rules on trial on a node that takes mail: what its policyd refuses and what its milter judges are one rate, the same before and during the trial."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import mail
import milter_client
import policy_client
import wait
from cases import case, equal

RULES = """[policy]
rule known-bad when sender.domain = "bad.example" then reject "5.7.1 not you"
[filter]
rule no-lottery when subject contains "lottery" then reject "5.7.1 no lotteries"
"""
STRICT = RULES + 'rule no-greetings when subject contains "Hello" then reject "5.7.1 no greetings"\n'
REFUSED, TAKEN = 12, 10  # of each round: 38 % of all decisions, 55 % of those of policyd alone


class Mail(threading.Thread):
    """Rounds of the same mixture through one node, as its Postfix would bring it."""

    def __init__(self, node):
        super().__init__(daemon=True)
        self.node, self.over, self.rounds, self.error = node, threading.Event(), 0, None

    def run(self):
        try:
            while not self.over.wait(0.05):
                self._round()
                self.rounds += 1
        except Exception as e:
            self.error = e

    def _round(self):
        with policy_client.Policy(self.node.gate.settings["policy_socket"]) as p:
            for i in range(REFUSED + TAKEN):
                p.ask(sender="x@bad.example" if i < REFUSED else "alice@outside.example", policy_context="proxy")
        with milter_client.Milter(self.node.gate.settings["milter_socket"]) as m:
            m.connect("192.0.2.7", daemon_name="postgate-proxy")
            m.helo()
            for _ in range(TAKEN):
                m.mail("alice@outside.example")
                m.rcpt("bob@one.example")
                m.message(mail.clean(subject="Hello"))

    def __enter__(self):
        self.start()
        self.wait(10)
        return self

    def wait(self, more):
        want = self.rounds + more
        wait.until(lambda: self.rounds >= want or self.error, 60, f"{more} rounds")
        assert not self.error, self.error

    def __exit__(self, *_):
        self.over.set()
        self.join()


def trial(c):
    rows = c[0].ctl("rules", "canary").rows
    return rows[0] if rows else {}


def begin(c, text):
    path = os.path.join(c[0].gate.root, "next.rules")
    with open(path, "w") as f:
        f.write(text)
    done = c[0].ctl("rules", "apply", path, "--canary", "gate2", "--for", "10s", timeout=60)
    equal(done.exit, 0, done.errors)


def revisions(c):
    return [next(r for r in n.ctl("status").rows if r["program"] == "policyd")["revision"] for n in c.nodes]


@case("rules that change nothing are adopted, though much is refused at RCPT")
def _(c):
    with Mail(c[1]) as m:
        time.sleep(11)  # two heartbeats: an hour before that holds less says little
        m.wait(1)
        begin(c, RULES + "# the same\n")
        wait.until(lambda: trial(c).get("state") == "ended", 60, f"the trial to end; it is {trial(c)}", pause=0.2)
    assert "adopted as revision 2" in trial(c)["why"], trial(c)
    wait.until(lambda: revisions(c) == [2, 2], 10, "both to have it")


@case("rules whose [filter] refuses what was taken are taken back by the node itself; the others never have them")
def _(c):
    with Mail(c[1]) as m:
        begin(c, STRICT)
        wait.until(lambda: trial(c).get("state") == "ended", 60, f"the trial to end; it is {trial(c)}", pause=0.2)
        m.wait(2)
    assert "rejected: " in trial(c)["why"] and "in the hour before" in trial(c)["why"], trial(c)
    equal(revisions(c), [2, 2])


cases.main(lambda: cluster_rig.Cluster(2, with_milter=True, joined=True, rules=RULES, lists={}))
