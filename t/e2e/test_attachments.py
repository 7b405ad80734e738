#!/usr/bin/python3
"""Programs as attachments: refused with their name however it is spelt, kept in quarantine, released once."""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
from cases import case, code, equal
from house import House

MAIL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mail")
CODE = r"\[([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4})\]"


def refuse(h, message):
    """Sends what must be refused; returns its decision code."""
    reply = code(h.proxy("alice@outside.example", "bob@one.example", message), 5, "5.7.1")
    found = re.search(CODE, reply.text)
    assert found, f"no decision code in {reply.text!r}"
    return found[1]


def kept(h):
    return h.gate.ctl("quarantine", "list", check=True).rows


def entry_of(h, decision):
    """The name by which `quarantine show|release|delete` know what this decision kept."""
    rows = [r for r in kept(h) if decision in r.values()]
    assert len(rows) == 1, f"{decision} is in {len(rows)} rows: {rows}"
    return rows[0].get("id") or decision


@case("a program is refused with its name and a decision code; nothing is delivered")
def _(h):
    m = mail.attachment("setup.exe")
    reply = code(h.proxy("alice@outside.example", "bob@one.example", m), 5, "setup.exe")
    assert "programs are not accepted" in reply.text and re.search(CODE, reply.text), reply.text
    h.postfix.wait_queue_empty()
    equal(h.sinks["one.example"].with_id(mail.id_of(m)), [])


@case("the decision can be explained by its code and by nobody's else")
def _(h):
    decision = refuse(h, mail.attachment())
    told = h.gate.ctl("explain", decision, as_json=False)
    equal(told.exit, 0, told.errors)
    for word in ("executable-attachment", "setup.exe", "192.0.2.7", "alice@outside.example"):
        assert word in told.text, f"{word} is not in:\n{told.text}"
    assert h.gate.ctl("explain", "AAAA-AAAA-AAAA").exit != 0


@case("its name is found in every spelling")
def _(h):
    wrong = []
    for spelling in mail.SPELLINGS:
        sent = h.proxy("alice@outside.example", "bob@one.example", mail.attachment("setup.exe", spelling=spelling))
        if sent.end.code // 100 != 5:
            wrong.append(f"{spelling}: {sent.end.code} {sent.end.text}")
    equal(wrong, [], "accepted")


@case("no trick that hides a program from the parser brings it to the internal server")
def _(h):
    delivered = []
    for path in sorted(glob.glob(os.path.join(MAIL, "trick-*.eml"))):
        with open(path, "rb") as f:
            m = f.read()
        if b"\r" in m.replace(b"\r\n", b"") or "delivery-status" in path:
            continue  # Postfix makes blanks of a bare CR: no trick is left; the other one is harmless
        m = m.replace(b"<1@b.example>", mail.new_id("trick").encode())
        sent = h.proxy("alice@outside.example", "bob@one.example", m)
        if sent.end.code not in (250, 550):
            delivered.append(f"{os.path.basename(path)}: {sent.end.code} {sent.end.text}")
    h.postfix.wait_queue_empty()
    h.postfix.wait_queue_empty()
    delivered += [m.data[:2000] for m in h.sinks["one.example"].messages if b"<trick." in m.data]
    equal(delivered, [], "delivered, or not decided")


@case("TNEF, opaque S/MIME and unknown kinds of messages are kept, not delivered")
def _(h):
    for ctype in ("application/ms-tnef", "application/pkcs7-mime; smime-type=signed-data", "message/x-other",
                  'application/octet-stream; name="winmail.dat"', 'application/octet-stream; name="smime.p7m"'):
        m = mail.multipart([f"Content-Type: {ctype}\r\n\r\nx\r\n"])
        code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
        h.postfix.wait_queue_empty()
        equal(h.sinks["one.example"].with_id(mail.id_of(m)), [], ctype)


@case("other attachments pass")
def _(h):
    for name in ("report.pdf", "exe", "setup.exe.txt", "photo.jpeg", "readme"):
        m = mail.attachment(name, b"plain text, whatever it is called\n")
        code(h.proxy("alice@outside.example", "bob@one.example", m), 250)
        h.sinks["one.example"].wait_id(mail.id_of(m))


@case("a Date in a zone that there is not harms no inspector")
def _(h):
    for zone in ("+0080", "-0060", "+9999", "+2460", "XYZ", "/etc"):
        message = mail.clean().replace(b"10:00:00 +0000", b"10:00:00 " + zone.encode())
        assert zone.encode() in message
        code(h.proxy("alice@outside.example", "bob@one.example", message), 250)
        inner = mail.nested(message, to="bob@one.example")
        code(h.proxy("alice@outside.example", "bob@one.example", inner), 250)


@case("a program in a message in a message is found")
def _(h):
    for levels in (1, 3):
        refuse(h, mail.nested(mail.attachment(), levels))


@case("a client network that the rule exempts may send it")
def _(h):
    m = mail.attachment()
    code(h.proxy("alice@outside.example", "bob@one.example", m, client="198.51.100.25"), 250)
    got = h.sinks["one.example"].wait_id(mail.id_of(m))
    assert b"setup.exe" in got.data


