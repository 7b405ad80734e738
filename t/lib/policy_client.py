"""Speaks Postfix's policy protocol, with all attributes in the order of a version of Postfix, on one lasting connection."""
import ports
import wait

_V37 = """request protocol_state protocol_name client_address client_name client_port reverse_client_name server_address
server_port helo_name sender recipient recipient_count queue_id instance size etrn_domain stress sasl_method sasl_username
sasl_sender ccert_subject ccert_issuer ccert_fingerprint ccert_pubkey_fingerprint encryption_protocol encryption_cipher
encryption_keysize policy_context""".split()
ORDER = {"3.7": _V37, "3.8": _V37 + ["compatibility_level", "mail_version"],
         "3.10": _V37 + ["compatibility_level", "mail_version"],
         "3.12": _V37 + ["compatibility_level", "mail_version", "tls_sni"]}
DEFAULTS = {"request": "smtpd_access_policy", "protocol_state": "RCPT", "protocol_name": "ESMTP",
            "client_address": "192.0.2.7", "client_name": "unknown", "client_port": "40025",
            "reverse_client_name": "unknown", "server_address": "127.0.0.1", "server_port": "25",
            "helo_name": "client.example", "sender": "alice@outside.example", "recipient": "bob@one.example",
            "recipient_count": "0", "instance": "7b.5f6e.1.0", "size": "0", "encryption_keysize": "0",
            "compatibility_level": "3.6", "mail_version": "3.7.11"}


class Disconnected(Exception):
    """The server closed without an answer: to Postfix that means trouble."""


class Policy:
    """with Policy("unix:/…") as p: p.ask(recipient="a@b") -> "DUNNO"."""

    def __init__(self, where, version="3.7", timeout=10):
        self.where, self.version = where, version
        self.sock = ports.connect(where, timeout)
        self.sock.settimeout(wait.scaled(timeout))
        self.rfile = self.sock.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.rfile.close()
        self.sock.close()

    def raw(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape"))

    def answer(self):
        """What follows action=; Disconnected when there is none."""
        lines = []
        while True:
            try:
                line = self.rfile.readline()
            except ConnectionError:
                line = b""
            if not line:
                raise Disconnected(f"after {lines!r}")
            if line == b"\n":
                break
            lines.append(line.decode("utf-8", "surrogateescape").rstrip("\n"))
        assert len(lines) == 1 and lines[0].startswith("action="), f"not an answer: {lines!r}"
        return lines[0].removeprefix("action=")

    def send(self, order=None, **attributes):
        """One request; None leaves an attribute out, an unknown name is added at the end."""
        values = {**DEFAULTS, **attributes}
        names = list(order or ORDER[self.version])
        names += [n for n in attributes if n not in names]
        self.raw("".join(f"{n}={values.get(n, '')}\n" for n in names if values.get(n, "") is not None) + "\n")

    def ask(self, order=None, **attributes):
        self.send(order, **attributes)
        return self.answer()
