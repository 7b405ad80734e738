"""A table for the terminal: columns as wide as they need, the widest wrapped so that lines fit."""
import shutil
import textwrap


def widths(columns, rows, total):
    wide = [max(len(str(r[i])) for r in [columns, *rows]) for i in range(len(columns))]
    while sum(wide) + 2 * (len(wide) - 1) > total and max(wide) > 14:
        wide[wide.index(max(wide))] -= 1
    return wide


def show(columns, rows):
    total = max(100, min(160, shutil.get_terminal_size((140, 40)).columns))
    wide = widths(columns, rows, total)
    print_row(columns, wide)
    print("  ".join("-" * w for w in wide))
    for row in rows:
        print_row(row, wide)
    print(end="", flush=True)


def print_row(row, wide):
    cells = [textwrap.wrap(str(text), w) or [""] for text, w in zip(row, wide)]
    for i in range(max(len(c) for c in cells)):
        print("  ".join((c[i] if i < len(c) else "").ljust(w) for c, w in zip(cells, wide)).rstrip())
