"""A TCP relay on loopback that can be slow: every byte is late by `delay` seconds, in each direction, in order."""
import socket
import threading
import time

import ports


class Relay:
    """with Relay("inet:127.0.0.1:6379") as r: settings redis = r.where; r.delay = 5."""

    def __init__(self, to):
        self.to, self.delay = to, 0.0
        self.port = ports.reserve()
        self.where = f"inet:127.0.0.1:{self.port}"
        self.open = set()

    def __enter__(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", self.port))
        self.listener.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        for s in (self.listener, *self.open):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = ports.connect(self.to, 5)
            except OSError:  # what it relays to is down
                client.close()
                continue
            server.settimeout(None)
            self.open |= {client, server}
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self._carry, args=(a, b), daemon=True).start()

    def _carry(self, source, target):
        late = []  # (when, bytes), carried out by a second thread so that what follows is not later than `delay`
        ready = threading.Condition()
        threading.Thread(target=self._deliver, args=(late, ready, target), daemon=True).start()
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            with ready:
                late.append((time.monotonic() + self.delay, data))
                ready.notify()
            if not data:
                return

    @staticmethod
    def _deliver(late, ready, target):
        while True:
            with ready:
                ready.wait_for(lambda: late)
                when, data = late.pop(0)
            time.sleep(max(0.0, when - time.monotonic()))
            try:
                if not data:
                    target.shutdown(socket.SHUT_RDWR)
                    return
                target.sendall(data)
            except OSError:
                return
