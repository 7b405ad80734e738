#!/usr/bin/python3
"""kill -9, TERM and absence of each daemon under load: nothing accepted is lost, nothing is delivered twice, nothing is relayed."""
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import procs
import smtp_client
import wait
from cases import case, code, equal
from house import House
from load import Load


def inspectors():
    return {pid for pid, name in procs.descendants().items() if name.startswith("postgate-inspe")}


def settle(h, flow, *sinks):
    """The account at the end of a load."""
    h.postfix.wait_queue_empty(60)
    lost, doubled, surprising = flow.account(*(sinks or h.sinks.values()))
    equal((lost, doubled, surprising), ([], [], []), "lost, doubled, delivered though refused")
    assert set(flow.answers) <= {250, 451, 421}, flow.summary()
    equal(h.foreign.messages, [], "relayed")


def mixed():
    mixed.n = getattr(mixed, "n", 0) + 1
    return [mail.clean, lambda: mail.attachment("notes.pdf", b"x" * 60_000), lambda: mail.of_size(300_000)][mixed.n % 3]()


@case("kill -9 of the milter, five times in the middle of messages")
def _(h):
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=4, make=mixed) as flow:
        for _ in range(5):
            flow.wait_accepted(25)
            before = inspectors()
            h.gate.milter.kill()
            wait.until(lambda: not before & inspectors(), 5, "the workers of the killed milter to end")
            h.gate.milter.start()
        flow.wait_accepted(25)
    print(f"     {dict(flow.answers)}, unknown {len(flow.unknown)}")
    settle(h, flow)


@case("kill -9 of an inspect worker: its message is deferred, the next passes")
def _(h):
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=2, make=mixed) as flow:
        for _ in range(5):
            flow.wait_accepted(15)
            for pid in sorted(inspectors())[1:]:  # the first is their parent
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
        flow.wait_accepted(15)
    settle(h, flow)


@case("kill -9 of the inspectors' parent: it is started again")
def _(h):
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=2) as flow:
        flow.wait_accepted(10)
        for pid in inspectors():
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        flow.wait_accepted(20)
    settle(h, flow)


@case("kill -9 of policyd under load on staging")
def _(h):
    with Load(h.postfix.port["staging"], "bob@two.example", sender="alice@one.example", client="192.0.2.50", threads=3) as flow:
        for _ in range(3):
            flow.wait_accepted(20)
            h.gate.policyd.kill()
            h.gate.policyd.start()
        flow.wait_accepted(20)
    settle(h, flow)


@case("without policyd every recipient gets 451 and nothing is relayed")
def _(h):
    h.gate.policyd.kill()
    for path, client, rcpt in (("staging", "10.1.1.1", "carl@foreign.example"), ("staging", "192.0.2.9", "carl@foreign.example"),
                               ("staging", "192.0.2.9", "bob@one.example"), ("proxy", "192.0.2.9", "bob@one.example")):
        with h.session(path, client) as c:
            c.mail("alice@outside.example")
            reply = c.rcpt(rcpt)
            assert reply.code == 451, f"{path} {client} {rcpt}: {reply}"
    h.gate.policyd.start()
    m = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
    h.sinks["one.example"].wait_id(mail.id_of(m))
    equal(h.foreign.messages, [])


class Impostor(threading.Thread):
    """In policyd's place: answers every request with the same bytes; None: never."""

    def __init__(self, path, answer):
        super().__init__(daemon=True)
        self.server, self.answer = socket.socket(socket.AF_UNIX), answer
        self.server.bind(path)
        os.chmod(path, 0o666)
        self.server.listen(20)
        self.start()

    def run(self):
        kept = []
        while True:
            try:
                peer, _ = self.server.accept()
            except OSError:
                return
            kept.append(peer)
            if self.answer is not None:
                peer.recv(65536)
                peer.sendall(self.answer)
                peer.close()

    def stop(self):
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


