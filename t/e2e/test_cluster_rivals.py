#!/usr/bin/python3
"""Two administrators apply rules and change lists against each other while mail flows through both nodes. T_RIVALS: for how many seconds (15; the
long run is 60)."""
import os
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import gate
import ledger_entry as ledger
import survival
import wait
from cases import case, equal

SECONDS = float(os.environ.get("T_RIVALS", "15"))


def second_administrator(c):
    """The signing key lies on the other node as well."""
    path = os.path.join(c[1].gate.state, "cluster", "signing.key")
    shutil.copy2(os.path.join(c[0].gate.state, "cluster", "signing.key"), path)
    os.chown(path, gate.POLICYD_UID, gate.GROUP)
    c[1].policyd.restart()
    wait.until(lambda: c[1].ctl("list", "add", "blocked", "first@blocked.example").exit == 0, 30, "the second administrator")


def apply(node, mark):
    path = os.path.join(node.gate.root, "next.rules")
    with open(path, "w") as f:
        f.write(survival.RULES + f"\n# {mark}\n")
    return node.ctl("rules", "apply", path, timeout=60)


def rival(node, until, applied, added):
    """Rules as fast as it goes, and now and then an item."""
    while time.monotonic() < until:
        mark = f"{node.name} {len(applied)}"
        applied.append((mark, apply(node, mark)))
        if len(applied) % 3 == 0:
            item = f"{node.name}-{len(applied)}@blocked.example"
            node.ctl("list", "add", "blocked", item, check=True)
            added.append(item)


def check_told(lost):
    for done in lost:
        assert re.search(r"was first: entry \d+ of rules", done.errors), done
        assert any("difference" in row for row in done.rows), f"shown no difference: {done}"


@case(f"two administrators apply for {SECONDS:.0f} s against each other: one wins, the other is told; mail is as ever")
def _(c):
    second_administrator(c)
    first = survival.rules_number(c[0])
    applied, added, until = [], [], time.monotonic() + SECONDS
    with survival.Traffic(c) as t:
        threads = [threading.Thread(target=rival, args=(n, until, applied, added)) for n in c.nodes]
        [r.start() for r in threads]
        while time.monotonic() < until:
            t.wait(5)
        [r.join() for r in threads]
        last = ledger.head(c, "rules")[0]
        c.wait(f"revision {last}", lambda n: survival.rules_number(n) == last, 20)
        t.wait(5)
    t.settle()
    won = {d.rows[-1]["revision"]: mark for mark, d in applied if d.exit == 0}
    check_told([d for _, d in applied if d.exit == 1])
    equal([d for _, d in applied if d.exit not in (0, 1)], [])
    equal(sorted(won), list(range(first + 1, last + 1)), "each number was won once")
    for n in c.nodes:
        assert f"# {won[last]}\n" in n.ctl("rules", "show", as_json=False).text, n.name
        equal(sorted(set(added) - survival.items(n)), [], f"items that {n.name} lacks")
    print(f"     {len(won)} won, {len(applied) - len(won)} were told, {len(added)} items, {t.summary()}")


cases.main(lambda: cluster_rig.Cluster(2, houses=True, joined=True, rules=survival.RULES, lists=survival.LISTS))
