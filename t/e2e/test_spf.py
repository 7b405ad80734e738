#!/usr/bin/python3
"""SPF through the milter: every case of the public RFC 7208 suite, its zones on a name server of this test; large records, loops, odd names."""
import os
import re
import struct
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.CNAME
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.PTR
import dns.rdtypes.ANY.SOA
import dns.rdtypes.ANY.TXT
import dns.rdtypes.IN.A
import dns.rdtypes.IN.AAAA
import dns.rrset

import cases
import dns_server
import gate
import mail
import milter_client
import spf_suite
from cases import case, equal

RULES = """list relay_networks ip { 10.0.0.0/8 }
[filter]
rule told when message.size > 0 then reject "5.7.1 told {spf} {spf.domain} {spf.explanation}"
"""
IN = dns.rdataclass.IN
CNAMES_MAX = 10
CODE = re.compile(r"\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}\b")


def _name(raw):
    return dns.name.Name([label for label in raw.split(b".") if label] + [b""])


def _rdata(kind, data):
    if kind == "TXT":
        pieces = [data[i:i + 255] for i in range(0, len(data), 255)] or [b""]
        return dns.rdtypes.ANY.TXT.TXT(IN, dns.rdatatype.TXT, pieces)
    if kind == "MX":
        return dns.rdtypes.ANY.MX.MX(IN, dns.rdatatype.MX, data[0], _name(data[1]))
    if kind == "A":
        return dns.rdtypes.IN.A.A(IN, dns.rdatatype.A, data.decode())
    if kind == "AAAA":
        return dns.rdtypes.IN.AAAA.AAAA(IN, dns.rdatatype.AAAA, data.decode())
    of = {"PTR": dns.rdtypes.ANY.PTR.PTR, "CNAME": dns.rdtypes.ANY.CNAME.CNAME}[kind]
    return of(IN, dns.rdatatype.from_text(kind), _name(data))


class SuiteServer(dns_server.Server):
    """Serves one section of the suite at a time, with a time to live of nothing; what is not in it does not exist."""

    def serve(self, section):
        zone = {}
        for owner, kind, data in section.records:
            zone.setdefault(_name(owner.lower()), []).append(_rdata(kind, data))
        self.late = {_name(n.lower()) for n in section.timeouts}
        self.zone = zone

    def _rule(self, name, kind):
        return None

    def _take(self, wire, client):
        question = dns.message.from_wire(wire).question[0]
        if question.name.canonicalize() in self.late and not self._records(question.name.canonicalize(), question.rdtype):
            self._note(wire, "udp")
            return
        super()._take(wire, client)

    def _records(self, name, kind):
        return [r for r in self.zone.get(name, ()) if r.rdtype == kind]

    def _answer(self, reply, name, kind):
        """The records, behind any aliases."""
        for _ in range(CNAMES_MAX):
            found = self._records(name, kind)
            alias = [] if found else self._records(name, dns.rdatatype.CNAME)
            if found or alias:
                reply.answer.append(dns.rrset.from_rdata_list(name, 0, found or alias))
            if not alias:
                return found
            name = alias[0].target.canonicalize()
        return []

    def _reply(self, rule, wire, most):
        query = dns.message.from_wire(wire)
        reply = dns.message.make_response(query, recursion_available=True)
        name, kind = query.question[0].name.canonicalize(), query.question[0].rdtype
        if not self._answer(reply, name, kind) and not reply.answer:
            if name != dns.name.root and not any(n == name or n.is_subdomain(name) for n in self.zone):
                reply.set_rcode(dns.rcode.NXDOMAIN)
            soa = dns.rdtypes.ANY.SOA.SOA(IN, dns.rdatatype.SOA, _name(b"ns"), _name(b"root"), 1, 3600, 600, 86400, 0)
            reply.authority.append(dns.rrset.from_rdata(dns.name.root, 0, soa))
        try:
            return reply.to_wire(max_size=most)
        except dns.exception.TooBig:
            reply.answer, reply.flags = [], reply.flags | dns.flags.TC
            return reply.to_wire()


class SpfGate(gate.Gate):
    def __init__(self):
        self.dir = tempfile.TemporaryDirectory(prefix="pg-spf-", dir=os.environ.get("T_TMP", "/tmp"))
        os.chmod(self.dir.name, 0o755)
        self.names = SuiteServer()
        super().__init__(os.path.join(self.dir.name, "gate"), RULES,
                         settings={"resolver": self.names.resolver, "dnssec_anchor_file": "", "dns_timeout": "2s",
                                   "dns_never_ask": "", "node_name": "mx.receiver.example"})

    def __enter__(self):
        self.names.serve(spf_suite.Section("", [], [], []))
        self.names.start()
        self.start()
        return super().__enter__()

    def __exit__(self, *args):
        super().__exit__(*args)
        self.names.stop()
        self.dir.cleanup()


