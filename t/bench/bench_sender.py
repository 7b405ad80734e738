#!/usr/bin/python3
"""What it costs to know who sent a message: CPU of all our processes with a warm cache, waiting with a resolver of 50 ms, and OpenDKIM
beside it. Driven over the milter protocol, as Postfix would. Needs root, as the tests do. BUILD names the build directory; arguments: messages."""
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
os.environ.setdefault("BUILD", os.path.join(HERE, "..", "..", "build"))
import dkim
import dns_rig
import dns_server
import gate
import mail
import milter_client
import opendkim_rig
import procs

COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
LISTS = [f"bl{i}.lists.example" for i in range(10)]
NEW_CLIENTS = 30
CPU_GOAL_MS, WAIT_GOAL_MS = 0.6, 60
TICK = os.sysconf("SC_CLK_TCK")
PLAIN_RULES = "[policy]\n[filter]\nrule none when from absent then reject \"5.7.1 no From\"\n"
ASKING_RULES = PLAIN_RULES + """
rule forged when dmarc = fail and dmarc.policy = reject then reject "5.7.1 forged"
rule listed (unknown passes) when dnsbl.score >= 3 then score 5
"""


def key_pair(root):
    path = os.path.join(root, "key.pem")
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", path, "-pubout"], check=True, capture_output=True, text=True).stdout
    with open(path, "rb") as f:
        return f.read(), "v=DKIM1; k=rsa; p=" + "".join(public.splitlines()[1:-1])


def records(domain, public):
    """Who may send for it, its key, its policy."""
    return "\n".join((f"{domain}. TXT {dns_rig.txt('v=spf1 ip4:192.0.2.0/24 ip4:198.51.100.0/24 -all')}",
                      f"k1._domainkey.{domain}. TXT {dns_rig.txt(public)}",
                      f"_dmarc.{domain}. TXT {dns_rig.txt('v=DMARC1; p=reject')}")) + "\n"


def signed(domain, private):
    text = mail.clean(sender=f"ann@{domain}", text="A line of a letter, of which there are some.\n" * 72)
    return dkim.sign(text, b"k1", domain.encode(), private, include_headers=[
        b"from", b"to", b"subject", b"date", b"message-id", b"mime-version", b"content-type"]) + text


def cpu_of(pids):
    """Seconds used by them and all they ever started."""
    total = 0
    for pid in pids:
        for p in (pid, *procs.descendants(pid)):
            try:
                with open(f"/proc/{p}/stat") as f:
                    fields = f.read().rpartition(")")[2].split()
            except OSError:
                continue
            total += sum(int(x) for x in fields[11:15])
    return total / TICK


class Client:
    """One connection, as Postfix has it, message after message."""

    def __init__(self, where, ip="192.0.2.7"):
        self.milter = milter_client.Milter(where, timeout=60)
        self.milter.connect(ip, daemon_name="postgate-proxy")
        self.milter.helo("mx.client.example")

    def send(self, sender, message):
        m = self.milter
        m.mail(sender)
        assert m.rcpt("bob@one.example").action == "continue"
        answer = m.message(message)
        assert answer.action in ("accept", "continue"), answer
        return answer


def per_message(where, pids, domain, message, count=COUNT):
    """(ms of CPU a message, the last answer)."""
    client = Client(where)
    for _ in range(50):
        client.send(f"ann@{domain}", message)
    before = cpu_of(pids)
    for _ in range(count):
        answer = client.send(f"ann@{domain}", message)
    return (cpu_of(pids) - before) * 1000 / count, answer


def gate_of(root, name, rules, resolver, asks):
    settings = {"resolver": resolver, "dnssec_anchor_file": "", "authentication_results": "yes" if asks else "no"}
    if asks:
        settings["dnsbl_client_zones"] = ", ".join(LISTS)
    os.mkdir(os.path.join(root, name))
    return gate.Gate(os.path.join(root, name), rules, settings=settings)


def run_gate(root, name, rules, resolver, asks, work):
    g = gate_of(root, name, rules, resolver, asks)
    g.start()
    try:
        return work(g)
    finally:
        g.stop()


