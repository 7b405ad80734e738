#!/usr/bin/python3
"""DMARC aggregate reports: mail of yesterday through Postfix, reports of it today; read back where they arrive, unpacked and compared."""
import datetime
import email
import email.policy
import gzip
import os
import shutil
import sys
import threading
import time
import xml.etree.ElementTree as ET
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import dkim
import gate
import mail
import sink
import smtp_client
import wait
from cases import case, equal
from sender_house import SENDER, STRANGER, SenderHouse, letter, txt

DAY = 86400
SHIFT = os.path.join(gate.BUILD, "t", "shift_clock.so")
RULES = """list relay_networks ip { 10.0.0.0/8 }
[filter]
rule late when subject = "later" then defer "4.7.1 later"
rule rejected when dmarc = fail and dmarc.policy = reject then reject "5.7.1 DMARC"
rule kept when dmarc = fail and dmarc.policy = quarantine then quarantine
rule bad-word when subject = "virus" then reject "5.7.1 no"
"""
DOMAINS = {
    "own.example": "v=DMARC1; p=reject; sp=quarantine; rua=mailto:dmarc@own.example; fo=1",
    "child.own.example": None,
    "strict.example": "v=DMARC1; p=quarantine; adkim=s; aspf=s; pct=0; rua=mailto:a@collector.test!10m,mailto:b@collector.test",
    "victimizer.example": "v=DMARC1; p=none; rua=mailto:victim@victim.test, https://victim.test/x",
    "silent.example": "v=DMARC1; p=none",
    "tiny.example": "v=DMARC1; p=none; rua=mailto:x@tiny.example!5",
    "moved.example": "v=DMARC1; p=none; rua=mailto:old@mover.test",
    "hung.example": "v=DMARC1; p=none; rua=mailto:d@hung.example", "reporter.example": "v=DMARC1; p=none",
    "plain.example": None, "list.example": None,
}
RECORDS = [txt("strict.example._report._dmarc.collector.test", "v=DMARC1"),
           txt("moved.example._report._dmarc.mover.test", "v=DMARC1; rua=mailto:new@mover.test,mailto:stranger@victim.test")]
TO_SEND = ["moved.example", "own.example", "strict.example"]


class Reporter(SenderHouse):
    rules = RULES

    def __init__(self):
        super().__init__(DOMAINS, RECORDS, {"dmarc_reports": "yes", "dmarc_report_from": "dmarc@reporter.example",
                                            "arc_trusted_sealers": "list.example"})
        self.killed = threading.Event()

    def start(self):
        wait.room(100, DAY)  # what is yesterday now must be so at the end
        shutil.copy(SHIFT, self.gate.bin)
        self.at(-DAY)
        return super().start()

    def at(self, offset):
        """The milter lives in another time from its next start on."""
        asan = os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
        self.gate.milter.env = {"LD_PRELOAD": os.path.join(self.gate.bin, "shift_clock.so"), "CLOCK_SHIFT": str(offset),
                                "ASAN_OPTIONS": asan} if offset else {}

    def to_postfix(self, listener):
        self.gate.settings["release_listener"] = listener
        self.gate.write_config()
        self.gate.milter.restart()

    def give(self, author, sender, client=STRANGER, subject="Hello", signed=None, sealed=False):
        """A message through the proxy listener; the reply's code."""
        message = letter(author, subject=subject)
        with mock.patch("dkim.time.time", return_value=time.time() - DAY - 60):  # the gate's clock is a day late
            if sealed:
                message = self.seal(message, "list.example", f"dmarc=pass header.from={author.split('@')[1]}")
            if signed:
                message = self.sign(message, signed)
        with smtp_client.Smtp("127.0.0.1", self.postfix.port["proxy"], helo="client.example") as c:
            c.xclient(client)
            return smtp_client.final(c.send(sender, ["bob@one.example"], message)).code

    def reports(self, *words):
        return self.gate.ctl("report", "dmarc", *words)

    def arrived(self):
        """What was sent to everybody else."""
        return {m.rcpt_to[0]: m for m in self.foreign.messages}


def day_of(offset=-DAY):
    return datetime.datetime.fromtimestamp(time.time() + offset, datetime.timezone.utc).strftime("%Y-%m-%d")


def states(done):
    return {row["domain"]: row["state"] for row in done.rows}


