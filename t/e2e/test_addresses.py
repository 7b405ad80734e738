#!/usr/bin/python3
"""However a client writes an address, the rules see whom Postfix means, and who may not get a message does not."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
from cases import case, code, equal
from house import House, rules_with

RULES = rules_with(filter_="""
rule not-bert
  when recipient = "bert@one.example"
  then quarantine "not for Bert"
rule not-from-eve
  when sender = "eve@outside.example"
  then reject "5.7.1 not from Eve"
""")
SPELLINGS = ("{}", "<{}>", "<{0[0]} @{0[1]}>", "< {} >", "<Somebody <{}>>", "<{} (c)>", "<{}>(c)", "<@x.example,@y.example:{}>",
             "<group:{};>", "<\"{0[0]}\"@{0[1]}>", "<{0[0]}@{0[1]}.>")


def spelt(address):
    parts = address.split("@")
    return [s.format(parts) if "[" in s else s.format(address) for s in SPELLINGS]


@case("a recipient whose mail is quarantined does not get it, however written")
def _(h):
    for given in spelt("bert@one.example"):
        m = mail.clean()
        with h.session("proxy", "192.0.2.7") as c:
            code(c.command("MAIL FROM:<alice@outside.example>"), 250)
            reply = c.command(f"RCPT TO:{given}")
            code(c.command("RCPT TO:<anna@one.example>"), 250)
            code(c.command("DATA"), 354)
            c.write(m + b".\r\n")
            code(c.reply(), 250)
        got = h.sinks["one.example"].wait_id(mail.id_of(m))
        equal(got.rcpt_to, ["anna@one.example"], given)
        equal(len(h.sinks["one.example"].with_id(mail.id_of(m))), 1, given)
        equal(reply.code in (250, 501, 554), True, f"{given}: {reply}")


@case("a sender who is rejected is, however written")
def _(h):
    for given in spelt("eve@outside.example"):
        with h.session("proxy", "192.0.2.7") as c:
            if c.command(f"MAIL FROM:{given}").code != 250:
                continue
            code(c.command("RCPT TO:<anna@one.example>"), 250)
            code(c.command("DATA"), 354)
            c.write(mail.clean() + b".\r\n")
            code(c.reply(), 550, "5.7.1")


if __name__ == "__main__":
    cases.main(lambda: House(RULES))
