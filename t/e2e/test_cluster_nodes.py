#!/usr/bin/python3
"""Nodes as the others see them: alive, suspect, drained, started again, two with one identity, forgotten; and rules that reach all of them."""
import contextlib
import os
import shutil
import signal
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "t", "lib"))
import cases
import cluster_rig
import gate
import house
import milter_client
import policy_client
import redis_rig
import wait
from cases import case, equal


def nodes(c, by=0):
    return {row["node"]: row for row in c[by].ctl("node", "list").rows}


def state(c, name, by=0):
    return nodes(c, by).get(name, {}).get("state")


def wait_state(c, name, want, by=0, timeout=30):
    wait.until(lambda: state(c, name, by) == want, timeout, f"{name} to be {want}; it is {state(c, name, by)}", pause=0.2)


def wait_alive(c, by):
    wait.until(lambda: {r["state"] for r in nodes(c, by).values()} == {"alive"}, 10, f"{c[by].name} to see all alive")


def problems(c, i):
    return next(r for r in c[i].ctl("status").rows if r["program"] == "policyd")["problems"]


def ask(node, **attributes):
    with policy_client.Policy(node.gate.settings["policy_socket"]) as p:
        return p.ask(**attributes)


def apply(node, text, *options):
    path = os.path.join(node.gate.root, "next.rules")
    with open(path, "w") as f:
        f.write(text)
    return node.ctl("rules", "apply", path, *options, timeout=60)


