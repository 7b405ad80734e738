"""A private Postfix: own configuration, queue, data and ports on loopback; an installed one is neither read nor touched."""
import json
import os
import re
import shutil
import signal

import ports
import postfix_config
import procs
import wait

SHELL_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Postfix:
    """with Postfix(dir) as p: p.listen("proxy"); p.start(); … p.port["proxy"]."""

    def __init__(self, root, hostname="gate.example", settings=None, address="127.0.0.1"):
        self.root, self.hostname, self.address = root, hostname, address
        self.etc, self.queue, self.data = (os.path.join(root, d) for d in ("etc", "queue", "data"))
        self.log = wait.LogFile(os.path.join(root, "maillog"))
        self.settings = dict(settings or {})
        self.services = []
        self.port = {}
        self.milter, self.policy = "unix:postgate/milter", "unix:postgate/policy"
        self.process = None
        self._make_directories()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _make_directories(self):
        for d in (self.etc, self.queue, self.data, os.path.join(self.queue, "etc")):
            os.makedirs(d, mode=0o755)
        shutil.chown(self.data, "postfix")
        with open(os.path.join(self.queue, "etc", "hosts"), "w") as f:  # the chroot's own: nobody asks DNS
            f.write("127.0.0.1 localhost\n")
        with open(os.path.join(self.queue, "etc", "nsswitch.conf"), "w") as f:
            f.write("hosts: files\nservices: files\npasswd: files\ngroup: files\n")
        shutil.copy("/etc/services", os.path.join(self.queue, "etc", "services"))
        self.sockets = os.path.join(self.queue, "postgate")  # as the installer makes it: root:postfix 3770
        os.mkdir(self.sockets)
        shutil.chown(self.sockets, "root", "postfix")
        os.chmod(self.sockets, 0o3770)

    def listen(self, path, address=None, port=None, extra=(), name=None):
        """Adds a listener of that path before start(); its port is self.port[name or path]."""
        address = address or self.address
        port = port or ports.reserve(address)
        self.port[name or path] = port
        self.services.append(
            postfix_config.listener_lines(path, address, port, self.milter, self.policy, extra))
        return port

    def use_maps(self, directory, kind="hash"):
        """relay_domains and transport_maps are the map files that policyd keeps in `directory`."""
        self.settings["relay_domains"] = f"{kind}:{directory}/relay_domains"
        self.settings["transport_maps"] = f"{kind}:{directory}/transport"

    def write_config(self):
        text = postfix_config.MAIN.format(etc=self.etc, queue=self.queue, data=self.data, root=self.root,
                                          log=self.log.path, hostname=self.hostname)
        mine = {k: v for k, v in self.settings.items()}
        kept = [line for line in text.splitlines() if line.split("=")[0].strip() not in mine]
        with open(os.path.join(self.etc, "main.cf"), "w") as f:
            f.write("\n".join(kept + [f"{k} = {v}" for k, v in mine.items()]) + "\n")
        with open(os.path.join(self.etc, "master.cf"), "w") as f:
            f.write("".join(self.services) + postfix_config.SERVICES)

    def command(self, program, *args, check=True, timeout=60, **kw):
        env = {"PATH": SHELL_PATH, "MAIL_CONFIG": self.etc, "LC_ALL": "C"}
        done = procs.run([f"/usr/sbin/{program}", "-c", self.etc, *args], env=env, timeout=timeout, **kw)
        if check and done.returncode != 0:
            raise RuntimeError(f"{program} {' '.join(args)}: exit {done.returncode}: {done.stderr}{done.stdout}")
        return done

    def start(self):
        self.write_config()
        self.command("postfix", "check")
        self.process = procs.start(["/usr/lib/postfix/sbin/master", "-c", self.etc, "-d"],
                                   log=os.path.join(self.root, "master.out"),
                                   env={"PATH": SHELL_PATH, "MAIL_CONFIG": self.etc, "LC_ALL": "C"})
        alive = lambda: self.process.poll() is None
        for service in self.services:
            address, port = re.match(r"([\d.]+):(\d+)", service).groups()
            ports.wait_answer(f"inet:{address}:{port}", greeting=b"220", alive=alive)
        return self

    def reload(self):
        self.command("postfix", "reload")

    def flush(self):
        self.command("postqueue", "-f")

    def stop(self):
        """postfix stop; then nothing of it may be left: its processes are below master or adopted by us."""
        if not self.process:
            return
        mine = set(procs.descendants(self.process.pid)) | {self.process.pid}
        if self.process.poll() is None:
            self.command("postfix", "stop", check=False, timeout=30)
        procs.stop(self.process, signal.SIGTERM, 5)
        self.process = None
        gone = lambda: not mine & set(procs.descendants())
        try:
            wait.until(gone, 3, "Postfix's children to end")
        except wait.TimedOut:
            for pid in mine & set(procs.descendants()):
                os.kill(pid, signal.SIGKILL)

    def in_queue(self):
        """What postqueue -j says, as a list of dicts."""
        done = self.command("postqueue", "-j", check=False)
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def wait_queue_empty(self, timeout=20):
        wait.until(lambda: not self.in_queue(), timeout, "the queue to be empty", pause=0.1)

    def postmap(self, path, rows):
        """Writes `rows` (key -> value) as a map source and builds its database."""
        with open(path, "w") as f:
            f.writelines(f"{k}\t{v}\n" for k, v in rows.items())
        self.command("postmap", path)


class Forwarder(Postfix):
    """A server that accepts everything from loopback and hands it all to one next hop, from an address of its own."""

    def __init__(self, root, next_hop, address, source, hostname="forwarder.example", settings=None):
        super().__init__(root, hostname, {
            "relayhost": next_hop, "smtp_bind_address": source,
            "smtpd_relay_restrictions": "permit_mynetworks, reject", **(settings or {})}, address)
        self.listen("plain")
