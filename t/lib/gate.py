"""Both daemons with settings of their own, each under a numeric user as the units have it, and milter-ctl to talk to them."""
import collections
import json
import os
import re
import shutil
import signal

import dns_rig
import ports
import procs
import wait

BUILD = os.environ.get("BUILD", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
PROGRAMS = ("postgate-milter", "postgate-policyd", "postgate-inspect", "milter-ctl")
MILTER_UID, POLICYD_UID, GROUP = 61001, 61002, 61000
COMPLAINT = re.compile(r"ERROR: \w+Sanitizer.*|WARNING: ThreadSanitizer.*|\S+: runtime error: .*| fatal: .*")
_nowhere = None  # a name server that knows nothing: for gates that are given none
Ctl = collections.namedtuple("Ctl", "exit rows text errors")


def built():
    """The programs that are still missing, for a message."""
    return [p for p in PROGRAMS if not os.access(os.path.join(BUILD, p), os.X_OK)]


def _no_names(root):
    """One for all gates of a test: whatever rules ask, the answer comes at once and is that there is none."""
    global _nowhere
    if _nowhere is None or _nowhere.process.poll() is not None:
        _nowhere = dns_rig.Nsd(os.path.join(root, "no-names"), {}).start()
    return _nowhere.resolver


class Daemon:
    def __init__(self, gate, program, uid, socket):
        self.gate, self.program, self.uid, self.socket = gate, program, uid, socket
        self.out = os.path.join(gate.root, program + ".log")
        self.log = wait.LogFile(self.out)
        self.process = None
        self.limits = {}  # resource.RLIMIT_* -> value
        self.env, self.prefix = {}, []  # further environment of the daemon alone; words before the command

    def argv(self):
        further = ["env", *(f"{k}={v}" for k, v in self.env.items())] if self.env else []
        run = [*further, os.path.join(self.gate.bin, self.program), "-f", "-c", self.gate.cf]
        if os.getuid() != 0 or self.gate.as_root:
            return self.prefix + run
        groups = ",".join(str(g) for g in self.gate.groups)
        return self.prefix + ["setpriv", "--reuid", str(self.uid), "--regid", str(GROUP), "--groups", groups,
                "--pdeathsig", "KILL", "--"] + run

    def start(self, ready=True):
        self.process = procs.start(self.argv(), log=self.out, limits=self.limits, cwd=self.gate.root,
                                   env={**os.environ, "LC_ALL": "C.UTF-8"})
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, timeout=20):
        """Ready is when its sockets accept."""
        try:
            for where in (self.socket, "unix:" + self.gate.control(self)):
                ports.wait_answer(where, timeout, alive=self.is_running)
        except wait.TimedOut as late:
            raise wait.TimedOut(f"{late}; {self.program} said:\n{self.log.tail()}") from None

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9, as a crash would."""
        procs.stop(self.process, signal.SIGKILL)

    def stop(self, timeout=40):
        return procs.stop(self.process, signal.SIGTERM, wait.scaled(timeout)) if self.process else None

    def restart(self):
        if self.is_running():
            self.stop()
        return self.start()


class Gate:
    """Gate(dir, rules, socket_dir=…, settings={…}); start(), ctl("rules", "apply", …), milter.kill(), stop()."""

    def __init__(self, root, rules, socket_dir=None, settings=None, lists=None, as_root=False, groups=()):
        self.root, self.as_root = root, as_root
        self.groups = [GROUP, *groups]
        self.bin, self.state, self.maps = (os.path.join(root, d) for d in ("bin", "state", "maps"))
        self.control_dir, self.quarantine = os.path.join(root, "control"), os.path.join(root, "quarantine")
        self.rules_file = os.path.join(root, "rules")
        self.cf = os.path.join(root, "postgate.cf")
        self._make_directories()
        self.socket_dir = socket_dir or self._directory("sockets", 0, GROUP, 0o3770)
        self.settings = {
            "node_name": "gate1", "authserv_id": "gate.example",
            "milter_socket": f"unix:{self.socket_dir}/milter", "policy_socket": f"unix:{self.socket_dir}/policy",
            "control_dir": self.control_dir, "state_dir": self.state, "quarantine_dir": self.quarantine,
            "rules_file": self.rules_file, "maps_dir": self.maps, "inspect_workers": "2",
            "authentication_results": "no", "maps_settle": "0s", "postfix_config_dir": self._postfix_config(), **(settings or {})}
        self.last_words = []
        self.write_rules(rules)
        for name, items in (lists or {}).items():
            os.makedirs(os.path.join(root, "lists"), exist_ok=True)
            with open(os.path.join(root, "lists", name), "w") as f:
                f.writelines(item + "\n" for item in items)
        self.milter = Daemon(self, "postgate-milter", MILTER_UID, self.settings["milter_socket"])
        self.policyd = Daemon(self, "postgate-policyd", POLICYD_UID, self.settings["policy_socket"])

    def _directory(self, name, uid, gid, mode):
        path = os.path.join(self.root, name)
        os.makedirs(path, exist_ok=True)
        if os.getuid() == 0:
            os.chown(path, uid, gid)
        os.chmod(path, mode)
        return path

    def _make_directories(self):
        os.makedirs(self.bin)
        for program in PROGRAMS:  # a copy: the build directory may be closed to other users, or be rebuilt meanwhile
            if os.path.exists(os.path.join(BUILD, program)):
                shutil.copy2(os.path.join(BUILD, program), self.bin)
        self._directory("state", 0, GROUP, 0o2770)
        self._directory("control", 0, GROUP, 0o3775)
        self._directory("quarantine", MILTER_UID, GROUP, 0o2750)
        self._directory("maps", POLICYD_UID, GROUP, 0o2755)

    def _postfix_config(self):
        """Enough for postconf and postmap: the installed Postfix may have no main.cf at all."""
        path = self._directory("postfix", 0, GROUP, 0o755)
        with open(os.path.join(path, "main.cf"), "w") as f:
            f.write("compatibility_level = 3.6\n")
        return path

    def control(self, daemon):
        name = daemon.program.removeprefix("postgate-")
        return os.path.join(self.control_dir, name + ".admin")

    def write_rules(self, text):
        with open(self.rules_file, "w") as f:
            f.write(text)

    def write_config(self):
        with open(self.cf, "w") as f:
            f.writelines(f"{name} = {value}\n" for name, value in self.settings.items())
        os.chmod(self.cf, 0o644)

    def start(self, *daemons):
        """Starts both (or those given), each waited for only after all were started, and until its rules are in force."""
        if "resolver" not in self.settings:
            self.settings |= {"resolver": _no_names(self.root), "dnssec_anchor_file": ""}
        self.write_config()
        chosen = daemons or (self.policyd, self.milter)
        for d in chosen:
            d.log.mark()
            d.start(ready=False)
        for d in chosen:
            d.wait_ready()
        for d in chosen:
            d.log.wait("snapshot: .* in force", 5)
        return self

    def stop(self, in_a_hurry=False):
        for d in (self.milter, self.policyd):
            if d.process:
                d.kill() if in_a_hurry else d.stop()

    def complaints(self):
        """What sanitizers and daemons that gave up wrote into the logs: no case may pass over that."""
        found = (COMPLAINT.search(line) for d in (self.milter, self.policyd) for line in d.log.text().splitlines())
        return sorted({f[0].strip() for f in found if f})

    def __enter__(self):
        return self

    def __exit__(self, kind=None, *_):
        self.stop(in_a_hurry=kind is SystemExit)  # a signal: nobody waits for a drain
        self.last_words = self.complaints()

    def ctl(self, *words, check=False, stdin=None, timeout=30, as_json=True):
        """milter-ctl with --json: (exit, rows, text on stdout, stderr). check: a nonzero exit is a failure."""
        argv = [os.path.join(self.bin, "milter-ctl"), "-c", self.cf, *(["--json"] if as_json else []), *words]
        done = procs.run(argv, timeout=wait.scaled(timeout))
        if check and done.returncode != 0:
            raise AssertionError(f"milter-ctl {' '.join(words)}: exit {done.returncode}: {done.stderr}{done.stdout}")
        rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")] if as_json else []
        return Ctl(done.returncode, rows, done.stdout, done.stderr)

    def apply(self, rules):
        """A new revision."""
        path = os.path.join(self.root, "next.rules")
        with open(path, "w") as f:
            f.write(rules)
        return self.ctl("rules", "apply", path, check=True)
