#!/usr/bin/python3
"""Signed mail for tests, with keys made on the fly: canonical forms and RSA by dkimpy, Ed25519 by PyNaCl; whole signatures and ARC sets by
dkimpy too. Nothing of Postgate signs here."""
import base64
import hashlib
import re
import subprocess
import time

import dkim
import dkim.canonicalization
import dkim.crypto
import nacl.signing

HEADER = ("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding")
BODY = b"Hello Bob,\r\n\r\nsee  you \t soon. \r\nAnn\r\n\r\n"
NOW = int(time.time())


def plain(body=BODY, sender=b"Ann <ann@example.com>", more=()):
    """A message that nobody signed; more: further header lines, at its end."""
    lines = [b"From: " + sender, b"To: Bob <bob@other.example>", b"Subject: Hello\r\n\tagain  and again ",
             b"Date: Tue, 14 Nov 2023 22:13:20 +0000", b"Message-ID: <1@example.com>", b"MIME-Version: 1.0",
             b"Content-Type: text/plain; charset=utf-8", b"Content-Transfer-Encoding: 8bit", *more]
    return b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


class Key:
    """RSA of so many bits; None: Ed25519. record(): its TXT record."""

    def __init__(self, bits=2048):
        self.bits = bits
        if bits is None:
            self.secret = nacl.signing.SigningKey.generate()
            self.public = bytes(self.secret.verify_key)
            self.pem = base64.b64encode(bytes(self.secret))     # as dkimpy takes it
            return
        made = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], check=True, capture_output=True)
        self.pem = made.stdout
        self.secret = dkim.crypto.parse_pem_private_key(self.pem)
        self.public = self._derived("-outform", "DER", "-pubout")

    def _derived(self, *how):
        return subprocess.run(["openssl", "rsa", *how], input=self.pem, check=True, capture_output=True).stdout

    @property
    def algorithm(self):
        return b"ed25519-sha256" if self.bits is None else b"rsa-sha256"

    def bare(self):
        """RSAPublicKey without what names its algorithm."""
        return self._derived("-outform", "DER", "-RSAPublicKey_out")

    def record(self, tags=b"v=DKIM1; ", kind=None, public=None):
        kind = kind or (b"ed25519" if self.bits is None else b"rsa")
        return tags + b"k=" + kind + b"; p=" + base64.b64encode(self.public if public is None else public)

    def sign(self, text, hash_name="sha256"):
        hasher = hashlib.new(hash_name, text)
        if self.bits is None:
            return self.secret.sign(hasher.digest()).signature
        return dkim.crypto.RSASSA_PKCS1_v1_5_sign(hasher, self.secret)


def split(message):
    """[(name, value with its line end)], body"""
    header, _, body = message.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", header)
    return [(f.partition(b":")[0], f.partition(b":")[2] + b"\r\n") for f in fields if f], body


def canon_fields(canon, fields):
    policy = dkim.canonicalization.CanonicalizationPolicy.from_c_value(canon)
    return policy.canonicalize_headers(fields)


def canon_body(canon, body):
    return dkim.canonicalization.CanonicalizationPolicy.from_c_value(canon).canonicalize_body(body)


def chosen(fields, names):
    """As RFC 6376 section 5.4.2 says: from the bottom up, each once."""
    left = list(fields)
    for name in names:
        for at in range(len(left) - 1, -1, -1):
            if left[at][0].strip().lower() == name.strip().lower():
                yield left.pop(at)
                break


def field(key, message, names=HEADER, canon=b"relaxed/relaxed", name=b"DKIM-Signature", hash_name="sha256", **tags):
    """The signature field of a message, with any tags: l= given as a number signs so much; None leaves a tag out."""
    fields, body = split(message)
    names = [n if isinstance(n, bytes) else n.encode() for n in names]
    canonical = canon_body(canon, body)
    length = tags.get("l")
    if length is not None:
        canonical = canonical[:int(length)]
    said = {"v": b"1", "a": key.algorithm, "c": canon, "d": b"example.com", "s": b"s1", "h": b":".join(names),
            "bh": base64.b64encode(hashlib.new(hash_name, canonical).digest()),
            **{k: v if v is None or isinstance(v, bytes) else str(v).encode() for k, v in tags.items()}}
    text = b"; ".join(k.encode() + b"=" + v for k, v in said.items() if v is not None)
    value = b" " + text + b";\r\n\tb="
    signed = canon_fields(canon, list(chosen(fields, names)) + [(name, value + b"\r\n")])
    data = b"".join(n + b":" + v for n, v in signed)
    return name + b":" + value + base64.b64encode(key.sign(data.rstrip(b"\r\n"), hash_name)) + b"\r\n"


def signed(key, message, **how):
    return field(key, message, **how) + message


def by_dkimpy(key, message, selector=b"s1", domain=b"example.com", canon=b"relaxed/relaxed", **how):
    how.setdefault("include_headers", [h.lower().encode() for h in HEADER])
    return dkim.sign(message, selector, domain, key.pem, canonicalize=tuple(canon.split(b"/")), signature_algorithm=key.algorithm,
                     **how) + message


def sealed(key, message, results, selector=b"s1", domain=b"sealer.example", server=b"mx.sealer.example"):
    """One more ARC set by dkimpy: results is what follows the server's name, b"arc=none; dmarc=pass header.from=example.com"."""
    stamped = b"Authentication-Results: " + server + b"; " + results + b"\r\n" + message
    made = dkim.arc_sign(stamped, selector, domain, key.pem, server, signature_algorithm=key.algorithm,
                         include_headers=[b"from", b"to", b"subject", b"date"])
    assert made, "dkimpy made no ARC set"
    return b"".join(made) + message
