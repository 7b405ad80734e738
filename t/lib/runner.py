"""Runs test programs a few at a time, passes on their PASS/FAIL/SKIP lines, keeps the logs of those that fail, gives the totals."""
import collections
import os
import shutil
import signal
import time

import procs
import wait

AT_ONCE = 4       # on two cores: most of the time they wait for Postfix, Redis or a heartbeat
PER_FILE = 240    # seconds


class Running:
    def __init__(self, name, argv, keep):
        self.name, self.keep, self.begin = name, keep, time.monotonic()
        shutil.rmtree(keep, ignore_errors=True)
        os.makedirs(keep)
        self.output = os.path.join(keep, "output")
        env = {**os.environ, "T_RUNNER": "1", "T_KEEP": keep, "PYTHONDONTWRITEBYTECODE": "1"}
        self.process = procs.start(argv, log=self.output, env=env)
        self.late = False

    def is_done(self):
        if self.process.poll() is not None:
            return True
        if time.monotonic() - self.begin > wait.scaled(PER_FILE):
            self.late = True
            procs.stop(self.process, timeout=20)
            return True
        return False

    def report(self, total):
        """Prints its lines, adds them to `total`; the logs stay only when something failed."""
        with open(self.output, errors="replace") as f:
            lines = f.read().splitlines()
        verdicts = [line for line in lines if line.split(" ")[0] in ("PASS", "FAIL", "SKIP")]
        failed = any(line.startswith("FAIL") for line in verdicts)
        if self.late or (self.process.returncode != 0 and not failed) or not verdicts:
            why = f"not done after {wait.scaled(PER_FILE):g} s" if self.late else f"ended with status {self.process.returncode}"
            verdicts.append(f"FAIL {self.name}: {why}; its last words: {' | '.join(lines[-3:])}")
            failed = True
        for line in verdicts:
            print(line, flush=True)
            total[line.split(" ")[0]] += 1
        print(f"TIME {self.name}: {time.monotonic() - self.begin:.0f} s", flush=True)
        if failed:
            print(f"     see {self.keep}/", flush=True)
        else:
            shutil.rmtree(self.keep, ignore_errors=True)


def run(jobs, keep_dir, at_once=AT_ONCE):
    """Runs jobs (name -> argv) in their order; returns a Counter of PASS, FAIL, SKIP. Whatever they left running is ended."""
    procs.adopt_orphans()
    procs.end_on_signal()
    procs.die_with_parent(signal.SIGTERM)  # make was stopped: end, with all that was started
    total, waiting, running = collections.Counter(), list(jobs.items()), []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                name, argv = waiting.pop(0)
                running.append(Running(name, argv, os.path.join(keep_dir, name)))
            for r in [r for r in running if r.is_done()]:
                running.remove(r)
                r.report(total)
            time.sleep(0.05)
    finally:
        for r in running:
            r.process.terminate()
        end = time.monotonic() + 20
        while running and any(r.process.poll() is None for r in running) and time.monotonic() < end:
            time.sleep(0.05)
        procs.end_all()
    return total


def close(total):
    """The line of totals; returns the exit status."""
    skipped = f", {total['SKIP']} skipped" if total["SKIP"] else ""
    print(f"{total['PASS']} passed, {total['FAIL']} failed{skipped}", flush=True)
    return 1 if total["FAIL"] or not total["PASS"] else 0
