#!/usr/bin/python3
"""An inspector that was taken over by a message harms that message only: it is deferred, the next one passes."""
import os
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import gate
import mail
from cases import Skipped, case, code, equal
from house import House

EVIL = os.path.join(gate.BUILD, "t", "evil", "postgate-inspect")  # does what the header X-Evil says
DEEDS = ("open", "socket", "exec", "mprotect", "ptrace", "kill-parent", "crash", "spin", "wrong-id", "half", "two", "pass-fd",
         "write-message")


class Evil(House):
    def start(self):
        self.is_evil = os.path.exists(EVIL)
        if self.is_evil:
            shutil.copy2(EVIL, self.gate.bin)
        return super().start()


def make():
    return Evil(settings={"inspect_timeout": "3s", "inspect_workers": "2"})


def attack(deed):
    def run(h):
        if not h.is_evil:
            raise Skipped("the evil inspector is not built (t/evil/postgate-inspect)")
        bad, good = mail.clean(headers=[("X-Evil", deed)]), mail.clean()
        code(h.proxy("eve@outside.example", "bob@one.example", bad), 4)
        code(h.proxy("alice@outside.example", "bob@one.example", good), 250)
        h.sinks["one.example"].wait_id(mail.id_of(good))
        equal(h.sinks["one.example"].with_id(mail.id_of(bad)), [], "delivered")
        assert h.gate.milter.is_running(), "the milter ended"
    return run


for _deed in DEEDS:
    case(f"an inspector that tries: {_deed}")(attack(_deed))


@case("a message that its inspector cannot judge is kept for study, and not without bound")
def _(h):
    if not h.is_evil:
        raise Skipped("the evil inspector is not built (t/evil/postgate-inspect)")
    kept = h.gate.ctl("quarantine", "list", check=True).rows
    assert kept, "nothing was kept for study"


if __name__ == "__main__":
    cases.main(make)