def sender_of(text):
    """As Postfix writes it in MAIL: a local part that is no dot-atom is quoted."""
    local, at, domain = text.rpartition("@")
    if not at or not local or re.fullmatch(r"[^\s()<>\[\]:;@\\,\"]+", local):
        return text
    return f'"{local}"@{domain}'


def facts_of(g, client, helo, sender):
    with milter_client.Milter(g.settings["milter_socket"]) as m:
        m.connect(client, daemon_name="postgate-proxy")
        m.helo(helo)
        m.mail(sender_of(sender))
        m.rcpt("bob@one.example")
        answer = m.message(mail.clean())
    code = CODE.search(answer.text)
    assert code, f"no decision for {sender}: {answer}"
    return g.ctl("explain", code[0], check=True).rows[0]["facts"]


def check(g, section, each):
    facts = facts_of(g, each.client, each.helo.decode("latin-1"), each.sender.decode("latin-1"))
    explanation = facts.get("spf.explanation", "absent")
    explanation = "" if explanation == "absent" else explanation.strip('"')
    wrong = []
    if facts["spf"] not in each.results:
        wrong.append(f"{facts['spf']}, not {' or '.join(each.results)}")
    if each.explanation is not spf_suite.NONE and explanation != each.explanation:
        wrong.append(f"explained as <{explanation}>, not <{each.explanation}>")
    return [f"{section.title}: {each.name}: {', '.join(wrong)}"] if wrong else []


@case("203 of 203 cases of the RFC 7208 suite, results and explanations")
def _(g):
    wrong, count = [], 0
    for section in spf_suite.sections():
        g.names.serve(section)
        for each in section.cases:
            wrong += check(g, section, each)
            count += 1
    equal(count, 203)
    equal(wrong, [])


def section_of(**txt):
    """Names below example.org with a TXT record each."""
    return spf_suite.Section("", [(f"{name}.example.org".encode(), "TXT", text.encode()) for name, text in txt.items()], [], [])


@case("a record of 300 networks, which comes by TCP, is read to its end")
def _(g):
    networks = " ".join(f"ip4:10.{i // 200}.{i % 200}.0/24" for i in range(300))
    g.names.serve(section_of(long=f"v=spf1 {networks} ip4:192.0.2.7 -all"))
    equal(facts_of(g, "192.0.2.7", "client.example", "alice@long.example.org")["spf"], "pass")
    equal(facts_of(g, "192.0.2.8", "client.example", "alice@long.example.org")["spf"], "fail")
    assert any(kind == dns.rdatatype.TXT and how == "tcp" for _, _, kind, how in g.names.asked), "it came by UDP"


@case("the sender that Postfix gives in MAIL decides, and for the null sender the name of HELO")
def _(g):
    g.names.serve(section_of(yes="v=spf1 ip4:192.0.2.7 -all", no="v=spf1 -all"))
    facts = facts_of(g, "192.0.2.7", "no.example.org", "alice@yes.example.org")
    equal((facts["spf"], facts["spf.domain"]), ("pass", '"yes.example.org"'))
    facts = facts_of(g, "192.0.2.7", "no.example.org", "")
    equal((facts["spf"], facts["spf.domain"]), ("fail", '"no.example.org"'))


def workers_lost(g):
    return next(row["sender_workers_lost"] for row in g.ctl("status").rows if "sender_workers_lost" in row)


@case("forty looping includes and names that nobody could ask cost an answer, not a worker")
def _(g):
    before = workers_lost(g)
    g.names.serve(section_of(loop="v=spf1 " + " ".join("include:%{l}.%{d}" for _ in range(40)), a="v=spf1 include:loop.example.org",
                             odd="v=spf1 a:%{l}%{l}%{l}%{l}.x..y.example.org exists:%{h}.%{h} mx:a%%b%_c.example.org -all"))
    equal(facts_of(g, "192.0.2.7", "client.example", "loop@loop.example.org")["spf"], "permerror")
    equal(facts_of(g, "192.0.2.7", "client.example", "x@a.example.org")["spf"], "permerror")
    equal(facts_of(g, "192.0.2.7", "\\[%{d}]..", "x" * 60 + "@odd.example.org")["spf"], "fail")
    equal(workers_lost(g), before)


if __name__ == "__main__":
    cases.main(SpfGate)
