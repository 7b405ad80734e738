#!/usr/bin/python3
"""libmilter's traps and the inspector's, over the milter protocol: long headers, draining, workers that misbehave."""
import os
import signal
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import ports
import wait
from cases import case, equal
from evil import EvilHouse, begin, send


def passes(h):
    with begin(h) as m:
        send(m)
        equal(m.eom().action, "accept")


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
