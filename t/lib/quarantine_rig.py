"""Nodes with milters that put messages into quarantine, and SMTP servers that stand for the Postfix of each node's release."""
import hashlib

import mail
import milter_client
import sink
import wait
from cases import equal
from cluster_rig import Cluster
from house import rules_with

RULES_HERE = rules_with(filter_='rule suspicious\n  when subject contains "suspicious"\n  then quarantine "looks odd"\n')
BOB = "bob@one.example"


class Quarantine(Cluster):
    """Each node's release goes to an SMTP server of the test's own, which counts."""

    def __init__(self, n=3, settings=None):
        self.sinks = [sink.Sink(f"127.0.0.{40 + i}", name=f"release{i}") for i in range(n)]
        of = {i: {"release_listener": f"inet:{s.address}:{s.port}"} for i, s in enumerate(self.sinks)}
        super().__init__(n, with_milter=True, rules=RULES_HERE, joined=True, settings_of=of,
                         settings={"message_max_bytes": "60MB", **(settings or {})})

    def start(self):
        for s in self.sinks:
            s.start()
        return super().start()

    def __exit__(self, *how):
        super().__exit__(*how)
        for s in self.sinks:
            s.stop()

    def keep(self, i, size=None):
        """A message that node i puts into quarantine; (id, its bytes). Listed on all nodes when this returns."""
        text = "x" * 70 + "\n"
        message = mail.clean(subject="suspicious", text=text * (size // len(text)) if size else text)
        before = {r["id"] for r in self.rows(i, "--node", "here")}
        with milter_client.Milter(self[i].gate.settings["milter_socket"], timeout=60) as m:
            m.connect("192.0.2.7", daemon_name="postgate-proxy")
            m.helo()
            m.mail("alice@outside.example")
            m.rcpt(BOB)
            equal(m.message(message).action, "discard")
        kept = [r for r in self.rows(i, "--node", "here") if r["id"] not in before]
        equal(len(kept), 1, "kept")
        for node in self.nodes:
            wait.until(lambda: self.find(node.index, kept[0]["id"]), 10, f"{node.name} to list {kept[0]['id']}")
        return kept[0]["id"], message

    def rows(self, i, *words):
        return self[i].ctl("quarantine", "list", *words, check=True).rows

    def find(self, i, entry, *words):
        found = [r for r in self.rows(i, *words) if r["id"] == entry]
        return found[0] if found else None

    def raw(self, i, entry, *words, **kw):
        """The message itself as node i shows it: bytes as milter-ctl prints them."""
        return self[i].ctl("quarantine", "show", entry, "--raw", *words, as_json=False, **kw)

    def state(self, i, entry):
        return self[i].ctl("quarantine", "show", entry, check=True).rows[0]["state"]


def content(message):
    return hashlib.sha256(message.replace(b"\r\n", b"\n")).hexdigest()


def shown(done):
    return hashlib.sha256(done.text.replace("\r\n", "\n").encode()).hexdigest()
