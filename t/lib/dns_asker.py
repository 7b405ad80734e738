"""The resolver as a program (t/lib/dns_ask.c), asked over pipes: with Asker(resolver) as a: a.ask("TXT:one.example") -> [Answer]."""
import collections
import os
import re
import subprocess
import tempfile
import threading

import gate
import wait

PROGRAM = os.path.join(gate.BUILD, "t", "dns_ask")
Answer = collections.namedtuple("Answer", "ms status secure count name record")


class Asker:
    def __init__(self, resolver, anchor="", timeout=10, prefix=()):
        self.argv = [*prefix, PROGRAM, resolver, anchor or "", str(int(timeout * 1000))]
        self.changed = threading.Condition()
        self.answers, self.others, self.asked = [], [], 0

    def __enter__(self):
        self.errors = tempfile.NamedTemporaryFile(prefix="dns_ask.")
        self.log = wait.LogFile(self.errors.name)
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, bufsize=1)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        code = self.process.wait(wait.scaled(30))
        self.reader.join(5)
        assert code == 0, f"dns_ask: exit {code}: {self.log.text()}"
        assert self.asked == len(self.answers), f"{self.asked} asked, {len(self.answers)} answered"
        self.errors.close()

    def _read(self):
        for line in self.process.stdout:
            words = line.rstrip("\n").split(" ")
            with self.changed:
                if re.match(r"[\d.]+$", words[0]):
                    self.answers.append(Answer(float(words[0]), words[1], words[2] == "secure", int(words[3]), words[4], words[5]))
                else:
                    self.others.append(line)
                self.changed.notify_all()

    def _write(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def begin(self, *questions):
        """A batch of "TYPE:NAME[:ASKER[:ours]]"; returns the names' count so far, not waiting for answers."""
        self.asked += len(questions)
        self._write(" ".join(questions))
        return self.asked

    def wait_answers(self, names, timeout=30):
        """The last answers to these names, in their order."""
        def all_there():
            last = {a.name: a for a in self.answers}
            return [last[n] for n in names] if all(n in last for n in names) else None
        with self.changed:
            found = self.changed.wait_for(all_there, wait.scaled(timeout))
        assert found, f"no answer to some of {names[:5]}…: {self.answers[-5:]}"
        return found

    def ask(self, *questions, timeout=30):
        """Answers in the order of the questions, which are for names that were not asked before in this program, or are not under way."""
        with self.changed:
            before = len(self.answers)
        self.begin(*questions)
        names = [q.split(":")[1] for q in questions]
        def all_there():
            fresh = {a.name: a for a in self.answers[before:]}
            return [fresh[n] for n in names] if all(n in fresh for n in names) else None
        with self.changed:
            found = self.changed.wait_for(all_there, wait.scaled(timeout))
        assert found, f"no answer to some of {names[:5]}…: {self.answers[-5:]}"
        return found

    def one(self, question, timeout=30):
        return self.ask(question, timeout=timeout)[0]

    def _other(self, command, timeout=60):
        with self.changed:
            before = len(self.others)
        self._write(command)
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.others) > before, wait.scaled(timeout)), f"no answer to {command}"
            return self.others[before]

    def status(self):
        return {k: int(v) for k, v in re.findall(r"(\w+)=(\d+)", self._other("status"))}

    def measure(self, names, times, suffix):
        """CPU of one lookup in microseconds: all threads, hand-over included."""
        said = re.match(r"measured (\d+) found (\d+) us ([\d.]+)", self._other(f"measure {names} {times} {suffix}"))
        assert said[1] == said[2], said[0]
        return float(said[3])
