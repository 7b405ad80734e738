"""An internal server: an SMTP server on an address of its own that keeps what it is given and can be told to misbehave."""
import collections
import email.parser
import email.policy
import socket
import socketserver
import threading
import time

import ports
import wait

Received = collections.namedtuple("Received", "mail_from rcpt_to data when peer helo message_id")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128


class Sink:
    """with Sink("127.0.0.5") as s: …; s.messages, s.wait_for(n), s.count_by_id()."""

    def __init__(self, address="127.0.0.1", port=None, name="internal"):
        self.address, self.name = address, name
        self.port = port or ports.reserve(address)
        self.messages = []
        self.changed = threading.Condition()
        self.reject_rcpt = {}      # address or "*" -> reply
        self.reply_to_data = None  # reply after the final dot; the message is then not kept
        self.delay_data = 0        # seconds between the final dot and the reply
        self.on_message = None     # called with each Received before the reply
        self.refused = 0
        self.server = None

    @property
    def where(self):
        """As a next hop of Postfix and of `milter-ctl domain add --route`."""
        return f"[{self.address}]:{self.port}"

    @property
    def route(self):
        return f"{self.address}:{self.port}"

    def start(self):
        sink = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                try:
                    _Conversation(sink, self.rfile, self.wfile, self.client_address[0]).run()
                except (ConnectionError, TimeoutError, ValueError):
                    pass

            def setup(self):
                self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.timeout = 300
                super().setup()
        self.server = _Server((self.address, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def stop(self):
        """No further connection is taken; one that stands is closed by its peer or at our end."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def keep(self, received):
        with self.changed:
            self.messages.append(received)
            self.changed.notify_all()

    def wait_for(self, n=1, timeout=15, having=None):
        """The first n messages (for which having(m) is true), as soon as they are there."""
        def found():
            return [m for m in self.messages if having is None or having(m)]
        with self.changed:
            if not self.changed.wait_for(lambda: len(found()) >= n, wait.scaled(timeout)):
                raise wait.TimedOut(f"{self.name} has {len(found())} of {n} messages after {timeout} s")
            return found()[:n]

    def wait_id(self, message_id, timeout=15):
        return self.wait_for(1, timeout, lambda m: m.message_id == message_id)[0]

    def with_id(self, message_id):
        return [m for m in self.messages if m.message_id == message_id]

    def count_by_id(self):
        return collections.Counter(m.message_id for m in self.messages)

    def clear(self):
        with self.changed:
            self.messages.clear()


def headers_of(data):
    return email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(data)


class _Conversation:
    def __init__(self, sink, rfile, wfile, peer):
        self.sink, self.rfile, self.wfile, self.peer = sink, rfile, wfile, peer
        self.helo = ""
        self.reset()

    def reset(self):
        self.mail_from, self.rcpt_to = None, []

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def run(self):
        self.say(f"220 {self.sink.name}.example ESMTP")
        for line in self.rfile:
            verb, _, rest = line.decode("utf-8", "surrogateescape").strip().partition(" ")
            reply = getattr(self, "do_" + verb.lower(), self.unknown)(rest)
            self.say(reply)
            if verb.upper() == "QUIT":
                return

    def unknown(self, _):
        return "500 5.5.2 command not known"

    def do_ehlo(self, rest):
        self.helo = rest
        self.reset()
        return "\r\n".join([f"250-{self.sink.name}.example", "250-PIPELINING", "250-8BITMIME", "250-SMTPUTF8",
                            "250-DSN", "250 ENHANCEDSTATUSCODES"])

    def do_helo(self, rest):
        self.helo = rest
        return f"250 {self.sink.name}.example"

    def do_noop(self, _):
        return "250 2.0.0 ok"

    def do_quit(self, _):
        return "221 2.0.0 bye"

    def do_rset(self, _):
        self.reset()
        return "250 2.0.0 ok"

    def do_mail(self, rest):
        self.reset()
        self.mail_from = rest.partition(":")[2].strip()
        return "250 2.1.0 ok"

    def do_rcpt(self, rest):
        address = rest.partition(":")[2].strip().split(">")[0].lstrip("<")
        refusal = self.sink.reject_rcpt.get(address, self.sink.reject_rcpt.get("*"))
        if refusal:
            self.sink.refused += 1
            return refusal
        self.rcpt_to.append(address)
        return "250 2.1.5 ok"

    def do_data(self, _):
        if not self.rcpt_to:
            return "503 5.5.1 no valid recipients"
        self.say("354 go on")
        lines = []
        for line in self.rfile:
            if line == b".\r\n":
                break
            lines.append(line[1:] if line.startswith(b".") else line)
        else:
            raise ConnectionError("lost in DATA")
        return self.finish(b"".join(lines))

    def finish(self, data):
        sender = self.mail_from.split(">")[0].lstrip("<")
        got = Received(sender, list(self.rcpt_to), data, time.time(), self.peer, self.helo,
                       (headers_of(data)["Message-ID"] or "").strip())
        self.reset()
        if self.sink.on_message:
            self.sink.on_message(got)
        if self.sink.delay_data:
            time.sleep(self.sink.delay_data)
        if self.sink.reply_to_data:
            self.sink.refused += 1
            return self.sink.reply_to_data
        self.sink.keep(got)
        return f"250 2.0.0 kept as {len(self.sink.messages)}"
