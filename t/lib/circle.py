"""Servers that send everything they get back to the staging listener, from addresses that are nobody's next hop."""
import house
import postfix_rig

HOPS = {"loop.example": ("127.0.0.40", "127.0.0.8"), "round.example": ("127.0.0.41", "127.0.0.9")}


class Circle(house.House):
    """A house with such a server for each domain of `hops` (domain -> address it listens on, address it sends from)."""

    def __init__(self, hops=None, **kw):
        super().__init__(**kw)
        self.circles, self.hops = hops or HOPS, {}

    def start(self):
        super().start()
        staging = f"[127.0.0.1]:{self.postfix.port['staging']}"
        for domain, (address, source) in self.circles.items():
            hop = postfix_rig.Forwarder(self.sub(domain), staging, address, source, hostname=f"mail.{domain}")
            self.cleanup.append(hop.stop)
            self.hops[domain] = hop.start()
            self.gate.ctl("domain", "add", domain, "--route", f"{address}:{hop.port['plain']}", check=True)
        self.wait_maps(self.circles)
        self.postfix.reload()  # trivial-rewrite looks for changed maps every ten seconds only
        return self
