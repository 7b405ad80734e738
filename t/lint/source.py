"""A C file as lint sees it: its lines, its code without comments and strings, its functions."""

import re
from pathlib import Path

# Comments, strings and character constants; what matches first at a place wins.
_NOT_CODE = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
_NAME_BEFORE_PARAMETERS = re.compile(r'(\w+)\s*\($')
_NO_FUNCTIONS = {'if', 'for', 'while', 'switch', 'return', 'sizeof', '__attribute__'}


def _blank(match):
    """Blanks as long as what they replace, so that lines and columns stay."""
    return re.sub(r'[^\n]', ' ', match.group(0))


class Function:
    """One definition: name, what stands before the name, its body, its first line and length in lines."""

    def __init__(self, name, head, parameters, body, line):
        self.name, self.head, self.parameters, self.body, self.line = name, head, parameters, body, line

    @property
    def length(self):
        """Lines between the braces."""
        return max(self.body.count('\n') - 1, 0)


class Source:
    """path is relative to the root and uses '/'."""

    def __init__(self, root, path):
        self.path = path
        self.text = Path(root, path).read_text(encoding='utf-8', errors='replace')
        self.lines = self.text.splitlines()
        self.is_c = path.endswith(('.c', '.h'))
        self.code = _NOT_CODE.sub(_blank, self.text) if self.is_c else self.text
        self.folder = path.rpartition('/')[0]

    def line_of(self, offset):
        return self.code.count('\n', 0, offset) + 1

    def matches(self, pattern):
        """(line, text) of each match in the code."""
        for match in re.finditer(pattern, self.code):
            yield self.line_of(match.start()), match.group(0)

    def includes(self):
        """(line, name, is_quoted) of each #include; read from the text, since names look like strings."""
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
            if match:
                yield number, match.group(2), match.group(1) == '"'

    def functions(self):
        """Bodies at the outermost level that follow a parameter list."""
        code = re.sub(r'^[ \t]*#(?:[^\n]*\\\n)*[^\n]*', _blank, self.code, flags=re.MULTILINE)
        depth, start, since = 0, 0, 0
        for offset, char in enumerate(code):
            if char == '{':
                if depth == 0:
                    start = offset
                depth += 1
            elif char == '}':
                depth = max(depth - 1, 0)
                if depth == 0:
                    function = self._function(code, since, start, offset)
                    if function:
                        yield function
                    since = offset + 1
            elif char == ';' and depth == 0:
                since = offset + 1

    def _function(self, code, since, start, end):
        before = code[since:start].rstrip()
        if not before.endswith(')'):
            return None
        depth = 0
        for at in range(len(before) - 1, -1, -1):
            depth += (before[at] == ')') - (before[at] == '(')
            if depth == 0:
                break
        match = _NAME_BEFORE_PARAMETERS.search(before[:at + 1])
        if not match or match.group(1) in _NO_FUNCTIONS:
            return None
        return Function(match.group(1), before[:match.start()].strip(), before[at + 1:-1],
                        code[start:end + 1], self.line_of(start))
