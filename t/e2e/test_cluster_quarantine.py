#!/usr/bin/python3
"""One quarantine over three nodes: listed, shown, released and deleted from any of them; what somebody writes into Redis is refused."""
import concurrent.futures
import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import milter_client
import wait
from cases import case, equal
from quarantine_rig import BOB, Quarantine, content, shown


@case("every node lists what each holds, newest first, and names the node")
def _(c):
    ids = [c.keep(i)[0] for i in (0, 1, 2, 1)]
    for i in range(3):
        rows = [r for r in c.rows(i) if r["id"] in ids]
        equal([(r["id"], r["node"]) for r in rows], [(ids[k], n) for k, n in ((3, "gate2"), (2, "gate3"), (1, "gate2"), (0, "gate1"))])
        equal({r["sender"] for r in rows}, {"alice@outside.example"})
        equal(rows[0]["rule"], "suspicious")
    equal({r["node"] for r in c.rows(0, "--node", "gate3")}, {"gate3"})
    equal([r["id"] for r in c.rows(2, "--limit", "2")], [ids[3], ids[2]])
    assert "gate2" in c[0].ctl("quarantine", "list", as_json=False, check=True).text


@case("what lies in Redis says nothing to who reads it there")
def _(c):
    with c.redis.connection() as r:
        for key in c.redis.keys(c.key("quarantine:*")):
            if not key.endswith(":ids"):
                raw = b"".join(r.command("HVALS", key))
                assert b"outside.example" not in raw and b"suspicious" not in raw, key


@case("a message is shown on another node as the holder has it, by id and by decision code")
def _(c):
    entry, message = c.keep(1)
    code = c.find(0, entry)["code"]
    for i in range(3):
        row = c[i].ctl("quarantine", "show", entry, check=True).rows[0]
        equal((row["id"], row["subject"], row["state"]), (entry, "suspicious", "held"))
        equal(shown(c.raw(i, entry, check=True)), content(message))
        equal(c[i].ctl("quarantine", "show", code, check=True).rows[0]["id"], entry, "by code")
    done = c[0].ctl("quarantine", "show", "20200101-0123456789abcdef")
    equal(done.exit, 3)
    assert "on any node" in done.errors, done.errors


@case("released from another node: delivered once, by its holder; deleted likewise")
def _(c):
    entry, message = c.keep(1)
    done = c[2].ctl("quarantine", "release", entry, check=True)
    assert "released" in done.errors, done.errors
    got = c.sinks[1].wait_id(mail.id_of(message))
    equal(got.rcpt_to, [BOB])
    equal(c.state(0, entry), "released")
    wait.until(lambda: c.find(0, entry)["state"] == "released", 10, "the list to say so")
    again = c[0].ctl("quarantine", "release", entry)
    equal(again.exit, 3)
    assert "its state is released" in again.errors, again.errors
    other, _ = c.keep(0)
    c[2].ctl("quarantine", "delete", other, check=True)
    equal(c.state(0, other), "deleted")
    assert f"root@gate3" in c[0].log.text(), "who did it stands in the holder's log"
    equal([len(s.with_id(mail.id_of(message))) for s in c.sinks], [0, 1, 0])


@case("released from all nodes at once, twenty times: delivered once each")
def _(c):
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for _ in range(20):
            entry, message = c.keep(1)
            exits = list(pool.map(lambda i: c[i].ctl("quarantine", "release", entry).exit, range(3)))
            equal(sorted(exits), [0, 3, 3])
            equal(sum(len(s.with_id(mail.id_of(message))) for s in c.sinks), 1)


