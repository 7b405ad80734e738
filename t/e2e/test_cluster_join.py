#!/usr/bin/python3
"""A cluster begins, takes nodes in and lets them go; tokens and records of others are refused; keys rotate while mail flows."""
import json
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import cluster_rig
import house
import mail
import milter_client
import policy_client
import wait
from cases import case, equal

OWN = house.rules_with(filter_="rule own-rule\n  when sender.domain in $own_list\n  then reject \"5.7.1 own\"\n", lists="list own_list domain\n")


class Joining(cluster_rig.Cluster):
    """Four nodes, both daemons each; nothing joined. The third had rules and a list of its own; the fourth names another cluster."""

    def __init__(self):
        super().__init__(4, with_milter=True, settings_of={3: {"cluster_name": "other"}})
        self.nodes[2].gate.write_rules(OWN)


def state(node, name=""):
    return os.path.join(node.gate.settings["state_dir"], name)


def is_member(node):
    return os.path.exists(state(node, "cluster/node"))


def write_token(node, token):
    with open(node.token_file, "w") as f:
        f.write(token + "\n")
    return node.token_file


def send(node, message=None, subject="Hello"):
    """A clean message for bob by the proxy path: the answer, and the mark it was given."""
    message = message or mail.clean(subject=subject)
    with milter_client.Milter(node.gate.settings["milter_socket"]) as m:
        m.connect("192.0.2.7", daemon_name="postgate-proxy")
        m.helo()
        m.mail("alice@outside.example")
        m.rcpt("bob@one.example")
        answer = m.message(message)
    marks = [e.split(":", 1)[1].strip() for e in answer.edits if "X-Postgate-Trace" in e and e[0] in "+^"]
    return answer, marks[0] if marks else None, message


def again(message, mark):
    return f"X-Postgate-Trace: {mark}\r\n".encode() + message


def is_loop(node, message, mark):
    answer, _, _ = send(node, again(message, mark))
    return answer.action == "reject" and "5.4.6" in answer.text


def code_of(answer):
    return answer.text.rsplit("[", 1)[1].rstrip("]. ")


def key_text(node):
    with open(state(node, "cluster.key")) as f:
        return f.read()


def generation(node):
    return int(key_text(node).splitlines()[2].split()[1])


def revision(node):
    return max(r["revision"] for r in node.ctl("rules", "history", check=True).rows)


def apply(node, text):
    path = os.path.join(node.gate.root, "next")
    with open(path, "w") as f:
        f.write(text)
    return node.ctl("rules", "apply", path)


@case("without a cluster nothing of it is offered: token, leave and rotate-key say how to begin")
def _(c):
    for words in (("token",), ("leave",), ("rotate-key",)):
        r = c[0].ctl("cluster", *words)
        equal(r.exit, 3, r.errors)
        assert "cluster init" in r.errors, r.errors


@case("the first node begins the cluster, and prints Redis' users with its name filled in")
def _(c):
    c.alone, c.alone_mark, c.alone_message = send(c[0])
    assert c.alone_mark, c.alone
    c.wait_link()
    r = c[0].ctl("cluster", "init", as_json=False)
    equal(r.exit, 0, r.errors)
    assert "user postgate-node" in r.text and "%R~postgate:{test}:*" in r.text, r.text
    assert "signing.key" in r.errors, r.errors
    r = c[0].ctl("cluster", "init")
    equal(r.exit, 3, r.errors)
    for name, mode in (("cluster/node", 0o600), ("cluster/signing.key", 0o600), ("cluster.key", 0o640)):
        equal(os.stat(state(c[0], name)).st_mode & 0o777, mode, name)
    equal(revision(c[0]), 1)


@case("another node cannot begin a second cluster of that name")
def _(c):
    c.wait_link(1)
    r = c[1].ctl("cluster", "init")
    equal(r.exit, 3, r.errors)
    assert "already" in r.errors, r.errors
    assert not is_member(c[1]) and not os.path.exists(state(c[1], "cluster.key"))


