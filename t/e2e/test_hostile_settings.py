#!/usr/bin/python3
"""Main.cf of a site that grew for years: what stands there neither opens the staging listener nor closes it to listed networks."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
from cases import case, code, equal
from house import House

SETTINGS = {
    "mynetworks": "0.0.0.0/0",  # everybody is a neighbour
    "smtpd_recipient_restrictions": "reject_unauth_destination",
    "smtpd_client_restrictions": "permit_mynetworks, reject",
    "smtpd_helo_restrictions": "reject_unknown_helo_hostname",
    "smtpd_sender_restrictions": "reject_unknown_sender_domain",
    "smtpd_relay_restrictions": "permit_mynetworks, permit",
    "parent_domain_matches_subdomains": "debug_peer_list,fast_flush_domains,mynetworks,relay_domains,smtpd_access_maps",
    "smtpd_milters": "inet:127.0.0.1:1",  # dead, and refuses nothing on our listeners
    "milter_default_action": "tempfail",
    "milter_macro_daemon_name": "postgate-release",
}


def make():
    return House(postfix_settings=SETTINGS)


@case("staging relays for a listed network")
def _(h):
    m = mail.clean(to="carl@foreign.example")
    code(h.staging("alice@one.example", "carl@foreign.example", m), 250)
    h.foreign.wait_id(mail.id_of(m))
    h.foreign.clear()


@case("staging does not relay for an unlisted one")
def _(h):
    for rcpt in ("carl@foreign.example", "carl%foreign.example@one.example", "carl@deep.sub.one.example"):
        code(h.staging("eve@outside.example", rcpt, mail.clean(), client="192.0.2.99"), 5)
    equal(h.foreign.messages, [])


@case("the proxy listener does not relay")
def _(h):
    code(h.proxy("eve@outside.example", "carl@foreign.example", mail.clean()), 5)


@case("a name below an accepted domain goes nowhere, even where Postfix takes it")
def _(h):
    sent = h.proxy("eve@outside.example", "carl@deep.one.example", mail.clean())
    h.postfix.wait_queue_empty(30)
    equal([m.rcpt_to for m in h.foreign.messages if "carl@deep.one.example" in m.rcpt_to], [], f"relayed after {sent}")


if __name__ == "__main__":
    cases.main(make)
