#!/usr/bin/python3
"""Greylisting on one machine: the first try waits, the next one passes, what passed is known; logins and permitted clients never wait."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import wait
from cases import case, code, equal
from house import House, rules_with

HOLD_S = 2
POLICY = f"""
rule old-friend when greylist.age >= 30d then log "known for long"
rule patience when path = proxy and sender.domain != "friend.example" then greylist {HOLD_S}s
rule staging-patience when path = staging and sender.domain = "new.example" then greylist {HOLD_S}s
rule slow-lane when sender.domain = "slow.example" then greylist 1h
"""
KEPT_S = 2


def make():
    return House(rules=rules_with(policy=POLICY))


def send(h, sender, client="198.18.1.7", path="proxy", recipient="bob@one.example"):
    return getattr(h, path)(sender, recipient, mail.clean(sender=sender or "postmaster@x.example", to=recipient), client)


def held(h, *args, **more):
    code(send(h, *args, **more), 451, "4.7.1")


def passes(h, *args, **more):
    code(send(h, *args, **more), 250)


def becomes_old(h, sender, client="198.18.1.7"):
    """Tries again until the greylist lets it through, as a mail server does; and never early."""
    begin = time.monotonic()
    held(h, sender, client)
    wait.until(lambda: send(h, sender, client).rcpts[0].code == 250, HOLD_S + 10, f"{sender} to pass", pause=0.2)
    took = time.monotonic() - begin
    assert took >= HOLD_S - 1, f"passed after {took:.1f} s"  # ages are whole seconds


@case("the first try waits, a later one passes, and the next at once")
def _(h):
    becomes_old(h, "anna@outside.example")
    passes(h, "anna@outside.example")
    passes(h, "Anna@Outside.example", client="198.18.1.200")  # the same network
    held(h, "anna@outside.example", client="198.18.2.7")
    held(h, "berta@outside.example")


@case("the null sender is held as any other, for one recipient")
def _(h):
    held(h, "")
    held(h, "", recipient="carl@two.example")
    wait.until(lambda: send(h, "").rcpts[0].code == 250, HOLD_S + 10, "the bounce to pass", pause=0.2)


@case("a client that is permitted to relay does not wait, nor what no rule holds")
def _(h):
    passes(h, "a@new.example", client="10.1.2.3", path="staging")
    held(h, "a@new.example", client="198.18.1.9", path="staging")
    passes(h, "someone@friend.example")


@case("a rule that holds longer holds what passed another")
def _(h):
    held(h, "tortoise@slow.example", client="198.18.77.1")
    time.sleep(HOLD_S + 1)  # what this case is about
    held(h, "tortoise@slow.example", client="198.18.77.1")


@case("a network of which five passed is known")
def _(h):
    senders = [f"s{i}@many.example" for i in range(5)]
    for sender in senders:
        held(h, sender, client="198.18.5.1")
    for sender in senders:
        wait.until(lambda: send(h, sender, client="198.18.5.1").rcpts[0].code == 250, HOLD_S + 10, f"{sender} to pass", pause=0.2)
    passes(h, "never-seen@many.example", client="198.18.5.99")
    held(h, "never-seen@many.example", client="198.18.6.1")


@case("a test asks without a trace")
def _(h):
    for _ in range(2):
        row = h.gate.ctl("policy", "test", "sender=tester@x.example", "recipient=bob@one.example",
                         "client_address=198.18.9.1", check=True).rows[0]
        equal((row["disposition"], row["rule"], row["facts"]["greylist.age"]), ("defer", "patience", "0s"))


@case("the greylist outlives a restart and a crash")
def _(h):
    becomes_old(h, "lasting@outside.example", client="198.18.20.1")
    h.gate.policyd.restart()
    passes(h, "lasting@outside.example", client="198.18.20.1")
    held(h, "other@outside.example", client="198.18.20.1")
    time.sleep(KEPT_S + 3)  # until it is kept
    h.gate.policyd.kill()
    h.gate.policyd.start()
    passes(h, "lasting@outside.example", client="198.18.20.1")
    wait.until(lambda: send(h, "other@outside.example", client="198.18.20.1").rcpts[0].code == 250, 1, "what was tried before")


if __name__ == "__main__":
    cases.main(make)
