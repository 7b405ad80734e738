#!/usr/bin/python3
"""New rules on one node first: adopted by all when its rates stay within bounds, taken back by itself when not, and whoever fails meanwhile."""
import os
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "t", "lib"))
import cases
import cluster_rig
import policy_client
import wait
from cases import case, equal

BASE = '''list strangers domain { one.example }
[policy]
rule slow when sender.domain = "slow.example" then defer "4.7.1 later"
'''
GOOD = BASE + 'rule named when sender.domain = "named.example" then reject "5.7.1 named"\n'
BAD = BASE + 'rule everybody when recipient.domain in $strangers then reject "5.7.1 all of you"\n'
TAIL = "[filter]\n"


def rules(node, text, *options):
    path = os.path.join(node.gate.root, "next.rules")
    with open(path, "w") as f:
        f.write(text + TAIL)
    return node.ctl("rules", "apply", path, *options, timeout=60)


def ask(node, times=1, **attributes):
    with policy_client.Policy(node.gate.settings["policy_socket"]) as p:
        return [p.ask(**attributes) for _ in range(times)][-1]


def trial(c, by=0):
    rows = c[by].ctl("rules", "canary").rows
    return rows[0] if rows else {}


def wait_trial(c, state, timeout=30):
    wait.until(lambda: trial(c).get("state") == state, timeout, f"the trial to be {state}; it is {trial(c)}", pause=0.2)
    return trial(c)


def revisions(c):
    return [next(r for r in n.ctl("status").rows if r["program"] == "policyd")["revision"] for n in c.nodes]


def is_tried(node):
    return next(r for r in node.ctl("status").rows if r["program"] == "policyd")["is_trial"]


def newest(c):
    return c[0].ctl("rules", "history").rows[0]


@case("within its bounds: on one node first, then on all, as the next revision")
def _(c):
    before = newest(c)["revision"]
    ask(c[1], 50)
    done = rules(c[0], GOOD, "--canary", "gate2", "--for", "10s", "--note", "try it")
    equal(done.exit, 0, done.errors)
    assert "on trial on gate2 for 10 s" in done.errors, done.errors
    assert ask(c[1], sender="a@named.example").startswith("550 5.7.1 named"), "on trial there"
    equal(ask(c[0], sender="a@named.example"), "DUNNO", "not here")
    equal(ask(c[2], sender="a@named.example"), "DUNNO", "nor there")
    equal((is_tried(c[0]), is_tried(c[1]), is_tried(c[2])), (False, True, False))
    equal(newest(c)["revision"], before, "no revision yet")
    ask(c[1], 30)
    row = trial(c, 2)
    equal((row["node"], row["state"], row["base"], row["note"]), ("gate2", "trial", before, "try it"))
    table = c[0].ctl("node", "list", as_json=False).text.splitlines()
    equal([line.split()[0] for line in table if " TRIAL " in line], ["gate2"], table)
    code = ask(c[1], sender="a@named.example").split("[")[1].rstrip("]")
    reasons = c[1].ctl("explain", code).rows[0]["reasons"]
    assert any(f"instead of revision {before}" in line for line in reasons), reasons
    assert "on trial already" in rules(c[0], BAD, "--canary", "gate3").errors
    wait.until(lambda: revisions(c) == [before + 1] * 3, 40, "all to have it", pause=0.2)
    for n in c.nodes:
        assert ask(n, sender="a@named.example").startswith("550 5.7.1 named"), n.name
    head = newest(c)
    equal((head["note"], head["revision"]), ("try it", before + 1))
    assert "adopted as revision" in wait_trial(c, "ended")["why"], trial(c)
    wait.until(lambda: not is_tried(c[1]), 10, "gate2 to have no trial any more")


@case("out of bounds: that node returns by itself, and the others never had it")
def _(c):
    before = newest(c)["revision"]
    ask(c[1], 50)
    equal(rules(c[0], BAD, "--canary", "gate2", "--for", "10m").exit, 0)
    assert ask(c[1]).startswith("550"), "on trial"
    ask(c[1], 30)
    row = wait_trial(c, "ended")
    assert "rejected: " in row["why"] and "in the hour before" in row["why"], row
    equal(ask(c[1]), "DUNNO", "as before")
    equal(revisions(c), [before] * 3)
    c[1].log.wait("the trial here is over: rejected")
    c[0].log.wait("the trial on node .* is over: ended there: rejected")


@case("too few decisions to say: not adopted")
def _(c):
    before = newest(c)["revision"]
    equal(rules(c[0], GOOD + "# again\n", "--canary", "gate3", "--for", "10s").exit, 0)
    row = wait_trial(c, "ended", 40)
    assert "of at least 20 decisions" in row["why"], row
    equal(revisions(c), [before] * 3)


@case("stopped by the administrator")
def _(c):
    equal(rules(c[0], BAD, "--canary", "gate2").exit, 0)
    assert ask(c[1]).startswith("550")
    equal(c[1].ctl("rules", "canary", "--stop").exit, 3, "not where no signing key lies")
    equal(c[0].ctl("rules", "canary", "--stop").exit, 0)
    wait.until(lambda: ask(c[1]) == "DUNNO", 10, "gate2 to return")
    equal(c[0].ctl("rules", "canary", "--stop").exit, 3)


@case("that node is started again: the trial is over there, and it is said so")
def _(c):
    equal(rules(c[0], BAD, "--canary", "gate2").exit, 0)
    c[1].kill()
    c[1].policyd.start()
    wait.until(lambda: ask(c[1]) == "DUNNO", 10, "the revision to be in force again")
    assert "started again" in wait_trial(c, "ended", 60)["why"], trial(c)


@case("another revision is applied meanwhile: it counts, the trial is over")
def _(c):
    equal(rules(c[0], BAD, "--canary", "gate2").exit, 0)
    done = rules(c[0], GOOD + "# other\n", "--wait")
    equal(done.exit, 0, done.errors)
    wait.until(lambda: ask(c[1]) == "DUNNO" and not is_tried(c[1]), 20, "gate2 to have it")
    assert "overtaken by revision" in wait_trial(c, "ended")["why"], trial(c)


@case("what cannot be tried is refused at once, with the reason")
def _(c):
    for options, want in ((("--canary", "gate9"), "gate9"), (("--canary", "gate2", "--for", "3s"), "10 s"),
                          (("--canary", "gate2", "--for", "soon"), "90s, 15m or 2h")):
        done = rules(c[0], BAD, *options)
        assert done.exit in (2, 3) and want in done.errors, done
    done = rules(c[1], BAD, "--canary", "gate2")
    assert done.exit == 3 and "signing key" in done.errors, done
    equal(trial(c).get("state"), "ended")


@case("the administrator's node is gone: the other returns 60 s after the time")
def _(c):
    ask(c[1], 50)
    equal(rules(c[0], GOOD + "# late\n", "--canary", "gate2", "--for", "10s").exit, 0)
    ask(c[1], 50)
    c[0].kill()
    time.sleep(5)
    assert is_tried(c[1])
    wait.until(lambda: not is_tried(c[1]), 90, "gate2 to return", pause=0.5)
    c[1].log.wait("did not adopt it within 60 s")
    c[0].policyd.start()
    wait_trial(c, "ended", 30)


cases.main(lambda: cluster_rig.Cluster(3, joined=True, rules=BASE + TAIL, lists={}))
