#!/usr/bin/python3
"""kill -9 in the middle of what must be durable: acknowledged changes, quarantined messages, releases."""
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import wait
from cases import case, code, equal
from house import House
from load import Load

CODE = re.compile(r"\[([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\]")


@case("a list item that was acknowledged survives kill -9 of policyd, and is published")
def _(h):
    taken = []
    for i in range(8):
        if h.gate.ctl("list", "add", "program_senders", f"203.0.113.{i}").exit == 0:
            taken.append(f"203.0.113.{i}")
        h.gate.policyd.kill()
        h.gate.policyd.start()
    items = h.gate.ctl("list", "export", "program_senders", as_json=False, check=True).text.split()
    equal([i for i in taken if i not in items], [], "forgotten")
    assert len(taken) >= 7, taken

    def exempted():
        return h.proxy("dev@software.example", "bob@one.example", mail.attachment(), client=taken[-1]).end.code == 250
    wait.until(exempted, 10, "the last item to be in force in the milter")


@case("a revision that was acknowledged survives kill -9 of policyd")
def _(h):
    for n in range(3):
        h.gate.apply(h.gate_rules + f"\n# change {n}\n")
        h.gate.policyd.kill()
        h.gate.policyd.start()
        assert f"# change {n}" in h.gate.ctl("rules", "show", as_json=False, check=True).text


@case("kill -9 of policyd in the middle of changes: the milter never sees a half, and mail flows")
def _(h):
    stop = threading.Event()

    def change():
        i = 0
        while not stop.is_set():
            i += 1
            h.gate.ctl("list", "add", "program_senders", f"198.18.{i // 250}.{i % 250}")
    changer = threading.Thread(target=change)
    changer.start()
    try:
        with Load(h.postfix.port["proxy"], "bob@one.example", threads=1) as flow:
            for _ in range(6):
                time.sleep(random.uniform(0.02, 0.2))
                h.gate.policyd.kill()
                h.gate.policyd.start()
    finally:
        stop.set()
        changer.join()
    equal(h.gate.milter.log.count("(?i)(cannot|damaged|broken).*(snapshot|manifest|overlay|image)"), 0, "complaints of the milter")
    h.postfix.wait_queue_empty()
    equal(flow.account(h.sinks["one.example"]), ([], [], []), "lost, doubled, surprising")
    assert set(flow.answers) <= {250, 451}, flow.summary()


@case("what a client was told is kept: kill -9 of the milter while programs are refused")
def _(h):
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=3, make=mail.attachment) as flow:
        for _ in range(4):
            wait.until(lambda have=flow.answers[550]: flow.answers[550] >= have + 20, 20, "refusals")
            h.gate.milter.kill()
            h.gate.milter.start()
        wait.until(lambda have=flow.answers[550]: flow.answers[550] >= have + 20, 20, "refusals")
    told = [found[1] for text in flow.texts_of(550) if (found := CODE.search(text))]
    kept = [r["code"] for r in h.gate.ctl("quarantine", "list", "--limit", "5000", check=True).rows]
    equal([c for c in told if kept.count(c) != 1], [], f"not kept, or twice, of {len(told)}")
    h.postfix.wait_queue_empty()
    equal(flow.account(h.sinks["one.example"])[2], [], "delivered")


@case("kill -9 of the milter in the middle of releases: each is delivered at most once, and never lost")
def _(h):
    server = h.sinks["one.example"]
    for round_ in range(8):
        m = mail.attachment()
        refused = h.proxy("alice@outside.example", "bob@one.example", m).end
        decision = CODE.search(refused.text)[1]
        find = lambda: next(r for r in h.gate.ctl("quarantine", "list", "--limit", "5000", check=True).rows if r["code"] == decision)
        entry = find()["id"]
        asking = threading.Thread(target=lambda: h.gate.ctl("quarantine", "release", entry))
        asking.start()
        time.sleep(random.uniform(0, 0.04))
        h.gate.milter.kill()
        asking.join()
        h.gate.milter.start()
        h.postfix.wait_queue_empty()
        state, have = find()["state"], len(server.with_id(mail.id_of(m)))
        print(f"     round {round_}: {state}, delivered {have}")
        assert have <= 1, f"delivered {have} times"
        assert state in ("held", "released", "unknown"), state
        assert have == 0 if state == "held" else True, "held, yet delivered"
        assert have == 1 if state == "released" else True, "released, yet not delivered"
        if state == "held":
            h.gate.ctl("quarantine", "release", entry, check=True)
            server.wait_id(mail.id_of(m))
        h.gate.ctl("quarantine", "release", entry)
        h.postfix.wait_queue_empty()
        assert len(server.with_id(mail.id_of(m))) <= 1, "delivered twice"


if __name__ == "__main__":
    cases.main(House)
