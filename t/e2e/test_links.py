#!/usr/bin/python3
"""Links as facts: any url (...) in rules, what replies and explain say of them, and nothing looked for where no rule asks."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import smtp_client
from cases import case, code, equal
from house import House

HEAD = """
list relay_networks ip
list bad_places domain
[policy]
rule relay-by-ip when path = staging and client.ip in $relay_networks then permit relay
[filter]
"""
ASKS = HEAD + """
rule known-host when any url (host = "www.evil.example") then reject "5.7.1 A link to {url.host}"
rule bad-place when any url (domain in $bad_places) then reject "5.7.1 A link to {url.domain}, shown as {url.text}"
rule numeric when any url (host known and domain absent) then reject "5.7.1 A link to the address {url.host}"
rule deceptive when any url (deceptive) then reject "5.7.1 A link deceives: it leads to {url.host}"
rule incomplete when any url (host unknown) then defer "4.7.1 Not all links could be seen"
"""
ASKS_NOT = HEAD + """
rule spam when subject = "win" then reject "5.7.1 No"
"""
CODE = r"\[([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\]"
CPU_MS = 100  # of a worker, for a newsletter of 100 KB; it takes a few


def links_house():
    return House(rules=ASKS, lists={"relay_networks": ["127.0.0.8/31"], "bad_places": ["sold.example", "other.example"]})


def send(h, text, kind="text/plain", sender="alice@outside.example"):
    message = mail.clean(text=text).replace(b"Content-Type: text/plain", f"Content-Type: {kind}".encode())
    return h.proxy(sender, "bob@one.example", message)


def refused(h, text, words, kind="text/html"):
    """The decision code."""
    reply = code(send(h, text, kind), 5, words)
    return re.search(CODE, reply.text)[1]


def facts_of(h, decision):
    return h.gate.ctl("explain", decision, check=True).rows[0]["facts"]


def delivered(h, text, **more):
    """The decision code of a message that is not refused."""
    message = mail.clean(text=text).replace(b"Content-Type: text/plain", b"Content-Type: text/html")
    code(h.proxy("alice@outside.example", "bob@one.example", message, **more), 2)
    rows = [r for r in h.gate.ctl("log", check=True).rows if r.get("message_id") == mail.id_of(message)]
    equal(len(rows), 1, f"decisions on {mail.id_of(message)}")
    return rows[0]["code"]


@case("a rule names the host of a link, and the reply says it")
def _(h):
    refused(h, "See http://www.evil.example/x for more.\n", "A link to www.evil.example", "text/plain")
    refused(h, '<a href="HTTP://WWW.EVIL.EXAMPLE">here</a>\n', "A link to www.evil.example")
    code(send(h, "See http://evil.example/www.evil.example\n"), 2)


@case("a list of domains holds what is below them; the reply shows what the reader sees")
def _(h):
    refused(h, '<p><a href="https://a.b.sold.example/">Your account</a>\n', "A link to sold.example, shown as Your account")
    code(send(h, '<a href="https://unsold.example/">x</a>\n', "text/html"), 2)


@case("a text in any character set is searched, in the sandbox")
def _(h):
    for charset in ("utf-7", "utf-16", "utf-32", "iso-2022-jp", "iso-2022-kr", "iso-2022-cn", "hz-gb-2312", "gb18030", "big5-hkscs", "euc-tw",
                    "shift_jis", "euc-kr", "windows-1251", "x-nobody-knows", "' koi8-r"):
        refused(h, "http://www.evil.example/\n", "www.evil.example", f'text/plain; charset="{charset}"; x')
        refused(h, '<a href="http://www.evil.example/">x</a>\n', "www.evil.example", f'text/html; charset="{charset}"; x')


@case("a text that names another place than its link is seen through, and an address")
def _(h):
    refused(h, '<a href="http://evil.example/">www.example.com</a>\n', "it leads to evil.example")
    refused(h, '<a href="http://0x7f.1/">x</a>\n', "the address 127.0.0.1")
    code(send(h, '<a href="http://login.bank.example/">https://www.bank.example/</a>\n', "text/html"), 2)


@case("explain shows the link that matched")
def _(h):
    decision = refused(h, '<a href="http://good.example/">a</a> <a href="http://cdn.sold.example/x">Pay now</a>\n', "sold.example")
    text = h.gate.ctl("explain", decision, as_json=False, check=True).text
    for word in ("bad-place", "cdn.sold.example", "Pay now"):
        assert word in text, f"{word} is not in:\n{text}"


@case("links are recorded with what was decided")
def _(h):
    found = facts_of(h, delivered(h, '<a href="http://a.good.example/">Go</a> <img src="//10.9.8.example/1">\n'))["url"]
    equal([(u["host"], u["domain"], u.get("text"), u["deceptive"]) for u in found],
          [('"a.good.example"', '"good.example"', '"Go"', "false"), ('"10.9.8.example"', '"8.example"', None, "false")])


@case("more links than are listed: the rule about unknown ones decides, unless one that is listed settles it")
def _(h):
    many = "".join(f"http://h{i}.many.example/\n" for i in range(2000))
    code(send(h, many), 4, "Not all links")
    code(send(h, "http://www.evil.example/\n" + many), 5, "www.evil.example")


@case("what cannot be looked into may hold links")
def _(h):
    code(send(h, "\n--b\nContent-Type: application/octet-stream\n\nx\n--b--\n",
              'multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b; x'), 4, "Not all links")


def ticks(h):
    """CPU time of the inspector's processes of this house, in seconds."""
    used = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline") as f:
                command = f.read()
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        if "postgate-inspect" in command and "content" in command and is_below(int(pid), h.gate.milter.process.pid):
            used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def is_below(pid, ancestor):
    while pid > 1 and pid != ancestor:
        try:
            with open(f"/proc/{pid}/stat") as f:
                pid = int(f.read().rpartition(")")[2].split()[1])
        except OSError:
            return False
    return pid == ancestor


@case("a newsletter of 100 KB with 200 links takes a worker no time to speak of")
def _(h):
    row = '<tr style="font-family:Arial,Helvetica"><td>' + "Lorem ipsum dolor sit amet, consetetur. " * 9
    page = "".join(f'{row}<a href="https://click.news.example/t/{i:04}/?u=https%3A%2F%2Fshop{i % 20}.example%2F">Read on</a></td></tr>\n'
                   for i in range(200))
    page = "<html><body><table>" + "\n".join(re.findall(".{1,900}(?=<|$| )|\n", page)) + "</table></body></html>\n"
    before, messages = ticks(h), 20
    for _i in range(messages):
        code(send(h, page, "text/html"), 2)
    took = 1000 * (ticks(h) - before) / messages
    print(f"note: {len(page)} bytes, {took:.1f} ms of a worker for each")
    assert took < CPU_MS, f"{took:.1f} ms"


@case("where no rule asks, no link is looked for and none is recorded")
def _(h):
    h.gate.apply(ASKS_NOT)
    assert "url" not in facts_of(h, delivered(h, '<a href="http://www.evil.example/">x</a>\n'))


if __name__ == "__main__":
    cases.main(links_house)
