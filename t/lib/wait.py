"""Waiting for something to become true, always with a deadline and always saying what was waited for."""
import os
import re
import time

SLOWDOWN = float(os.environ.get("T_SLOWDOWN", "1"))  # sanitizers and valgrind stretch every deadline


class TimedOut(AssertionError):
    pass


def scaled(seconds):
    return seconds * SLOWDOWN


def until(condition, timeout, what, pause=0.02):
    """Returns the first true value of condition(); raises TimedOut naming `what`."""
    end = time.monotonic() + scaled(timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimedOut(f"waited {scaled(timeout):g} s for {what}")
        time.sleep(pause)


def room(seconds, period=3600):
    """Until the hour (the day: 86400), by UTC, has so many seconds left: for a case that must not see it end."""
    left = period - time.time() % period
    if left < scaled(seconds):
        time.sleep(left + 0.1)


class LogFile:
    """A growing log file: what was written since a mark, and waiting for a line that matches."""

    def __init__(self, path):
        self.path = path
        self.mark_at = 0

    def text(self, since=0):
        try:
            with open(self.path, "rb") as f:
                f.seek(since)
                return f.read().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def mark(self):
        """From here on `since_mark`, `count` and `wait` look only at what is new."""
        try:
            self.mark_at = os.path.getsize(self.path)
        except FileNotFoundError:
            self.mark_at = 0
        return self.mark_at

    def since_mark(self):
        return self.text(self.mark_at)

    def lines(self, regex):
        return [line for line in self.since_mark().splitlines() if re.search(regex, line)]

    def count(self, regex):
        return len(self.lines(regex))

    def wait(self, regex, timeout=10, n=1):
        """Waits until n lines since the mark match and returns them."""
        def enough():
            found = self.lines(regex)
            return found if len(found) >= n else None
        return until(enough, timeout, f"{n} line(s) ~ {regex!r} in {self.path}; it ends:\n{self.tail()}")

    def tail(self, n=15):
        return "\n".join(self.since_mark().splitlines()[-n:])
