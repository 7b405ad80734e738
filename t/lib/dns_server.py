"""A name server in this process that does what a test says: delay, silence, errors, any answer; for the rest what another server says.

    with Server(upstream=nsd.port) as s:            # without upstream the rest does not exist
        s.on("dead.example", silent=True)           # this name and all below; the longest name wins, then what was said last
        s.on("slow.example", delay=0.05)
        s.on("bad.example", rcode="SERVFAIL")
        s.on("a.example", "A", answer=["192.0.2.1"], ttl=60)
        s.on("odd.example", raw=lambda query, wire: b"...")   # the bytes of the reply, or None
        s.resolver; s.count("a.example", "A"); s.is_silent = True; s.delay = 0.05
"""
import heapq
import itertools
import select
import socket
import struct
import threading
import time

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import dns.rrset

import ports

NoAnswer = dns.exception.DNSException


def ask(port, name, kind, address="127.0.0.1", timeout=1, **more):
    """One question by UDP; the reply as dnspython has it."""
    return dns.query.udp(dns.message.make_query(name, kind, **more), address, timeout, port)


def _name_of(wire):
    """The question's name, lower case, without a final dot; and its type."""
    at, labels = 12, []
    while wire[at]:
        labels.append(wire[at + 1:at + 1 + wire[at]].decode("latin-1").lower())
        at += 1 + wire[at]
    return ".".join(labels), struct.unpack_from(">H", wire, at + 1)[0]


class _Rule:
    def __init__(self, kind, silent, delay, rcode, answer, ttl, raw):
        self.kind = dns.rdatatype.from_text(kind) if kind else None
        self.silent, self.delay, self.rcode, self.answer, self.ttl, self.raw = silent, delay, rcode, answer, ttl, raw
        self.asks_on = rcode is None and answer is None and raw is None


