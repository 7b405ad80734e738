#!/usr/bin/python3
"""Authentication-Results that claim another node of the cluster: whose name it is, the others learn by themselves, and keep through restarts."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import milter_client
import wait
from cases import case, equal

IDS = ["mx1.example", "mx2.example", "mx3.example"]


def make():
    return cluster_rig.Cluster(3, with_milter=True, joined=True, settings_of={i: {"authserv_id": id} for i, id in enumerate(IDS)})


def ids_file(node):
    return os.path.join(node.gate.state, "authserv_ids")


def known(node):
    try:
        with open(ids_file(node)) as f:
            return sorted(line.split()[2] for line in f if line.startswith("node "))
    except FileNotFoundError:
        return []


def wait_known(node, want, timeout=20):
    wait.until(lambda: known(node) == sorted(want), timeout, f"{node.name} to know {want}; it knows {known(node)}", pause=0.1)


def removed(node, *ids):
    """Which of these the node's milter takes out of a message from outside."""
    with milter_client.Milter(node.gate.settings["milter_socket"]) as m:
        m.connect("192.0.2.7", daemon_name="postgate-proxy")
        m.helo("client.example")
        m.mail("a@outside.example")
        m.rcpt("bob@one.example")
        for id in ids:
            m.header("Authentication-Results", f"{id}; spf=pass")
        m.header("From", "a@outside.example")
        m.eoh()
        m.body(b"text\r\n")
        answer = m.eom()
    numbers = [int(e.split()[1]) for e in answer.edits if e.startswith("- ") and "Authentication-Results" in e]
    return [ids[n - 1] for n in sorted(numbers)]


@case("every node removes what claims any of them, and nothing else")
def _(c):
    for node in c.nodes:
        wait_known(node, IDS)
        equal(removed(node, "far.example", *IDS, "mx4.example", "gate2"), IDS)


@case("a new name is followed")
def _(c):
    gate = c[1].gate
    gate.settings["authserv_id"] = "new.example"
    gate.write_config()
    c[1].restart()
    wait_known(c[0], ["mx1.example", "new.example", "mx3.example"])
    equal(removed(c[0], "mx2.example", "new.example"), ["new.example"])


@case("a policyd that starts while another node is away forgets no name")
def _(c):
    c[2].kill()
    c[0].policyd.restart()
    c.wait_link(0)
    wait.until(lambda: any(r["node"] == c[1].name and r["state"] == "alive" for r in c[0].ctl("node", "list").rows), 20,
               "the first node to see the second again")
    equal(known(c[0]), ["mx1.example", "mx3.example", "new.example"])
    for daemon in (c[2].policyd, c[2].milter):
        daemon.start()


@case("who was forgotten is a stranger")
def _(c):
    wait_known(c[0], ["mx1.example", "new.example", "mx3.example"])
    c[2].kill()
    c[0].ctl("node", "forget", c[2].name, "--force", check=True)
    wait_known(c[0], ["mx1.example", "new.example"])
    equal(removed(c[0], "mx1.example", "new.example", "mx3.example"), ["mx1.example", "new.example"])


@case("a damaged file changes nothing and is said once")
def _(c):
    c[0].policyd.kill()
    c[0].milter.log.mark()
    with open(ids_file(c[0]) + ".new", "w") as f:
        f.write("rubbish\n")
    os.chmod(ids_file(c[0]) + ".new", 0o644)
    os.rename(ids_file(c[0]) + ".new", ids_file(c[0]))
    for _ in range(2):
        equal(removed(c[0], "mx1.example", "new.example", "mx3.example"), ["mx1.example", "new.example"])
    said = c[0].milter.log.since_mark()
    equal(str(said).count("names in Authentication-Results stay as they were known"), 1, str(said))
    c[0].policyd.start()
    wait_known(c[0], ["mx1.example", "new.example"])


@case("a policyd that starts without Redis, while others are away, forgets no name")
def _(c):
    names = ["mx1.example", "new.example"]
    c[1].kill()
    c.redis.kill()
    c[0].policyd.restart()
    equal(removed(c[0], "far.example", *names), names)
    equal(known(c[0]), sorted(names))


if __name__ == "__main__":
    cases.main(make)
