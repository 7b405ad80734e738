"""Entries of a cluster's signed logs, made as an administrator's node makes them (policyd/cluster/envelope.h): for writing them straight into Redis."""
import hashlib
import os
import re
import subprocess
import tempfile

DER_PREFIX = bytes.fromhex("302e020100300506032b657004220420")  # PKCS#8 of an Ed25519 key


def secret(node):
    with open(os.path.join(node.gate.state, "cluster", "signing.key")) as f:
        return bytes.fromhex(re.search(r"^secret ([0-9a-f]{64})$", f.read(), re.M)[1])


def _sign(key, data):
    with tempfile.TemporaryDirectory() as d:
        for name, content in (("key", DER_PREFIX + key), ("data", data)):
            with open(os.path.join(d, name), "wb") as f:
                f.write(content)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", f"{d}/key", "-in", f"{d}/data"],
                              check=True, capture_output=True).stdout


def _public(key):
    with tempfile.NamedTemporaryFile() as f:
        f.write(DER_PREFIX + key)
        f.flush()
        der = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", f.name, "-pubout", "-outform", "DER"],
                             check=True, capture_output=True).stdout
    return der[-32:]


def make(node, subject, number, payload, parent="-", base=None, cluster="test", author="mallory", key=None, **further):
    """(bytes, hash); signed with the node's signing key unless another is given. further: header lines (language=2)."""
    key = key or secret(node)
    payload = payload.encode() if isinstance(payload, str) else payload
    lines = [("cluster", cluster), ("subject", subject), ("number", number), ("parent", parent), ("base", base or number),
             ("time", 1795309323000), ("author", author), *further.items(),
             ("signer", hashlib.sha256(_public(key)).hexdigest()[:16]), ("length", len(payload))]
    text = b"postgate-signed 1\n" + "".join(f"{n} {v}\n" for n, v in lines).encode() + b"\n" + payload + b"\n"
    text += b"signature " + _sign(key, text).hex().encode() + b"\n"
    return text, hashlib.sha256(text).hexdigest()


def head(c, subject):
    """(number, hash, base) as Redis says, or None."""
    row = c.redis.command("HGET", c.key("heads"), subject)
    number, digest, base = (row or b"0 - 0").decode().split()
    return (int(number), digest, int(base)) if row else None


def put(c, subject, number, text, digest=None, base=None):
    """Entry and head, and the hint."""
    c.redis.command("SET", c.key(f"rev:{subject}:{number}"), text)
    set_head(c, subject, number, digest or hashlib.sha256(text).hexdigest(), base or number)


def set_head(c, subject, number, digest, base):
    c.redis.command("HSET", c.key("heads"), subject, f"{number} {digest} {base}")
    c.redis.command("PUBLISH", c.key("changed"), subject)