def unpacked(data):
    """(message, file name, root of the XML)."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    part = [p for p in message.walk() if p.get_content_type() == "application/gzip"]
    equal(len(part), 1)
    return message, part[0].get_filename(), ET.fromstring(gzip.decompress(part[0].get_content()))


# Appendix C of RFC 7489: element -> its children in their order, ? may be missing, * any number.
SCHEMA = {
    "feedback": "version report_metadata policy_published record*",
    "report_metadata": "org_name email extra_contact_info? report_id date_range error*",
    "date_range": "begin end",
    "policy_published": "domain adkim aspf p sp pct fo",
    "record": "row identifiers auth_results",
    "row": "source_ip count policy_evaluated",
    "policy_evaluated": "disposition dkim spf reason*",
    "reason": "type comment?",
    "identifiers": "envelope_to? envelope_from header_from",
    "auth_results": "dkim* spf*",
}
WORDS = {
    "adkim": "r s", "aspf": "r s", "p": "none quarantine reject", "sp": "none quarantine reject", "disposition": "none quarantine reject",
    "type": "forwarded sampled_out trusted_forwarder mailing_list local_policy other", "scope": "helo mfrom",
}
RESULTS = {"spf": "none neutral pass fail softfail temperror permerror", "dkim": "none pass fail policy neutral temperror permerror"}


def check_schema(element, parent=""):
    shape = {"dkim": "domain selector? result human_result?", "spf": "domain scope result"}.get(element.tag) if parent == "auth_results" \
        else SCHEMA.get(element.tag)
    if shape is None:
        equal(len(element), 0, f"{element.tag} has children")
        text = element.text or ""
        wanted = RESULTS[parent] if element.tag == "result" else "pass fail" if parent == "policy_evaluated" and element.tag in RESULTS \
            else WORDS.get(element.tag)
        assert wanted is None or text in wanted.split(), f"{parent}/{element.tag}: {text!r}"
        return
    left = [child.tag for child in element]
    for word in shape.split():
        name, sign = word.rstrip("?*"), word[-1]
        there = 0
        while left[:1] == [name]:
            left.pop(0)
            there += 1
        assert there == 1 or sign == "*" or (sign == "?" and there == 0), f"{element.tag}: {there} of {name}"
    equal(left, [], element.tag)
    for child in element:
        check_schema(child, element.tag)


def rows_of(root):
    """[(ip, count, disposition, dkim, spf, reason, header_from, envelope_from, signatures, SPF)], sorted."""
    found = []
    for r in root.findall("record"):
        text = lambda path: r.findtext(path) or ""
        done = "row/policy_evaluated/"
        found.append((text("row/source_ip"), int(text("row/count")), text(done + "disposition"), text(done + "dkim"), text(done + "spf"),
                      text(done + "reason/type"), text("identifiers/header_from"), text("identifiers/envelope_from"),
                      " ".join(f"{s.findtext('result')}:{s.findtext('domain')}:{s.findtext('selector')}" for s in r.findall("auth_results/dkim")),
                      ":".join(text("auth_results/spf/" + w) for w in ("result", "domain", "scope"))))
    return sorted(found)


@case("what came yesterday, one message each way it may go")
def _(h):
    h.day = day_of()
    own = ("a@own.example", "x@own.example")
    equal([h.give(*own, SENDER), h.give(*own, SENDER), h.give(*own, SENDER, subject="virus")], [250, 250, 550])
    equal(h.give(*own, SENDER, subject="later"), 451)
    equal(h.give("a@own.example", "x@plain.example"), 550)
    equal(h.give("a@own.example", "", signed="own.example"), 250)
    equal(h.give("a@child.own.example", "x@plain.example"), 250)
    equal(h.give("a@own.example", "x@plain.example", sealed=True), 250)
    equal(h.give("a@strict.example", "x@plain.example", signed="strict.example"), 250)
    equal(h.give("a@strict.example", "x@plain.example"), 250)
    for domain in ("victimizer", "silent", "tiny", "moved", "hung", "plain"):
        equal(h.give(f"a@{domain}.example", f"x@{domain}.example", SENDER), 250, domain)
    ours = letter("ann@own.example")
    h.staging("ann@own.example", "bob@one.example", ours)
    h.sinks["one.example"].wait_id(mail.id_of(ours))


@case("a day that is not over can be shown, and not sent")
def _(h):
    shown = h.reports("--day", h.day)
    equal(shown.exit, 0, shown.errors)
    equal(states(shown)["own.example"], "would be sent")
    done = h.reports("--day", h.day, "--send")
    equal(done.exit, 3)
    assert "is not over yet" in done.errors, done.errors


@case("shown are all domains with a policy, and where their reports would go")
def _(h):
    h.gate.milter.stop()
    h.at(0)
    h.gate.milter.start()
    h.gate.milter.log.wait("snapshot: .* in force", 5)
    done = h.reports("--day", h.day)
    equal(done.exit, 0, done.errors)
    rows = {row["domain"]: row for row in done.rows}
    equal(states(done), {"own.example": "would be sent", "strict.example": "would be sent", "moved.example": "would be sent",
                         "victimizer.example": "no address", "silent.example": "not asked for", "tiny.example": "would be sent",
                         "hung.example": "would be sent"})
    own = rows["own.example"]
    equal((own["messages"], own["pass"], own["fail"], own["policy"], own["to"], sorted(own["from"])),
          (7, 5, 2, "reject", ["dmarc@own.example"], ["child.own.example", "own.example"]))
    equal(rows["strict.example"]["to"], ["a@collector.test", "b@collector.test"])
    equal(rows["moved.example"]["to"], ["new@mover.test"])
    assert "victim@victim.test did not agree" in rows["victimizer.example"]["why"], rows["victimizer.example"]
    equal(states(h.reports("--day", h.day, "--domain", "Child.Own.Example")), {"own.example": "would be sent"})
    text = h.gate.ctl("report", "dmarc", "--day", h.day, as_json=False).text
    assert "strict.example" in text and "a@collector.test, b@collector.test" in text, text
    equal(sorted(h.arrived()), [])


@case("bad days and domains are told what would be right")
def _(h):
    for words, code, why in ((("--day", "yesterday"), 2, "2026-11-22"), (("--day", "1999-01-01"), 3, "decisions_days"),
                             (("--day", "2999-01-01"), 3, "yet to come"), (("--domain", "a..b"), 2, "domain")):
        done = h.reports(*words)
        equal(done.exit, code, done.errors)
        assert why in done.errors, done.errors


@case("a Postfix that is away leaves a report for the next run; killed behind the final dot, it is never sent again")
def _(h):
    away, listener = sink.Sink("127.0.0.31", name="away"), h.gate.settings["release_listener"]
    h.to_postfix("inet:" + away.route)
    done = h.reports("--day", h.day, "--send", "--domain", "own.example")
    equal((done.exit, states(done)), (5, {"own.example": "failed"}))
    assert "cannot connect" in done.rows[0]["why"], done.rows
    here = threading.Event()
    away.on_message = lambda m: here.set() or h.killed.wait(wait.scaled(20))
    with away:
        asking = threading.Thread(target=h.reports, args=("--day", h.day, "--send", "--domain", "hung.example"))
        asking.start()
        assert here.wait(wait.scaled(20)), "the report did not come"
        h.gate.milter.kill()
        h.killed.set()
        asking.join()
    h.to_postfix(listener)
    equal(states(h.reports("--day", h.day, "--domain", "hung.example")), {"hung.example": "unknown"})


@case("each report is sent once, from nobody, signed, with our trace; a refused one tries again")
def _(h):
    h.gate.ctl("domain", "sign", "reporter.example", "--selector", "r1", "--now", check=True)
    key = h.gate.ctl("domain", "keys", "--records", check=True).rows[0]
    done = h.reports("--day", h.day, "--send")
    equal(done.exit, 0, done.errors)
    equal(states(done), {"own.example": "sent", "strict.example": "sent", "moved.example": "sent", "victimizer.example": "no address",
                         "silent.example": "not asked for", "tiny.example": "too large", "hung.example": "unknown"})
    h.foreign.wait_for(3)
    again = h.reports("--day", h.day, "--send")
    equal({d: s for d, s in states(again).items() if d in TO_SEND}, {d: "sent before" for d in TO_SEND})
    h.gate.milter.restart()
    again = h.reports("--day", h.day, "--send")
    equal({d: s for d, s in states(again).items() if d in TO_SEND}, {d: "sent before" for d in TO_SEND})
    equal(sorted(to for m in h.foreign.messages for to in m.rcpt_to),
          ["a@collector.test", "b@collector.test", "dmarc@own.example", "new@mover.test"])
    for m in h.foreign.messages:
        equal(m.mail_from, "")
        head = m.data.split(b"\r\n\r\n")[0]
        assert b"\r\nX-Postgate-Trace:" in b"\r\n" + head and b"X-Postgate-Release" not in head, head
        equal(dkim.DKIM(m.data).verify(dnsfunc=lambda name, timeout=5: key["record"].encode()), True)


@case("a report is what RFC 7489 says, and what came")
def _(h):
    h.report = h.arrived()["dmarc@own.example"].data
    message, name, root = unpacked(h.report)
    begin = int(datetime.datetime.fromisoformat(h.day + "T00:00:00+00:00").timestamp())
    identity = f"{h.day.replace('-', '')}.own.example.gate1@reporter.example"
    equal(name, f"reporter.example!own.example!{begin}!{begin + DAY - 1}!gate1.xml.gz")
    equal(message["Subject"], f"Report Domain: own.example Submitter: reporter.example Report-ID: <{identity}>")
    equal((message["From"], message["To"], message["Auto-Submitted"]), ("dmarc@reporter.example", "dmarc@own.example", "auto-generated"))
    assert message["Message-ID"] and abs(message["Date"].datetime.timestamp() - time.time()) < 3600, message["Date"]
    check_schema(root)
    text = root.findtext
    equal([text("report_metadata/" + w) for w in ("org_name", "email", "report_id", "date_range/begin", "date_range/end", "error")],
          ["reporter.example", "dmarc@reporter.example", identity, str(begin), str(begin + DAY - 1), None])
    equal([text("policy_published/" + w) for w in ("domain", "adkim", "aspf", "p", "sp", "pct", "fo")],
          ["own.example", "r", "r", "reject", "quarantine", "100", "1"])
    ours, other = "pass:own.example:mfrom", "fail:plain.example:mfrom"
    equal(rows_of(root), sorted([
        (SENDER, 2, "none", "fail", "pass", "", "own.example", "own.example", "", ours),
        (SENDER, 1, "reject", "fail", "pass", "local_policy", "own.example", "own.example", "", ours),
        (STRANGER, 1, "reject", "fail", "fail", "", "own.example", "plain.example", "", other),
        (STRANGER, 1, "none", "pass", "fail", "", "own.example", "", "pass:own.example:s1", "none:client.example:helo"),
        (STRANGER, 1, "quarantine", "fail", "fail", "", "child.own.example", "plain.example", "", other),
        (STRANGER, 1, "none", "fail", "fail", "trusted_forwarder", "own.example", "plain.example", "", other)]))


@case("mail that pct= leaves out says so; one report goes to all addresses")
def _(h):
    got = [m for m in h.foreign.messages if "a@collector.test" in m.rcpt_to or "b@collector.test" in m.rcpt_to]
    message, _, root = unpacked(got[0].data)
    check_schema(root)
    equal(message["To"], "a@collector.test, b@collector.test")
    equal([r[1:6] for r in rows_of(root)], [(1, "none", "fail", "fail", "sampled_out"), (1, "none", "pass", "fail", "")])


@case("a bounce of a report, and a mail that answers it, make no mail")
def _(h):
    h.foreign.clear()
    h.foreign.reject_rcpt["x@tiny.example"] = "550 5.1.1 nobody"
    h.names.write(".", h.names.zones["."].replace("!5", ""))
    h.gate.milter.restart()  # forgets what DNS said
    equal(states(h.reports("--day", h.day, "--send", "--domain", "tiny.example")), {"tiny.example": "sent"})
    wait.until(lambda: h.foreign.refused > 0, 15, "the report to be refused")
    wait.until(lambda: not h.postfix.command("postqueue", "-j").stdout.strip(), 15, "the queue to be empty")
    h.foreign.reject_rcpt.clear()
    equal(sorted(h.arrived()), [])
    report = mail.clean(sender="MAILER-DAEMON@far.example", to="dmarc@one.example", subject="Undelivered")
    h.proxy("", "dmarc@one.example", report)
    h.sinks["one.example"].wait_id(mail.id_of(report))
    wait.until(lambda: not h.postfix.command("postqueue", "-j").stdout.strip(), 15, "the queue to be empty")
    equal(sorted(h.arrived()), [])


@case("our own reports are in no report, and who did not say yes sends none")
def _(h):
    new = letter("a@reporter.example")
    for message in (h.report, new):  # the first bears our mark
        h.proxy("", "bob@one.example", message)
        h.sinks["one.example"].wait_id(mail.id_of(message))
    today = h.reports("--day", day_of(0))
    equal((today.exit, [(row["domain"], row["messages"]) for row in today.rows]), (0, [("reporter.example", 1)]), today.errors)
    h.gate.settings.update(dmarc_reports="no")
    h.gate.write_config()
    h.gate.milter.restart()
    done = h.reports("--day", h.day, "--send")
    equal(done.exit, 3)
    assert "dmarc_reports = yes" in done.errors, done.errors
    equal(h.reports("--day", h.day).exit, 0)
    equal(sorted(h.arrived()), [])


if __name__ == "__main__":
    cases.main(Reporter)
