"""Real name servers for the resolver alone: an nsd with zones of every kind, and servers before it that misbehave as a case says."""
import os
import shutil
import tempfile

import dns_rig
import dns_server
from cases import equal

ZONES = {
    "clean": "* TXT clean\n* A 192.0.2.1",
    "list.example": "* A 127.0.0.2",
    "plain.example": "@ TXT plain",
    "signed.example": "@ TXT signed\nalias CNAME www.plain.example.",
    "expired.example": "@ TXT expired",
    "stripped.example": "@ TXT stripped",
}


class Servers:
    """An nsd, and before it a server that misbehaves as a case says."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="pg-dns-", dir=os.environ.get("T_TMP", "/tmp"))
        self.nsd = dns_rig.Nsd(self.dir, ZONES, signed=["signed.example"], expired=["expired.example"], stripped=["stripped.example"])

    def __enter__(self):
        self.nsd.start()
        return self

    def __exit__(self, *_):
        self.nsd.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def front(self, **more):
        return dns_server.Server(upstream=self.nsd.port, **more)


def clean_times(a, count, tag):
    """Milliseconds of one fresh clean lookup after the other."""
    found = [a.one(f"TXT:x.{tag}{i}.clean") for i in range(count)]
    equal({f.status for f in found}, {"found"})
    return [f.ms for f in found]
