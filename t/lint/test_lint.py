#!/usr/bin/python3
"""Lint finds what it is there to find: each case is a small wrong tree and the finding it must give."""

import subprocess
import sys
import tempfile
from pathlib import Path

RUN = Path(__file__).resolve().parent / 'run'
HEAD = '/* A file. */\n'
CALLBACKS = (HEAD + '#include <libmilter/mfapi.h>\n\nstatic sfsistat on_helo(SMFICTX *ctx, char *name)\n{\n'
             '    return %s;\n}\n\nstatic sfsistat on_eom(SMFICTX *ctx)\n{\n    return %s;\n}\n\n'
             'static struct smfiDesc table = {"x", 1, 0, NULL, on_helo, NULL, NULL, NULL, NULL, NULL, on_eom};\n')


def body(lines):
    return '{\n' + '    x();\n' * lines + '}\n'


# name, path, content, the finding (None: none at that path)
CASES = [
    ('clean', 'common/base/a.c', HEAD, None),
    ('to the right', 'common/mail/a.c', HEAD + '#include "facts/facts.h"\n', 'mail may include only base, conf, mail'),
    ('to the left', 'common/mail/a.c', HEAD + '#include "base/str.h"\n', None),
    ('without layer', 'common/mail/a.c', HEAD + '#include "domain.h"\n', 'write "mail/domain.h"'),
    ('inspector and rules', 'milter/inspect/a.c', HEAD + '#include "rules/eval.h"\n', 'milter/inspect may not include'),
    ('milter and policyd', 'milter/a.c', HEAD + '#include "policyd/request.h"\n', 'milter may not include'),
    ('milter and inspector', 'milter/a.c', HEAD + '#include "milter/inspect/mime.h"\n', 'milter may not include'),
    ('door of SQLite', 'common/engine/a.c', HEAD + '#include <sqlite3.h>\n', 'belongs behind its door: common/store'),
    ('door opened', 'common/store/a.c', HEAD + '#include <sqlite3.h>\n', None),
    ('door of libmilter', 'milter/ctl/a.c', HEAD + '#include <libmilter/mfapi.h>\n', 'behind its door: milter'),
    ('door of vectorscan', 'milter/a.c', HEAD + '#include <hs/hs.h>\n', 'behind its door: common/rules'),
    ('no comment', 'common/base/a.c', 'int x;\n', 'does not begin with a comment'),
    ('long file', 'common/base/a.c', HEAD + '\n' * 400, 'the file has 401 lines'),
    ('long function', 'common/base/a.c', HEAD + 'void f(void)\n' + body(51), 'f has 51 lines; at most 50'),
    ('function that fits', 'common/base/a.c', HEAD + 'void f(void)\n' + body(50), None),
    ('main may be longer', 'milter/a.c', HEAD + 'int main(void)\n' + body(120), None),
    ('long main', 'milter/a.c', HEAD + 'int main(void)\n' + body(121), 'main has 121 lines; at most 120'),
    ('table is no function', 'common/base/a.c', HEAD + 'static int t[] = ' + '{' + '\n    1,' * 80 + '\n};\n', None),
    ('parameters', 'common/base/a.c', HEAD + 'void f(int a, int b, int c, int d, int e, int g)\n' + body(1),
     'more than 5 parameters'),
    ('else if', 'common/base/a.c', HEAD + 'void f(void)\n{\n' + '    else if (x)\n        y();\n' * 4 + '}\n',
     'make the cases a const table'),
    ('strcpy', 'common/base/a.c', HEAD + 'void f(void)\n{\n    strcpy(a, b);\n}\n', '`strcpy(` bounds nothing'),
    ('strcpy in a comment', 'common/base/a.c', HEAD + '/* strcpy(a, b) */\n', None),
    ('strcpy in a string', 'common/base/a.c', HEAD + 'static const char *s = "strcpy(a)";\n', None),
    ('clock', 'common/engine/a.c', HEAD + 'void f(void)\n{\n    time(NULL);\n}\n', 'reads a clock of its own'),
    ('the clock', 'common/base/clock.c', HEAD + 'void f(void)\n{\n    clock_gettime(a, b);\n}\n', None),
    ('test code', 'common/base/a.c', HEAD + '#ifdef TEST\n#endif\n', 'test code does not belong in products'),
    ('typedef', 'common/base/a.h', HEAD + 'typedef struct x x;\n', 'write struct NAME'),
    ('typedef of a function', 'common/base/a.h', HEAD + 'typedef enum x (*f)(void);\n', None),
    ('unfinished', 'common/base/a.c', HEAD + '/* TO' 'DO: later */\n', 'unfinished work'),
    ('unfinished script', 't/a.py', '# FIX' 'ME\n', 'unfinished work'),
    ('format', 'common/base/a.c', HEAD + 'int  x;\n', 'is not formatted'),
    ('sample nobody loads', 'etc/rules', 'x\n', 'is named in no test'),
    ('callbacks', 'milter/callbacks.c', CALLBACKS % ('SMFIS_CONTINUE', 'SMFIS_ACCEPT'), None),
    ('reply where none is', 'milter/callbacks.c', CALLBACKS % ('SMFIS_TEMPFAIL', 'SMFIS_ACCEPT'),
     'on_helo has no reply and must return SMFIS_CONTINUE'),
    ('accepts twice', 'milter/callbacks.c', CALLBACKS % ('SMFIS_ACCEPT', 'SMFIS_ACCEPT'), 'stands in 2 places'),
    ('accepts nowhere', 'milter/callbacks.c', CALLBACKS % ('SMFIS_CONTINUE', '0'), 'stands in 0 places'),
    ('folder without README', 'common/facts/a.c', HEAD, 'common/facts/README.md:1: is missing'),
]


def findings(root, path, content):
    """Lint's output on a tree that holds this one file, the format that counts, and READMEs where it does not say otherwise."""
    file = Path(root, path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    Path(root, '.clang-format').write_text((RUN.parents[2] / '.clang-format').read_text())
    done = subprocess.run([RUN, root], capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if not line.startswith('lint:')]


def check(name, path, content, wanted):
    with tempfile.TemporaryDirectory() as root:
        found = findings(root, path, content)
    if wanted is None:
        # A lone file has neither README nor perfect format; only what concerns the case counts.
        found = [line for line in found if 'README.md' not in line and 'is not formatted' not in line]
        return not found, found
    return any(wanted in line for line in found), found


def main():
    failed = 0
    for name, path, content, wanted in CASES:
        is_right, found = check(name, path, content, wanted)
        if not is_right:
            failed += 1
            print(f'FAIL lint: {name}: wanted {wanted!r}, found {found}')
    print(f'lint tests: {len(CASES) - failed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