@case("staging refuses programs too")
def _(h):
    code(h.staging("alice@one.example", "carl@foreign.example", mail.attachment()), 5, "5.7.1")


@case("the rest of a session is not harmed by a refusal")
def _(h):
    good = mail.clean()
    with h.session("proxy", "192.0.2.7") as c:
        for m, want in ((mail.attachment(), 5), (good, 2), (mail.attachment(), 5)):
            code(c.send("alice@outside.example", ["bob@one.example"], m), want)
    h.sinks["one.example"].wait_id(mail.id_of(good))


@case("nested deeper than the limit is never taken for clean")
def _(h):
    m = mail.nested(mail.attachment(), 60)
    sent = h.proxy("alice@outside.example", "bob@one.example", m)
    h.postfix.wait_queue_empty()
    equal(h.sinks["one.example"].with_id(mail.id_of(m)), [], f"delivered after {sent.end}")


@case("released from quarantine it is delivered once, as it came, and only once")
def _(h):
    m = mail.attachment()
    entry = entry_of(h, refuse(h, m))
    h.gate.ctl("quarantine", "release", entry, check=True)
    got = h.sinks["one.example"].wait_id(mail.id_of(m))
    equal((got.mail_from, got.rcpt_to), ("alice@outside.example", ["bob@one.example"]))
    equal(got.data.split(b"\r\n\r\n", 1)[1], m.split(b"\r\n\r\n", 1)[1], "body")
    for word in (b"X-Postgate-Release", b"X-Postgate-Mark"):
        assert word.lower() not in got.data.lower(), f"{word} was left in it"
    again = h.gate.ctl("quarantine", "release", entry)
    assert again.exit != 0, f"a second release was taken: {again}"
    h.postfix.wait_queue_empty()
    equal(len(h.sinks["one.example"].with_id(mail.id_of(m))), 1)


@case("a message without Date, with a bare name for an address, odd folding, bare dots and 8-bit text is released as it came")
def _(h):
    m = (mail.attachment(sender="alice", subject="gr\u00fcezi\r\n\tagain\r\n .")
         .replace(b"Date: Mon, 02 Nov 2026 10:00:00 +0000\r\n", b"")
         .replace(b"See the attachment.\r\n", b".\r\n..\r\nSee \xfc the attachment." + b"x" * 900 + b"\r\n.x\r\n"))
    entry = entry_of(h, refuse(h, m))
    h.gate.ctl("quarantine", "release", entry, check=True)
    got = h.sinks["one.example"].wait_id(mail.id_of(m))
    equal(got.data.split(b"\r\n\r\n", 1)[1], m.split(b"\r\n\r\n", 1)[1], "body")
    for word in (b"\r\nDate:", b"alice@"):
        assert word not in got.data.split(b"\r\n\r\n", 1)[0].replace(b"alice@outside", b""), f"{word} was added"


@case("ten releases of one message at the same moment deliver it once")
def _(h):
    import threading
    m = mail.attachment()
    entry = entry_of(h, refuse(h, m))
    done = []
    threads = [threading.Thread(target=lambda: done.append(h.gate.ctl("quarantine", "release", entry).exit)) for _ in range(10)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(sorted(done).count(0), 1, f"successful releases in {done}")
    h.sinks["one.example"].wait_id(mail.id_of(m))
    h.postfix.wait_queue_empty()
    equal(len(h.sinks["one.example"].with_id(mail.id_of(m))), 1)


@case("mail on the release listener without a mark is refused")
def _(h):
    import smtp_client
    m = mail.attachment()
    sent = smtp_client.submit("127.0.0.1", h.postfix.port["release"], "a@outside.example", ["bob@one.example"], m)
    h.postfix.wait_queue_empty()
    equal(h.sinks["one.example"].with_id(mail.id_of(m)), [], f"delivered after {sent}")


@case("a deleted entry is gone")
def _(h):
    entry = entry_of(h, refuse(h, mail.attachment()))
    h.gate.ctl("quarantine", "delete", entry, check=True)
    assert h.gate.ctl("quarantine", "release", entry).exit != 0
    assert not [r for r in kept(h) if r["id"] == entry and r["state"] == "held"]


@case("`quarantine reindex` finds every entry again")
def _(h):
    refuse(h, mail.attachment())
    before = sorted(str(r) for r in kept(h))
    h.gate.ctl("quarantine", "reindex", check=True)
    equal(sorted(str(r) for r in kept(h)), before)


@case("`message test` says what would happen, and delivers nothing")
def _(h):
    path = h.sub("try.eml")
    m = mail.attachment()
    with open(path, "wb") as f:
        f.write(m)
    told = h.gate.ctl("message", "test", path, as_json=False)
    assert "executable-attachment" in told.text, told
    equal(h.sinks["one.example"].with_id(mail.id_of(m)), [])


if __name__ == "__main__":
    cases.main(House)
