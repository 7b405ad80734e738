"""A house that asks nsd through a server that can be told to misbehave."""
import contextlib

import dns_rig
import dns_server
from house import House


class NamesHouse(House):
    """zones as dns_rig.Nsd takes them; nsd: more of what it takes."""

    def __init__(self, zones, nsd=None, **more):
        super().__init__(**more)
        self.nsd = dns_rig.Nsd(self.sub("nsd"), zones, **(nsd or {}))
        self.dns = dns_server.Server(upstream=self.nsd.port)
        self.gate.settings["resolver"] = self.dns.resolver

    def start(self):
        self.nsd.start()
        self.cleanup.append(self.nsd.kill)
        self.dns.start()
        self.cleanup.append(self.dns.stop)
        return super().start()

    @contextlib.contextmanager
    def lists(self, **settings):
        """Both daemons with other block lists, which may be told to misbehave meanwhile."""
        before = dict(self.gate.settings)
        try:
            self.restart(settings)
            yield
        finally:
            self.dns.forget("lists.example")
            self.dns.delay = 0
            self.gate.settings = before
            self.restart({})

    def restart(self, settings):
        self.gate.settings = {**self.gate.settings, **settings}
        self.gate.stop()
        self.gate.start()
