#!/usr/bin/python3
"""Counters on one machine: what was delivered counts, and nothing else; a limit holds to the message, for each recipient, and over a restart."""
import contextlib
import os
import sqlite3
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import smtp_client
import wait
from cases import case, equal
from house import House, rules_with

LIMIT = 200
POLICY = f"""
rule busy-sender when count(messages, sender, 1h) > {LIMIT} then reject "5.7.1 Too many messages"
rule wide-sender when count(recipients, sender, 1h) > 10 and sender.domain = "wide.example" then defer "4.7.1 Too many recipients"
rule large-sender when sum(size, sender, 1h) > 100KB and sender.domain = "large.example" then reject "5.7.1 Too much"
rule many-domains when distinct(recipient.domain, sender, 1h) > 1 and sender.domain = "distinct.example" then reject "5.7.1 Too many domains"
rule quick-sender when count(messages, sender, 2s) > 1 and sender.domain = "quick.example" then defer "4.7.1 Too quick"
"""
FILTER = 'rule no-lottery when subject contains "lottery" then reject "5.7.1 No lotteries"\n' \
         'rule later when subject contains "later" then defer "4.7.1 Later"\n'
KEPT_S = 2  # counters are written to the database so often


def make():
    return House(rules=rules_with(policy=POLICY, filter_=FILTER))


def code(sent):
    if isinstance(sent, smtp_client.Sent):
        return smtp_client.final(sent).code
    return (sent if isinstance(sent, smtp_client.Reply) else [r for r in sent if r][-1]).code


def reading(h, sender, counter="count(messages sender 3600)", **attributes):
    """What a counter says now, this one not counted."""
    attributes = {"sender": sender, "recipient": "bob@one.example", **attributes}
    row = h.gate.ctl("policy", "test", *(f"{k}={v}" for k, v in attributes.items()), check=True).rows[0]
    number = row["facts"].get(counter)
    assert number is not None, f"no {counter} among {row['facts']}"
    return int(str(number)) - 1


def wait_reading(h, sender, wanted, **more):
    wait.until(lambda: reading(h, sender, **more) >= wanted, 10, f"{wanted} charged to {sender}")
    equal(reading(h, sender, **more), wanted, "charged")


def send(h, sender, recipients="bob@one.example", subject="hello", size=0):
    message = mail.clean(sender=sender, to="bob@one.example", subject=subject)
    if size:
        message += b"x" * 70 + b"\r\n"
        message += (b"y" * 70 + b"\r\n") * (size // 72)
    return h.proxy(sender, recipients, message)


@case("200 messages pass and the next is refused")
def _(h):
    sender = "busy@outside.example"
    m = mail.clean(sender=sender, to="bob@one.example")
    with h.session("proxy", "192.0.2.7") as c:
        for i in range(LIMIT):
            c.mail(sender)
            equal(code(c.rcpt("bob@one.example")), 250, f"recipient of message {i + 1}")
            equal(code(c.data(m)), 250)
    wait_reading(h, sender, LIMIT)
    cases.code(send(h, sender), 550, "Too many messages")
    equal(code(send(h, "other@outside.example")), 250)


@case("what is rejected or deferred is not charged")
def _(h):
    sender = "unlucky@outside.example"
    for subject in ["lottery", "later"] * 3:
        assert code(send(h, sender, subject=subject)) in (550, 451), subject
    equal(code(send(h, sender)), 250)
    wait_reading(h, sender, 1)
    with h.session("proxy", "192.0.2.7") as c:  # begun and given up
        c.mail(sender)
        c.rcpt("bob@one.example")
    equal(reading(h, sender), 1)


@case("recipients of one message count already at the next of them")
def _(h):
    sender = "news@wide.example"
    with h.session("proxy", "192.0.2.7") as c:
        c.mail(sender)
        answers = [code(c.rcpt(f"user{i}@one.example")) for i in range(15)]
        equal(answers, [250] * 10 + [451] * 5)
        equal(code(c.data(mail.clean(sender=sender, to="user1@one.example"))), 250)
    wait.until(lambda: code(send(h, sender)) == 451, 10, "the recipients to be charged")


@case("bytes are summed, with what the client declares")
def _(h):
    sender = "big@large.example"
    for _ in range(2):
        equal(code(send(h, sender, size=45000)), 250)
    wait.until(lambda: reading(h, sender) == 2, 10, "two messages")
    with h.session("proxy", "192.0.2.7") as c:
        c.mail(sender, "SIZE=1000")
        equal(code(c.rcpt("bob@one.example")), 250)
        c.command("RSET")
        c.mail(sender, "SIZE=20000")
        equal(code(c.rcpt("bob@one.example")), 550)


@case("distinct counts the same domain once")
def _(h):
    sender = "news@distinct.example"
    for _ in range(3):
        equal(code(send(h, sender)), 250)
    wait_reading(h, sender, 3)
    equal(code(send(h, sender)), 250)
    equal(code(send(h, sender, recipients="carl@two.example")), 550)


@case("a short window is over soon")
def _(h):
    sender = "hare@quick.example"
    equal(code(send(h, sender)), 250)
    wait.until(lambda: code(send(h, sender)) == 451, 10, "the first message to be charged")
    wait.until(lambda: code(send(h, sender)) == 250, 10, "the window to be over")


@case("counters outlive a restart and a crash")
def _(h):
    sender = "lasting@outside.example"
    for _ in range(3):
        equal(code(send(h, sender)), 250)
    wait_reading(h, sender, 3)
    h.gate.policyd.restart()
    equal(reading(h, sender), 3)
    equal(code(send(h, sender)), 250)
    wait_reading(h, sender, 4)
    time.sleep(KEPT_S + 3)  # what happens in between is what the case is about
    h.gate.policyd.kill()
    h.gate.policyd.start()
    equal(reading(h, sender), 4)


@case("a message over a policyd that is away is charged when it is back")
def _(h):
    sender = "patient@outside.example"
    with h.session("proxy", "192.0.2.7") as c:
        c.mail(sender)
        equal(code(c.rcpt("bob@one.example")), 250)
        h.gate.policyd.kill()
        equal(code(c.data(mail.clean(sender=sender, to="bob@one.example"))), 250)
    h.gate.policyd.start()
    wait_reading(h, sender, 1)


@case("counters hold no address")
def _(h):
    h.gate.policyd.stop()
    with contextlib.closing(sqlite3.connect(f"file:{h.gate.state}/policyd.db?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT name, bytes FROM shelf").fetchall()
    h.gate.policyd.start()
    assert b"messages sender 3600" in [bytes(name) for name, _ in rows], rows[:3]
    equal([name for name, held in rows if b"example" in bytes(held)], [], "addresses in the clear")


if __name__ == "__main__":
    cases.main(make)
