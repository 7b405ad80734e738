"""A house whose inspector has been taken over: its parser does what a header of the message says (t/lib/evil_mime.c), its check of senders what
HELO says (t/lib/evil_sender.c)."""
import os
import shutil

import gate
import milter_client
from cases import equal
from house import House

EVIL = os.path.join(gate.BUILD, "t", "evil", "postgate-inspect")
WORKERS = 64


class EvilHouse(House):
    """Without Postfix, and with an inspector that obeys messages and names of clients."""

    def __init__(self, settings=None, **more):
        super().__init__(postfix=False, listeners=("proxy",),
                         settings={"inspect_workers": str(WORKERS), "inspect_timeout": "8s", **(settings or {})}, **more)

    def start(self):
        shutil.copy2(EVIL, os.path.join(self.gate.bin, "postgate-inspect"))
        return super().start()


def begin(h, helo="client.example"):
    m = milter_client.Milter(h.gate.settings["milter_socket"])
    m.connect("192.0.2.7", daemon_name="postgate-proxy")
    m.helo(helo)
    return m


def send(m, evil=None, sender="a@x.example"):
    """A whole transaction but for its end."""
    m.mail(sender)
    equal(m.rcpt("bob@one.example").action, "continue")
    m.data()
    m.header("Subject", "x")
    if evil:
        m.header("X-Evil", evil)
    m.eoh()
    m.body(b"text\r\n")