def cpu_part(root, nsd, message):
    def work(g):
        return per_message(g.settings["milter_socket"], [g.milter.process.pid], "warm.example", message)
    without, _ = run_gate(root, "without", PLAIN_RULES, nsd.resolver, False, work)
    knowing, answer = run_gate(root, "with", ASKING_RULES, nsd.resolver, True, work)
    header = next((e for e in answer.edits if "Authentication-Results" in e), "")
    for words in ("spf=pass", "dkim=pass", "dmarc=pass"):
        assert words in header, (words, answer.edits)
    return without, knowing


def opendkim(root, nsd, message):
    """Debian's, verifying only, over the same protocol; without a signature, then with the signed one."""
    with opendkim_rig.Verifier(os.path.join(root, "opendkim"), nsd.port) as verifier:
        assert verifier.results(message) == ["pass"]
        unsigned = mail.clean(sender="ann@warm.example", text="A line of a letter, of which there are some.\n" * 72)
        bare, _ = per_message(verifier.where, [verifier.process.pid], "warm.example", unsigned)
        verifying, _ = per_message(verifier.where, [verifier.process.pid], "warm.example", message)
        return bare, verifying


def waiting_part(root, nsd, private):
    """ms a transaction of a client and a domain never seen before takes, with answers that take 0 and 50 ms."""
    def times(resolver, name, first):
        def work(g):
            taken = []
            for i in range(first, first + NEW_CLIENTS):
                domain = f"new{i}.example"
                message = signed(domain, private)
                began = time.monotonic()
                Client(g.settings["milter_socket"], ip=f"198.51.100.{i % 250 + 1}").send(f"ann@{domain}", message)
                taken.append((time.monotonic() - began) * 1000)
            return statistics.median(taken), max(taken)
        return run_gate(root, name, ASKING_RULES, resolver, True, work)
    at_once = times(nsd.resolver, "near", 0)
    with dns_server.Server(upstream=nsd.port, delay=0.05) as slow:
        late = times(slow.resolver, "far", NEW_CLIENTS)
    return at_once, late


def main():
    missed = False
    procs.adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="pg-bench-") as root:
        os.chmod(root, 0o755)
        private, public = key_pair(root)
        zone = records("warm.example", public) + "".join(records(f"new{i}.example", public) for i in range(2 * NEW_CLIENTS))
        with dns_rig.Nsd(os.path.join(root, "dns"), {"example": zone}) as nsd:
            message = signed("warm.example", private)
            without, knowing = cpu_part(root, nsd, message)
            bare, verifying = opendkim(root, nsd, message)
            near, far = waiting_part(root, nsd, private)
    added, waited = knowing - without, far[0] - near[0]
    print(f"{len(message)} bytes, {COUNT} messages on one connection; CPU of all our processes, ms a message")
    print(f"  without asking who sent it                     {without:6.2f}")
    print(f"  SPF, DKIM (rsa-2048), DMARC, 10 block lists    {knowing:6.2f}   added {added:.2f}, goal {CPU_GOAL_MS}")
    print(f"  opendkim, DKIM alone                           {verifying:6.2f}   {verifying - bare:.2f} of it for the signature; "
          f"all of ours costs {added / max(verifying - bare, 0.001):.1f} times that")
    print(f"a client and a domain never seen before, ms from connect to the answer, median of {NEW_CLIENTS} (slowest)")
    print(f"  answers of DNS at once {near[0]:6.1f} ({near[1]:.1f}); after 50 ms {far[0]:6.1f} ({far[1]:.1f}): waits {waited:.1f}, goal {WAIT_GOAL_MS}, "
          f"{waited / 50:.2f} round trips")
    for what, is_missed in ((f"CPU {added:.2f} ms", added >= CPU_GOAL_MS), (f"waiting {waited:.1f} ms", waited >= WAIT_GOAL_MS)):
        if is_missed:
            missed = True
            print(f"MISSED: {what}")
    procs.end_all()
    sys.exit(missed)


if __name__ == "__main__":
    if os.getuid() != 0:
        sys.exit("bench_sender: needs root, as the tests do; left out")
    main()
