#!/usr/bin/python3
"""Countries and networks of clients: rules of both programs, replaced and broken files while mail flows, reports by country."""
import datetime
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import load
import mail
import mmdb
import smtp_client
import wait
from cases import case, equal
from house import House

RULES = """
list relay_networks ip
[policy]
rule relay-by-ip when path = staging and client.ip in $relay_networks then permit relay
rule policy-country (unknown passes)
  when sender.domain = "policy.example" and client.country = "BE"
  then reject "5.7.1 Not from {client.country}"
[filter]
rule filter-unknown when sender.domain = "cautious.example" and client.country unknown then defer "4.7.1 Where are you?"
rule filter-network (unknown passes)
  when sender.domain = "filter.example" and client.asn = 64496
  then reject "5.7.1 Not from {client.as_name}"
"""
COUNTRIES = {"192.0.2.0/24": {"country": {"iso_code": "NL"}}, "198.51.100.0/24": {"country_code": "BE"},
             "203.0.113.0/24": {"registered_country": {"iso_code": "DE"}}, "10.0.0.0/8": {"country_code": "ZA"}}
NETWORKS = {"192.0.2.0/24": {"autonomous_system_number": 64496, "autonomous_system_organization": "Example\r\nX: y"},
            "198.51.100.0/24": {"asn": "AS64497", "as_name": "Flat Net"}}
NOTICED = 15  # seconds, at most; about two are usual


class Worldly(House):
    def __init__(self):
        super().__init__(rules=RULES)
        self.country, self.asn = os.path.join(self.root, "country.mmdb"), os.path.join(self.root, "asn.mmdb")
        self.gate.settings.update(geoip_country=self.country, geoip_asn=self.asn)
        mmdb.write(self.country, COUNTRIES, built=1793491200)
        mmdb.write(self.asn, NETWORKS)


def send(h, sender, client, path="proxy"):
    return smtp_client.final(getattr(h, path)(sender, "bob@one.example", mail.clean(sender=sender), client))


def facts_of(h, client, path="proxy"):
    row = h.gate.ctl("policy", "test", "sender=a@x.example", "recipient=bob@one.example", f"client_address={client}",
                     f"policy_context={path}", check=True).rows[0]
    return [row["facts"][name] for name in ("client.country", "client.asn", "client.as_name")]


def problems(h):
    return {row["program"]: row["problems"].get("geoip_country", "") for row in h.gate.ctl("status").rows}


def until_country(h, client, country):
    """In both programs."""
    wait.until(lambda: facts_of(h, client)[0] == f'"{country}"', NOTICED, f"policyd to say {country}")
    h.gate.milter.log.wait(r"geoip_country: \S+ of \S+ is in use", NOTICED)


def daemons(h):
    return h.gate.policyd, h.gate.milter


@case("policyd knows the country, the milter the network")
def _(h):
    reply = send(h, "a@policy.example", "198.51.100.7")
    equal((reply.code, "Not from BE" in reply.text), (550, True))
    equal(send(h, "a@policy.example", "192.0.2.7").code, 250)
    reply = send(h, "a@filter.example", "192.0.2.7")
    equal((reply.code, "Not from Example??X: y" in reply.text), (550, True))
    equal(send(h, "a@filter.example", "198.51.100.7").code, 250)


@case("facts: both layouts, what no file holds, and what is not asked of our own")
def _(h):
    equal(facts_of(h, "192.0.2.7"), ['"NL"', "64496", '"Example??X: y"'])
    equal(facts_of(h, "198.51.100.7"), ['"BE"', "64497", '"Flat Net"'])
    equal(facts_of(h, "203.0.113.7"), ['"DE"', "absent", "absent"])
    equal(facts_of(h, "2001:db8::7"), ["absent"] * 3)
    equal(facts_of(h, "10.1.2.3", path="staging"), ["absent"] * 3)


