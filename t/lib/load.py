"""Mail that flows while something else happens, and the account at its end: every accepted message once, no other."""
import collections
import threading
import time

import mail
import smtp_client
import wait


class Load:
    """with Load(port, recipient) as flow: …; flow.accepted, flow.answers; check(sink)."""

    def __init__(self, port, recipient, sender="alice@outside.example", client="192.0.2.7", threads=4, pause=0.0, make=mail.clean):
        self.port, self.recipient, self.sender, self.client = port, recipient, sender, client
        self.threads, self.pause, self.make = threads, pause, make
        self.accepted, self.refused, self.unknown = [], [], []
        self.answers = collections.Counter()
        self.texts = collections.defaultdict(list)  # of refusals
        self.lock = threading.Condition()
        self.stopping = threading.Event()
        self.last_was_good = True  # a refusal is not answered with a storm

    def __enter__(self):
        self.running = [threading.Thread(target=self._send, daemon=True) for _ in range(self.threads)]
        for t in self.running:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self.stopping.set()
        for t in self.running:
            t.join(60)

    def _note(self, message_id, reply):
        with self.lock:
            self.answers[reply.code] += 1
            if reply.code != 250:
                self.texts[reply.code].append(reply.text)
            (self.accepted if reply.code == 250 else self.refused).append(message_id)
            self.last_was_good = reply.code == 250
            self.lock.notify_all()

    def _send(self):
        while not self.stopping.is_set():
            m = self.make()
            try:
                self._note(mail.id_of(m), self._one(m))
            except (OSError, smtp_client.Closed):
                with self.lock:
                    self.unknown.append(mail.id_of(m))
            time.sleep(self.pause if self.last_was_good else 0.05)

    def _one(self, m):
        sent = smtp_client.submit("127.0.0.1", self.port, self.sender, [self.recipient], m, self.client)
        return smtp_client.final(sent)

    def wait_accepted(self, more, timeout=30):
        """Until `more` further messages were accepted."""
        with self.lock:
            target = len(self.accepted) + more
            assert self.lock.wait_for(lambda: len(self.accepted) >= target, wait.scaled(timeout)), \
                f"{len(self.accepted)} of {target} accepted after {wait.scaled(timeout):g} s; {self.summary()}"

    def texts_of(self, code):
        return self.texts.get(code, [])

    def summary(self):
        return f"answers {dict(self.answers)}, " + "; ".join(f"{c} {t[0]}" for c, t in self.texts.items())

    def account(self, *sinks):
        """(lost, doubled, surprising) Message-IDs; unknown ones may be there or not, but not twice."""
        count = sum((s.count_by_id() for s in sinks), collections.Counter())
        lost = [i for i in self.accepted if not count[i]]
        doubled = [i for i in [*self.accepted, *self.unknown] if count[i] > 1]
        surprising = [i for i in self.refused if count[i]]
        return lost, doubled, surprising
