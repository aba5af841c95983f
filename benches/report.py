"""Formats tables for the terminal and writes tables into the documents."""

import pathlib
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"
CHART = ROOT / "docs" / "performance.svg"

MIB = 1 << 20


def count(number):
    return f"{round(number):,}"


def megabytes(number):
    return count(number / 1e6)


def mebibytes(number):
    return count(number / MIB)


def rate(number):
    """Rows per second, rounded to three digits."""
    digits = len(str(round(number))) - 3
    return count(round(number, -max(digits, 0)))


def spread(ratios):
    """The median of ratios, with the minimum and maximum."""
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def aligned(head, rows):
    """For the terminal: text on the left, figures on the right."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    figures = [all(str(row[i])[:1].isdigit() or str(row[i]) in ("", "–") or str(row[i])[:1] == "<" for row in rows) for i in range(len(head))]
    lines = []
    for row in [head, *rows]:
        cells = (str(c).rjust(w) if right else str(c).ljust(w) for c, w, right in zip(row, widths, figures))
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(head, rows):
    line = lambda cells: "| " + " | ".join(map(str, cells)) + " |"  # noqa: E731
    return "\n".join([line(head), "|" + "---|" * len(head), *map(line, rows)])


def write_between(path, name, text):
    """Puts the text between <!-- bench:NAME --> and <!-- /bench:NAME --> of the document, or reports that these marks are missing."""
    begin, end = f"<!-- bench:{name} -->", f"<!-- /bench:{name} -->"
    document = path.read_text()
    if begin not in document or end not in document:
        print(f"{path.relative_to(ROOT)} has no marks {begin} … {end}, so nothing was written into it.")
        return
    before, rest = document.split(begin, 1)
    path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{rest.split(end, 1)[1]}")
    print(f"Written into {path.relative_to(ROOT)}, between the marks of {name}.")
