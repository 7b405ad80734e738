#!/usr/bin/python3
"""Statistics of one machine: every message counted once, over restarts and kill -9; the report in all its forms."""
import csv
import io
import os
import sys
import time
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import wait
from cases import case, code, equal
from house import House, rules_with
from load import Load

LOTTERY = 'rule no-lottery\n  when subject contains "lottery"\n  then reject "5.7.1 No lotteries"\n'
NOBODY = 'rule nobody\n  when recipient = "nobody@one.example"\n  then reject "5.1.1 Nobody"\n'
WRITTEN = 8  # seconds until what was counted lies in policyd.db: it is written each 3 s, and the disk may be busy


def make():
    return House(rules=rules_with(policy=NOBODY, filter_=LOTTERY))


def report(h, *words):
    return h.gate.ctl("report", *words, check=True).rows


def total(h, *words):
    return report(h, *words)[-1]


def by(h, what, *words):
    return {row["key"]: row for row in report(h, "--by", what, *words)}


def settled(h, messages):
    """Notices travel by themselves: until so many are counted, and no more come."""
    wait.until(lambda: total(h)["messages"] >= messages, 10, f"{messages} messages to be counted")
    equal(total(h)["messages"], messages)


@case("messages, refusals, rules, domains and senders are counted exactly")
def _(h):
    equal(total(h)["messages"], 0)
    for i in range(7):
        code(h.proxy(f"a{i % 2}@outside.example", ["bob@one.example", "eve@two.example"], mail.clean()), 250)
    for i in range(3):
        code(h.proxy("x@lottery.example", "bob@one.example", mail.clean(subject="A lottery"), client="198.51.100.77"), 5)
    h.proxy("a0@outside.example", "nobody@one.example", mail.clean())
    settled(h, 10)
    row = total(h)
    equal({k: row[k] for k in ("delivered", "stopped", "refused", "recipients")},
          {"delivered": 7, "stopped": 3, "refused": 1, "recipients": 17})
    assert row["requests"] >= 18 and row["bytes"] > 2000 and row["p50_ms"] > 0 and row["policy_p99_ms"] > 0, row
    equal(by(h, "verdict")["reject"]["messages"], 3)
    equal(by(h, "rule")["no-lottery"]["stopped"], 3)
    equal(by(h, "rule")["nobody"]["refused"], 1)
    equal(by(h, "reason")["no-lottery"]["messages"], 3)
    domains = by(h, "domain")
    equal((domains["one.example"]["messages"], domains["two.example"]["messages"], domains["one.example"]["refused"]), (10, 7, 1))
    senders = by(h, "sender")
    equal((senders["a0@outside.example"]["messages"], senders["a1@outside.example"]["messages"]), (4, 3))
    equal(by(h, "sender-domain")["lottery.example"]["stopped"], 3)
    clients = by(h, "client")
    equal((clients["192.0.2.0/24"]["messages"], clients["198.51.100.0/24"]["messages"]), (7, 3))
    equal(by(h, "path")["proxy"]["messages"], 10)
    equal(by(h, "node")["gate1"]["messages"], 10)


@case("a restart, and kill -9 after a few seconds, lose nothing; what comes while policyd is down is counted later")
def _(h):
    before = total(h)["messages"]
    h.gate.policyd.restart()
    equal(total(h)["messages"], before)
    code(h.proxy("a@outside.example", "bob@one.example", mail.clean()), 250)
    settled(h, before + 1)
    time.sleep(WRITTEN)  # what kill -9 may lose
    h.gate.policyd.kill()
    h.gate.policyd.start()
    settled(h, before + 1)
    with h.session("proxy", client="192.0.2.7") as s:  # a recipient taken while policyd is there, the end when it is not
        s.mail("a@outside.example")
        s.rcpt("bob@one.example")
        h.gate.policyd.kill()
        equal(s.data(mail.clean())[1].code, 250)
    h.gate.policyd.start()
    settled(h, before + 2)


@case("a burst, with policyd restarted in the middle of it, is counted exactly")
def _(h):
    before = total(h)["messages"]
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=8) as flow:
        flow.wait_accepted(150)
        h.gate.policyd.restart()
        flow.wait_accepted(150)
    settled(h, before + len(flow.accepted))


@case("CSV, a table, JSON and a picture say the same")
def _(h):
    want = total(h)
    text = h.gate.ctl("report", "--by", "rule", "--csv", as_json=False, check=True).text
    rows = list(csv.DictReader(io.StringIO(text)))
    equal(rows[-1]["key"], "total")
    equal(int(rows[-1]["messages"]), want["messages"])
    table = h.gate.ctl("report", "--since", "2h", as_json=False, check=True).text.splitlines()
    assert table[0].split()[:3] == ["MESSAGES", "DELIVERED", "STOPPED"], table[0]
    equal(table[-1].split()[:2], ["total", str(want["messages"])])
    svg = os.path.join(h.gate.root, "report.svg")
    for words in (["--since", "1d"], ["--by", "sender"], ["--by", "time", "--since", "30d"]):
        h.gate.ctl("report", *words, "--svg", svg, check=True)
        tree = xml.parse(svg).getroot()
        assert tree.tag.endswith("svg") and len(list(tree.iter())) > 20, words


@case("days and hours: empty ones are there, too; limits and wrong words")
def _(h):
    equal(len(report(h, "--since", "6h")), 8)  # the hours at both ends, and the total
    days = report(h, "--since", "10d")
    equal(len(days), 12)
    equal(sum(d["messages"] for d in days[:-1]), days[-1]["messages"])
    rows = report(h, "--by", "sender", "--limit", "1")
    equal([r["key"] for r in rows[1:]], ["other", "total"])
    equal(h.gate.ctl("report", "--by", "moon").exit, 2)
    equal(h.gate.ctl("report", "--node", "elsewhere").exit, 3)
    equal(h.gate.ctl("report", "--since", "1h", "--until", "2h").exit, 3)


cases.main(make)
