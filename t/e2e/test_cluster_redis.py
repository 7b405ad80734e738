#!/usr/bin/python3
"""policyd's link with real Redis servers: users and their rights, TLS, Sentinel, hanging and absent servers, and one that is none."""
import contextlib
import os
import shutil
import socket
import sys
import tempfile
import threading

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "t", "lib"))
import cases
import certificates
import cluster_rig
import ports
import redis_rig
import wait
from cases import case, equal

NODE, ADMIN = ("postgate-node", "PASSWORD-OF-NODES"), ("postgate-admin", "PASSWORD-OF-ADMINISTRATORS")


@contextlib.contextmanager
def directory():
    root = tempfile.mkdtemp(prefix="pgr-", dir=os.environ.get("T_TMP", "/tmp"))
    os.chmod(root, 0o755)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def shipped(root, name):
    """A file of etc/redis for the cluster of the tests."""
    path = os.path.join(root, name)
    with open(os.path.join(TOP, "etc", "redis", name)) as f, open(path, "w") as out:
        out.write(f.read().replace("CLUSTER", cluster_rig.NAME))
    return path


@contextlib.contextmanager
def standing(cluster):
    """What its daemons complain of at the end is a failure."""
    with cluster as c:
        yield c
    equal(c.last_words, [])


def node(redis, where=None, **settings):
    """One policyd that names this Redis."""
    return standing(cluster_rig.Cluster(1, redis=redis, where=where, settings=settings))


def problem(c):
    """What `status` says of Redis; empty when it is in order."""
    row = next(r for r in c[0].ctl("status").rows if r["program"] == "policyd")
    return row.get("problems", {}).get("redis", "")


def wait_problem(c, text, timeout=20):
    try:
        wait.until(lambda: any(t in problem(c) for t in text.split("|")), timeout, f"status to say {text!r} of Redis", pause=0.1)
    except wait.TimedOut as late:
        raise wait.TimedOut(f"{late}; it says {problem(c)!r}") from None


def wait_up(c, timeout=20):
    wait.until(lambda: problem(c) == "", timeout, "Redis to be in order again")


def password_file(root, text):
    path = os.path.join(root, "password")
    with open(path, "w") as f:
        f.write(text + "\n")
    os.chmod(path, 0o644)
    return path


class Users(redis_rig.Redis):
    """With the shipped etc/redis/redis.conf and etc/redis/users.conf."""

    def __init__(self, root, persistent=False):
        super().__init__(os.path.join(root, "redis"), admin=ADMIN, persistent=persistent)
        own = self.settings
        self.settings = {"include": shipped(root, "redis.conf") + "\ninclude " + shipped(root, "users.conf"), **own}


@case("the shipped redis.conf and users.conf are loaded; a node may write what nodes write, the administrators' user all of the cluster")
def _():
    key = ("postgate:{%s}:" % cluster_rig.NAME).__add__
    with directory() as root, Users(root) as r:
        with r.connection(*NODE) as c:
            for name in ("node:1:alive", "stats:491000", "quarantine:1", "inbox:1", "answer:1", "c:1", "g:1", "join:1", "joined:1"):
                equal(c.command("SET", key(name), "x"), b"OK", name)
            equal(c.command("PUBLISH", key("changed"), "rules"), 0)
            equal(c.command("EVAL", "return redis.call('GET', KEYS[1])", 1, key("node:1:alive")), b"x")
            equal(c.command("EVAL_RO", "return redis.call('GET', KEYS[1])", 1, key("heads")), None)
            equal(c.command("ROLE")[0], b"master")
        with r.connection(*ADMIN) as c:
            for name in ("heads", "rev:rules:1", "part:ab"):
                equal(c.command("SET", key(name), "x"), b"OK", name)
            refused(c, "SET", "elsewhere", "x")


@case("what scripts wrote is there after a restart of Redis: the user that is off may read its file, and still nobody comes in as it")
def _():
    key = ("postgate:{%s}:" % cluster_rig.NAME).__add__
    with directory() as root, Users(root, persistent=True) as r:
        with r.connection(*ADMIN) as c:
            c.command("EVAL", "redis.call('SET', KEYS[1], 'x') return redis.call('HSET', KEYS[2], 'rules', 'y')", 2, key("rev:rules:1"), key("heads"))
        with r.connection(*NODE) as c:
            c.command("EVAL", "redis.call('SET', KEYS[1], 'x') return redis.call('SET', KEYS[2], 'y')", 2, key("c:1"), key("g:1"))
        r.restart()
        with r.connection(*ADMIN) as c:
            equal(sorted(c.command("SCAN", 0, "COUNT", 100)[1]), sorted(key(k).encode() for k in ("c:1", "g:1", "heads", "rev:rules:1")))
        for login in ((), ("default", "")):
            try:
                with redis_rig.Connection(r.where, *login) as c:
                    said = c.command("GET", key("heads"))
            except redis_rig.Error as e:
                assert "NOAUTH" in str(e) or "WRONGPASS" in str(e), str(e)
            else:
                raise AssertionError(f"{login}: {said!r}")


