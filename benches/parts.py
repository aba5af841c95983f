"""The parts of the bench. Each part measures commands in turn and returns a table with remarks."""

import dataclasses
import os
import pathlib
import statistics
import sys

import kindness
import link
import many
import report
import start
import tables
from measure import CORES, Bench, Failed, median
from report import count, mebibytes, megabytes, rate, spread
from server import Server

RELEASE = report.ROOT / "target" / "release"
BINARY = RELEASE / "mysql-bigquery-sync"
DRAIN = pathlib.Path(os.environ.get("BENCH_DRAIN", ""))
PYTHON = report.ROOT / ".dev" / "bench-venv" / "bin" / "python"
BASELINES = pathlib.Path(__file__).with_name("baselines")

ROWS = int(os.environ.get("BENCH_ROWS", 5_000_000))  # of `mixed`; the other tables are as large in proportion
RUNS = int(os.environ.get("BENCH_RUNS", 5))
LATENCY_MS = float(os.environ.get("BENCH_LATENCY_MS", 0))
MBIT = float(os.environ.get("BENCH_MBIT", 0))
SLOW = bool(LATENCY_MS or MBIT)
# Variables of a run that belong to its command line in the documents.
SHOWN = {
    "BENCH_ROWS", "BENCH_RUNS", "BENCH_SERVER", "BENCH_LATENCY_MS", "BENCH_MBIT", "AVRO_CODEC", "READ_CONNECTIONS", "MYSQL_SSL_MODE",
    "BENCH_TABLES", "BENCH_REQUEST_MS", "BENCH_JOB_MS", "TABLE_CONCURRENCY", "MAX_ROWS_PER_SECOND", "MAX_MB_PER_SECOND", "SNAPSHOT",
}  # fmt: skip

# Baseline: its name, the module it needs, its share of the rows, whether it uploads.
BASELINE_SCRIPTS = {
    "script": ("Python script (fetchall, DataFrame, load_table_from_dataframe)", "mysql.connector", 1 / 10, True),
    "connectorx_parquet": ("connectorx → Parquet, no upload", "connectorx", 1, False),
    "dlt_parquet": ("dlt, connectorx backend → Parquet, no upload", "dlt", 2 / 5, False),
}


@dataclasses.dataclass
class Context:
    server: Server
    bench: Bench
    found: dict  # results for later parts and the headline
    binary: pathlib.Path = BINARY
    rows: int = ROWS

    def environment(self, table, **more):
        """The sync's variables, in addition to those of the bench: AVRO_CODEC=snappy make bench."""
        return (
            # The two servers and all commands alike, unless asked for.
            {"MYSQL_SSL_MODE": "DISABLED"}
            | os.environ
            | {
                "MYSQL_HOST": "127.0.0.1",
                "MYSQL_PORT": self.server.port,
                "MYSQL_USER": "sync",
                "MYSQL_PASSWORD": "s3cret-Pa55word",
                "MYSQL_DATABASE": "bench",
                "BIGQUERY_PROJECT": "sink",
                "BIGQUERY_DATASET": "bench",
                "BIGQUERY_EMULATOR_HOST": self.bench.sink.host,
                "TABLES": table.name,
                "LOG_FORMAT": "json",
            }
            | {name: str(value) for name, value in more.items()}
        )

    def sync(self, table, rows, **more):
        run = self.bench.run([BINARY], self.environment(table, **more), uploads=True)
        if (run.told["table"], run.told["rows"]) != (table.name, rows):
            sys.exit(f"The sink was sent {run.told}, not {rows} rows of {table.name}.")
        return run

    def drain(self, table, rows, **more):
        run = self.bench.run([DRAIN, table.name], self.environment(table, **more))
        read, _, value_bytes = run.output.split()[:3]
        if int(read) != rows:
            sys.exit(f"The drain read {read} rows of {table.name}, not {rows}.")
        run.told = {"value_bytes": int(value_bytes)}
        return run

    def fill(self, table, rows, start=0):
        say(f"Filling {table.name}: {rows:,} rows ...")
        self.server.fill(table, rows, start)


def say(text):
    print(text, flush=True)