@case("the report counts by country")
def _(h):
    count = lambda: {row["key"]: row["messages"] for row in h.gate.ctl("report", "--by", "country").rows}
    before = count()
    for client in ("203.0.113.7", "203.0.113.8", "192.0.2.9"):
        equal(send(h, "a@x.example", client).code, 250)
    more = lambda: {k: n - before.get(k, 0) for k, n in count().items() if n != before.get(k, 0)}
    wait.until(lambda: more().get("DE") == 2 and more().get("NL") == 1, 15, "the report to show DE and NL")


@case("a file that is replaced is noticed by both, while mail flows")
def _(h):
    for daemon in daemons(h):
        daemon.log.mark()
    with load.Load(h.postfix.port["proxy"], "bob@one.example", sender="a@cautious.example", client="192.0.2.7") as flow:
        flow.wait_accepted(20)
        for country in ("FR", "IT"):
            h.gate.milter.log.mark()
            mmdb.write(h.country, {**COUNTRIES, "192.0.2.0/24": {"country_code": country}})
            until_country(h, "192.0.2.7", country)
        flow.wait_accepted(20)
    equal(set(flow.answers), {250})
    mmdb.write(h.country, COUNTRIES, built=1793491200)
    until_country(h, "192.0.2.7", "NL")


@case("a broken file is said once, and the old one stays in use")
def _(h):
    for daemon in daemons(h):
        daemon.log.mark()
    with open(h.country, "r+b") as f:  # in place, as a bad updater does it
        f.truncate(100)
    wait.until(lambda: all(problems(h).values()), NOTICED, "both to say it")
    equal(facts_of(h, "192.0.2.7")[0], '"NL"')
    equal(send(h, "a@cautious.example", "192.0.2.7").code, 250)
    with open(h.country, "wb") as f:
        f.write(b"rubbish" * 1000)
    wait.until(lambda: "no MaxMind file" in problems(h)["milter"], NOTICED, "the milter to have looked")
    os.unlink(h.country)
    wait.until(lambda: all("No such file" in p for p in problems(h).values()), NOTICED, "both to miss it")
    equal(facts_of(h, "192.0.2.7")[0], '"NL"')
    for daemon in daemons(h):
        equal(daemon.log.count("geoip_country: .*what was read before stays in use"), 1)
    mmdb.write(h.country, {**COUNTRIES, "192.0.2.0/24": {"country_code": "LU"}}, built=1793491200)
    until_country(h, "192.0.2.7", "LU")
    wait.until(lambda: not any(problems(h).values()), NOTICED, "both to be well")
    mmdb.write(h.country, COUNTRIES, built=1793491200)
    wait.until(lambda: facts_of(h, "192.0.2.7")[0] == '"NL"', NOTICED, "NL")


@case("status shows the dates of the files")
def _(h):
    for row in h.gate.ctl("status").rows:
        equal(row["geoip_country"], "2026-11-01")
        equal(row["geoip_asn"], datetime.datetime.fromtimestamp(os.path.getmtime(h.asn), datetime.timezone.utc).date().isoformat())


@case("without a file that works the country is unknown, and the reason names the setting")
def _(h):
    before = dict(h.gate.settings)
    h.gate.settings.update(geoip_country=os.path.join(h.root, "missing.mmdb"), geoip_asn="")
    h.gate.stop()
    h.gate.start()
    equal(facts_of(h, "192.0.2.7"), ["unknown (geoip_country names a file that cannot be used)",
                                     "unknown (geoip_asn is not set)", "unknown (geoip_asn is not set)"])
    equal(send(h, "a@cautious.example", "192.0.2.7").code, 451)
    equal(send(h, "a@policy.example", "198.51.100.7").code, 250)
    for daemon in daemons(h):
        equal(daemon.log.count("geoip_country: .*missing.mmdb cannot be read: No such file.*nothing is known from it"), 1)
    mmdb.write(os.path.join(h.root, "missing.mmdb"), COUNTRIES)  # it comes later: no restart is needed
    wait.until(lambda: facts_of(h, "192.0.2.7")[0] == '"NL"', NOTICED, "the file to be found")
    h.gate.settings = before


if __name__ == "__main__":
    cases.main(Worldly)