@contextlib.contextmanager
def stopped(node):
    os.kill(node.policyd.process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(node.policyd.process.pid, signal.SIGCONT)


@case("each node sees all nodes, with version, revision and ACK")
def _(c):
    for by in range(len(c.nodes)):
        wait_alive(c, by)
        rows = nodes(c, by)
        equal(sorted(rows), [n.name for n in c.nodes])
        for row in rows.values():
            equal((row["state"], row["rules"], row["revision"]), ("alive", "ACK", 1), row["node"])
            assert row["version"].startswith("postgate "), row
    equal([n for n, row in nodes(c).items() if row["has_signing_key"]], ["gate1"])
    table = c[1].ctl("node", "list", as_json=False).text.splitlines()
    assert table[0].split()[:4] == ["NODE", "ID", "STATE", "SINCE"] and len(table) == 1 + len(c.nodes), table


@case("rules apply --wait tells ACK of each node, and soon")
def _(c):
    begin = time.monotonic()
    done = apply(c[0], house.RULES + "\n# one\n", "--wait")
    took = time.monotonic() - begin
    equal(done.exit, 0, done.errors)
    acks = [r for r in done.rows if r.get("state")]
    equal(sorted((r["node"], r["state"]) for r in acks), [(n.name, "ACK") for n in c.nodes])
    print(f"note: apply --wait over {len(c.nodes)} nodes took {took:.2f} s")
    assert took < wait.scaled(5), took
    assert all(row["revision"] == 2 for row in nodes(c, 1).values())


@case("a node that stands still is silent, the others have it; it takes it when it goes on")
def _(c):
    with stopped(c[2]):
        done = apply(c[0], house.RULES + "\n# two\n", "--wait", "--timeout", "2s")
        equal(done.exit, 5, done.errors)
        equal({r["node"]: r["state"] for r in done.rows if r.get("state")}["gate3"], "silent")
        equal({r["node"]: r["state"] for r in done.rows if r.get("state")}["gate2"], "ACK")
    wait.until(lambda: nodes(c)["gate3"]["revision"] == 3, 10, "gate3 to take revision 3")


@case("16 s without a heartbeat is suspect, whatever is replayed meanwhile; and back by itself")
def _(c):
    key = c.key(f"node:{nodes(c)['gate3']['id']}:alive")
    with stopped(c[2]):
        old = c.redis.command("GET", key)
        begin = time.monotonic()
        while {state(c, "gate3"), state(c, "gate3", 1)} != {"suspect"}:
            assert time.monotonic() - begin < 25, "the replay keeps it alive"
            c.redis.command("SET", key, old, "PX", str(30 * 86400 * 1000))
            time.sleep(0.5)
        assert time.monotonic() - begin > 9, "suspect too soon"
        row = nodes(c, 1)["gate3"]
        assert row["since"] and row["age_s"] >= 15, row
        assert "written again" in row["trouble"], row
        equal(c[0].ctl("node", "list").exit, 1)
        c[0].log.wait("node gate3 is suspect")
    wait_state(c, "gate3", "alive", timeout=10)
    c[0].log.wait("node gate3 is alive", 10)


@case("a heartbeat that somebody else writes is refused and named, and changes nothing")
def _(c):
    key = c.key(f"node:{nodes(c)['gate2']['id']}:alive")
    real = c.redis.command("GET", key)
    forged = real.replace(b'"name":"gate2"', b'"name":"evil2"')
    assert forged != real
    with stopped(c[1]):
        for text in (forged, b"", b"x" * 20000):
            c.redis.command("SET", key, text)
            row = nodes(c)["gate2"]
            equal((row["node"], row["state"]), ("gate2", "alive"))
            if text:
                assert "its heartbeat is refused" in row["trouble"], row
        c.redis.command("DEL", key)
        c.redis.command("RPUSH", key, "not a string")
        equal(state(c, "gate2"), "alive")
        c.redis.command("DEL", key)
        c.redis.command("SET", key, forged)
        wait.until(lambda: "heartbeats" in problems(c, 0), 10, "status to say so")
    wait.until(lambda: nodes(c)["gate2"]["trouble"] == "no milter", 15, "its own heartbeat to count again")
    wait.until(lambda: "heartbeats" not in problems(c, 0), 10, "status to be clean again")


@case("drained here: 421 at RCPT, over a restart too, until it is resumed; named and by others")
def _(c):
    for words, which in ((("drain",), 0), (("drain", "gate2"), 1)):
        done = c[0].ctl("node", *words)
        equal(done.exit, 0, done.errors)
        assert ask(c[which]).startswith("421 4.3.2 this node is drained"), ask(c[which])
        equal(ask(c[which], protocol_state="DATA"), "DUNNO")
        wait.until(lambda: "drained" in nodes(c, 2)[c[which].name]["trouble"], 10, "the others to see it")
        c[which].policyd.restart()
        assert ask(c[which]).startswith("421 4.3.2")
        equal(c[0].ctl("node", "resume", *words[1:]).exit, 0)
        assert not ask(c[which]).startswith("421"), ask(c[which])
    equal(c[0].ctl("node", "drain", "gate9").exit, 3)


@case("killed and started again: one change of boot, no alarm")
def _(c):
    before = c[0].log.count("node gate3")
    for _i in range(3):
        c[2].kill()
        c[2].policyd.start()
        wait.until(lambda: nodes(c)["gate3"]["age_s"] < 3, 10, "its new heartbeats")
        equal(state(c, "gate3"), "alive")
    equal(c[0].log.count("node gate3"), before)
    assert "identity" not in problems(c, 2), problems(c, 2)


@case("Redis away for 12 s: nobody becomes suspect; known as it was")
def _(c):
    for by in range(len(c.nodes)):
        wait_alive(c, by)
    c.redis.stop()
    for n in c.nodes:
        n.log.mark()
    wait.until(lambda: "Redis is away" in c[0].ctl("node", "list").errors, 15, "node list to say so")
    equal({row["state"] for row in nodes(c).values()}, {"alive"})
    equal(c[0].ctl("node", "list").exit, 1, "what was known last is not in order")
    r = c[0].ctl("domain", "add", "away.example", "--route", "127.0.0.9")
    assert r.exit == 4 and "nothing was changed" in r.errors, (r.exit, r.errors)
    time.sleep(12)
    c.redis.start()
    wait.until(lambda: "redis" not in problems(c, 0) and "Redis is away" not in c[0].ctl("node", "list").errors, 60,
               "Redis to be back")
    time.sleep(6)
    equal({row["state"] for row in nodes(c).values()}, {"alive"})
    for n in c.nodes:
        assert "is suspect" not in n.log.since_mark() and "is down" not in n.log.since_mark(), n.log.tail()


@case("cluster status tells links, nodes and what is not in order")
def _(c):
    rows = c[1].ctl("cluster", "status").rows
    head = [r for r in rows if r["what"] == "cluster"]
    equal((head[0]["cluster"], head[0]["is_member"], head[0]["node"]), (c.name, True, "gate2"))
    assert head[0]["redis"].startswith("up since"), head
    equal(sorted(r["node"] for r in rows if r["what"] == "node"), [n.name for n in c.nodes])
    part = next(r for r in c[1].ctl("status").rows if r["program"] == "policyd")["cluster"]
    equal((part["name"], part["nodes"], part["alive"]), (c.name, len(c.nodes), len(c.nodes)))


@case("two machines with one identity are named on both, and by the others")
def _(c):
    with cluster_rig_twin(c, 2) as twin:
        wait.until(lambda: "another machine" in problems(c, 2).get("identity", ""), 40, "gate3 to say so")
        wait.until(lambda: "another machine" in twin_problems(twin).get("identity", ""), 40, "its twin to say so")
        wait_state(c, "gate3", "double", timeout=40)
        row = nodes(c)["gate3"]
        assert "two machines" in row["trouble"], row
        c[0].log.wait("two machines run with this one identity")
    wait.until(lambda: state(c, "gate3") == "alive", 90, "one of them to be enough", pause=0.5)


@contextlib.contextmanager
def cluster_rig_twin(c, i):
    """A second machine made from a copy of node i's state."""
    root = os.path.join(c.root, "twin")
    os.mkdir(root)
    os.chmod(root, 0o755)
    of = {k: c[i].gate.settings[k] for k in ("cluster_name", "redis", "node_name")}
    twin = gate.Gate(root, house.RULES, settings=of, lists=house.LISTS)
    for name in ("cluster", "cluster.key", "policyd.db", "policyd.db-wal", "node.key"):
        source = os.path.join(c[i].gate.state, name)
        if os.path.isdir(source):
            shutil.copytree(source, os.path.join(twin.state, name))
        elif os.path.exists(source):
            shutil.copy2(source, twin.state)
    for at, dirs, files in os.walk(twin.state):
        for name in dirs + files:
            os.chown(os.path.join(at, name), gate.POLICYD_UID, gate.GROUP)
    try:
        yield twin.start(twin.policyd)
    finally:
        twin.stop()


def twin_problems(twin):
    return next(r for r in twin.ctl("status").rows if r["program"] == "policyd")["problems"]


@case("forgotten: refused while it is alive, then its heartbeats count no longer")
def _(c):
    assert "--force" in c[0].ctl("node", "forget", "gate3").errors
    assert "cluster leave" in c[0].ctl("node", "forget", "gate1").errors
    equal(c[1].ctl("node", "forget", "gate3", "--force").exit, 3, "where no signing key lies")
    c[0].ctl("node", "forget", "gate3", "--force", check=True)
    for by in (0, 1):
        wait.until(lambda: sorted(nodes(c, by)) == ["gate1", "gate2"], 10, "gate3 to be gone")
    r = c[2].ctl("cluster", "status")
    assert r.exit == 1 and "forgotten" in r.errors, (r.exit, r.errors)
    assert next(row for row in c[2].ctl("status").rows if row["program"] == "policyd")["cluster"]["is_forgotten"]
    equal(apply(c[0], house.RULES + "\n# four\n", "--wait").exit, 0)


@case("a machine without a cluster is a single node, and can be drained")
def _(c):
    root = os.path.join(c.root, "alone")
    os.mkdir(root)
    os.chmod(root, 0o755)
    with gate.Gate(root, house.RULES, lists=house.LISTS).start() as g:
        ready = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        time.sleep(1.1)  # times are told in seconds
        rows = g.ctl("node", "list", check=True).rows
        assert rows[0]["started"] <= ready, f"started {rows[0]['started']}, was ready at {ready}"
        equal([(r["node"], r["state"], r["rules"], r["revision"]) for r in rows], [("gate1", "alive", "ACK", 1)])
        equal(g.ctl("cluster", "status").exit, 3)
        g.ctl("node", "drain", "here", check=True)
        with milter_client.Milter(g.settings["milter_socket"]) as m:
            m.connect()
            m.helo()
            m.mail("alice@outside.example")
            equal(m.rcpt("bob@one.example").text.split()[:2], ["421", "4.3.2"])
        with policy_client.Policy(g.settings["policy_socket"]) as p:
            assert p.ask().startswith("421 4.3.2"), p.ask()
        equal({r["program"]: r.get("is_drained", r.get("drained", "") != "") for r in g.ctl("status").rows},
              {"policyd": True, "milter": True})
        g.milter.restart()
        g.ctl("node", "resume", check=True)
        with milter_client.Milter(g.settings["milter_socket"]) as m:
            m.connect()
            m.helo()
            m.mail("alice@outside.example")
            assert "drained" not in str(m.rcpt("bob@one.example").text)


def persistent(root):
    return redis_rig.Redis(os.path.join(root, "redis"), persistent=True)


cases.main(lambda: cluster_rig.Cluster(3, joined=True, redis=persistent))
