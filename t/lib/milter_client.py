"""Speaks the milter protocol, version 6, as Postfix 3.7 does: offers, macros of each stage, answers only where they were agreed."""
import collections
import socket
import struct

import ports
import wait

ACTIONS, STEPS = 0x1FF, 0x1FFFFF  # what Postfix offers
# step -> (command, bit "do not send", bit "no reply")
STAGES = {"connect": (b"C", 0x1, 0x1000), "helo": (b"H", 0x2, 0x2000), "mail": (b"M", 0x4, 0x4000),
          "rcpt": (b"R", 0x8, 0x8000), "data": (b"T", 0x200, 0x10000), "header": (b"L", 0x20, 0x80),
          "eoh": (b"N", 0x40, 0x40000), "body": (b"B", 0x10, 0x80000), "unknown": (b"U", 0x100, 0x20000),
          "eom": (b"E", 0, 0)}
SKIP, LEADING_SPACE = 0x400, 0x100000
# Postfix's own choice of macros, and the numbers under which a milter asks for others.
MACROS = {"connect": "j {daemon_name} {daemon_addr} v _", "helo": "{tls_version} {cipher} {cipher_bits}",
          "mail": "i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer}",
          "rcpt": "i {rcpt_addr} {rcpt_host} {rcpt_mailer}", "data": "i", "eom": "i", "eoh": "i"}
SYMLIST = {0: "connect", 1: "helo", 2: "mail", 3: "rcpt", 4: "data", 5: "eom", 6: "eoh"}
VERDICTS = {b"c": "continue", b"a": "accept", b"r": "reject", b"t": "defer", b"d": "discard", b"s": "skip",
            b"4": "shutdown"}
Answer = collections.namedtuple("Answer", "action text edits")
NONE = Answer("none", "", [])


class Disconnected(Exception):
    """The milter closed the connection."""


def _strings(data):
    return [s.decode("utf-8", "surrogateescape") for s in data.split(b"\0")[:-1]]


def _bytes(*texts):
    return b"".join((t if isinstance(t, bytes) else t.encode("utf-8", "surrogateescape")) + b"\0" for t in texts)


def _edit(code, data):
    """One change, as a line: + header, ^ inserted header, = changed, - removed, and so on."""
    if code in b"mi":
        index, (name, value) = struct.unpack(">I", data[:4])[0], _strings(data[4:])
        sign = "^" if code == b"i" else "=" if value else "-"
        return f"{sign} {index} {name}" + (f": {value.lstrip(' ')}" if value else "")
    if code == b"b":
        return "body"
    words = _strings(data)
    texts = {b"h": "+ {0}:{1}", b"+": "rcpt+ {0}", b"2": "rcpt+ {0}", b"-": "rcpt- {0}", b"e": "from {0}",
             b"q": "quarantine {0}"}
    return texts[code].format(*words)