@case("whatever stands in policyd's place, an unlisted client relays nothing")
def _(h):
    path = h.gate.settings["policy_socket"].removeprefix("unix:")
    h.gate.policyd.stop()
    for answer in (b"", b"nonsense\n\n", b"action=DUNNO\n\n", b"action=no such word\n\n", b"action=DUNNO", None):
        impostor = Impostor(path, answer)
        try:
            with h.session("staging", "192.0.2.99") as c:
                c.mail("eve@outside.example")
                reply = c.rcpt("carl@foreign.example")
                assert reply.code // 100 in (4, 5), f"{answer}: {reply}"
        finally:
            impostor.stop()
            os.unlink(path)
    h.gate.policyd.start()
    equal(h.foreign.messages, [])


@case("without the milter new mail gets 451, and the queue is delivered")
def _(h):
    server = h.sinks["two.example"]
    server.reply_to_data = "451 4.3.0 later"
    m = mail.clean(to="bob@two.example")
    code(h.staging("alice@one.example", "bob@two.example", m), 250)
    h.gate.milter.kill()
    code(h.proxy("alice@outside.example", "bob@one.example", mail.clean()), 451)
    server.reply_to_data = None
    h.postfix.flush()
    server.wait_id(mail.id_of(m), 30)
    h.gate.milter.start()
    again = mail.clean()
    code(h.proxy("alice@outside.example", "bob@one.example", again), 250)
    h.sinks["one.example"].wait_id(mail.id_of(again))


@case("kill -9 of the milter between RCPT and the final dot: 451, not delivered, and the next attempt once")
def _(h):
    m = mail.clean()
    with h.session("proxy", "192.0.2.7") as c:
        c.mail("alice@outside.example")
        c.rcpt("bob@one.example")
        equal(c.command("DATA").code, 354)
        h.gate.milter.kill()
        c.write(smtp_client.wire(m))
        code(c.reply(), 451)
    h.gate.milter.start()
    code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
    h.sinks["one.example"].wait_id(mail.id_of(m))
    h.postfix.wait_queue_empty()
    equal(len(h.sinks["one.example"].with_id(mail.id_of(m))), 1)


@case("TERM lets the milter finish what was begun and refuses what comes later")
def _(h):
    m = mail.clean()
    with h.session("proxy", "192.0.2.7") as c, h.session("proxy", "192.0.2.8") as late:
        c.mail("alice@outside.example")
        equal(c.rcpt("bob@one.example").code, 250)
        equal(c.command("DATA").code, 354)
        h.gate.milter.log.mark()
        h.gate.milter.process.terminate()
        h.gate.milter.log.wait("ending: [1-9]", 5)
        late.mail("alice@outside.example")
        reply = late.rcpt("bob@one.example")
        equal(reply.code, 421)
        c.write(smtp_client.wire(m))
        code(c.reply(), 250)
    h.sinks["one.example"].wait_id(mail.id_of(m))
    wait.until(lambda: not h.gate.milter.is_running(), 30, "the milter to end")
    equal(h.gate.milter.process.returncode, 0, "exit status")
    assert not inspectors(), "inspectors outlive the milter"
    h.gate.milter.start()


@case("TERM of policyd and a start again, under load: at most 451")
def _(h):
    with Load(h.postfix.port["staging"], "bob@two.example", sender="alice@one.example", client="192.0.2.50", threads=3) as flow:
        flow.wait_accepted(20)
        equal(h.gate.policyd.stop(), 0, "exit status")
        h.gate.policyd.start()
        flow.wait_accepted(20)
    settle(h, flow)


@case("SIGHUP ends neither daemon")
def _(h):
    for d in (h.gate.milter, h.gate.policyd):
        d.process.send_signal(1)
    with Load(h.postfix.port["proxy"], "bob@one.example", threads=2) as flow:
        flow.wait_accepted(30)
    assert h.gate.milter.is_running() and h.gate.policyd.is_running()
    settle(h, flow)


if __name__ == "__main__":
    cases.main(House)
