#!/usr/bin/python3
"""Many connections at once, without Postfix in between."""
import contextlib
import os
import shutil
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import gate
import house
import mail
import milter_client
import policy_client
import ports
from cases import case, equal

CONNECTIONS = 500


@contextlib.contextmanager
def make():
    root = tempfile.mkdtemp(prefix="pg-")
    os.chmod(root, 0o755)
    tcp = f"inet:127.0.0.1:{ports.reserve()}"
    g = gate.Gate(os.path.join(root, "gate"), house.RULES, lists=house.LISTS, settings={"staging_listener": "127.0.0.1:26"})
    g.tcp, unix = tcp, g.settings["policy_socket"]
    g.settings["policy_socket"] = f"{unix}, {tcp}"
    g.unix = g.policyd.socket = unix
    try:
        with g:
            yield g.start()
    finally:
        if os.environ.get("T_KEEP"):
            house.save(root, os.environ["T_KEEP"])
        shutil.rmtree(root, ignore_errors=True)


@case(f"{CONNECTIONS} lasting policy connections, on the unix and the TCP socket")
def _(g):
    peers = [policy_client.Policy(g.unix if i % 2 else g.tcp) for i in range(CONNECTIONS)]
    for turn in range(3):
        for p in peers:
            p.send(client_address="10.0.0.1", recipient=f"u{turn}@foreign.example", policy_context="staging")
        equal({p.answer() for p in peers}, {"OK"}, f"turn {turn}")
    for p in peers[::2]:
        p.close()
    for p in peers[1::2]:
        equal(p.ask(client_address="10.0.0.1", recipient="u@foreign.example", policy_context="staging"), "OK")


@case("many threads that ask at once each get their own answer")
def _(g):
    wrong = []

    def ask(number):
        with policy_client.Policy(g.unix) as p:
            for i in range(50):
                ours = i % 2 == 0
                got = p.ask(client_address="10.0.0.1" if ours else "192.0.2.9", recipient=f"u{number}@foreign.example",
                            policy_context="staging")
                if (got == "OK") != ours:
                    wrong.append((number, i, got))
    threads = [threading.Thread(target=ask, args=(n,)) for n in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(wrong, [])


@case("connections that say nothing, or half a request, disturb nobody")
def _(g):
    silent = [ports.connect(g.unix) for _ in range(50)]
    for s in silent[::2]:
        s.sendall(b"request=smtpd_access_policy\nprotocol_state=RC")
    idle = [ports.connect(g.settings["milter_socket"]) for _ in range(50)]
    with policy_client.Policy(g.unix) as p, milter_client.Milter(g.settings["milter_socket"]) as m:
        equal(p.ask(client_address="10.0.0.1", recipient="u@foreign.example", policy_context="staging"), "OK")
        m.connect(daemon_name="postgate-proxy")
        m.mail("alice@outside.example")
        equal(m.rcpt("bob@one.example").action, "continue")
        equal(m.message(mail.clean()).action, "accept")
    for s in silent + idle:
        s.close()


if __name__ == "__main__":
    cases.main(make)