def interleaved(commands):
    """Runs each command RUNS times, in turn, after a warm-up round."""
    runs = {name: [] for name in commands}
    for turn in range(RUNS + 1):
        for name, command in commands.items():
            run = command()
            if turn:
                runs[name].append(run)
                say(f"  {turn} of {RUNS}: {name} {run.wall:.2f} s")
    return runs


def ratios(runs, others, value=lambda run: run.wall):
    return [value(a) / value(b) for a, b in zip(runs, others)]


def peak(runs):
    highest = max(runs, key=lambda run: run.memory)
    return mebibytes(highest.memory) if highest.memory > highest.least_memory else f"< {mebibytes(highest.least_memory)}"


HEAD = [
    "table", "rows", "command", "wall s", "rows/s", "MB/s", "client CPU s", "µs/row", "peak MiB", "MB sent",
    "× drain (min–max)", "server CPU s", "floor s",
]  # fmt: skip
LEGEND = (
    "Medians of {runs} interleaved runs; the peak is the highest. MB/s: bytes of values read. µs/row: CPU of the client, upload included. "
    "Floor: CPU of server and client over {cores} cores."
)


def against_drain(context, table, rows):
    """Drain and sync of one table: the rows of the table, the runs, bytes of values."""
    runs = interleaved({"drain": lambda: context.drain(table, rows), "sync": lambda: context.sync(table, rows)})
    value_bytes = runs["drain"][0].told["value_bytes"]
    lines = []
    for name, taken in runs.items():
        wall, cpu = median(taken, lambda r: r.wall), median(taken, lambda r: r.cpu)
        lines.append([
            table.name,
            count(rows),
            name,
            f"{wall:.2f}",
            rate(rows / wall),
            count(value_bytes / wall / 1e6),
            f"{cpu:.2f}",
            f"{cpu / rows * 1e6:.2f}",
            peak(taken),
            megabytes(taken[0].told["bytes"]) if name == "sync" else "–",
            spread(ratios(taken, runs["drain"])) if name == "sync" else "1",
            f"{median(taken, lambda r: r.server_cpu):.2f}",
            f"{median(taken, lambda r: r.floor):.2f}",
        ])  # fmt: skip
    return lines, runs, value_bytes


def sink_share(runs):
    return median(runs, lambda r: r.sink_cpu) / median(runs, lambda r: r.wall) / CORES


def tables_part(context):
    """Every table: drain and sync."""
    lines, shares = [], []
    for table in tables.TABLES:
        rows = table.rows(ROWS)
        context.fill(table, rows)
        told, runs, value_bytes = against_drain(context, table, rows)
        lines += told
        shares.append(sink_share(runs["sync"]))
        if table is tables.MIXED:
            context.found["mixed"] = (rows, value_bytes, runs)
        context.server.drop(table)
    remarks = [
        LEGEND.format(runs=RUNS, cores=CORES),
        "Tables: " + "; ".join(f"`{t.name}`: {t.what}" for t in tables.TABLES) + ".",
        f"The sink's own work took {min(shares):.1%} to {max(shares):.1%} of the machine's CPU during a sync.",
    ]
    return HEAD, lines, remarks


def growth_part(context):
    """One table, twice and four times as long."""
    lines, filled = [], 0
    for times in (1, 2, 4):
        rows = times * tables.MIXED.rows(ROWS)
        context.fill(tables.MIXED, rows, filled)
        filled = rows
        lines += against_drain(context, tables.MIXED, rows)[0]
    context.server.drop(tables.MIXED)
    return HEAD, lines, [LEGEND.format(runs=RUNS, cores=CORES)]


