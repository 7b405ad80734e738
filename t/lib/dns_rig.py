"""A private name server (nsd) on loopback with zones given as text; everything else does not exist. As the setting `resolver`: d.resolver."""
import os
import re
import shutil
import signal
import time

import dns_server
import ports
import procs
import wait

CONFIG = """server:
    ip-address: 127.0.0.1@{port}
    zonesdir: "{root}"
    username: ""
    pidfile: ""
    database: ""
    zonelistfile: "{root}/zone.list"
    xfrdfile: "{root}/xfrd.state"
    xfrdir: "{root}"
    server-count: 1
    tcp-count: 200
    rrl-ratelimit: 0
    rrl-whitelist-ratelimit: 0
remote-control:
    control-enable: no
"""
HEAD = "$ORIGIN {origin}\n$TTL {ttl}\n@ SOA ns.invalid. root.invalid. {serial} 3600 600 86400 {ttl}\n@ NS ns.invalid.\n"
ALGORITHM = "ECDSAP256SHA256"


def _labels(zone):
    return [] if zone == "." else zone.split(".")


class Nsd:
    """with Nsd(dir, {"one.example": "@ TXT \\"v=spf1 -all\\"\\nwww A 192.0.2.1"}) as d: d.resolver; d.write("one.example", text); d.kill(); d.start().

    Zone texts lack SOA and NS, which are added. signed: zones with DNSSEC (then d.anchor is a file of the root's key). expired: signed, but
    no longer; stripped: their parent says that they are signed, and they are not. What is signed is so from the root down."""

    def __init__(self, root, zones, signed=(), expired=(), stripped=(), ttl=300):
        self.root, self.ttl = root, ttl
        os.makedirs(root, exist_ok=True)
        self.port = ports.reserve()
        self.resolver = f"127.0.0.1@{self.port}"
        self.zones = {".": "", **{z.lower().rstrip(".") or ".": text for z, text in zones.items()}}
        self.expired, self.stripped = set(expired), set(stripped)
        self.signed = {*signed, *expired, *stripped}
        if self.signed:
            self.signed.add(".")
        self.serial, self.keys, self.process = int(time.time()), {}, None
        self.log = wait.LogFile(os.path.join(root, "nsd.log"))
        self.anchor = os.path.join(root, "anchor.key") if self.signed else None

    def _path(self, zone):
        return os.path.join(self.root, "zone." + ("root" if zone == "." else zone))

    def _children(self, zone):
        """The served zones directly below: those whose nearest served parent this is."""
        def parent(of):
            labels = _labels(of)
            return next((p for i in range(1, len(labels) + 1)
                         if (p := ".".join(labels[i:]) or ".") in self.zones), None)
        return [z for z in self.zones if z != "." and parent(z) == zone]

    def _key(self, zone):
        if zone not in self.keys:
            done = procs.run(["ldns-keygen", "-a", ALGORITHM, "-k", zone], cwd=self.root)
            if done.returncode != 0:
                raise RuntimeError(f"ldns-keygen: {done.stderr}")
            self.keys[zone] = done.stdout.strip()
        return self.keys[zone]

    def _ds(self, zone):
        done = procs.run(["ldns-key2ds", "-n", "-2", self._key(zone) + ".key"], cwd=self.root)
        return done.stdout.strip()

    def _delegations(self, zone):
        for child in self._children(zone):
            yield f"{child}. NS ns.invalid."
            if child in self.signed:
                yield self._ds(child)

    def _write_zone(self, zone):
        origin = "." if zone == "." else zone + "."
        text = HEAD.format(origin=origin, ttl=self.ttl, serial=self.serial) + self.zones[zone] + "\n"
        if zone in self.signed:
            text += "\n".join(self._delegations(zone)) + "\n"
        with open(self._path(zone), "w") as f:
            f.write(text)
        if zone in self.signed - self.stripped:
            self._sign(zone)

    def _sign(self, zone):
        day = lambda offset: time.strftime("%Y%m%d", time.gmtime(time.time() + offset * 86400))
        end = day(-5) if zone in self.expired else day(30)
        done = procs.run(["ldns-signzone", "-o", zone, "-i", day(-30), "-e", end, self._path(zone), self._key(zone)], cwd=self.root)
        if done.returncode != 0:
            raise RuntimeError(f"ldns-signzone {zone}: {done.stderr}")
        os.replace(self._path(zone) + ".signed", self._path(zone))

    def _write_all(self):
        with open(os.path.join(self.root, "nsd.conf"), "w") as f:
            f.write(CONFIG.format(port=self.port, root=self.root))
            for zone in self.zones:
                f.write(f'zone:\n    name: "{zone}"\n    zonefile: "{self._path(zone)}"\n')
        for zone in self.zones:
            self._write_zone(zone)
        if self.anchor:
            shutil.copy(os.path.join(self.root, self._key(".") + ".key"), self.anchor)
            os.chmod(self.anchor, 0o644)

    def start(self):
        self._write_all()
        self.log.mark()
        self.process = procs.start(["/usr/sbin/nsd", "-d", "-c", os.path.join(self.root, "nsd.conf")], log=self.log.path, cwd=self.root)
        wait.until(self._answers, 20, f"nsd in {self.root} to answer; it says:\n{self.log.tail()}")
        return self

    def _serial(self, zone):
        try:
            for records in dns_server.ask(self.port, zone, "SOA").answer:
                return records[0].serial
        except (OSError, dns_server.NoAnswer):
            return None
        return None

    def _answers(self):
        if self.process.poll() is not None:
            raise wait.TimedOut(f"nsd has ended:\n{self.log.tail()}")
        return all(self._serial(z) == self.serial for z in self.zones)

    def write(self, zone, text):
        """Another text for a zone there is, or a new zone; returns when it is served. What a resolver has cached stays there."""
        is_new = zone not in self.zones
        self.zones[zone] = text
        self.serial += 1
        if is_new:
            self.kill()
            self.start()
            return
        self._write_all()
        self.process.send_signal(signal.SIGHUP)
        wait.until(self._answers, 20, f"nsd to serve what was written for {zone}")

    def kill(self):
        """Its port answers "unreachable" then; freeze() makes it silent."""
        for pid in [self.process.pid, *procs.descendants(self.process.pid)] if self.process else []:
            _kill(pid, signal.SIGKILL)
        if self.process:
            self.process.wait(10)

    def _signal_all(self, number):
        for pid in (self.process.pid, *procs.descendants(self.process.pid)):
            _kill(pid, number)

    def freeze(self):
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, *_):
        self.kill()


def _kill(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def txt(text):
    """A TXT record's data as a zone file writes it, in strings of 255 bytes."""
    raw = text.encode() if isinstance(text, str) else text
    pieces = [raw[i:i + 255] for i in range(0, len(raw), 255)] or [b""]
    escape = lambda piece: re.sub(rb'[^ -~]|["\\;]', lambda m: b"\\%03d" % m.group()[0], piece).decode()
    return " ".join(f'"{escape(p)}"' for p in pieces)
