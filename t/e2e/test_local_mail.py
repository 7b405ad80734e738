#!/usr/bin/python3
"""Mail by sendmail(1), where the administrator named us in non_smtpd_milters: filtered at its end, never stuck in the queue."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import cases
import mail
import procs
from cases import case, equal
from house import House


def make():
    return House(postfix_settings={"non_smtpd_milters": "unix:postgate/milter"}, listeners=("proxy", "staging", "release"))


def sendmail(h, message, *recipients):
    path = h.sub("local.eml")
    with open(path, "wb") as f:
        f.write(message.replace(b"\r\n", b"\n"))
    done = procs.run(["/bin/sh", "-c", 'exec /usr/sbin/sendmail -C "$0" -f root@one.example -i "$@" < ' + path, h.postfix.etc, *recipients],
                     env={"PATH": "/usr/sbin:/usr/bin:/bin", "MAIL_CONFIG": h.postfix.etc})
    equal(done.returncode, 0, done.stderr)


@case("clean mail is delivered, without a mark")
def _(h):
    m = mail.clean(sender="root@one.example")
    sendmail(h, m, "bob@one.example")
    got = h.sinks["one.example"].wait_id(mail.id_of(m))
    assert b"X-Postgate-Trace" not in got.data, "marked"


@case("a program is refused, and the sender told")
def _(h):
    m = mail.attachment(sender="root@one.example")
    sendmail(h, m, "bob@two.example")
    back = h.sinks["one.example"].wait_for(1, 15, lambda r: r.mail_from == "" and mail.id_of(m).encode() in r.data)[0]
    assert b"programs are not accepted" in back.data
    h.postfix.wait_queue_empty()
    equal(h.sinks["two.example"].messages, [])


@case("headers that only we may set are taken out")
def _(h):
    m = mail.clean(sender="root@one.example", headers=[("X-Postgate-Trace", "forged"), ("Authentication-Results", "gate.example; spf=pass")])
    sendmail(h, m, "bob@one.example")
    data = h.sinks["one.example"].wait_id(mail.id_of(m)).data
    assert b"forged" not in data and b"spf=pass" not in data, data


if __name__ == "__main__":
    cases.main(make)
