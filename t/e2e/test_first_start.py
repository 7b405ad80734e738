#!/usr/bin/python3
"""The very first start: any order, no rules, broken rules. Until there is a snapshot mail is deferred, and the log says what to do."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import wait
from cases import case, code, equal
from house import House, RULES, rules_with

BROKEN = rules_with(filter_='rule typo\n  when clint.ip = 192.0.2.1\n  then reject "5.7.1 x"\n')


def make():
    """Rules that do not compile: nothing is published."""
    house = House(rules=BROKEN)
    house.start = lambda: begin(house)
    return house


def begin(h):
    for s in (*h.sinks.values(), h.foreign):
        s.start()
    h.postfix.write_config()
    h.gate.write_config()
    h.gate.milter.start()  # the milter first: its sockets are ready without policyd
    h.gate.policyd.start()
    h.postfix.start()
    return h


@case("without a snapshot sessions go on and every recipient gets 451")
def _(h):
    for path in ("proxy", "staging"):
        with h.session(path, "10.1.1.1") as c:
            equal(c.mail("alice@outside.example").code, 250)
            for rcpt in ("bob@one.example", "carl@foreign.example"):
                reply = c.rcpt(rcpt)
                assert reply.code == 451 and "4.3.0" in reply.text, f"{path} {rcpt}: {reply}"
    equal(h.foreign.messages, [])


@case("the log names the mistake and the command that mends it")
def _(h):
    text = h.gate.policyd.log.text()
    assert "clint.ip" in text and "milter-ctl rules apply" in text, text[-2000:]


@case("`status` says that nothing is in force and how it is mended, and exits 1")
def _(h):
    said = h.gate.ctl("status")
    equal(said.exit, 1)
    policyd = next(row for row in said.rows if row["program"] == "policyd")
    assert "milter-ctl rules apply" in policyd["problems"]["rules"], policyd


@case("`rules apply` mends it without a restart")
def _(h):
    h.gate.apply(RULES)
    for domain, server in h.sinks.items():
        h.gate.ctl("domain", "add", domain, "--route", server.route, check=True)
    h.wait_maps(h.sinks)
    h.postfix.reload()
    m = mail.clean()

    def taken():
        sent = h.proxy("alice@outside.example", "bob@one.example", m)
        return sent.end is not None and sent.end.code == 250
    wait.until(taken, 15, "mail to be taken", pause=0.05)
    h.sinks["one.example"].wait_id(mail.id_of(m))


@case("a milter that starts alone goes on with what was published")
def _(h):
    h.gate.policyd.stop()
    h.gate.milter.restart()
    h.gate.policyd.start()
    m = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
    h.sinks["one.example"].wait_id(mail.id_of(m))


@case("a second daemon on the same sockets and state is refused, and the first goes on")
def _(h):
    import procs
    for d in (h.gate.milter, h.gate.policyd):
        second = procs.run(d.argv(), timeout=wait.scaled(20))
        assert second.returncode != 0, f"a second {d.program} ran"
        assert d.is_running()
    m = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
    h.sinks["one.example"].wait_id(mail.id_of(m))


if __name__ == "__main__":
    cases.main(make)
