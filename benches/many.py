"""Measures many small tables: wall time, memory, and how often MySQL and BigQuery are asked. The sink answers late and its jobs take time."""

import os
import sys

import report
import tables
from measure import Bench, Sink

TABLES = int(os.environ.get("BENCH_TABLES", 300))
ROWS = 100
REQUEST_MS = os.environ.get("BENCH_REQUEST_MS", "150")
JOB_MS = os.environ.get("BENCH_JOB_MS", "3000")
TARGET_SECONDS = 60  # for 300 tables
TARGET_QUERIES = 20  # per table
HEAD = ["tables", "wall s", "tables/s", "MySQL queries per table", "MySQL connections", "HTTP requests per table", "HTTP connections", "client CPU s", "peak MiB"]


def measured(context):
    names = [f"many_{number:03}" for number in range(TABLES)]
    print(f"Filling {TABLES} tables of {ROWS} rows ...", flush=True)
    columns = tables.MIXED.columns
    for name in names:
        table = tables.Table(name, 0, "", columns)
        statements = [table.create(), *table.fill(0, ROWS)]
        context.server.ask("SET NAMES utf8mb4, time_zone = '+00:00'; USE bench; " + " ".join(statements))
    context.server.rest()
    sink = Sink("--request-ms", REQUEST_MS, "--job-ms", JOB_MS)
    try:
        lines = [line(context, sink, names)]
    finally:
        sink.close()
    context.server.ask("USE bench; " + " ".join(f"DROP TABLE {name};" for name in names))
    remark = (
        f"One run. {TABLES} tables of {ROWS} rows, 12 columns each; every answer of the sink takes {REQUEST_MS} ms, every load job {JOB_MS} ms. Queries are the "
        f"server's own count (`SHOW GLOBAL STATUS LIKE 'Questions'`). Target for 300 tables: {TARGET_SECONDS} s, {TARGET_QUERIES} queries per table."
    )
    return HEAD, lines, [remark]


def line(context, sink, names):
    bench = Bench(context.server.pid, sink, context.bench.scratch)
    environment = context.environment(tables.MIXED, BIGQUERY_EMULATOR_HOST=sink.host, TABLES="many_*")
    # What the bench itself adds by asking.
    own = {name: after - before for (name, before), after in zip(status(context).items(), status(context).values())}
    before, run, after = status(context), bench.run([context.binary], environment), status(context)
    asked = {name: after[name] - before[name] - own[name] for name in own}
    counts = sink.counts()
    loaded = {told["table"]: told["rows"] for told in (sink.upload() for _ in names)}
    if loaded != {name: ROWS for name in names}:
        sys.exit(f"The sink was sent {loaded}, not {ROWS} rows of {len(names)} tables.")
    return [
        len(names),
        f"{run.wall:.1f}",
        f"{len(names) / run.wall:.1f}",
        f"{asked['Questions'] / len(names):.1f}",
        asked["Connections"],
        f"{counts['requests'] / len(names):.1f}",
        counts["connections"],
        f"{run.cpu:.2f}",
        report.mebibytes(run.memory),
    ]


def status(context):
    """The server's counters."""
    rows = context.server.ask("SHOW GLOBAL STATUS WHERE Variable_name IN ('Questions', 'Connections');").splitlines()
    return {name: int(value) for name, value in (row.split("\t") for row in rows)}