def baselines_part(context):
    """Other tools that read MySQL, on the same table and within the same minutes."""
    table, remarks = tables.MIXED, []
    rows = table.rows(ROWS)
    context.fill(table, rows)
    commands, given, titles = {"sync": lambda: context.sync(table, rows)}, {"sync": rows}, {"sync": "mysql-bigquery-sync"}
    for name, (title, module, share, uploads) in BASELINE_SCRIPTS.items():
        environment = context.environment(table)
        part = max(1, round(rows * share))
        command = [PYTHON, BASELINES / f"{name}.py", table.name, str(part)]
        try:
            context.bench.run([PYTHON, "-c", f"import {module}"], environment)
        except Failed:
            remarks.append(f"Not compared: {title}; its packages could not be installed here.")
            continue
        if not uploads:
            command.append(context.bench.scratch)
        commands[name] = lambda c=command, e=environment, u=uploads: context.bench.run(c, e, uploads=u)
        given[name], titles[name] = part, title
    runs = interleaved(commands)
    context.server.drop(table)
    lines, figures = [], []
    for name, taken in runs.items():
        wall, cpu = median(taken, lambda r: r.wall), median(taken, lambda r: r.cpu)
        faster = [(given["sync"] / ours.wall) / (given[name] / theirs.wall) for ours, theirs in zip(runs["sync"], taken)]
        larger = [theirs.memory / ours.memory for ours, theirs in zip(runs["sync"], taken)]
        short = titles[name].split(" (")[0].split(",")[0] + (f", {count(given[name])} rows" if given[name] < rows else "")
        figures.append((short, given[name] / wall, max(run.memory for run in taken)))
        lines.append([
            titles[name],
            count(given[name]),
            f"{wall:.2f}",
            rate(given[name] / wall),
            f"{cpu:.2f}",
            f"{cpu / given[name] * 1e6:.2f}",
            peak(taken),
            "1" if name == "sync" else spread(faster),
            "1" if name == "sync" else spread(larger),
        ])  # fmt: skip
        context.found.setdefault("ratios", {})[name] = (statistics.median(faster), statistics.median(larger))
    context.found["baselines"] = figures
    head = ["command", "rows", "wall s", "rows/s", "client CPU s", "µs/row", "peak MiB", "sync is × faster (min–max)", "× the memory of sync"]
    remarks.insert(0, f"Table `mixed`; medians of {RUNS} interleaved runs, speeds compared by rows/s, where a command was given fewer rows too.")
    return head, lines, remarks


def start_part(context):
    """From the start of the process to its first packet to MySQL, and the size of the binary."""
    taken = start.first_packets(BINARY, context.environment(tables.MIXED), int(context.server.port))
    size = BINARY.stat().st_size
    lines = [
        ["start to the first packet to MySQL", f"{statistics.median(taken) * 1000:.0f} ms", f"{max(taken) * 1000:.0f} ms", "< 100 ms"],
        ["release binary, stripped", f"{size / report.MIB:.1f} MiB", "–", "≤ 15 MB"],
    ]
    remark = f"{len(taken)} starts, the binary's pages dropped from the page cache before each. The packet is the login, the answer to the server's greeting."
    return ["what", "median", "highest", "target"], lines, [remark]


def connections_part(context):
    """READ_CONNECTIONS: one connection and several, directly or over a slow link."""
    if "READ_CONNECTIONS" not in context.bench.run([BINARY, "--help"], os.environ).output:
        return ["what"], [["this binary has no READ_CONNECTIONS"]], []
    lines = []
    for table in [tables.MIXED] if SLOW else tables.TABLES[:2]:
        rows = table.rows(ROWS)
        context.fill(table, rows)
        with link.running(int(context.server.port), LATENCY_MS, MBIT) as port:
            more = {"MYSQL_PORT": port} if SLOW else {}
            numbers = (1, 4) if SLOW else (1, 2, 4)
            runs = interleaved({n: lambda n=n: context.sync(table, rows, READ_CONNECTIONS=n, **more) for n in numbers})
        context.server.drop(table)
        for n, taken in runs.items():
            wall = median(taken, lambda r: r.wall)
            lines.append([
                table.name, count(rows), n, f"{wall:.2f}", rate(rows / wall), f"{median(taken, lambda r: r.cpu):.2f}", peak(taken),
                spread(ratios(taken, runs[1])), spread(ratios(runs[1], taken)),
            ])  # fmt: skip
    way = f"{LATENCY_MS:g} ms of delay each way, {f'{MBIT:g} Mbit/s' if MBIT else 'no limit'} for each connection" if SLOW else "no delay"
    head = ["table", "rows", "connections", "wall s", "rows/s", "client CPU s", "peak MiB", "wall × that of one", "× faster than one"]
    return head, lines, [f"Between server and sync: {way}. Medians of {RUNS} interleaved runs."]


PARTS = {
    "kindness": kindness.measured,  # first, since a pool grows more readily than it shrinks
    "tables": tables_part,
    "growth": growth_part,
    "baselines": baselines_part,
    "start": start_part,
    "connections": connections_part,
    "many": many.measured,
}
