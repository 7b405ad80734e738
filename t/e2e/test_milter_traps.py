#!/usr/bin/python3
"""libmilter's traps and the inspector's, over the milter protocol: bursts that wait, long headers, draining, workers that misbehave."""
import os
import shutil
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import gate
import milter_client
import ports
import wait
from cases import case, equal
from house import House

EVIL = os.path.join(gate.BUILD, "t", "evil", "postgate-inspect")
BURST, WORKERS = 60, 64


class EvilHouse(House):
    """Without Postfix, and with an inspector whose parser obeys a header of the message (t/lib/evil_mime.c)."""

    def __init__(self):
        super().__init__(postfix=False, listeners=("proxy",),
                         settings={"inspect_workers": str(WORKERS), "inspect_timeout": "8s"})

    def start(self):
        shutil.copy2(EVIL, os.path.join(self.gate.bin, "postgate-inspect"))
        return super().start()


def begin(h):
    m = milter_client.Milter(h.gate.settings["milter_socket"])
    m.connect("192.0.2.7", daemon_name="postgate-proxy")
    m.helo()
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


def passes(h):
    with begin(h) as m:
        send(m)
        equal(m.eom().action, "accept")


@case("60 messages that wait 3 s, sent in one burst, are all answered within 4 s")
def _(h):
    clients = [begin(h) for _ in range(BURST)]
    answers = [None] * BURST
    start = threading.Barrier(BURST + 1)

    def run(i):
        send(clients[i], "sleep=3")
        start.wait()
        begun = time.monotonic()
        action = clients[i].eom().action
        answers[i] = (action, time.monotonic() - begun)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(BURST)]
    for t in threads:
        t.start()
    start.wait()
    for t in threads:
        t.join()
    for c in clients:
        c.quit()
    equal({a for a, _ in answers}, {"accept"})
    slowest = max(t for _, t in answers)
    print(f"     slowest {slowest:.2f} s of {BURST}")
    assert slowest < wait.scaled(4), f"{slowest:.2f} s"


@case("header fields of 66,000 and of 102,400 bytes pass whole")
def _(h):
    for size in (66_000, 102_400):
        with begin(h) as m:
            m.mail("a@x.example")
            m.rcpt("bob@one.example")
            m.header("Subject", "x")
            m.header("X-Long", "y" * (size - len("X-Long: ")))
            m.eoh()
            m.body(b"text\r\n")
            equal(m.eom().action, "accept", f"{size} bytes")


@case("a connection that is closed at once, and one cut in the middle of a message, cost nothing")
def _(h):
    for _ in range(20):
        ports.connect(h.gate.settings["milter_socket"], 5).close()
    m = begin(h)
    send(m)
    m.sock.close()
    passes(h)
    equal(h.gate.milter.is_running(), True)


FAILING = ("open", "socket", "exec", "spin", "wrong-id", "half", "two", "pass-fd", "write-message", "mprotect", "ptrace", "kill-parent",
           "crash")


@case("a worker that misbehaves fails its own message, and the next one passes")
def _(h):
    for evil in FAILING:
        with begin(h) as m:
            send(m, evil, sender=f"{evil}@x.example")
            answer = m.eom()
            equal(answer.action, "defer", evil)
            assert "4.3.0" in answer.text, f"{evil}: {answer.text}"
        passes(h)
    rows = h.gate.ctl("quarantine", "list", check=True).rows
    kept = {r["sender"] for r in rows if r.get("kind") == "study"}
    equal({f"{e}@x.example" for e in FAILING} - kept, set(), "not kept for study")


@case("TERM: what was begun is finished, new recipients get 421, new connections none")
def _(h):
    begun, idle = begin(h), begin(h)
    send(begun, "sleep=2")
    done = {}

    def end():
        done["answer"] = begun.eom()

    waiting = threading.Thread(target=end)
    waiting.start()
    os.kill(h.gate.milter.process.pid, signal.SIGTERM)
    wait.until(lambda: "ending:" in h.gate.milter.log.tail(), 5, "the milter to say that it ends")
    idle.mail("a@x.example")
    equal(idle.rcpt("bob@one.example").text.split()[:2], ["421", "4.3.2"])
    try:
        ports.connect(h.gate.settings["milter_socket"], 1).close()
        raise AssertionError("a new connection was accepted")
    except OSError:
        pass
    waiting.join()
    equal(done["answer"].action, "accept")
    equal(h.gate.milter.process.wait(wait.scaled(25)), 0, "exit status")


if __name__ == "__main__":
    cases.main(EvilHouse)
