#!/usr/bin/python3
"""Changes of rules, lists and domains are in force within a second, without a restart, while mail flows."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import policy_client
import wait
from cases import case, code, equal
from house import House, rules_with
from load import Load

WITHIN = 1.0  # seconds, from the end of milter-ctl
PARTNER = "rule partner\n  when path = staging and client.ip in $partners_live\n  then permit relay\n"
LIVE = rules_with(lists="list partners_live ip\nlist fixed ip { 192.0.2.1 }").replace("rule relay-by-ip", PARTNER + "\nrule relay-by-ip", 1)
LIVE = LIVE.replace("not in $relay_networks and not domain", "not in $relay_networks and client.ip not in $partners_live and not domain", 1)
NO_LOTTERY = 'rule no-lottery\n  when subject contains "lottery"\n  then reject "5.7.1 No lotteries"\n'


def with_filter(rule):
    return LIVE.replace("\ntest ", "\n" + rule + "\ntest ", 1)


def make():
    """With Postfix given the time that it needs to notice a route before a domain is accepted (elsewhere the rig reloads it)."""
    return House(rules=LIVE, settings={"maps_settle": "12s"})


def measured(condition, what):
    """Seconds until condition(); fails past the limit."""
    begin = time.monotonic()
    wait.until(condition, WITHIN, what, pause=0.01)
    took = time.monotonic() - begin
    print(f"     {what}: {took * 1000:.0f} ms", flush=True)
    return took


def flowing(h, change):
    """Runs change() while clean mail flows on the proxy path; not one of its messages may suffer."""
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=2, pause=0.01) as flow:
        flow.wait_accepted(20)
        change()
        flow.wait_accepted(20)
    h.postfix.wait_queue_empty(30)
    equal(dict(flow.answers), {250: len(flow.accepted)}, flow.summary())
    equal(flow.account(h.sinks["one.example"]), ([], [], []))


def relays(h, client):
    with policy_client.Policy(h.gate.settings["policy_socket"]) as p:
        return p.ask(client_address=client, recipient="carl@foreign.example", policy_context="staging") == "OK"


@case("a rule applied is in force for the next message")
def _(h):
    def change():
        h.gate.apply(with_filter(NO_LOTTERY))
        refused = lambda: h.proxy("eve@outside.example", "bob@one.example", mail.clean(subject="A lottery")).end.code // 100 == 5
        measured(refused, "rules apply")
    flowing(h, change)


@case("a rollback is in force as fast")
def _(h):
    def change():
        first = h.gate.ctl("rules", "history", check=True).rows
        h.gate.ctl("rules", "rollback", "1", check=True)
        taken = lambda: h.proxy("eve@outside.example", "bob@one.example", mail.clean(subject="A lottery")).end.code == 250
        measured(taken, "rules rollback")
        equal(len(h.gate.ctl("rules", "history", check=True).rows), len(first) + 1, "revisions")
    flowing(h, change)


@case("an address added to a list, and taken away")
def _(h):
    def change():
        assert not relays(h, "203.0.113.9")
        h.gate.ctl("list", "add", "partners_live", "203.0.113.9", check=True)
        measured(lambda: relays(h, "203.0.113.9"), "list add")
        m = mail.clean()
        code(h.staging("p@partner.example", "carl@foreign.example", m, client="203.0.113.9"), 250)
        h.foreign.wait_id(mail.id_of(m))
        h.gate.ctl("list", "remove", "partners_live", "203.0.113.9", check=True)
        measured(lambda: not relays(h, "203.0.113.9"), "list remove")
        code(h.staging("p@partner.example", "carl@foreign.example", mail.clean(), client="203.0.113.9"), 5)
    flowing(h, change)


def accepted(h, domain):
    with policy_client.Policy(h.gate.settings["policy_socket"]) as p:
        return p.ask(client_address="192.0.2.9", recipient=f"x@{domain}", policy_context="staging") == "DUNNO"


@case("a domain added: policyd at once, Postfix by itself soon after; and taken away")
def _(h):
    def change():
        server = h.sinks["two.example"]
        h.gate.ctl("domain", "add", "new.example", "--route", server.route, check=True)
        measured(lambda: accepted(h, "new.example"), "domain add, policyd")
        m = mail.clean(to="x@new.example")
        taken = lambda: h.proxy("alice@outside.example", "x@new.example", m).end is not None
        wait.until(taken, 25, "Postfix to notice the new domain", pause=0.05)  # the very first that is accepted must arrive
        assert server.wait_id(mail.id_of(m), 30).rcpt_to == ["x@new.example"]
        h.gate.ctl("domain", "remove", "new.example", check=True)
        measured(lambda: not accepted(h, "new.example"), "domain remove, policyd")
    flowing(h, change)


@case("broken rules are refused with what is wrong, and change nothing")
def _(h):
    path = h.sub("broken.rules")
    before = h.gate.ctl("rules", "show", check=True).text
    with open(path, "w") as f:
        f.write(with_filter("rule typo\n  when clint.ip = 192.0.2.1\n  then reject \"5.7.1 x\"\n"))
    told = h.gate.ctl("rules", "apply", path)
    equal(told.exit, 3)
    assert "clint.ip" in told.errors + told.text and "client.ip" in told.errors + told.text, told
    equal(h.gate.ctl("rules", "show", check=True).text, before)


@case("a revision whose own tests fail is refused")
def _(h):
    path = h.sub("failing.rules")
    with open(path, "w") as f:
        f.write(LIVE + 'test "never"\n  with attachment { name "a.exe" }\n  expect deliver\n')
    told = h.gate.ctl("rules", "apply", path)
    assert told.exit != 0 and "never" in told.errors + told.text, told


@case("fifty changes while mail flows: never a half, never an error")
def _(h):
    def change():
        for i in range(25):
            h.gate.ctl("list", "add", "partners_live", f"203.0.113.{i}", check=True)
            h.gate.ctl("list", "remove", "partners_live", f"203.0.113.{i}", check=True)
    flowing(h, change)


@case("dangerous list items need --force")
def _(h):
    for item in ("0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/18"):
        assert h.gate.ctl("list", "add", "partners_live", item).exit != 0, f"{item} was taken"
    assert not relays(h, "192.0.2.200")
    told = h.gate.ctl("list", "add", "fixed", "203.0.113.1")
    assert told.exit != 0 and "rules" in told.errors, f"a list of the revision was changed: {told}"


if __name__ == "__main__":
    cases.main(make)
