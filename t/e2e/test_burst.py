#!/usr/bin/python3
"""libmilter's pool strands commands that come in a burst while its threads wait. Measured, so it runs alone."""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import wait
from cases import case, equal
from evil import EvilHouse, begin, send

BURST = 60


@case("60 messages that wait 3 s, sent in one burst, are all answered within 4 s")
def _(h):
    clients = [begin(h) for _ in range(BURST)]
    answers = [None] * BURST
    start = threading.Barrier(BURST + 1)

    def run(i):
        send(clients[i], "sleep=3")
        start.wait()
        begun = time.monotonic()
        action = clients[i].eom().action
        answers[i] = (action, time.monotonic() - begun)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(BURST)]
    for t in threads:
        t.start()
    start.wait()
    for t in threads:
        t.join()
    for c in clients:
        c.quit()
    equal({a for a, _ in answers}, {"accept"})
    slowest = max(t for _, t in answers)
    print(f"     slowest {slowest:.2f} s of {BURST}")
    assert slowest < wait.scaled(4), f"{slowest:.2f} s"


if __name__ == "__main__":
    cases.main(EvilHouse)
