"""Several nodes on one machine, each with directories, sockets and settings of its own, around one private Redis."""
import os
import shutil
import tempfile

import gate
import house
import procs
import redis_rig
import wait

NAME = "test"


class Node:
    """One of them: node.ctl(…), node.policyd, node.milter, node.gate; node.house (and house.proxy(…)) when there is a Postfix."""

    def __init__(self, index, its_gate, its_house=None):
        self.index, self.gate, self.house = index, its_gate, its_house
        self.name = its_gate.settings["node_name"]
        self.daemons = (its_gate.policyd, its_gate.milter)
        self.ctl, self.policyd, self.milter = its_gate.ctl, its_gate.policyd, its_gate.milter
        self.log = its_gate.policyd.log
        self.token_file = os.path.join(its_gate.root, "token")

    def start(self):
        if self.house:
            self.house.start()
        else:
            self.gate.start(*self.daemons)
        return self

    def is_running(self):
        return all(d.is_running() for d in self.daemons)

    def kill(self):
        """kill -9 of both daemons."""
        for d in self.daemons:
            if d.process:
                d.kill()

    def restart(self):
        for d in self.daemons:
            d.restart()


class Cluster:
    """with Cluster(3) as c: c.init(); c.join(1); c.join(2); c.nodes[1].ctl("rules", "history"); c.redis.kill()

    n nodes, policyd alone by default. with_milter: both daemons. houses: a Postfix and internal servers for each node (slower).
    redis: a redis_rig.Redis of the test's own (started and stopped here), or what makes one in this cluster's directory; default one on
    a unix socket and a port. where: the setting `redis`, or what gives it once there is a self.redis.
    settings: for all nodes; settings_of: index -> further settings. rules: the first rules of each node before it joins.
    joined: init on the first and join of all others before the first case."""

    def __init__(self, n=2, with_milter=False, houses=False, redis=None, where=None, settings=None, settings_of=None,
                 rules=house.RULES, lists=None, joined=False, name=NAME):
        self.root = tempfile.mkdtemp(prefix="pgc-", dir=os.environ.get("T_TMP", "/tmp"))
        os.chmod(self.root, 0o755)
        self.name, self.with_joined, self.last_words = name, joined, []
        self.redis = redis(self.root) if callable(redis) else redis or redis_rig.Redis(os.path.join(self.root, "redis"))
        self.where = where() if callable(where) else where or self.redis.where
        self.nodes = []
        for i in range(n):
            of = {"cluster_name": name, "redis": self.where, "node_name": f"gate{i + 1}", **(settings or {}),
                  **((settings_of or {}).get(i, {}))}
            self.nodes.append(self._house(i, rules, lists, of) if houses else self._gate(i, rules, lists, of))
            if not (with_milter or houses):
                self.nodes[i].daemons = (self.nodes[i].policyd,)

    def _gate(self, i, rules, lists, settings):
        root = os.path.join(self.root, f"node{i + 1}")
        os.mkdir(root)
        os.chmod(root, 0o755)
        return Node(i, gate.Gate(root, rules, settings=settings, lists=lists or house.LISTS))

    def _house(self, i, rules, lists, settings):
        h = house.House(rules=rules, lists=lists, settings=settings)
        return Node(i, h.gate, h)

    def __getitem__(self, i):
        return self.nodes[i]

    def start(self):
        if not self.redis.is_running():
            self.redis.start()
        for node in self.nodes:
            node.start()
        if self.with_joined:
            self.init()
            for i in range(1, len(self.nodes)):
                self.join(i)
        return self

    def init(self, i=0):
        self.wait_link(i)
        return self.nodes[i].ctl("cluster", "init", check=True)

    def token(self, by=0):
        """A join token as `by` prints it, alone on stdout."""
        return self.nodes[by].ctl("cluster", "token", check=True, as_json=False).text.strip()

    def join(self, i, by=0, token=None, check=True):
        node = self.nodes[i]
        self.wait_link(i)
        with open(node.token_file, "w") as f:
            os.chmod(node.token_file, 0o600)
            f.write((token or self.token(by)) + "\n")
        return node.ctl("cluster", "join", "--token-file", node.token_file, check=check, timeout=60)

    def wait_link(self, i=0, timeout=20):
        """That node's policyd is connected to Redis."""
        self.nodes[i].log.wait(r"redis: connected", timeout)

    def wait(self, what, condition, timeout=10):
        """Until condition() is true; condition(node) for each node when it takes one."""
        takes_node = condition.__code__.co_argcount > 0
        for node in self.nodes if takes_node else [None]:
            name = f"{what} on {node.name}" if node else what
            wait.until((lambda: condition(node)) if node else condition, timeout, name)

    def key(self, rest):
        return "postgate:{%s}:%s" % (self.name, rest)

    def is_down(self):
        """Something that a case killed was left dead."""
        return not self.redis.is_running() or not all(n.is_running() for n in self.nodes)

    def revive(self):
        if not self.redis.is_running():
            self.redis.start()
        for node in self.nodes:
            for d in node.daemons:
                if not d.is_running():
                    d.start()

    def __enter__(self):
        try:
            return self.start()
        except BaseException as e:
            self.__exit__(type(e))
            raise

    def __exit__(self, kind=None, *_):
        for undo in [*(self._end(node, kind) for node in reversed(self.nodes)), self.redis.stop]:
            try:
                undo()
            except Exception as e:  # the rest must still be ended
                print(f"note: while ending: {e}")
        keep = os.environ.get("T_KEEP")
        if keep:
            house.save(self.root, keep)
        procs.end_all()
        shutil.rmtree(self.root, ignore_errors=True)

    def _end(self, node, kind):
        def end():
            if node.house:
                node.house.postfix.stop()
            node.gate.__exit__(kind)
            self.last_words += [f"{node.name}: {w}" for w in node.gate.last_words]
            if node.house:
                node.house._stop_sinks()
                shutil.rmtree(node.house.root, ignore_errors=True)
        return end
