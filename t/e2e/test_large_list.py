#!/usr/bin/python3
"""A list of a million networks: imported while mail flows; one more address is in force within a second."""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import policy_client
import wait
from cases import case, equal
from house import House
from load import Load

ITEMS = int(1_000_000 / wait.SLOWDOWN**2)  # fewer where sanitizers make everything slow
WITHIN = 1.0


def network(i):
    return f"{20 + (i >> 16)}.{(i >> 8) & 255}.{i & 255}.0/24"


def relays(h, client):
    with policy_client.Policy(h.gate.settings["policy_socket"]) as p:
        return p.ask(client_address=client, recipient="carl@foreign.example", policy_context="staging") == "OK"


@case(f"{ITEMS} networks are imported while mail flows")
def _(h):
    path = h.sub("networks")
    with open(path, "w") as f:
        f.writelines(network(i) + "\n" for i in range(ITEMS))
    begin = time.monotonic()
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=1, pause=0.02) as flow:
        h.gate.ctl("list", "import", "relay_networks", path, check=True, timeout=120)
        took = time.monotonic() - begin
        wait.until(lambda: relays(h, "20.0.0.9"), 20, "the list to be in force")
        flow.wait_accepted(10)
    print(f"     imported in {took:.1f} s, in force {time.monotonic() - begin - took:.2f} s later; {len(flow.accepted)} messages meanwhile")
    equal(dict(flow.answers), {250: len(flow.accepted)}, flow.summary())
    assert relays(h, network(ITEMS - 1).replace(".0/24", ".77")) and not relays(h, "19.255.255.255")


@case("one more address is in force within a second, and taken away as fast, without a pause")
def _(h):
    slowest = []  # of each change: one may meet a machine that is busy elsewhere, all three do not
    with policy_client.Policy(h.gate.settings["policy_socket"]) as p:
        def ask():
            begin = time.monotonic()
            answer = p.ask(client_address="203.0.113.9", recipient="carl@foreign.example", policy_context="staging")
            slowest[-1] = max(slowest[-1], time.monotonic() - begin)
            return answer == "OK"
        for word, want in (("add", True), ("remove", False), ("add", True)):
            slowest.append(0)
            begin = time.monotonic()
            h.gate.ctl("list", word, "relay_networks", "203.0.113.9", check=True)
            acked = time.monotonic()
            wait.until(lambda: ask() is want, WITHIN, f"list {word}", pause=0.005)
            print(f"     list {word}: acknowledged after {(acked - begin) * 1000:.0f} ms, in force {(time.monotonic() - acked) * 1000:.0f} ms later")
    assert min(slowest) < wait.scaled(0.2), "the slowest answers took " + ", ".join(f"{s * 1000:.0f} ms" for s in slowest)


@case("the daemons share the list: a restart is quick, and it is still in force")
def _(h):
    begin = time.monotonic()
    h.gate.policyd.restart()
    wait.until(lambda: relays(h, "20.0.0.9"), 5, "the list to be in force again")
    print(f"     {time.monotonic() - begin:.2f} s")


if __name__ == "__main__":
    cases.main(House)
