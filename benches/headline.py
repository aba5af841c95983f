"""Writes the README's benchmark section from the parts that were just measured."""

import statistics
import textwrap

import chart
import report
from measure import CORES, median

WIDTH = 140  # characters of a line


def write(found, server):
    """found: the results of the parts `tables` and `baselines`."""
    rows, value_bytes, runs = found["mixed"]
    wall, memory = median(runs["sync"], lambda run: run.wall), max(run.memory for run in runs["sync"])
    drain = median(runs["drain"], lambda run: run.wall)
    ratio = statistics.median(a.wall / b.wall for a, b in zip(runs["sync"], runs["drain"]))
    size = f"{rows:,} rows of 12 mixed columns ({value_bytes / 1e9:.2g} GB of values)"
    text = (
        f"{size}, {server.version} on the same {CORES} cores, into a sink that only takes the bytes: {wall:.1f} s and "
        f"{report.mebibytes(memory)} MiB, {ratio:.2f} times the {drain:.1f} s that reading the same rows and dropping them takes."
    )
    compared = found["ratios"]
    names = {"script": "the Python script (fetchall, DataFrame, load job)", "connectorx_parquet": "connectorx → Parquet", "dlt_parquet": "dlt"}
    beside = [
        f"{compared[name][0]:.1f} times the rows per second of {title} with 1/{compared[name][1]:.0f} of its memory"
        for name, title in names.items()
        if name in compared
    ]
    if beside:
        text += " In the same minutes: " + "; ".join(beside) + "."
    text = textwrap.fill(text, WIDTH)
    text += f"\n\n![Rows per second and peak memory of a sync and of other tools]({report.CHART.relative_to(report.ROOT)})"
    report.write_between(report.README, "headline", text)
    chart.draw(found["baselines"], f"{size}, {CORES} cores, {server.version}")
    print(f"Drawn: {report.CHART.relative_to(report.ROOT)}.")
