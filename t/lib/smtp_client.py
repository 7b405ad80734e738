"""A thin SMTP client that shows every reply and lets a test say anything."""
import collections
import socket

import wait

Reply = collections.namedtuple("Reply", "code text")
Sent = collections.namedtuple("Sent", "mail rcpts data end")  # replies; data and end may be None


class Closed(Exception):
    """The server closed the connection."""


class Smtp:
    """with Smtp(host, port) as c: c.xclient("192.0.2.7"); c.send("a@b", ["c@d"], message)."""

    def __init__(self, host, port, timeout=30, helo="client.example", source=None, greet=True):
        self.sock = socket.create_connection((host, port), wait.scaled(timeout),
                                             source_address=(source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rfile = self.sock.makefile("rb")
        self.name = helo
        self.log = []
        self.banner = self.reply()
        self.features = {}
        if greet and self.banner.code == 220:
            self.ehlo()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.rfile.close()
        self.sock.close()

    def write(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape"))

    def reply(self):
        lines = []
        while True:
            line = self.rfile.readline()
            if not line:
                raise Closed("; ".join(self.log[-3:]))
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            lines.append(text[4:])
            if text[3:4] != "-":
                reply = Reply(int(text[:3]), "\n".join(lines))
                self.log.append(f"S: {reply.code} {reply.text}")
                return reply

    def command(self, line):
        self.log.append(f"C: {line if isinstance(line, str) else line!r}")
        self.write(line if isinstance(line, bytes) else line + "\r\n")
        return self.reply()

    def pipeline(self, lines):
        """All lines in one write; a reply to each."""
        self.write("".join(line + "\r\n" for line in lines))
        return [self.reply() for _ in lines]

    def ehlo(self):
        reply = self.command(f"EHLO {self.name}")
        self.features = {line.split()[0].upper(): line for line in reply.text.split("\n")[1:]}
        return reply

    def xclient(self, addr, port=40025, **more):
        """The rest of the session comes from `addr`. more: NAME, HELO, LOGIN, PROTO, DESTADDR, DESTPORT."""
        words = [f"ADDR={'IPV6:' + addr if ':' in addr else addr}", f"PORT={port}"]
        words += [f"{k.upper()}={v}" for k, v in more.items()]
        reply = self.command("XCLIENT " + " ".join(words))
        if reply.code == 220:
            self.ehlo()
        return reply

    def mail(self, sender, options=""):
        return self.command(f"MAIL FROM:<{sender}>{' ' + options if options else ''}")

    def rcpt(self, recipient, raw=False):
        return self.command(f"RCPT TO:{recipient if raw else '<' + recipient + '>'}")

    def data(self, message):
        """DATA, the message (dots doubled, line ends made CRLF) and the final dot: both replies."""
        first = self.command("DATA")
        if first.code != 354:
            return first, None
        self.write(wire(message))
        return first, self.reply()

    def send(self, sender, recipients, message, mail_options=""):
        """One transaction; stops where nothing is left to do. Returns every reply."""
        m = self.mail(sender, mail_options)
        if m.code != 250:
            return Sent(m, [], None, None)
        replies = [self.rcpt(r) for r in recipients]
        if not any(r.code in (250, 251) for r in replies):
            self.command("RSET")
            return Sent(m, replies, None, None)
        first, end = self.data(message)
        return Sent(m, replies, first, end)

    def quit(self):
        try:
            return self.command("QUIT")
        finally:
            self.close()


def wire(message):
    """The bytes between 354 and its answer."""
    data = message if isinstance(message, bytes) else message.encode("utf-8", "surrogateescape")
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    if lines and lines[-1] == b"":
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines) + b".\r\n"


def final(sent):
    """The reply that settled a transaction."""
    if sent.end is not None:
        return sent.end
    if sent.data is not None:
        return sent.data
    return sent.rcpts[-1] if sent.rcpts else sent.mail


def submit(host, port, sender, recipients, message, client=None, **xclient):
    """A session of its own for one message, from `client` when given (XCLIENT)."""
    with Smtp(host, port) as c:
        if c.banner.code != 220:
            return Sent(c.banner, [], None, None)
        if client:
            answer = c.xclient(client, **xclient)
            if answer.code != 220:
                return Sent(answer, [], None, None)
        sent = c.send(sender, recipients, message)
        try:
            c.command("QUIT")
        except (Closed, OSError):
            pass
        return sent
