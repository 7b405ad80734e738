"""Conversations with the daemons as text, one line a step; t/dialog/README says how they are written."""
import re
import shlex

import milter_client
import policy_client

BLOCKS = ("rules", "settings", "domains", "lists")


class Wrong(AssertionError):
    """A step did not come out as written: file, line, what came, what was expected."""


def parse(text):
    """({block: text}, [(line number, step)]). A block is NAME: and indented lines; they stand before the first step."""
    blocks, steps, name, pending = {}, [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        body = line.strip()
        indented = line[:1] in " \t" and body
        if pending is not None and (indented or not body):
            pending[2].append(line[4:])
        elif name and (indented or not body):
            blocks[name] += line[4:] + "\n"
        elif body and not body.startswith("#"):
            name = pending = None
            if body.endswith(":") and body[:-1] in BLOCKS:
                name = body[:-1]
                blocks[name] = ""
            elif body.startswith("message"):
                pending = (number, body, [])
                steps.append(pending)
            else:
                steps.append((number, body, []))
    return blocks, steps


def fits(expected, got):
    """`PREFIX ~regex`, either of which may be missing; without ~ the text must be equal."""
    prefix, tilde, regex = expected.partition("~")
    if not tilde:
        return got == expected.strip()
    return got.startswith(prefix.strip()) and re.search(regex.strip(), got) is not None


def unescape(text):
    return text.encode("utf-8", "surrogateescape").decode("unicode_escape").encode("latin-1", "replace")


class Dialog:
    """Runs the steps against a gate. One named connection is current; `use NAME` changes to another."""

    def __init__(self, gate, kind):
        self.gate, self.kind = gate, kind
        self.connections, self.current = {}, "A"
        self.version, self.last = "3.7", milter_client.NONE

    def run(self, name, steps):
        for number, step, block in steps:
            try:
                self.step(step, block)
            except Exception as e:
                raise Wrong(f"{name}:{number}: {step}\n    {type(e).__name__}: {e}") from e
        self.close()

    def close(self):
        for c in self.connections.values():
            c.close()

    def step(self, step, block):
        """The first word (or sign) of a step names its method."""
        sign = step[0]
        if sign in "><!":
            return {">": self.on_ask, "<": self.on_answer, "!": self.on_raw}[sign](step[1:].strip())
        action, _, expected = step.partition(" -> ")
        word, _, rest = action.strip().partition(" ")
        method = getattr(self, "on_" + word.rstrip(":"), None)
        if not method:
            raise ValueError(f"no step begins with {word!r}")
        got = method(rest.strip(), *([block] if word.startswith("message") else []))
        if expected:
            self.expect(expected.strip(), got)

    def expect(self, expected, answer):
        """ACTION [CODE …] [~regex] of a milter's answer."""
        action, _, rest = expected.partition(" ")
        if answer.action != action or (rest and not fits(rest if "~" in rest else rest + " ~", answer.text[4:])):
            raise AssertionError(f"answered {answer.action} {answer.text!r} {answer.edits}")

    @property
    def peer(self):
        if self.current not in self.connections:
            new = policy_client.Policy if self.kind == "policy" else milter_client.Milter
            where = self.gate.settings[f"{self.kind}_socket"]
            self.connections[self.current] = new(where, self.version) if self.kind == "policy" else new(where)
        return self.connections[self.current]

    # Steps of both kinds

    def on_use(self, name):
        self.current = name

    def on_close(self, _):
        self.connections.pop(self.current).close()

    def on_log(self, rest):
        """log ~ regex: a line since the last log step; log none ~ regex: no such line by now."""
        daemon = self.gate.policyd if self.kind == "policy" else self.gate.milter
        if rest.startswith("none"):
            assert not daemon.log.lines(rest.partition("~")[2].strip()), "it was logged"
        else:
            daemon.log.wait(rest.partition("~")[2].strip(), 5)
            daemon.log.mark()

    def on_ctl(self, rest):
        words, _, expected = rest.partition(" => ")
        done = self.gate.ctl(*shlex.split(words), as_json=False)
        status, _, regex = (expected or "0").partition("~")
        text = done.text + done.errors
        assert done.exit == int(status) and re.search(regex.strip(), text), f"exit {done.exit}: {text}"

    # Policy

    def on_version(self, version):
        self.version = version

    def on_ask(self, rest):
        state, *pairs = shlex.split(rest)
        self.peer.send(protocol_state=state, **dict(p.split("=", 1) for p in pairs))

    def on_answer(self, rest):
        if rest == "closed":
            try:
                got = self.peer.answer()
            except policy_client.Disconnected:
                self.connections.pop(self.current).close()
                return
            raise AssertionError(f"answered {got!r}")
        got = self.peer.answer()
        assert fits(rest, got), f"answered {got!r}"

    def on_raw(self, rest):
        text, repeat = rest.removeprefix("raw "), re.search(r"\*(\d+)$", rest)
        data = unescape(text[:repeat.start() - len(rest)]) * int(repeat[1]) if repeat else unescape(text)
        try:
            self.peer.raw(data)
        except ConnectionError:
            pass  # it closed already; a step `< closed` asks for that

    # Milter

    @staticmethod
    def _words(rest):
        words = shlex.split(rest)
        return [w for w in words if "=" not in w], dict(w.split("=", 1) for w in words if "=" in w)

    def on_connect(self, rest):
        (ip, *name), macros = self._words(rest)
        return self.peer.connect(ip, name=name[0] if name else None, **macros)

    def on_helo(self, rest):
        return self.peer.helo(rest)

    def on_mail(self, rest):
        sender, macros = self._words(rest)
        options = [f"{k}={v}" for k, v in macros.items() if k.isupper()]
        return self.peer.mail("" if sender == ["<>"] else sender[0], *options,
                              **{k: v for k, v in macros.items() if not k.isupper()})

    def on_rcpt(self, rest):
        return self.peer.rcpt(*shlex.split(rest))

    def on_data(self, rest):
        return self.peer.data(*rest.split())

    def on_header(self, rest):
        name, _, value = rest.partition(":")
        value = value.strip()
        repeat = re.fullmatch(r"(.)\*(\d+)", value)  # x*66000
        return self.peer.header(name, repeat[1] * int(repeat[2]) if repeat else unescape(value))

    def on_eoh(self, _):
        return self.peer.eoh()

    def on_body(self, rest):
        return self.peer.body(unescape(rest))

    def on_eom(self, _):
        self.last = self.peer.eom()
        return self.last

    def on_message(self, _, block):
        self.last = self.peer.message("\n".join(block).encode("utf-8", "surrogateescape"))
        return self.last

    def on_edit(self, rest):
        assert any(fits(rest if "~" in rest else rest + " ~", e) for e in self.last.edits), f"edits: {self.last.edits}"

    def on_no(self, rest):
        text = rest.removeprefix("edit").strip()
        hit = [e for e in self.last.edits if not text or fits(text if "~" in text else text + " ~", e)]
        assert not hit, f"edits: {hit}"

    def on_abort(self, _):
        self.peer.abort()

    def on_quit(self, _):
        self.connections.pop(self.current).quit()

    def on_closed(self, _):
        assert self.peer.is_closed(), "still open"
        self.connections.pop(self.current).close()
