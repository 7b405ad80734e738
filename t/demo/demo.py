#!/usr/bin/python3
"""`make demo`: real mail through both paths of a private Postfix with Postgate, and a table of what happened. Leaves nothing behind.
KEEP=1 leaves it running and says how to talk to it. BUILD names the build directory."""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
sys.dont_write_bytecode = True
os.environ.setdefault("BUILD", os.path.join(HERE, "..", "..", "build"))
import circle
import dns_rig
import gate
import procs
import story
import table


BANK = f"@ TXT {dns_rig.txt('v=spf1 -all')}\n_dmarc TXT {dns_rig.txt('v=DMARC1; p=reject')}"


class Stage(circle.Circle):
    """A house with a name server that knows a bank."""

    def start(self):
        self.dns = dns_rig.Nsd(self.sub("dns"), {"bank.example": BANK}).start()
        self.cleanup.append(self.dns.kill)
        self.gate.settings |= {"resolver": self.dns.resolver, "dnssec_anchor_file": "", "authentication_results": "yes"}
        return super().start()


def say(text=""):
    print(text, flush=True)


def play(house):
    say("Sending mail ...")
    rows = []
    for step in story.STEPS:
        house.gate.policyd.log.mark()
        rows.append(step(house))
    say()
    table.show(story.COLUMNS, rows)
    code = next(row[-1] for row in rows if "setup.exe" in row[0] and row[-1])
    say(f"\n$ milter-ctl explain {code}")
    say(house.gate.ctl("explain", code, as_json=False, check=True).text)


def how_to_talk(house):
    ctl = f"{house.gate.bin}/milter-ctl -c {house.gate.cf}"
    port = house.postfix.port
    say(f"""It keeps running (process {os.getpid()}). Talk to it:
    sudo {ctl} status
    sudo {ctl} quarantine list
    sudo {ctl} rules show
    proxy listener    127.0.0.1:{port["proxy"]}   mail from outside, as for bob@one.example
    staging listener  127.0.0.1:{port["staging"]}   mail from internal servers
    e.g. python3 -c 'import smtplib; s = smtplib.SMTP("127.0.0.1", {port["proxy"]}); s.sendmail("a@b.example", "bob@one.example", "Subject: hi\\r\\n\\r\\nhi")'
    XCLIENT ADDR=192.0.2.7 in a session makes it come from there
    logs and settings: {house.root}
End it, and remove everything: sudo kill {os.getpid()}""")


def run(when_kept=None):
    """The demonstration in this process; when_kept() is called when it stays up."""
    procs.adopt_orphans()
    procs.end_on_signal()
    say("Starting a private Postfix, postgate-policyd, postgate-milter and internal servers on loopback ...")
    try:
        with Stage(hops={"loop.example": circle.HOPS["loop.example"]}) as house:
            play(house)
            if when_kept:
                how_to_talk(house)
                when_kept()
                while True:
                    signal.pause()
    finally:
        procs.end_all()
        say("Everything is ended and removed.")


def run_kept():
    """The demonstration in a child that outlives us; we end when it has told how to talk to it."""
    told, tell = os.pipe()
    child = os.fork()
    if child:
        os.close(tell)
        for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(s, lambda number, _: os.kill(child, signal.SIGTERM))
        if os.read(told, 1) == b"":  # it ended before
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return 0
    os.setsid()
    os.close(told)

    def settle():
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        os.write(tell, b".")
        os.close(tell)
    run(settle)
    return 0


def main():
    if os.getuid() != 0:
        sys.exit("The demonstration starts a Postfix of its own, which only root can: sudo make demo")
    if gate.built():
        sys.exit(f"Not built in {gate.BUILD}: {', '.join(gate.built())}. Run make first.")
    if os.environ.get("KEEP", "") not in ("", "0", "no"):
        sys.exit(run_kept())
    run()


if __name__ == "__main__":
    main()
