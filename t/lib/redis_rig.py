"""A private Redis: its own directory, unix socket and/or port on loopback; ACL file, TLS, replicas and sentinels as a test asks for them."""
import os
import signal
import socket

import ports
import procs
import wait

SERVER, SENTINEL = "/usr/bin/redis-server", "/usr/bin/redis-sentinel"


class Error(Exception):
    """An error reply."""


class Connection:
    """A small client: c.command("SET", "a", 1). Replies: bytes, int, None, list; errors are raised."""

    def __init__(self, where, user=None, password=None, tls=None, timeout=5):
        self.socket = ports.connect(where, timeout)
        if tls:  # an ssl.SSLContext
            self.socket = tls.wrap_socket(self.socket, server_hostname=where.split(":")[1])
        self.file = self.socket.makefile("rb")
        if password is not None:
            self.command("AUTH", *([user] if user else []), password)

    def send(self, *words):
        words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest
        if kind == b"-":
            raise Error(rest.decode())
        if kind == b":":
            return int(rest)
        count = int(rest)
        if count < 0:
            return None
        if kind == b"$":
            return self.file.read(count + 2)[:count]
        return [self._element() for _ in range(count)]

    def _element(self):
        try:
            return self.read()
        except Error as e:
            return e

    def command(self, *words):
        self.send(*words)
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Redis:
    """with Redis(dir) as r: r.where ("unix:/…"), r.tcp ("inet:127.0.0.1:…"), r.command("GET", "x"), r.kill(), r.start(), r.freeze(), r.thaw().

    settings: further lines of redis.conf. acl: text of an ACL file; admin: (user, password) that may do all, for command().
    tls: {"ca": …, "cert": …, "key": …}: the port then speaks TLS only. replica_of: another Redis."""

    program = SERVER

    def __init__(self, root, settings=None, acl=None, admin=None, tls=None, replica_of=None, persistent=False):
        self.root, self.admin, self.tls = root, admin, tls
        os.makedirs(root, exist_ok=True)
        os.chmod(root, 0o755)
        self.socket = os.path.join(root, "redis.sock")
        self.port = ports.reserve()
        self.where, self.tcp = f"unix:{self.socket}", f"inet:127.0.0.1:{self.port}"
        self.log = wait.LogFile(os.path.join(root, "redis.log"))
        self.process = None
        self.settings = {"dir": root, "unixsocket": self.socket, "unixsocketperm": "777", "bind": "127.0.0.1",
                         "port": 0 if tls else self.port, "save": '""', "appendonly": "yes" if persistent else "no",
                         "daemonize": "no", "logfile": self.log.path, "enable-debug-command": "local"}
        if tls:
            self.settings |= {"tls-port": self.port, "tls-cert-file": tls["cert"], "tls-key-file": tls["key"],
                              "tls-ca-cert-file": tls["ca"], "tls-auth-clients": tls.get("clients", "no")}
        if acl is not None:
            self.write_acl(acl)
        if replica_of is not None:
            self.settings["replicaof"] = f"127.0.0.1 {replica_of.port}"
        self.settings |= settings or {}

    @property
    def acl_path(self):
        return os.path.join(self.root, "users.acl")

    def write_acl(self, text):
        with open(self.acl_path, "w") as f:
            f.write(text)
        self.settings["aclfile"] = self.acl_path

    def _config(self):
        path = os.path.join(self.root, "redis.conf")
        with open(path, "w") as f:
            f.writelines(f"{name} {value}\n" for name, value in self.settings.items())
        return path

    def start(self):
        """Returns when it answers: loaded, too."""
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = procs.start([self.program, self._config()], log=os.path.join(self.root, "out"), cwd=self.root)
        wait.until(self._answers, 20, f"{self.program} in {self.root} to answer")
        return self

    def _answers(self):
        if not self.is_running():
            raise wait.TimedOut(f"{self.program} ended:\n{self.log.tail()}")
        try:
            return self.command("PING") == b"PONG"
        except (OSError, Error):
            return False

    def is_running(self):
        return self.process is not None and self.process.poll() is None

    def connection(self, user=None, password=None, timeout=5):
        """As `user`; without one as the admin of the rig."""
        if user is None and self.admin:
            user, password = self.admin
        return Connection(self.where, user, password, timeout=timeout)

    def command(self, *words):
        with self.connection() as c:
            return c.command(*words)

    def stop(self):
        """As systemd would. What it had is lost unless persistent."""
        if self.process:
            if self.is_running():
                self.process.send_signal(signal.SIGCONT)
            procs.stop(self.process)

    def kill(self):
        procs.stop(self.process, signal.SIGKILL)

    def restart(self):
        self.stop()
        return self.start()

    def freeze(self):
        """It hangs: connections are accepted by the kernel, nothing is answered."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def freeze_for(self, seconds):
        """Answers only after so long (DEBUG SLEEP), by itself."""
        with self.connection() as c:
            c.send("DEBUG", "SLEEP", seconds)

    def info(self, section):
        text = self.command("INFO", section).decode()
        return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)

    def keys(self, pattern="*"):
        return sorted(k.decode() for k in self.command("KEYS", pattern))

    def wait_replica(self):
        wait.until(lambda: self.info("replication").get("master_link_status") == "up", 20, "the replica to follow")

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()


class Sentinel(Redis):
    """Watches `primary` under the name `gate`; Sentinel rewrites its own configuration."""

    program = SENTINEL

    def __init__(self, root, primary, quorum=1, down_after_ms=500):
        super().__init__(root)
        auth = f"sentinel auth-user gate {primary.admin[0]}\nsentinel auth-pass gate {primary.admin[1]}\n" if primary.admin else ""
        self.text = (f"port {self.port}\nbind 127.0.0.1\ndir {root}\nlogfile {self.log.path}\ndaemonize no\n"
                     f"unixsocket {self.socket}\nunixsocketperm 777\n"
                     f"sentinel monitor gate 127.0.0.1 {primary.port} {quorum}\n"
                     f"sentinel down-after-milliseconds gate {down_after_ms}\n"
                     f"sentinel failover-timeout gate 3000\nsentinel parallel-syncs gate 1\n{auth}")

    def _config(self):
        path = os.path.join(self.root, "sentinel.conf")
        if not os.path.exists(path):
            with open(path, "w") as f:
                f.write(self.text)
        return path

    def primary_port(self):
        found = self.command("SENTINEL", "get-master-addr-by-name", "gate")
        return int(found[1]) if found else None


def sentinel_setting(*sentinels):
    """What the setting `redis` is then."""
    return "sentinel:gate@" + ",".join(f"127.0.0.1:{s.port}" for s in sentinels)


def is_listening(where):
    try:
        ports.connect(where, 1).close()
        return True
    except (OSError, socket.timeout):
        return False
