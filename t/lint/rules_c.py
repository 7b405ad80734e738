"""House rules for one C file: includes, sizes, words that may not be used."""

import re
from fnmatch import fnmatch

LAYERS = 'base conf mail facts rules store dns inspect checks engine control'.split()

# Foreign header -> where it may be included. t/ may include everything: fakes and tests live there.
DOORS = {
    'libmilter/*': ['milter'],
    'sqlite3.h': ['common/store'],
    'gmime/*': ['milter/inspect'],
    'glib*': ['milter/inspect'],
    'seccomp.h': ['milter/inspect'],
    'linux/landlock.h': ['milter/inspect'],
    'spf2/*': ['milter/inspect'],
    'magic.h': ['milter/inspect'],
    'archive*': ['milter/inspect'],
    'event2/*': ['policyd', 'common/dns'],
    'unbound.h': ['common/dns'],
    'hs.h': ['common/rules'],
    'hs/*': ['common/rules'],
    'jansson.h': ['common/control', 'milter/ctl', 'policyd'],
    'hiredis*': ['policyd/cluster'],
    'maxminddb.h': ['common/checks'],
    'libpsl.h': ['common/mail'],
    'zlib.h': ['milter'],
    'opendkim/*': [],
    'idn2.h': ['common/mail'],
    'openssl/*': ['common/base', 'milter/inspect', 'policyd/auth', 'policyd/cluster'],
    'check.h': [],
}

# What each folder outside common/ may include: its layers, and folders of its own.
PROGRAMS = {
    'milter/inspect': ({'base', 'mail', 'facts'}, ('milter/inspect',)),
    'milter/ctl': (set(LAYERS), ('milter/ctl',)),
    'milter': (set(LAYERS), ('milter',)),
    'policyd': (set(LAYERS), ('policyd',)),
}

# Both sides of a hand-over read the one header that describes it.
SHARED = {('milter/inspect', 'inspect/wire.h'), ('milter/inspect', 'inspect/sender_wire.h')}

FORBIDDEN = [
    (r'\b(?:sprintf|vsprintf|strcpy|strcat|gets|strtok|alloca|tmpnam|mktemp)\s*\(',
     'bounds nothing; use struct str, snprintf or memcpy with a checked length'),
    (r'#\s*if(?:def|n?def)?\b[^\n]*\bTEST(?:ING)?\b',
     'test code does not belong in products; replace the file at link time'),
    (r'\btypedef\s+(?:struct|union|enum)\b(?![^;{]*\()', 'no typedef of structs; write struct NAME'),
]
CLOCK = r'\b(?:time\s*\(\s*(?:NULL|0|&)|gettimeofday\s*\(|clock_gettime\s*\(|ftime\s*\()'

FILE_MAX, FUNCTION_MAX, MAIN_MAX, CALLBACK_MAX, PARAMETERS_MAX, ELSE_IF_MAX = 400, 50, 120, 15, 5, 3

# A library says how its callback looks.
PRESCRIBED = {('common/dns/context.c', 'on_answer')}

# Order of struct smfiDesc (libmilter/mfapi.h), for tables without designators.
MILTER_SLOTS = ('name version flags connect helo envfrom envrcpt header eoh body eom abort close '
                'unknown data negotiate').split()
SLOTS_WITH_REPLY = {'envrcpt', 'eom', 'negotiate'}


def parameters_of(function):
    """Where errors and memory go is asked of so many functions that it does not count."""
    return sum(not re.match(r'\s*struct (?:err|arena) \*\w+$', p) for p in function.parameters.split(','))


def check_sizes(source):
    if len(source.lines) > FILE_MAX:
        yield FILE_MAX, f'the file has {len(source.lines)} lines; at most {FILE_MAX}: split it by subject'
    if source.path.startswith('t/') or not source.path.endswith('.c'):
        return
    callbacks = set(milter_callbacks(source))
    for function in source.functions():
        most = MAIN_MAX if function.name == 'main' else FUNCTION_MAX
        if function.name in callbacks:
            most = CALLBACK_MAX
        if function.length > most:
            yield function.line, f'{function.name} has {function.length} lines; at most {most}'
        is_prescribed = function.name in callbacks or (source.path, function.name) in PRESCRIBED
        if not is_prescribed and parameters_of(function) > PARAMETERS_MAX:
            yield function.line, f'{function.name} has more than {PARAMETERS_MAX} parameters; give it a struct'
        if function.body.count('else if') > ELSE_IF_MAX:
            yield function.line, f'{function.name} has more than {ELSE_IF_MAX} `else if`; make the cases a const table'