@case("a token stands alone on stdout, and never on the command line")
def _(c):
    r = c[0].ctl("cluster", "token", as_json=False)
    equal(len(r.text.splitlines()), 1)
    token = r.text.strip()
    r = c[1].ctl("cluster", "join", token)
    equal(r.exit, 2)
    assert "command line" in r.errors and token not in r.errors, r.errors
    r = c[1].ctl("cluster", "join", "--token-file", token)
    equal(r.exit, 2)
    assert "command line" in r.errors, r.errors
    r = c[1].ctl("cluster", "join", "--token-file", write_token(c[1], "rubbish"))
    equal(r.exit, 3)
    assert "no join token" in r.errors, r.errors


@case("a node joins, and what it had is saved aside; its token is not good twice, as both sides say")
def _(c):
    token = c.token()
    c.join(1, token=token)
    assert is_member(c[1])
    c.wait_link(2)
    c[0].log.mark()
    r = c.join(2, token=token, check=False)
    equal(r.exit, 3, r.errors)
    assert "used already" in r.errors, r.errors
    assert not is_member(c[2])
    c[0].log.wait("gate3.* is refused: .*used already")
    equal(c[2].ctl("rules", "show", as_json=False).text.count("own-rule"), 1)


@case("an expired token is refused, as both sides say")
def _(c):
    token = c.token()
    c[0].policyd.stop()
    path, name = state(c[0], "cluster/tokens"), token.split(".")[1]
    with open(path) as f:
        lines = [line.split(" ") for line in f.read().splitlines()]
    for words in lines:
        if words[0] == name:
            words[2] = str(int(words[2]) - 900_000)
    with open(path, "w") as f:
        f.write("\n".join(" ".join(words) for words in lines) + "\n")
    c[0].policyd.start()
    c[0].log.mark()
    r = c.join(2, token=token, check=False)
    equal(r.exit, 3, r.errors)
    assert "expired" in r.errors, r.errors
    c[0].log.wait("gate3.* is refused: .*expired")


@case("a token of another cluster, and of another beginning, is refused")
def _(c):
    token = c.token()
    c.wait_link(3)
    r = c[3].ctl("cluster", "join", "--token-file", write_token(c[3], token))
    equal(r.exit, 3)
    assert "of the cluster test" in r.errors, r.errors
    other = token[:-8] + ("00000000" if token[-8:] != "00000000" else "11111111")
    r = c.join(2, token=other, check=False)
    equal(r.exit, 3)
    assert "another cluster of that name" in r.errors, r.errors
    assert not is_member(c[2])


@case("records of a join written into Redis by somebody without the token let nobody in, and are left unanswered")
def _(c):
    token = c.token()
    name = token.split(".")[1]
    key = "a" * 64
    c[0].log.mark()
    for forged in ('{"id":"1111111111111111","name":"evil","sign":"%s","seal":"%s","mac":"%s"}' % (key, key, key), "rubbish",
                   "[" * 100_000):
        c.redis.command("SET", c.key(f"join:{name}"), forged)
        c[0].log.wait("wants to join by the token .* left unanswered", 10)
    c.redis.command("DEL", c.key(f"join:{name}"))
    equal(c.redis.command("EXISTS", c.key(f"joined:{name}")), 0)
    c.redis.command("HSET", c.key(f"join:{name}"), "a", "b")
    equal(len(c[0].ctl("node", "list").rows), 2 + 1)
    c.redis.command("DEL", c.key(f"join:{name}"))
    c[0].policyd.stop()
    c[0].log.mark()
    (join := threading.Thread(target=lambda: c.join(2, token=token))).start()
    bad = json.loads(wait.until(lambda: c.redis.command("GET", c.key(f"join:{name}")), 10, "the node to ask")) | {"mac": key}
    c.redis.command("SET", c.key(f"joined:{name}"), json.dumps({"id": bad["id"], "refused": "go away", "mac": key}))
    c[0].policyd.start()
    wait.until(lambda: c.redis.command("SET", c.key(f"join:{name}"), json.dumps(bad)) and c[0].log.count("left unanswered"), 10, "what bears its id to be seen")
    join.join()
    assert is_member(c[2])  # and it was still good for whom it was given