def refused(c, *words):
    try:
        said = c.command(*words)
    except redis_rig.Error as e:
        assert "NOPERM" in str(e) or "can't access" in str(e) or "can't run" in str(e), f"{words}: {e}"
        return
    raise AssertionError(f"{words}: {said!r}")


@case("a node can neither write, remove, rename nor outwit heads, revisions and parts, and harm nothing else")
def _():
    key = ("postgate:{%s}:" % cluster_rig.NAME).__add__
    with directory() as root, Users(root) as r:
        with r.connection(*NODE) as c:
            for name in ("heads", "rev:rules:1", "part:ab"):
                k = key(name)
                for words in (("SET", k, "x"), ("HSET", k, "a", "b"), ("DEL", k), ("UNLINK", k), ("EXPIRE", k, 1), ("APPEND", k, "x"),
                              ("RENAME", key("node:1"), k), ("RENAME", k, key("node:1")), ("COPY", key("node:1"), k), ("PERSIST", k),
                              ("EVAL", "return redis.call('SET', KEYS[1], 'x')", 1, k),
                              ("EVAL", f"return redis.call('SET', '{k}', 'x')", 0),
                              ("BITOP", "NOT", k, key("node:1")), ("SUNIONSTORE", k, key("node:1")), ("SETRANGE", k, 0, "x")):
                    refused(c, *words)
            for words in (("FLUSHALL",), ("FLUSHDB",), ("KEYS", "*"), ("CONFIG", "SET", "maxmemory", "1"), ("ACL", "LIST"), ("SHUTDOWN",),
                          ("DEBUG", "SLEEP", "1"), ("SCRIPT", "FLUSH"), ("FUNCTION", "FLUSH"), ("SET", "elsewhere", "x"), ("SWAPDB", 0, 1),
                          ("PUBLISH", "elsewhere", "x"), ("REPLICAOF", "127.0.0.1", 1), ("CLIENT", "KILL", "TYPE", "normal")):
                refused(c, *words)


@case("policyd logs in as the node's user; a changed password is said, and taken from the file without a restart")
def _():
    with directory() as root, node(Users(root), redis_user=NODE[0], redis_password_file=password_file(root, NODE[1])) as c:
        c.wait_link()
        password_file(root, "wrong")
        c.redis.restart()
        wait_problem(c, "it refuses the user postgate-node: WRONGPASS")
        password_file(root, NODE[1])
        wait_up(c)


@case("a user that lacks a right is told which, and where the right lines are")
def _():
    with directory() as root:
        r = redis_rig.Redis(os.path.join(root, "redis"), acl="user default on nopass ~* &* +@all\nuser poor on >x +ping\n")
        with node(r, redis_user="poor", redis_password_file=password_file(root, "x")) as c:
            wait_problem(c, "its ACL keeps the user poor from ROLE; the right lines are in etc/redis/users.conf")


def with_users(root, n):
    """n nodes on the shipped users; the first is where administrators work."""
    nodes, admins = (os.path.join(root, name) for name in ("node.password", "admin.password"))
    for path, (_, password) in ((nodes, NODE), (admins, ADMIN)):
        with open(path, "w") as f:
            f.write(password + "\n")
    admin = {"redis_admin_user": ADMIN[0], "redis_admin_password_file": admins}
    return standing(cluster_rig.Cluster(n, redis=Users(root), joined=True, settings_of={0: admin},
                                        settings={"redis_user": NODE[0], "redis_password_file": nodes}))