def peak(node):
    """What its policyd had in memory at most, in bytes."""
    with open(f"/proc/{node.policyd.process.pid}/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith("VmHWM"))


@case("20 MB come through with eight pieces in Redis at most, and bounded memory")
def _(c):
    entry, message = c.keep(1, size=20_000_000)
    most, end = [0, 0], threading.Event()

    def watch():
        with c.redis.connection() as r:
            while not end.is_set():
                for key in r.command("KEYS", c.key("answer:*")):
                    most[0] = max(most[0], r.command("LLEN", key))
                most[1] = max(most[1], int(c.redis.info("memory")["used_memory"]))
    base = int(c.redis.info("memory")["used_memory"])
    watcher, peaks = threading.Thread(target=watch), [peak(n) for n in c.nodes]
    watcher.start()
    try:
        done = c.raw(0, entry, check=True, timeout=60)
    finally:
        end.set()
        watcher.join()
    equal(shown(done), content(message))
    assert 0 < most[0] <= 8, most
    assert most[1] - base < 12_000_000, f"{most[1] - base} bytes more in Redis"
    if "T_SLOWDOWN" not in os.environ:  # sanitizers keep what is freed
        for node, before in zip(c.nodes, peaks):
            assert peak(node) - before < 12_000_000, f"{node.name}: {peak(node) - before} bytes more"


@case("with little memory free in Redis no content is sent, and the text says so")
def _(c):
    entry, message = c.keep(1)
    used = int(c.redis.info("memory")["used_memory"])
    c.redis.command("CONFIG", "SET", "maxmemory", used * 11 // 10)
    try:
        wait.until(lambda: c.raw(0, entry).exit == 5, 20, "the nodes to notice")
        done = c.raw(0, entry)
        assert "Redis' memory" in done.errors and done.text == "", done
        equal(c[0].ctl("quarantine", "show", entry, check=True).rows[0]["state"], "held")
    finally:
        c.redis.command("CONFIG", "SET", "maxmemory", 0)
    wait.until(lambda: c.raw(0, entry).exit == 0, 20, "the nodes to notice that there is room again")


def lying(r, pattern):
    """The list of an answer, when there is one."""
    return next((k for k in r.command("KEYS", pattern) if r.command("TYPE", k) == b"list"), None)


def tampered(c, entry, how):
    """What milter-ctl says when how(redis, key) changes the pieces that lie there. The asking node stands still meanwhile, so that eight do."""
    asker, pattern = c[0].policyd.process, c.key("answer:*")
    with c.redis.connection() as r, concurrent.futures.ThreadPoolExecutor(1) as pool:
        done = pool.submit(c.raw, 0, entry, timeout=90)
        key = wait.until(lambda: lying(r, pattern), 10, "an answer", pause=0)
        asker.send_signal(signal.SIGSTOP)
        try:
            wait.until(lambda: r.command("LLEN", key) == 8, 10, "eight pieces to lie there")
            how(r, key)
        finally:
            asker.send_signal(signal.SIGCONT)
        return done.result()


def drop(r, key):
    r.command("LPOP", key)


def repeat(r, key):
    r.command("LPUSH", key, r.command("LINDEX", key, 0))


def swap(r, key):
    first, second = r.command("LRANGE", key, 0, 1)
    r.command("LSET", key, 0, second)
    r.command("LSET", key, 1, first)


def change(r, key):
    piece = r.command("LINDEX", key, 0)
    r.command("LSET", key, 0, piece[:-1] + bytes([piece[-1] ^ 1]))  # never the byte that was there


def cut(r, key):
    r.command("LTRIM", key, 0, 3)


@case("pieces dropped, repeated, swapped, changed or cut off in Redis are refused, and nothing is delivered for the message")
def _(c):
    entry, message = c.keep(1, size=20_000_000)
    for how in (drop, repeat, swap, change, cut):
        done = tampered(c, entry, how)
        equal(done.exit, 5, f"{how.__name__}: {done.errors}")
        assert "piece" in done.errors, f"{how.__name__}: {done.errors}"
    equal(shown(c.raw(0, entry, check=True, timeout=60)), content(message))


def node_id(c, i):
    rows = c[0].ctl("node", "list").rows
    return next(r["id"] for r in rows if r["node"] == c[i].name)


def copy_of_request(c, i, words):
    """Runs milter-ctl on the first node and catches the request to node i: a MONITOR of what the nodes say to Redis."""
    key = c.key("inbox:" + node_id(c, i)).encode()
    with c.redis.connection(timeout=30) as r:
        r.command("MONITOR")
        done = c[0].ctl(*words)
        while True:
            line = r.read()
            if b'"RPUSH" "' + key in line and b" lua]" in line:
                text = line.partition(key + b'" "')[2].rpartition(b'"')[0]
                return done, text.decode("unicode_escape").encode("latin-1")


def put(c, i, request):
    key = c.key("inbox:" + node_id(c, i))
    with c.redis.connection() as r:
        r.command("RPUSH", key, request)
        r.command("PUBLISH", key, "inbox")


def again(c, i):
    """Its policyd is started anew and serves requests."""
    c[i].log.mark()
    c[i].policyd.restart()
    c[i].log.wait("redis: connected", 20)


@case("a request replayed or forged in Redis is refused, and named in the log")
def _(c):
    entry, message = c.keep(1)
    done, request = copy_of_request(c, 1, ("quarantine", "release", entry))
    equal(done.exit, 0, done.errors)
    c.sinks[1].wait_id(mail.id_of(message))
    log = c[1].log
    log.mark()
    put(c, 1, request)
    log.wait("request refused: quarantine.release of gate1 was put there a second time", 10)
    again(c, 1)
    log.mark()
    put(c, 1, request)
    log.wait("request refused: quarantine.release of gate1 was put there a second time", 10)
    for forged, why in ((b"rubbish", "two lines"), (request.replace(b'"id":"', b'"id":"0', 1), "request"),
                        (request[:-1] + (b"0" if request[-1:] != b"0" else b"1"), "did not sign")):
        again(c, 1)  # it says so once in 10 s
        log.mark()
        put(c, 1, forged)
        log.wait(f"request refused: .*{why}", 10)
    equal(len(c.sinks[1].with_id(mail.id_of(message))), 1)


@case("rows that the node did not make are named, and those of others go on")
def _(c):
    entry, _ = c.keep(1)
    own = c.key("quarantine:" + node_id(c, 1))
    other = "20991231-0123456789abcdef"
    with c.redis.connection() as r:
        r.command("HSET", own, other, r.command("HGET", own, entry))
        r.command("ZADD", own + ":ids", 0, other)
        try:
            done = c[0].ctl("quarantine", "list")
            equal(done.exit, 5)
            assert "gate2: 1 rows" in done.errors, done.errors
            assert entry in [r["id"] for r in done.rows] and other not in [r["id"] for r in done.rows]
        finally:
            r.command("HDEL", own, other)
            r.command("ZREM", own + ":ids", other)


@case("Redis emptied, and filled with ids of nobody: the index is whole again by itself, and they are gone")
def _(c):
    entry, _ = c.keep(1)
    own = c.key("quarantine:" + node_id(c, 1))
    foreign = [f"{day}-{i:016x}" for day in ("20200101", "20990101") for i in range(170)]
    with c.redis.connection() as r:
        r.command("DEL", own, own + ":ids")
        r.command("HSET", own, *(word for i in foreign for word in (i, "x")))
        r.command("ZADD", own + ":ids", *(word for i in foreign for word in ("0", i)))
        r.command("CLIENT", "KILL", "TYPE", "normal")
    with c.redis.connection() as r:
        r.command("CLIENT", "KILL", "TYPE", "pubsub")
    count = [("ZLEXCOUNT", own + ":ids", *of) for of in (("-", "(2021"), ("[2099", "+"))]
    wait.until(lambda: not any(c.redis.command(*words) for words in count), 20, "the foreign ids to be removed")
    wait.until(lambda: c.find(0, entry), 20, "the entry to be listed again")
    equal(c.redis.command("HLEN", own), c.redis.command("ZCARD", own + ":ids"))


def cpu(node):
    """Seconds of processor time its policyd has used."""
    with open(f"/proc/{node.policyd.process.pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@case("a message kept while Redis is away: policyd waits without turning round and round, then the others hear of it")
def _(c):
    c[0].log.mark()
    c.redis.freeze()
    try:
        c[0].log.wait("redis: .* stays in force", 20)
        message = mail.clean(subject="suspicious")
        with milter_client.Milter(c[0].gate.settings["milter_socket"], timeout=60) as m:
            m.connect("192.0.2.7", daemon_name="postgate-proxy")
            m.helo()
            m.mail("alice@outside.example")
            m.rcpt(BOB)
            equal(m.message(message).action, "discard")
        before = cpu(c[0])
        time.sleep(3)
        assert cpu(c[0]) - before < 0.3, f"{cpu(c[0]) - before} s of processor time within 3 s"
        done = c[0].ctl("quarantine", "list")
        assert done.exit == 5 and "; gate3: " in done.errors, done
    finally:
        c.redis.thaw()
    kept = c[0].ctl("quarantine", "list", "--node", "here").rows[0]["id"]
    wait.until(lambda: kept in [r["id"] for r in c[1].ctl("quarantine", "list").rows], 40, "the other node to list it")


@case("a node that is gone: its messages are listed with since when, and cannot be had")
def _(c):
    entry, message = c.keep(2)
    for d in c[2].daemons:
        d.stop()
    try:
        wait.until(lambda: c.find(0, entry).get("node_away_since"), 90, "the list to say that the node is away")
        assert "node away since" in c[0].ctl("quarantine", "list", as_json=False, check=True).text
        wait.until(lambda: c[0].ctl("quarantine", "show", entry, timeout=150).exit == 5 and
                   "is down since" in c[0].ctl("quarantine", "show", entry).errors, 90, "the node to be down")
        for word in ("show", "release", "delete"):
            done = c[0].ctl("quarantine", word, entry)
            equal(done.exit, 5)
            assert "gate3 is down since 20" in done.errors, done.errors
    finally:
        for d in c[2].daemons:
            d.start()
    wait.until(lambda: "node_away_since" not in c.find(0, entry), 20, "the node to be back")
    equal(shown(c.raw(0, entry, check=True)), content(message))


if __name__ == "__main__":
    cases.main(Quarantine)
