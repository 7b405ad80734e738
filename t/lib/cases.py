"""A test file is a list of cases: @case("what holds") def _(house): …; then cases.main(House)."""
import contextlib
import os
import signal
import sys
import time
import traceback

import procs

_cases = []


class Skipped(Exception):
    """Raised by a case that cannot run here; it must say why."""


def case(name):
    def add(function):
        _cases.append((name, function))
        return function
    return add


def _run(name, function, *args):
    begin = time.monotonic()
    try:
        function(*args)
        verdict, why = "PASS", ""
    except Skipped as s:
        verdict, why = "SKIP", f": {s}"
    except Exception as e:
        verdict, why = "FAIL", ": " + " | ".join(f"{type(e).__name__}: {e}".split("\n"))
        traceback.print_exc()
    sys.stderr.flush()
    print(f"{verdict} {_file()}: {name}{why} ({time.monotonic() - begin:.1f} s)", flush=True)
    return verdict != "FAIL"


def _file():
    return os.path.basename(sys.argv[0]).removesuffix(".py").removeprefix("test_")


def main(make=None):
    """Runs the cases against make() (a context manager, or nothing), one after another. Exits 1 if one failed."""
    procs.adopt_orphans()
    procs.end_on_signal()
    if os.environ.get("T_RUNNER"):
        procs.die_with_parent(signal.SIGTERM)
    only = sys.argv[1:]
    chosen = [(n, f) for n, f in _cases if not only or any(o in n for o in only)]
    ok = True
    try:
        with (make() if make else contextlib.nullcontext()) as house:
            for name, function in chosen:
                revive = getattr(house, "revive", None)
                ok &= _run("the house stands again", revive) if revive and house.is_down() else True
                ok &= _run(name, function, *([house] if make else []))
        for words in getattr(getattr(house, "gate", house), "last_words", []):
            print(f"FAIL {_file()}: a daemon complained: {words}", flush=True)
            ok = False
    except Exception as e:
        traceback.print_exc()
        print(f"FAIL {_file()}: the house stands: {type(e).__name__}: {e}".replace("\n", " | "), flush=True)
        ok = False
    finally:
        procs.end_all()
    sys.exit(0 if ok else 1)


def equal(got, want, what=""):
    assert got == want, f"{what + ': ' if what else ''}got {got!r}, want {want!r}"


def code(sent, want, text=""):
    """The reply that settled a transaction has this code (an int, or a digit for its class) and contains `text`."""
    import smtp_client
    reply = sent if isinstance(sent, smtp_client.Reply) else smtp_client.final(sent)
    fits = reply.code == want if want > 9 else reply.code // 100 == want
    assert fits and text in reply.text, f"got {reply.code} {reply.text!r}, want {want} … {text!r}"
    return reply