@case("a whole cluster works under the shipped users: join, rules, lists, domains, heartbeats, questions to nodes")
def _():
    with directory() as root, with_users(root, 2) as c:
        c[0].ctl("list", "add", "relay_networks", "198.51.100.7", check=True)
        c[0].ctl("domain", "add", "users.example", "--route", "127.0.0.1:2525", check=True)
        c[0].gate.apply(cluster_rig.house.RULES + "\n# by the administrators' user\n")
        c.wait("the list", lambda n: "198.51.100.7" in n.ctl("list", "show", "relay_networks").text)
        c.wait("the domain", lambda n: "users.example" in n.ctl("domain", "list").text)
        c.wait("the rules", lambda n: "by the administrators' user" in n.ctl("rules", "show", as_json=False).text)
        c.wait("both nodes alive", lambda n: [r["state"] for r in n.ctl("node", "list").rows] == ["alive", "alive"])
        said = c[1].ctl("status", "--cluster")
        equal(c[1].log.lines("NOPERM|ACL keeps"), [])
        equal(c[0].log.lines("NOPERM|ACL keeps"), [], said.text)


@case("TLS: connects where the authority and the name are right, with a certificate of its own too")
def _():
    with directory() as root:
        authority = certificates.Authority(os.path.join(root, "pki"))
        tls = {**authority.issue("redis", "DNS:localhost,IP:127.0.0.1"), "clients": "yes"}
        mine = authority.issue("node", "DNS:node.example")
        r = redis_rig.Redis(os.path.join(root, "redis"), tls=tls)
        of = {"redis_tls": "yes", "redis_tls_ca_file": authority.ca, "redis_tls_certificate_file": mine["cert"],
              "redis_tls_key_file": mine["key"]}
        with node(r, r.tcp, **of) as c:
            c.wait_link()
        with node(r, f"inet:localhost:{r.port}", **of) as c:
            c.wait_link()


@case("TLS: another authority, another name, or no TLS at all is refused with the reason")
def _():
    with directory() as root:
        authority, other = (certificates.Authority(os.path.join(root, n), n) for n in ("one", "two"))
        r = redis_rig.Redis(os.path.join(root, "redis"), tls=authority.issue("redis", "DNS:redis.example"))
        with node(r, r.tcp, redis_tls="yes", redis_tls_ca_file=authority.ca) as c:
            wait_problem(c, "its certificate is not accepted: IP address mismatch")
        with node(r, f"inet:localhost:{r.port}", redis_tls="yes", redis_tls_ca_file=authority.ca) as c:
            wait_problem(c, "its certificate is not accepted: hostname mismatch")
        with node(r, r.tcp, redis_tls="yes", redis_tls_ca_file=other.ca) as c:
            wait_problem(c, "its certificate is not accepted")
        with node(r, r.tcp, redis_tls="yes", redis_tls_ca_file=os.path.join(root, "none")) as c:
            wait_problem(c, "the authorities " + os.path.join(root, "none") + " cannot be used")
        plain = redis_rig.Redis(os.path.join(root, "plain"))
        with node(plain, plain.tcp, redis_tls="yes", redis_tls_ca_file=authority.ca) as c:
            wait_problem(c, "no answer to TLS; does that port speak it?")


@case("Sentinel: the primary is found; when it is killed the promoted replica is, by itself")
def _():
    with directory() as root:
        primary = redis_rig.Redis(os.path.join(root, "primary"))
        with contextlib.ExitStack() as more:
            primary.start()
            replica = more.enter_context(redis_rig.Redis(os.path.join(root, "replica"), replica_of=primary))
            replica.wait_replica()
            sentinel = more.enter_context(redis_rig.Sentinel(os.path.join(root, "sentinel"), primary))
            wait.until(lambda: sentinel.command("SENTINEL", "replicas", "gate"), 20, "the sentinel to know the replica")
            dead = f"127.0.0.1:{ports.reserve()}"
            with node(primary, redis_rig.sentinel_setting(sentinel).replace("@", f"@{dead},")) as c:
                c[0].log.wait(f"redis: connected to inet:127.0.0.1:{primary.port}")
                primary.kill()
                c[0].log.wait(f"redis: connected to inet:127.0.0.1:{replica.port}", 40)
                wait_up(c)


@case("Sentinel: a name it does not watch is said")
def _():
    with directory() as root:
        r = redis_rig.Redis(os.path.join(root, "primary")).start()
        with redis_rig.Sentinel(os.path.join(root, "sentinel"), r) as sentinel:
            with node(r, redis_rig.sentinel_setting(sentinel).replace("gate@", "other@")) as c:
                wait_problem(c, "it does not watch what `redis` names")


