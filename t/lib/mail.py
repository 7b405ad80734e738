"""Messages for the tests: each with a Message-ID of its own, attachments named in every spelling mailers use."""
import base64
import itertools
import os
import urllib.parse

_count = itertools.count(1)
PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00not really a program\r\n"


def new_id(tag="m"):
    return f"<{tag}.{os.getpid()}.{next(_count)}@client.example>"


def clean(sender="alice@outside.example", to="bob@one.example", subject="Hello", message_id=None, text="Good day.\n",
          headers=()):
    """Plain text. headers: further (name, value), put on top."""
    lines = [f"{n}: {v}" for n, v in headers]
    lines += [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: {message_id or new_id()}",
              "Date: Mon, 02 Nov 2026 10:00:00 +0000", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
    return ("\r\n".join(lines) + "\r\n\r\n" + text.replace("\n", "\r\n")).encode()


def id_of(message):
    for line in message.split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.split(b":", 1)[1].strip().decode()
    return None


def _b64(text, charset="utf-8"):
    return base64.b64encode(text.encode(charset)).decode()


def _percent(text, charset="utf-8"):
    return urllib.parse.quote(text.encode(charset), safe="")


def _continued(name):
    half = len(name) // 2
    return ('attachment;\r\n filename*0="%s";\r\n filename*1="%s"' % (name[:half], name[half:]), "application/octet-stream")


def _continued_encoded(name):
    half = len(name) // 2
    return ("attachment;\r\n filename*0*=utf-8''%s;\r\n filename*1*=%s" % (_percent(name[:half]), _percent(name[half:])),
            "application/octet-stream")


# spelling -> (Content-Disposition, Content-Type) of an attachment of that name
SPELLINGS = {
    "quoted": lambda n: (f'attachment; filename="{n}"', "application/octet-stream"),
    "token": lambda n: (f"attachment; filename={n}", "application/octet-stream"),
    "name only": lambda n: ("attachment", f'application/octet-stream; name="{n}"'),
    "name and filename differ": lambda n: ('attachment; filename="notes.txt"', f'application/octet-stream; name="{n}"'),
    "filename and name differ": lambda n: (f'attachment; filename="{n}"', 'application/octet-stream; name="notes.txt"'),
    "rfc2231": lambda n: (f"attachment; filename*=utf-8''{_percent(n)}", "application/octet-stream"),
    "rfc2231 latin1": lambda n: (f"attachment; filename*=iso-8859-1'en'{_percent(n)}", "application/octet-stream"),
    "rfc2231 in two": _continued,
    "rfc2231 in two, encoded": _continued_encoded,
    "rfc2047 base64": lambda n: (f'attachment; filename="=?utf-8?B?{_b64(n)}?="', "application/octet-stream"),
    "rfc2047 quoted": lambda n: (f'attachment; filename="=?utf-8?Q?{"".join("=%02X" % c for c in n.encode())}?="',
                                 "application/octet-stream"),
    "rfc2047 in two": lambda n: (f'attachment; filename="=?utf-8?B?{_b64(n[:3])}?=\r\n =?utf-8?B?{_b64(n[3:])}?="',
                                 "application/octet-stream"),
    "upper case": lambda n: (f'ATTACHMENT; FILENAME="{n.upper()}"', "APPLICATION/OCTET-STREAM"),
    "twice, last": lambda n: (f'attachment; filename="notes.txt"; filename="{n}"', "application/octet-stream"),
    "twice, first": lambda n: (f'attachment; filename="{n}"; filename="notes.txt"', "application/octet-stream"),
    "inline": lambda n: (f'inline; filename="{n}"', "application/octet-stream"),
    "final dot": lambda n: (f'attachment; filename="{n}."', "application/octet-stream"),
    "final blank": lambda n: (f'attachment; filename="{n} "', "application/octet-stream"),
}


def part(name, content=PROGRAM, spelling="quoted"):
    disposition, ctype = SPELLINGS[spelling](name)
    body = base64.encodebytes(content).replace(b"\n", b"\r\n").decode()
    return (f"Content-Type: {ctype}\r\nContent-Disposition: {disposition}\r\n"
            f"Content-Transfer-Encoding: base64\r\n\r\n{body}")


def multipart(parts, sender="alice@outside.example", to="bob@one.example", subject="With attachment", message_id=None,
              boundary="=_b0undary", headers=()):
    """parts: texts with their own headers."""
    head = [f"{n}: {v}" for n, v in headers]
    head += [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: {message_id or new_id()}",
             "Date: Mon, 02 Nov 2026 10:00:00 +0000", "MIME-Version: 1.0",
             f'Content-Type: multipart/mixed; boundary="{boundary}"']
    text = "Content-Type: text/plain\r\n\r\nSee the attachment.\r\n"
    body = "".join(f"--{boundary}\r\n{p}\r\n" for p in [text, *parts]) + f"--{boundary}--\r\n"
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode("utf-8", "surrogateescape")


def attachment(name="setup.exe", content=PROGRAM, spelling="quoted", **kw):
    return multipart([part(name, content, spelling)], **kw)


def nested(inner, levels=1, **kw):
    """`inner` as a message/rfc822 part, `levels` deep; the outermost gets the keywords."""
    text = inner.decode("utf-8", "surrogateescape")
    for level in range(levels):
        boundary = f"=_n{level}"
        wrapped = f"Content-Type: message/rfc822\r\n\r\n{text}"
        outer = multipart([wrapped], boundary=boundary, **(kw if level == levels - 1 else {}))
        text = outer.decode("utf-8", "surrogateescape")
    return text.encode("utf-8", "surrogateescape")


def of_size(size, **kw):
    line = "x" * 70 + "\n"
    return clean(text=line * (size // len(line) + 1), **kw)