def check_first_comment(source):
    if not source.text.startswith('/*'):
        yield 1, 'the file does not begin with a comment; say in one sentence what it is'


def check_words(source):
    for pattern, advice in FORBIDDEN:
        for line, text in source.matches(pattern):
            yield line, f'`{" ".join(text.split())}` {advice}'
    if source.path not in ('common/base/clock.c', 'common/base/clock_us.c', 'common/base/clock_text.c') and not source.path.startswith('t/'):
        for line, text in source.matches(CLOCK):
            yield line, f'`{" ".join(text.split())}` reads a clock of its own; call clock_now_ms or clock_mono_ms'


def _allowed_quoted(source, name):
    """Why the include is wrong, or None."""
    first = name.split('/')[0]
    if '/' not in name:
        return f'"{name}" is written without its layer; write "{source.folder.removeprefix("common/")}/{name}"'
    if source.folder.startswith('common/'):
        own = source.folder.split('/')[1]
        if first not in LAYERS or own not in LAYERS or LAYERS.index(first) > LAYERS.index(own):
            return f'{own} may include only {", ".join(LAYERS[:LAYERS.index(own) + 1] if own in LAYERS else [])}'
        return None
    for folder, (layers, own) in PROGRAMS.items():
        if source.folder == folder or source.folder.startswith(folder + '/'):
            is_own = any(name.startswith(prefix + '/') for prefix in own)
            if folder == 'milter' and name.startswith(('milter/inspect/', 'milter/ctl/')):
                is_own = False
            is_own = is_own or (folder, name) in SHARED
            return None if is_own or first in layers else f'{folder} may not include "{name}"'
    return None


def _is_behind_door(source, folders):
    for folder in folders:
        if source.folder == folder or (folder != 'milter' and source.folder.startswith(folder + '/')):
            return True
    return False


def check_includes(source):
    if source.path.startswith('t/'):
        return
    for line, name, is_quoted in source.includes():
        if is_quoted:
            wrong = _allowed_quoted(source, name)
            if wrong:
                yield line, wrong
            continue
        for pattern, folders in DOORS.items():
            if fnmatch(name, pattern) and not _is_behind_door(source, folders):
                yield line, f'<{name}> belongs behind its door: {" or ".join(folders) or "t"}'


def milter_callbacks(source):
    """name -> slot, from the table that is handed to smfi_register."""
    match = re.search(r'struct\s+smfiDesc\s+\w+\s*=\s*\{(.*?)\}\s*;', source.code, re.DOTALL)
    if not match:
        return {}
    slots = {}
    for index, item in enumerate(match.group(1).split(',')):
        designator = re.match(r'\s*\.xxfi_(\w+)\s*=\s*&?(\w+)', item)
        if designator:
            slots[designator.group(2)] = designator.group(1)
        elif index < len(MILTER_SLOTS) and re.fullmatch(r'\s*&?\w+\s*', item):
            slots[item.strip().lstrip('&')] = MILTER_SLOTS[index]
    return {name: slot for name, slot in slots.items() if slot in MILTER_SLOTS[3:]}


def check_callbacks(source):
    """A value other than SMFIS_CONTINUE from a callback without a reply makes libmilter leave the transaction unseen."""
    callbacks = milter_callbacks(source)
    for function in source.functions():
        if callbacks.get(function.name, 'eom') in SLOTS_WITH_REPLY:
            continue
        for match in re.finditer(r'\breturn\b([^;]*);', function.body):
            if match.group(1).strip() != 'SMFIS_CONTINUE':
                line = function.line + function.body.count('\n', 0, match.start())
                yield line, f'{function.name} has no reply and must return SMFIS_CONTINUE, always'


RULES = [check_sizes, check_first_comment, check_words, check_includes, check_callbacks]
