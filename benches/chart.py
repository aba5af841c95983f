"""Draws the README's chart: rows per second and peak memory per tool, as an SVG for light and dark pages."""

from xml.sax.saxutils import escape

import report

LABELS, BARS, WIDTH, LINE = 250, 330, 690, 30  # pixels
HEAD = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="{title}">
<style>
text {{ font: 13px system-ui, sans-serif; fill: #24292f; }}
.title {{ font-weight: 600; }}
.ours {{ fill: #1a7f5a; }}
.others {{ fill: #8c959f; }}
@media (prefers-color-scheme: dark) {{ text {{ fill: #e6edf3; }} .ours {{ fill: #3fb68b; }} .others {{ fill: #6e7781; }} }}
</style>
"""


def draw(figures, title):
    """figures: (what, rows per second, bytes of memory), ours first."""
    names = [what for what, *_ in figures]
    panels = (
        ("Rows per second (more is better)", [speed for _, speed, _ in figures], report.rate),
        ("Peak memory in MiB (less is better)", [memory for *_, memory in figures], report.mebibytes),
    )
    lines, y = [f'<text class="title" x="0" y="18">{escape(title)}</text>'], 50
    for heading, values, shown in panels:
        lines.append(f'<text class="title" x="{LABELS}" y="{y}">{heading}</text>')
        for i, (name, value) in enumerate(zip(names, values)):
            top, width = y + 12 + i * LINE, max(2, BARS * value / max(values))
            lines += [
                f'<text x="{LABELS - 10}" y="{top + 15}" text-anchor="end">{escape(name)}</text>',
                f'<rect class="{"others" if i else "ours"}" x="{LABELS}" y="{top}" width="{width:.0f}" height="20" rx="2"/>',
                f'<text x="{LABELS + width + 8:.0f}" y="{top + 15}">{shown(value)}</text>',
            ]
        y += LINE * len(names) + 50
    head = HEAD.format(width=WIDTH, height=y - 40, title=escape(title, {'"': "&quot;"}))
    report.CHART.write_text(head + "\n".join(lines) + "\n</svg>\n")
