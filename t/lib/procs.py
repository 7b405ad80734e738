"""Every process that a test starts, directly or through another, ends with it: the test is their subreaper."""
import ctypes
import os
import signal
import subprocess
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
_libc = ctypes.CDLL(None, use_errno=True)


def adopt_orphans():
    """Children of children that outlive their parent become ours, so that end_all() finds them."""
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def die_with_parent(sig):
    _libc.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)


def end_on_signal():
    """TERM, HUP and ^C become SystemExit, so that every `finally` runs."""
    def leave(number, _frame):
        for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(s, signal.SIG_IGN)
        raise SystemExit(128 + number)
    for s in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(s, leave)


def start(argv, log=None, env=None, cwd=None, limits=None):
    """Starts argv in a process group of its own; it is killed when this thread's process dies. Call from the main thread."""
    out = open(log, "ab") if log else subprocess.DEVNULL

    def prepare():
        die_with_parent(signal.SIGKILL)
        for resource, value in (limits or {}).items():
            __import__("resource").setrlimit(resource, (value, value))
    try:
        return subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, cwd=cwd,
                                start_new_session=True, preexec_fn=prepare)
    finally:
        if log:
            out.close()


def run(argv, timeout=60, **kw):
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, **kw)


def stop(process, sig=signal.SIGTERM, timeout=15):
    """Signals a process started by start() and waits; kills it when it does not go. Returns its exit status."""
    if process.poll() is None:
        process.send_signal(sig)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
    return process.returncode


def _stat(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as f:
            head, tail = f.read().rsplit(b")", 1)
        fields = tail.split()
        return int(fields[1]), fields[0] == b"Z", head.split(b"(", 1)[1].decode("utf-8", "replace")
    except (OSError, ValueError, IndexError):
        return None


def descendants(root=None):
    """{pid: name} of everything below root (default: us), zombies left out."""
    table = {int(d): s for d in os.listdir("/proc") if d.isdigit() and (s := _stat(int(d)))}
    found, todo = {}, [root or os.getpid()]
    while todo:
        parent = todo.pop()
        for pid, (ppid, zombie, name) in table.items():
            if ppid == parent and pid not in found:
                todo.append(pid)
                found[pid] = None if zombie else name
    return {pid: name for pid, name in found.items() if name}


def _reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def end_all(grace=3):
    """TERM, then KILL, to every descendant by its own id, until there is none."""
    end = time.monotonic() + grace
    sig = signal.SIGTERM
    while True:
        left = descendants()
        _reap()
        if not left:
            return
        for pid in left:
            try:
                os.kill(pid, sig)
            except ProcessLookupError:
                pass
        if time.monotonic() > end:
            sig = signal.SIGKILL
        time.sleep(0.05)