@case("the third had rules and a list of its own: they are saved as text, the cluster's are in force")
def _(c):
    equal(c[2].ctl("rules", "show", as_json=False).text.count("own-rule"), 0)
    saved = [d for d in os.listdir(state(c[2])) if d.startswith("before-cluster-")]
    path = state(c[2], max(saved))
    with open(os.path.join(path, "rules.1")) as f:
        assert "own-rule" in f.read()
    assert "own_list" in os.listdir(os.path.join(path, "lists")), os.listdir(os.path.join(path, "lists"))
    assert os.path.exists(os.path.join(path, "domains"))


@case("a mark made before the node joined is known to it; one made on a node is known to all others")
def _(c):
    wait.until(lambda: is_loop(c[0], c.alone_message, c.alone_mark), 10, "the mark of before to be known")
    _, mark, message = send(c[0])
    for n in c.nodes[1:3]:
        wait.until(lambda: is_loop(n, message, mark), 10, f"{n.name} to know the mark of gate1")
    assert not is_loop(c[3], message, mark), "a node of another cluster believes the mark"


@case("keys rotate while mail and policy requests flow: every answer is as before, marks and codes stay good")
def _(c):
    _, mark, message = send(c[0])
    refused, _, _ = send(c[1], again(message, mark))
    code, wrong, stop = code_of(refused), [], threading.Event()

    def flow(node):
        try:
            with policy_client.Policy(node.gate.settings["policy_socket"].split(",")[0]) as p:
                first = p.ask(recipient="bob@one.example", policy_context="proxy")
                while not stop.is_set():
                    answer, own_mark, _ = send(node)
                    policy = p.ask(recipient="bob@one.example", policy_context="proxy")
                    if answer.action not in ("continue", "accept") or not own_mark or policy != first:
                        wrong.append((answer, policy))
        except Exception as e:
            wrong.append(e)

    threads = [threading.Thread(target=flow, args=(n,)) for n in c.nodes[:3]]
    for t in threads:
        t.start()
    try:
        before = generation(c[0])
        r = c[0].ctl("cluster", "rotate-key", check=True)
        assert str(before + 1) in r.errors, r.errors
        c.wait("the new key", lambda: all(generation(n) == before + 1 for n in c.nodes[:3]))
    finally:
        stop.set()
        for t in threads:
            t.join()
    equal(wrong, [])
    for n in c.nodes[:3]:
        assert is_loop(n, message, mark), f"{n.name} no longer knows a mark of the generation before"
    assert len({key_text(n).split("\n", 2)[2] for n in c.nodes[:3]}) == 1, "not the same keys everywhere"
    equal(c[1].ctl("explain", code).exit, 0, "explain of a code of the generation before")
    _, mark, message = send(c[2])
    for n in c.nodes[:3]:
        wait.until(lambda: is_loop(n, message, mark), 10, f"{n.name} to know a mark of the new key")


@case("a node that was away while keys rotated twice has them when it is back")
def _(c):
    c[2].policyd.stop()
    before = generation(c[0])
    for _ in range(2):
        c[0].ctl("cluster", "rotate-key", check=True)
    equal(generation(c[0]), before + 2)
    c[2].policyd.start()
    wait.until(lambda: generation(c[2]) == before + 2, 20, "the node that was away to have the key")
    wait.until(lambda: generation(c[1]) == before + 2, 20, "the other node to have the key")
    equal(key_text(c[2]).split("\n", 2)[2], key_text(c[0]).split("\n", 2)[2])
    _, mark, message = send(c[0])
    for n in c.nodes[1:3]:
        wait.until(lambda: is_loop(n, message, mark), 10, f"{n.name} to know a mark of the newest key")


@case("only where the signing key lies can keys be rotated and tokens be given")
def _(c):
    for words in (("rotate-key",), ("rotate-key", "--signing"), ("token",)):
        r = c[1].ctl("cluster", *words)
        equal(r.exit, 3, r.errors)
        assert "signing key" in r.errors, r.errors