class Server:
    def __init__(self, upstream=None, delay=0):
        self.upstream, self.delay, self.is_silent = upstream, delay, False
        self.port = ports.reserve()
        self.resolver = f"127.0.0.1@{self.port}"
        self.rules = {}  # name -> [_Rule]
        self.asked = []  # (time, name, type, "udp" or "tcp")
        self.lock = threading.Lock()
        self.later, self.order = [], itertools.count()
        self.relayed, self.next_id = {}, itertools.count(1)

    def on(self, name, kind=None, *, silent=False, delay=0, rcode=None, answer=None, ttl=60, raw=None):
        rule = _Rule(kind, silent, delay, rcode, answer, ttl, raw)
        with self.lock:
            self.rules.setdefault(name.lower(), []).insert(0, rule)

    def forget(self, name):
        with self.lock:
            self.rules.pop(name.lower(), None)

    def count(self, name=None, kind=None):
        """Questions so far for this name or below."""
        number = dns.rdatatype.from_text(kind) if kind else None
        with self.lock:
            return sum((name is None or n == name or n.endswith("." + name)) and number in (None, k) for _, n, k, _ in self.asked)

    # the server

    def start(self):
        self.udp, self.up = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.udp.bind(("127.0.0.1", self.port))
        if self.upstream:
            self.up.connect(("127.0.0.1", self.upstream))
        self.tcp = socket.socket()
        self.tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.tcp.bind(("127.0.0.1", self.port))
        self.tcp.listen(100)
        self.wake_r, self.wake_w = socket.socketpair()
        self.ending = False
        self.threads = [threading.Thread(target=self._run, daemon=True), threading.Thread(target=self._run_tcp, daemon=True)]
        for t in self.threads:
            t.start()
        return self

    def stop(self):
        self.ending = True
        self.wake_w.send(b"x")
        self.tcp.shutdown(socket.SHUT_RDWR)
        for t in self.threads:
            t.join(5)
        for s in (self.udp, self.up, self.tcp, self.wake_r, self.wake_w):
            s.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def _rule(self, name, kind):
        labels = name.split(".")
        with self.lock:
            for i in range(len(labels) + 1):
                for rule in self.rules.get(".".join(labels[i:]), ()):
                    if rule.kind in (None, kind):
                        return rule
        return None

    def _run(self):
        sockets = [self.udp, self.up, self.wake_r]
        while not self.ending:
            timeout = max(0, self.later[0][0] - time.monotonic()) if self.later else 1
            for s in select.select(sockets, [], [], timeout)[0]:
                if s is self.udp:
                    self._drain(self.udp, self._take)
                elif s is self.up:
                    self._drain(self.up, self._relay_back)
            while self.later and self.later[0][0] <= time.monotonic():
                _, _, wire, client = heapq.heappop(self.later)
                self._send(wire, client)

    def _drain(self, s, take):
        for _ in range(100):
            try:
                wire, client = s.recvfrom(65535, socket.MSG_DONTWAIT)
            except OSError:
                return
            try:
                take(wire, client)
            except (IndexError, struct.error):
                pass  # no question

    def _send(self, wire, client):
        try:
            self.udp.sendto(wire, client)
        except OSError:
            pass

    def _send_after(self, delay, wire, client):
        if delay > 0:
            heapq.heappush(self.later, (time.monotonic() + delay, next(self.order), wire, client))
        else:
            self._send(wire, client)

    def _note(self, wire, how):
        name, kind = _name_of(wire)
        with self.lock:
            self.asked.append((time.monotonic(), name, kind, how))
        return self._rule(name, kind)

    def _take(self, wire, client):
        rule = self._note(wire, "udp")
        if self.is_silent or (rule and rule.silent):
            return
        delay = self.delay + (rule.delay if rule else 0)
        if self.upstream and (rule is None or rule.asks_on):
            number = next(self.next_id) & 0xffff
            self.relayed[number] = (wire[:2], client, delay)
            self.up.send(struct.pack(">H", number) + wire[2:])
            return
        reply = self._reply(rule, wire, _payload(wire))
        if reply is not None:
            self._send_after(delay, reply, client)

    def _relay_back(self, wire, _):
        found = self.relayed.pop(struct.unpack_from(">H", wire)[0], None)
        if found:
            number, client, delay = found
            self._send_after(delay, number + wire[2:], client)

    def _reply(self, rule, wire, most):
        query = dns.message.from_wire(wire)
        if rule and rule.raw:
            return rule.raw(query, wire)
        reply = dns.message.make_response(query, recursion_available=True)
        question = query.question[0]
        if rule and rule.answer is not None:
            if rule.answer:
                kind = dns.rdatatype.to_text(question.rdtype)
                reply.answer.append(dns.rrset.from_text(question.name, rule.ttl, "IN", kind, *rule.answer))
            else:
                reply.authority.append(dns.rrset.from_text(".", rule.ttl, "IN", "SOA", f"ns. root. 1 3600 600 86400 {rule.ttl}"))
        elif rule and rule.rcode:
            reply.set_rcode(dns.rcode.from_text(rule.rcode))
        else:
            reply.set_rcode(dns.rcode.NXDOMAIN)
            reply.authority.append(dns.rrset.from_text(".", 60, "IN", "SOA", "ns. root. 1 3600 600 86400 60"))
        try:
            return reply.to_wire(max_size=most)
        except dns.exception.TooBig:
            short = dns.message.make_response(query, recursion_available=True)
            short.flags |= dns.flags.TC
            return short.to_wire()

    # TCP

    def _run_tcp(self):
        while not self.ending:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            while head := stream.read(2):
                wire = stream.read(struct.unpack(">H", head)[0])
                rule = self._note(wire, "tcp")
                if self.is_silent or (rule and rule.silent):
                    continue
                time.sleep(self.delay + (rule.delay if rule else 0))
                if self.upstream and (rule is None or rule.asks_on):
                    reply = _ask_tcp(self.upstream, wire)
                else:
                    reply = self._reply(rule, wire, 65535)
                if reply is not None:
                    connection.sendall(struct.pack(">H", len(reply)) + reply)


def _payload(wire):
    """How much the asker takes by UDP."""
    payload = dns.message.from_wire(wire).payload
    return max(payload, 512)


def _ask_tcp(port, wire):
    with socket.create_connection(("127.0.0.1", port), 5) as s, s.makefile("rb") as stream:
        s.sendall(struct.pack(">H", len(wire)) + wire)
        return stream.read(struct.unpack(">H", stream.read(2))[0])
