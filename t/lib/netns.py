"""A network namespace with one wire to this machine, to be cut: only what is started in it is cut off."""
import os

import procs


def _ip(*words, check=True):
    done = procs.run(["ip", *words])
    if check and done.returncode != 0:
        raise OSError(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Namespace:
    """with Namespace(1) as ns: ns.host (our address), daemon.prefix = ns.prefix; ns.cut(); ns.heal()."""

    def __init__(self, index):
        self.name = f"pg{os.getpid()}n{index}"
        self.wire, self.inner = f"pgh{os.getpid() % 100000}{index}"[:15], f"pgi{os.getpid() % 100000}{index}"[:15]
        net = 2 * (os.getpid() % 10000) + 20000 * index
        self.host, self.guest = (f"198.18.{(net + i) >> 8 & 255}.{(net + i) & 255}" for i in (0, 1))
        self.prefix = ["ip", "netns", "exec", self.name]

    def __enter__(self):
        _ip("netns", "add", self.name)
        _ip("link", "add", self.wire, "type", "veth", "peer", "name", self.inner)
        _ip("link", "set", self.inner, "netns", self.name)
        _ip("addr", "add", f"{self.host}/31", "dev", self.wire)
        _ip("link", "set", self.wire, "up")
        for words in (("addr", "add", f"{self.guest}/31", "dev", self.inner), ("link", "set", self.inner, "up"), ("link", "set", "lo", "up")):
            _ip("-n", self.name, *words)
        return self

    def cut(self):
        """Packets vanish, in both directions; nobody is told."""
        _ip("-n", self.name, "addr", "del", f"{self.guest}/31", "dev", self.inner)

    def heal(self):
        _ip("-n", self.name, "addr", "add", f"{self.guest}/31", "dev", self.inner)

    def __exit__(self, *_):
        _ip("link", "del", self.wire, check=False)
        _ip("netns", "del", self.name, check=False)
