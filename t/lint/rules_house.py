"""House rules for the tree as a whole: unfinished work, READMEs, samples, the one place that accepts, the format."""

import re
import subprocess
from pathlib import Path

README_MAX = 60  # lines: one screen
FORMAT_BATCH = 40


def check_unfinished(root, sources):
    pattern = re.compile(r'\b(?:TO' r'DO|FIX' r'ME|XX' r'X)\b')
    for source in sources:
        for number, line in enumerate(source.lines, 1):
            if pattern.search(line):
                yield source.path, number, 'unfinished work; finish it or take it out'


def check_accept(root, sources):
    """SMFIS_ACCEPT ends the filtering of a connection or message: only end of message may, in one place."""
    places = [(source.path, line) for source in sources if source.path.startswith('milter/')
              for line, _ in source.matches(r'\bSMFIS_ACCEPT\b')]
    if len(places) != 1 and any(source.path == 'milter/callbacks.c' for source in sources):
        for path, line in places or [('milter/callbacks.c', 1)]:
            yield path, line, f'SMFIS_ACCEPT stands in {len(places)} places; exactly one, at end of message'


def _needs_readme(folder):
    parts = folder.split('/')
    return len(parts) == 1 or parts[0] in ('common', 'milter', 'policyd') and len(parts) == 2


def check_readmes(root, sources):
    folders = set()
    for source in sources:
        parts = source.folder.split('/') if source.folder else []
        folders.update('/'.join(parts[:count]) for count in range(1, len(parts) + 1))
    for folder in sorted(filter(_needs_readme, folders)):
        readme = Path(root, folder, 'README.md')
        if not readme.is_file():
            yield f'{folder}/README.md', 1, 'is missing; say on one screen what the folder holds and what it must not know'
        elif len(readme.read_text().splitlines()) > README_MAX:
            yield f'{folder}/README.md', README_MAX, f'is longer than one screen ({README_MAX} lines)'


def check_samples(root, sources):
    """A sample that no test loads rots."""
    tests = '\n'.join(path.read_text(errors='replace') for path in Path(root, 't').rglob('*')
                      if path.is_file() and path.suffix not in ('.pyc',) and 'corpus' not in path.parts)
    for path in sorted(Path(root, 'etc').rglob('*')):
        name = path.relative_to(root).as_posix()
        if path.is_file() and path.name != 'README.md' and name not in tests:
            yield name, 1, 'is named in no test under t/; load it in one'


def check_format(root, sources):
    paths = [source.path for source in sources if source.is_c]
    for start in range(0, len(paths), FORMAT_BATCH):
        try:
            done = subprocess.run(['clang-format', '--dry-run', *paths[start:start + FORMAT_BATCH]],
                                  cwd=root, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            yield '.clang-format', 1, 'clang-format is not installed; `sudo make deps` installs it'
            return
        seen = set()
        for match in re.finditer(r'^([^\s:][^:\n]*):(\d+):\d+: (?:warning|error)', done.stderr, re.MULTILINE):
            if match.group(1) not in seen:
                seen.add(match.group(1))
                yield match.group(1), int(match.group(2)), f'is not formatted; run clang-format -i {match.group(1)}'


RULES = [check_unfinished, check_accept, check_readmes, check_samples, check_format]
