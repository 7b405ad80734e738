#!/usr/bin/python3
"""Sender workers that have been taken over, through a whole milter: each costs the check it was given, and nobody else anything."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import dns_server
import procs
import wait
from cases import case, equal
from evil import EvilHouse, begin, send

RULES = """
[filter]
rule told when message.size > 0 then add header "X-Told" "spf={spf}"
"""
FAILING = ("abort", "crash", "exit", "open", "socket", "wrong-id", "oversized", "rubbish", "half", "empty", "pass-fd", "begin-only", "end-first",
           "thousand", "again", "endless-deaf")


class SenderHouse(EvilHouse):
    def __init__(self):
        self.names = dns_server.Server().start()
        super().__init__(rules=RULES, settings={"resolver": self.names.resolver, "dnssec_anchor_file": "", "sender_workers": "2"})
        self.cleanup.append(self.names.stop)


def spf(h, helo):
    """What SPF says of a message whose client gives this name; the message passes."""
    with begin(h, helo) as m:
        send(m)
        answer = m.eom()
        equal(answer.action, "accept", helo)
        return next(e for e in answer.edits if "X-Told" in e).split("spf=")[1]


@case("a worker that dies, lies about what it answers, or asks without end: temperror, and the next sender is judged")
def _(h):
    for evil in FAILING:
        equal(spf(h, evil), "temperror", evil)
        equal(spf(h, "client.example"), "pass", f"after {evil}")


@case("a worker that spins is ended within 2 s, others go on meanwhile")
def _(h):
    with begin(h, "spin") as m:
        send(m)
        equal(spf(h, "client.example"), "pass", "meanwhile")
        assert any("spf=temperror" in e for e in m.eom().edits)
    h.gate.milter.log.wait("sender inspector: worker [0-9]+ was killed at the deadline", 5)


@case("names below dns_never_ask are not asked, and what is asked has an end")
def _(h):
    equal(spf(h, "forbidden"), "pass")
    equal([q for q in h.names.asked if q[1].endswith("internal")], [])
    equal(spf(h, "endless"), "pass")
    equal(len({q[1] for q in h.names.asked if q[1].startswith("n") and q[1].endswith(".example")}), 11, "names in twelve rounds")


@case("kill -9 of the sender zygote: senders are temperror until it runs again, mail flows")
def _(h):
    of_pool = [pid for pid, name in procs.descendants().items() if name.startswith("postgate-inspe")
               and b"sender" in open(f"/proc/{pid}/cmdline", "rb").read()]
    os.kill(min(of_pool), 9)
    wait.until(lambda: spf(h, "client.example") == "pass", 10, "the sender pool to run again")


if __name__ == "__main__":
    cases.main(SenderHouse)