@case("a new signing key takes over; entries signed by the one before stay good, new ones of it are refused")
def _(c):
    path = state(c[0], "cluster/signing.key")
    with open(path) as f:
        old = f.read()
    c[0].ctl("cluster", "rotate-key", "--signing", check=True)
    with open(path) as f:
        new = f.read()
    assert old != new
    number = revision(c[0])
    r = apply(c[0], house.RULES + "\n# signed by the new key\n")
    equal(r.exit, 0, r.errors)
    c.wait("the revision", lambda: all(revision(n) == number + 1 for n in c.nodes[:3]))
    c[0].policyd.stop()
    with open(path, "w") as f:
        f.write(old)
    c[0].policyd.start()
    r = apply(c[0], house.RULES + "\n# signed by the old key\n")
    assert r.exit != 0, "a retired key still signs"
    equal(revision(c[1]), number + 1)
    c[0].policyd.stop()
    with open(path, "w") as f:
        f.write(new)
    c[0].policyd.start()
    r = apply(c[0], house.RULES + "\n# signed by the new key again\n")
    equal(r.exit, 0, r.errors)
    c.wait("the revision", lambda: all(revision(n) == number + 2 for n in c.nodes[:3]))


@case("after a restart each node knows members, keys and marks as before, also while Redis is away")
def _(c):
    c.redis.kill()
    c[1].restart()
    # A milter looks at the key each second: until then gate1 may sign with one that was rotated away twice since.
    wait.until(lambda: is_loop(c[1], *reversed(send(c[0])[1:])), 5, "the mark of gate1 to be known")
    for n in c.nodes:
        n.log.mark()
    c.redis.start()
    c.wait("Redis to be there again", lambda n: n.log.count("redis: (connected|in order again)") > 0, 60)
    c[0].ctl("cluster", "reseed", check=True)


@case("what says who a node is, is damaged: it filters on alone, says why, and is a member again when that is mended")
def _(c):
    path = state(c[1], "cluster/node")
    with open(path) as f:
        good = f.read()
    for bad, says in ((good[:60], "cluster/node"), (good.replace("cluster test", "cluster best"), "in the cluster best")):
        c[1].policyd.stop()
        with open(path, "w") as f:
            f.write(bad)
        c[1].policyd.start()
        assert send(c[1])[1]
        r = c[1].ctl("status", as_json=False)
        assert r.exit == 1 and says in r.text, r.text
        r = c[1].ctl("cluster", "leave")
        assert r.exit == 3 and says in r.errors, r.errors
    c[1].policyd.stop()
    with open(path, "w") as f:
        f.write(good)
    c[1].policyd.start()
    equal(c[1].ctl("cluster", "leave", "now").exit, 2)
    c.wait_link(1)
    c.wait("the node to be in order", lambda: c[1].ctl("cluster", "status").rows[0]["is_member"])


@case("a node leaves, goes on alone with what it had, and joins again as a new one")
def _(c):
    number = revision(c[2])
    _, of_cluster, of_cluster_message = send(c[0])
    r = c[2].ctl("cluster", "leave")
    equal(r.exit, 0, r.errors)
    assert "node forget" in r.errors, r.errors
    assert not is_member(c[2]) and not os.path.exists(state(c[2], "cluster.key"))
    equal(revision(c[2]), number)
    wait.until(lambda: not is_loop(c[0], *reversed(send(c[2])[1:])), 10, "the node to sign with its own key")
    answer, mark, message = send(c[2])
    assert mark, answer
    assert is_loop(c[2], of_cluster_message, of_cluster), "a mark of its time in the cluster is not known"
    r = apply(c[2], house.RULES + "\n# on its own\n")
    equal(r.exit, 0, r.errors)
    equal(revision(c[2]), number + 1)
    c[2].ctl("list", "add", "relay_networks", "10.9.9.9", check=True)
    equal(c[2].ctl("cluster", "leave").exit, 3)
    equal(revision(c[0]), number)
    c.join(2)
    c.wait("the cluster's rules", lambda: revision(c[2]) == number)
    assert "10.9.9.9" not in c[2].ctl("list", "export", "relay_networks", as_json=False).text
    wait.until(lambda: is_loop(c[2], message, mark), 10, "the mark of its time alone to be known")


@case("the node that leaves with the signing key says where that lies now")
def _(c):
    r = c[0].ctl("cluster", "leave")
    equal(r.exit, 0, r.errors)
    kept = [d for d in os.listdir(state(c[0])) if d.startswith("cluster.left-")]
    equal(len(kept), 1)
    assert os.path.exists(state(c[0], kept[0] + "/signing.key"))
    assert kept[0] in r.errors, r.errors
    assert send(c[0])[1], "mail no longer flows"


if __name__ == "__main__":
    cases.main(Joining)