class Milter:
    """with Milter("unix:/…") as m: m.connect("192.0.2.7"); m.mail(…); m.rcpt(…); m.header(…); m.eom() -> Answer."""

    def __init__(self, where, timeout=30, steps=STEPS):
        self.sock = ports.connect(where, timeout)
        self.sock.settimeout(wait.scaled(timeout))
        self.values = {"j": "gate.example", "v": "Postfix 3.7.11", "{daemon_addr}": "127.0.0.1", "{daemon_port}": "25",
                       "{mail_mailer}": "smtp", "{rcpt_mailer}": "relay"}
        self.macros = {stage: names.split() for stage, names in MACROS.items()}
        self.skipping = False
        self.negotiate(steps)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    def packet(self, command, data=b""):
        self.sock.sendall(struct.pack(">I", len(data) + 1) + command + data)

    def _exactly(self, n):
        got = b""
        while len(got) < n:
            try:
                more = self.sock.recv(n - len(got))
            except ConnectionError:
                more = b""
            if not more:
                raise Disconnected(f"{len(got)} of {n} bytes")
            got += more
        return got

    def read(self):
        length = struct.unpack(">I", self._exactly(4))[0]
        assert 0 < length < 2_000_000, f"a packet of {length} bytes"
        data = self._exactly(length)
        return data[:1], data[1:]

    def negotiate(self, steps):
        self.packet(b"O", struct.pack(">III", 6, ACTIONS, steps))
        code, data = self.read()
        assert code == b"O", f"negotiation answered with {code!r}"
        self.version, self.actions, self.steps = struct.unpack(">III", data[:12])
        assert self.steps & ~steps == 0 and self.actions & ~ACTIONS == 0, "it asks for what was not offered"
        rest = data[12:]
        while len(rest) > 4:
            number = struct.unpack(">I", rest[:4])[0]
            names, _, rest = rest[4:].partition(b"\0")
            self.macros[SYMLIST[number]] = names.decode().replace(",", " ").split()

    def send_macros(self, stage):
        pairs = []
        for name in self.macros.get(stage, ()):
            value = self.values.get(name, self.values.get(name.strip("{}")))
            if value is not None:
                pairs += [name, value]
        if pairs:
            self.packet(b"D", STAGES[stage][0] + _bytes(*pairs))

    def has_reply(self, stage):
        return not self.steps & STAGES[stage][2]

    def step(self, stage, data=b"", wait_for=True):
        """Sends one event; the answer, or NONE where it was agreed that there is none."""
        command, unwanted, _ = STAGES[stage]
        if self.steps & unwanted:
            return NONE
        self.send_macros(stage)
        self.packet(command, data)
        return self.verdict() if wait_for and self.has_reply(stage) else NONE

    def verdict(self):
        edits = []
        while True:
            code, data = self.read()
            if code == b"p":
                continue
            if code == b"y":
                text = data.rstrip(b"\0").decode("utf-8", "replace").replace("%%", "%")
                return Answer({"4": "defer", "5": "reject"}.get(text[:1], text), text, edits)
            if code in VERDICTS:
                return Answer(VERDICTS[code], "", edits)
            edits.append(_edit(code, data))

    def connect(self, ip="192.0.2.7", port=40025, name=None, **macros):
        """macros: daemon_name="postgate-proxy" and the like, without their braces."""
        port = int(macros.get("client_port", port))
        self.values.update({f"{{{k}}}": v for k, v in macros.items()})
        name = name or f"[{ip}]"
        self.values.update({"{client_addr}": ip, "{client_port}": str(port), "{client_name}": name.strip("[]"), "_": name})
        if ":" in ip:
            address = b"6" + struct.pack(">H", port) + _bytes("IPv6:" + ip)
        else:
            address = b"4" + struct.pack(">H", port) + _bytes(ip)
        return self.step("connect", _bytes(name) + address)

    def helo(self, name="client.example"):
        return self.step("helo", _bytes(name))

    def mail(self, sender, *options, **macros):
        self.skipping = False
        self.values.pop("i", None)
        self.values.update({f"{{{k}}}": v for k, v in macros.items()})
        self.values["{mail_addr}"] = sender
        return self.step("mail", _bytes(f"<{sender}>", *options))

    def rcpt(self, recipient, *options):
        self.values["{rcpt_addr}"] = recipient
        self.values["{rcpt_host}"] = recipient.rpartition("@")[2]
        return self.step("rcpt", _bytes(f"<{recipient}>", *options))

    def data(self, queue_id="4ABC123XYZ"):
        self.values["i"] = queue_id
        return self.step("data")

    def header(self, name, value):
        space = " " if self.steps & LEADING_SPACE else ""
        value = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
        return self.step("header", _bytes(name, space.encode() + value))

    def eoh(self):
        return self.step("eoh")

    def body(self, data, chunk=65535):
        last = NONE
        for at in range(0, len(data), chunk):
            if self.skipping:
                break
            last = self.step("body", data[at:at + chunk])
            self.skipping = last.action == "skip"
        return last

    def eom(self):
        return self.step("eom")

    def abort(self):
        self.packet(b"A")

    def quit(self):
        self.packet(b"Q")
        self.close()

    def is_closed(self, timeout=5):
        """The milter closes its end within the time."""
        self.sock.settimeout(wait.scaled(timeout))
        try:
            return self.sock.recv(1) == b""
        except socket.timeout:
            return False
        except ConnectionError:
            return True

    def message(self, data):
        """DATA, headers, body and end of message of a whole message given as bytes; the last answer."""
        head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
        self.data()
        fields = []
        for line in head.split(b"\n"):
            if line[:1] in b" \t" and fields:
                fields[-1] += b"\n" + line
            elif line:
                fields.append(line)
        for field in fields:
            name, _, value = field.partition(b":")
            self.header(name, value.lstrip(b" "))
        self.eoh()
        if body:
            self.body(body.replace(b"\n", b"\r\n"))
        return self.eom()
