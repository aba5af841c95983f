"""Measures the effect of a sync on a shared server: whether its speed limits hold, and which pages stay in the buffer pool."""

import os
import time

import tables
from report import count, rate

POOL_BYTES = 256 << 20  # a quarter or less of the table that is scanned
HOT = tables.Table("hot", 0, "what others read", tables.TABLES[1].columns)
HOT_ROWS = 1_500_000  # 60 MB: fits into the part of the pool that is for pages in use
FRACTIONS = (0.5, 0.2)  # of the speed without a limit


def measured(context):
    help_text = context.bench.run([context.binary, "--help"], os.environ).output
    table = tables.MIXED
    rows = table.rows(context.rows)
    context.fill(table, rows)
    lines = limits(context, table, rows, help_text) + pages(context, table, rows)
    context.server.drop(table)
    remark = (
        f"One run each. The limits: of {rows:,} rows. The pages: of a table of {HOT_ROWS:,} rows that was read four times before the scan, in a pool of "
        f"{POOL_BYTES >> 20} MiB; MySQL puts the pages of a scan into the older three eighths of the pool, where they replace each other "
        "(innodb_old_blocks_time of 1000 ms, the default; with 0 it would not)."
    )
    return ["what", "figure"], lines, [remark]


def limits(context, table, rows, help_text):
    free = context.sync(table, rows)
    lines = [["no limit", told(free, rows)]]
    value_bytes = context.drain(table, rows).told["value_bytes"]
    for variable, unit in (("MAX_ROWS_PER_SECOND", rows), ("MAX_MB_PER_SECOND", value_bytes / 1e6)):
        if variable not in help_text:
            lines.append([variable, "this binary does not know it"])
            continue
        for fraction in FRACTIONS:
            limit = max(1, round(unit / free.wall * fraction))
            run = context.sync(table, rows, **{variable: limit})
            lines.append([f"{variable}={limit}", told(run, rows, value_bytes)])
    return lines


def told(run, rows, value_bytes=None):
    speed = f"{rate(rows / run.wall)} rows/s" + (f", {value_bytes / run.wall / 1e6:.1f} MB/s" if value_bytes else "")
    return f"{run.wall:.1f} s, {speed}, the server {run.server_cpu / run.wall:.0%} of a core"


def pages(context, table, rows):
    server = context.server
    context.fill(HOT, HOT_ROWS)
    lines = []
    for old_blocks_time in (1000, 0):
        server.ask(f"SET GLOBAL innodb_old_blocks_time = {old_blocks_time};")
        for _ in range(4):  # at least once again a second later: these pages are in use
            read(server)
            time.sleep(1.1)
        before = resident(server)
        context.sync(table, rows)
        after = resident(server)
        lines.append([
            f"innodb_old_blocks_time={old_blocks_time}: pages of the other table in the pool",
            f"{count(before)} before the sync, {count(after)} after it",
        ])  # fmt: skip
    server.ask("SET GLOBAL innodb_old_blocks_time = 1000;")
    server.drop(HOT)
    return lines


def read(server):
    server.ask(f"SELECT SUM(seen) FROM bench.{HOT.name};")


def resident(server):
    return int(server.ask(f"SELECT COUNT(*) FROM information_schema.innodb_buffer_page WHERE table_name LIKE '%bench%{HOT.name}%';"))
