"""Authorities and certificates of a test, made by the openssl command."""
import os

import procs


def _openssl(*words):
    done = procs.run(["openssl", *words])
    assert done.returncode == 0, done.stderr


class Authority:
    """a = Authority(dir); a.ca is its file; a.issue("redis", "DNS:localhost") gives {"ca", "cert", "key"}, readable by all."""

    def __init__(self, root, name="test authority"):
        os.makedirs(root, exist_ok=True)
        os.chmod(root, 0o755)
        self.root, self.ca, self.key = root, os.path.join(root, "ca.crt"), os.path.join(root, "ca.key")
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.ca)

    def issue(self, name, alternative):
        """alternative: as in a certificate: "IP:127.0.0.1", "DNS:redis.example,IP:127.0.0.1"."""
        of = {"ca": self.ca, "cert": os.path.join(self.root, name + ".crt"), "key": os.path.join(self.root, name + ".key")}
        request, extra = (os.path.join(self.root, name + ext) for ext in (".csr", ".ext"))
        with open(extra, "w") as f:
            f.write(f"subjectAltName={alternative}\n")
        _openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
                 "-keyout", of["key"], "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.key, "-CAcreateserial", "-days", "2",
                 "-extfile", extra, "-out", of["cert"])
        os.chmod(of["key"], 0o644)
        return of
