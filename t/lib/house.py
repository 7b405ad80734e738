"""The whole house for one test: both daemons, a private Postfix with the gate's listeners, internal servers behind it."""
import os
import shutil
import tempfile

import gate
import postfix_rig
import procs
import sink
import smtp_client
import wait

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
with open(os.path.join(TOP, "etc", "rules")) as _f:
    RULES = _f.read()  # as shipped
# What the very first start puts into the lists: internal servers and clients that the tests play, and a software house.
LISTS = {"relay_networks": ["10.0.0.0/8", "127.0.0.8/31", "127.0.0.20/30"], "program_senders": ["198.51.100.0/24"]}


def rules_with(policy="", filter_="", lists=""):
    """The shipped rules with more lists, and more rules at the end of each chain."""
    before_filter, found, after = RULES.partition("[filter]")
    head, test, tests = (found + after).partition("\ntest ")
    return f"{lists}\n{before_filter}\n{policy}\n{head}\n{filter_}\n{test}{tests}"


class House:
    """with House() as h: h.gate, h.postfix, h.sinks["one.example"], h.foreign; h.proxy(...), h.staging(...)."""

    def __init__(self, rules=RULES, domains=("one.example", "two.example"), settings=None, lists=None,
                 postfix_settings=None, listeners=("proxy", "staging", "release"), postfix=True):
        self.root = tempfile.mkdtemp(prefix="pg-", dir=os.environ.get("T_TMP", "/tmp"))
        os.chmod(self.root, 0o755)
        self.cleanup = []
        self.sinks = {d: sink.Sink(f"127.0.0.{20 + i}", name=d.split(".")[0]) for i, d in enumerate(domains)}
        self.foreign = sink.Sink("127.0.0.66", name="foreign")  # where mail for everybody else would go
        self.postfix = postfix_rig.Postfix(os.path.join(self.root, "pf"), settings={
            "relayhost": self.foreign.where, **(postfix_settings or {})})
        for path in listeners:
            # Our foreign clients are claimed by XCLIENT from loopback: Postfix would complete their mail as this machine's own.
            extra = [("local_header_rewrite_clients", "")] if path in ("proxy", "staging") else []
            self.postfix.listen(path, extra=extra)
        os.mkdir(os.path.join(self.root, "gate"))
        self.gate = gate.Gate(os.path.join(self.root, "gate"), rules, self.postfix.sockets, lists=lists or LISTS,
                              groups=(shutil._get_gid("postfix"),), settings={**self._listeners(), **(settings or {})})
        self.postfix.use_maps(self.gate.maps)
        self.with_postfix, self.gate_rules = postfix, rules

    def _listeners(self):
        of = {"release_listener": ("inet:", "release"), "staging_listener": ("", "staging")}
        known = {k: f"{kind}127.0.0.1:{self.postfix.port[v]}" for k, (kind, v) in of.items() if v in self.postfix.port}
        return {"postfix_config_dir": self.postfix.etc, **known}

    def start(self):
        for s in (*self.sinks.values(), self.foreign):
            s.start()
        self.postfix.write_config()  # policyd asks postconf, and postmap reads it
        self.gate.start()
        for domain, server in self.sinks.items():
            self.gate.ctl("domain", "add", domain, "--route", server.route, check=True)
        self.wait_maps(self.sinks)
        if self.with_postfix:
            self.postfix.start()
        return self

    def is_down(self):
        """A case that failed half-way left a daemon dead."""
        return not (self.gate.milter.is_running() and self.gate.policyd.is_running())

    def revive(self):
        for d in (self.gate.milter, self.gate.policyd):
            if not d.is_running():
                d.start()

    def wait_maps(self, domains):
        """The map files name these domains (they are what Postfix reads)."""
        def written():
            done = self.postfix.command("postmap", "-s", self.maps_of("relay_domains"), check=False)
            return all(d in done.stdout.split() for d in domains)
        wait.until(written, 20, "the map files to name " + ", ".join(domains))

    def maps_of(self, name):
        return f"hash:{self.gate.maps}/{name}"

    def __enter__(self):
        try:
            return self.start()
        except BaseException as e:
            self.__exit__(type(e))
            raise

    def __exit__(self, kind=None, *_):
        end_gate = lambda: self.gate.__exit__(kind)
        for undo in [*reversed(self.cleanup), self.postfix.stop, end_gate, self._stop_sinks]:
            try:
                undo()
            except Exception as e:  # the rest must still be ended
                print(f"note: while ending: {e}")
        procs.end_all()
        keep = os.environ.get("T_KEEP")
        if keep:
            save(self.root, keep)
        shutil.rmtree(self.root, ignore_errors=True)

    def _stop_sinks(self):
        for s in (*self.sinks.values(), self.foreign):
            s.stop()

    def sub(self, name):
        """A directory for something more beside the house."""
        return os.path.join(self.root, name)

    def proxy(self, sender, recipients, message, client="192.0.2.7", **xclient):
        return self._submit("proxy", sender, recipients, message, client, xclient)

    def staging(self, sender, recipients, message, client="10.1.2.3", **xclient):
        return self._submit("staging", sender, recipients, message, client, xclient)

    def _submit(self, path, sender, recipients, message, client, xclient):
        recipients = [recipients] if isinstance(recipients, str) else recipients
        return smtp_client.submit("127.0.0.1", self.postfix.port[path], sender, recipients, message, client, **xclient)

    def session(self, path, client=None, **xclient):
        c = smtp_client.Smtp("127.0.0.1", self.postfix.port[path])
        if client:
            c.xclient(client, **xclient)
        return c


def save(root, to):
    """Logs, settings and rules of a run, for whoever looks into a failure."""
    os.makedirs(to, exist_ok=True)
    for base, _, files in os.walk(root):
        for name in files:
            path = os.path.join(base, name)
            if name.endswith((".log", ".cf", ".out", "rules", "maillog")) and os.path.getsize(path) < 20_000_000:
                shutil.copy(path, os.path.join(to, os.path.relpath(path, root).replace("/", "_")))
