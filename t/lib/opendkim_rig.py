"""Debian's opendkim as a verifier, spoken to as Postfix would: what it says of a message, and what it costs."""
import os
import re

import milter_client
import ports
import procs


class Verifier:
    """with Verifier(dir, dns_port) as v: v.results(message) -> ["pass", ...]; v.where, v.process."""

    def __init__(self, root, dns_port):
        os.makedirs(root, exist_ok=True)
        self.conf, self.log = os.path.join(root, "opendkim.conf"), os.path.join(root, "opendkim.log")
        unbound, socket = os.path.join(root, "unbound.conf"), os.path.join(root, "socket")
        self.where = f"unix:{socket}"  # over TCP each of its answers, written in two pieces, waits 40 ms for an acknowledgement
        with open(unbound, "w") as f:
            f.write('server:\n  do-not-query-localhost: no\n  module-config: "iterator"\n'
                    f'forward-zone:\n  name: "."\n  forward-addr: 127.0.0.1@{dns_port}\n')
        with open(self.conf, "w") as f:
            f.write(f"Mode v\nSyslog no\nSocket local:{socket}\nResolverConfiguration {unbound}\n"
                    "UserID root\nBackground no\nInternalHosts /dev/null\nAlwaysAddARHeader yes\n")
        self.process = self.milter = None

    def __enter__(self):
        self.process = procs.start(["/usr/sbin/opendkim", "-f", "-x", self.conf], log=self.log)
        ports.wait_answer(self.where, 10, alive=lambda: self.process.poll() is None)
        self.milter = milter_client.Milter(self.where)
        self.milter.connect("192.0.2.7")
        self.milter.helo("mx.example")
        return self

    def __exit__(self, *_):
        self.milter.close()
        procs.stop(self.process)

    def results(self, message):
        """One word a signature, in the order of its Authentication-Results."""
        self.milter.mail("ann@signed.example")
        self.milter.rcpt("bob@one.example")
        edits = self.milter.message(message).edits
        return [word for e in edits if "Authentication-Results" in e for word in re.findall(r"\bdkim=(\w+)", e)]
