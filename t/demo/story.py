"""What the demonstration sends: one function a row of its table."""
import re
import time

import house
import load
import mail
import smtp_client
import wait

COLUMNS = ("message", "path", "from", "what happened", "rule", "decision")
CODE = r"\s*\[([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\]"
STEPS = []
OUTSIDE, INSIDE, FOREIGN, SOFTWARE_HOUSE = "192.0.2.7", "10.1.2.3", "203.0.113.66", "198.51.100.25"


def step(function):
    STEPS.append(function)
    return function


def decision(h, reply):
    """(rule, decision code) behind a reply: by the code in its text, or by the queue id of what was taken; what the milter lets
    pass may have been policyd's to permit, which it did before there was a queue id."""
    found = re.search(CODE, reply.text) or re.search(r"queued as (\w+)", reply.text)
    if not found:
        return "", ""
    rows = h.gate.ctl("explain", found[1]).rows
    if rows and rows[0]["rule"]:
        return rows[0]["rule"], rows[0]["code"]
    permit = re.search(r"verdict=permit .*code=(\S+) rule=(\S+)", h.gate.policyd.log.since_mark())
    if permit:
        return permit[2], permit[1]
    return "-", rows[0]["code"] if rows else ""


def row(h, what, path, client, sent, happened=None):
    reply = smtp_client.final(sent)
    text = re.sub(CODE, "", reply.text)
    return (what, path, client, happened or f"refused: {reply.code} {text}", *decision(h, reply))


def arrives(h, what, path, client, message, recipients, at, sender="alice@outside.example"):
    send = h.proxy if path == "proxy" else h.staging
    sent = send(sender, recipients, message, client=client)
    if smtp_client.final(sent).code != 250:
        return row(h, what, path, client, sent)
    for server in at:
        server.wait_id(mail.id_of(message))
    names = " and ".join(f"{s.name} [{s.address}]" for s in at)
    return row(h, what, path, client, sent, f"delivered to {names}")


@step
def clean(h):
    return arrives(h, "clean mail", "proxy", OUTSIDE, mail.clean(), ["bob@one.example"], [h.sinks["one.example"]])


@step
def program(h):
    sent = h.proxy("eve@outside.example", "bob@one.example", mail.attachment("setup.exe"), client=OUTSIDE)
    entry = h.gate.ctl("quarantine", "list", check=True).rows
    kept = "; kept in quarantine" if entry else ""
    reply = smtp_client.final(sent)
    return row(h, "setup.exe attached", "proxy", OUTSIDE, sent,
               f"refused: {reply.code} {re.sub(CODE, '', reply.text)}{kept}")


@step
def forged(h):
    m = mail.clean(sender="Your bank <boss@bank.example>")
    return row(h, "a forged From: the domain's DMARC policy asks for reject", "proxy", OUTSIDE,
               h.proxy("eve@outside.example", "bob@one.example", m, client=OUTSIDE))


@step
def exempted(h):
    m = mail.nested(mail.attachment("setup.exe"), sender="dev@software.example")
    return arrives(h, "a forwarded mail with the same program, from an exempted network", "proxy", SOFTWARE_HOUSE, m, ["bob@one.example"],
                   [h.sinks["one.example"]])


@step
def two_domains(h):
    return arrives(h, "one message for two domains", "staging", INSIDE, mail.clean(sender="ann@one.example"),
                   ["bob@one.example", "carl@two.example"], [h.sinks["one.example"], h.sinks["two.example"]], "ann@one.example")


@step
def outgoing(h):
    return arrives(h, "mail to the world", "staging", INSIDE, mail.clean(to="dan@foreign.example"), ["dan@foreign.example"],
                   [h.foreign], "ann@one.example")


@step
def relay_attempt(h):
    sent = h.staging("eve@outside.example", "dan@foreign.example", mail.clean(), client=FOREIGN)
    return row(h, "mail to the world", "staging", FOREIGN, sent)


@step
def smart_host_mistake(h):
    server = h.sinks["one.example"].address
    sent = h.proxy("ann@one.example", "dan@foreign.example", mail.clean(), client=server)
    return row(h, "an internal server takes the wrong listener", "proxy", server, sent)


@step
def loop(h):
    m = mail.clean(sender="ann@one.example", to="bob@loop.example")
    h.gate.milter.log.mark()
    h.staging("ann@one.example", "bob@loop.example", m, client=INSIDE)
    back = h.sinks["one.example"].wait_for(1, 30, lambda r: r.mail_from == "" and mail.id_of(m).encode() in r.data)[0]
    code = re.search(CODE, re.sub(r"\s+", " ", back.data.decode()))[1]
    warnings = h.gate.milter.log.count(r"warn: .*loop")
    rule = h.gate.ctl("explain", code, check=True).rows[0]["rule"]
    passes = len(re.findall(f"cleanup.*message-id={re.escape(mail.id_of(m))}", h.postfix.log.text()))
    return ("mail that a server sends back in a circle", "staging", INSIDE,
            f"refused on pass {passes}; {warnings} warning in the log; the sender got a bounce", rule, code)


@step
def rule_change(h):
    """A new revision while mail flows: no message suffers, the rule is in force for the next one."""
    new = 'rule no-lottery\n  when subject contains "lottery"\n  then reject "5.7.1 We do not play"\n'
    lottery = lambda: h.proxy("eve@outside.example", "bob@one.example", mail.clean(subject="The lottery"), client=OUTSIDE)
    before = smtp_client.final(lottery()).code
    with load.Load(h.postfix.port["proxy"], "bob@one.example", threads=2) as flow:
        flow.wait_accepted(20)
        h.gate.apply(house.rules_with(filter_=new))
        begin = time.monotonic()
        sent = wait.until(lambda: (s := lottery()) and smtp_client.final(s).code != 250 and s, 5, "the new rule", pause=0.005)
        took = time.monotonic() - begin
        flow.wait_accepted(20)
    others = f"{len(flow.accepted)} other messages flowed, {len(flow.refused) + len(flow.unknown)} suffered"
    return row(h, "rules apply (no-lottery) while mail flows", "proxy", OUTSIDE, sent,
               f"before: {before}; {took * 1000:.0f} ms after: {smtp_client.final(sent).code}; {others}")


@step
def release(h):
    entry = next(r for r in h.gate.ctl("quarantine", "list", check=True).rows if r.get("rule") == "executable-attachment")
    done = h.gate.ctl("quarantine", "release", entry["id"], check=True)
    got = h.sinks["one.example"].wait_for(1, 15, lambda r: r.mail_from == "eve@outside.example" and b"setup.exe" in r.data)[0]
    again = h.gate.ctl("quarantine", "release", entry["id"]).exit
    assert done.exit == 0 and got
    return ("setup.exe, released by milter-ctl", "release", "127.0.0.1",
            f"delivered to one [{h.sinks['one.example'].address}]; a second release: {'refused' if again else 'TAKEN'}",
            entry["rule"], entry["code"])