class FakeSentinel:
    """Names whatever primary it is told to."""

    def __init__(self, primary):
        self.port, self.primary = ports.reserve(), primary
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                s, _ = self.listener.accept()
                with contextlib.suppress(OSError), s:
                    s.settimeout(5)
                    s.recv(1000)
                    port = b"%d" % self.primary.port
                    s.sendall(b"*2\r\n$9\r\n127.0.0.1\r\n$%d\r\n%s\r\n" % (len(port), port))
                    s.recv(1000)


@case("Sentinel: an old primary that still answers as one is left when the sentinels name another")
def _():
    with directory() as root, contextlib.ExitStack() as more:
        old, new = (more.enter_context(redis_rig.Redis(os.path.join(root, name))) for name in ("old", "new"))
        sentinel = FakeSentinel(old)
        with node(old, redis_rig.sentinel_setting(sentinel)) as c:
            c[0].log.wait(f"redis: connected to inet:127.0.0.1:{old.port}")
            sentinel.primary = new
            c[0].log.wait(f"redis: connected to inet:127.0.0.1:{new.port}", 30)
            wait_up(c)
        sentinel.listener.close()


@case("a primary that becomes a replica is left at once, and found again when it is one no more")
def _():
    with directory() as root, node(redis_rig.Redis(os.path.join(root, "redis"))) as c:
        c.wait_link()
        c.redis.command("REPLICAOF", "127.0.0.1", ports.reserve())
        c.redis.command("CLIENT", "KILL", "TYPE", "normal")
        wait_problem(c, "it is no primary but a slave")
        c.redis.command("REPLICAOF", "NO", "ONE")
        wait_up(c, 40)


@case("no Redis at the start: policyd serves, says so, and connects when it comes")
def _():
    with directory() as root:
        r = redis_rig.Redis(os.path.join(root, "redis"))
        with node(r, f"unix:{root}/late") as c:
            wait_problem(c, "No such file or directory; what is in force here stays in force")
            os.symlink(r.socket, f"{root}/late")
            wait_up(c)


@case("a Redis that hangs is given up after seconds, one that loads its data is waited for, both without a restart")
def _():
    with directory() as root, node(redis_rig.Redis(os.path.join(root, "redis"))) as c:
        c.wait_link()
        c.redis.freeze()
        c[0].policyd.restart()  # it hangs from the first word on
        wait_problem(c, "no answer", 30)
        c.redis.thaw()
        wait_up(c, 60)


class Impostor:
    """A TCP server that says what it is told to, to whoever connects, without end if `endless`."""

    def __init__(self, says, endless=b""):
        self.port = ports.reserve()
        self.where = f"inet:127.0.0.1:{self.port}"
        self.says, self.endless, self.is_over = says, endless, False
        self.met, self.listener = 0, None

    def start(self):
        self.listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self):
        while True:
            try:
                s, _ = self.listener.accept()
            except OSError:
                return
            self.met += 1
            threading.Thread(target=self._talk, args=(s,), daemon=True).start()

    def _talk(self, s):
        with contextlib.suppress(OSError), s:
            s.recv(100)
            s.sendall(self.says)
            while self.endless and not self.is_over:
                s.sendall(self.endless)
            s.recv(100)

    def is_running(self):
        return self.listener is not None

    def stop(self):
        self.is_over = True
        self.listener.close()


def memory_mb(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) // 1024


@case("whoever answers in Redis' place with anything else harms nothing: refused with the reason, memory bounded")
def _():
    # The long one is cut off by its length, or on a slow machine by time.
    for says, endless, text in ((b"HTTP/1.1 200 OK\r\n\r\n", b"", "not Redis' protocol"),
                                (b"*2147483647\r\n", b"", "a reply of more than 1000000 elements"),
                                (b"*1000000\r\n", b"*1000000\r\n" * 100, "more than 1000000 elements"),
                                (b"$2000000000\r\n", b"x" * 65536, "a reply of more than 67108864 bytes|no answer"),
                                (b"+", b"x" * 65536, "a line of more than 65536 bytes"),
                                (b"*2\r\n:1\r\n:2\r\n", b"", "an odd answer to ROLE"),
                                (b"*1\r\n$6\r\nmaster\r\n+PONG\r\n", b":1\r\n" * 1000, "answers what was not asked")):
        impostor = Impostor(says, endless)
        with node(impostor) as c:
            if "not asked" in text:
                wait.until(lambda: impostor.met >= 5, 30, "the link to come back again and again")
                assert c[0].policyd.is_running()
            else:
                wait_problem(c, text, 30)
            assert memory_mb(c[0].policyd) < 400, f"{text}: {memory_mb(c[0].policyd)} MB"


if __name__ == "__main__":
    cases.main()
