"""Runs `make bench`: measures the requested parts and prints a table for each. BENCH_WRITE=1 also writes them into the documents.

scripts/bench starts it and says which parts there are.
"""

import datetime
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import headline
import kindness
import parts
import report
from measure import CORES, Bench, Sink
from server import Server

MEMORY = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
POOL_BYTES = min(6 << 30, MEMORY // 3)  # holds the largest table of the default size


def machine(server, arguments):
    """One line: when, where and how the benchmark ran."""
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.machine())
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=report.ROOT, capture_output=True, text=True).stdout.strip()
    shown = [f"{name}={value}" for name, value in sorted(os.environ.items()) if name in parts.SHOWN]
    command = " ".join([*shown, "scripts/bench", *arguments])
    return (
        f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}, revision {revision or 'unknown'}, {cpu}, {CORES} cores, {MEMORY / 2**30:.0f} GiB, "
        f"{platform.system()} {platform.release()}, {server.version} on the same machine: `{command}`"
    )


def main(wanted):
    server = Server(os.environ.get("BENCH_SERVER", "mariadb"))
    sink = Sink()
    try:
        with tempfile.TemporaryDirectory(dir=os.environ["TEST_RUN"]) as scratch:
            bench = Bench(server.pid, sink, pathlib.Path(scratch))
            print(f"Preparing {server.version} ...", flush=True)
            server.prepare(kindness.POOL_BYTES if "kindness" in wanted else POOL_BYTES)
            taken = machine(server, wanted)
            found = {}
            for part in [name for name in parts.PARTS if name in wanted]:
                if part != "kindness":
                    server.resize(POOL_BYTES)
                head, rows, remarks = parts.PARTS[part](parts.Context(server, bench, found))
                print(f"\n{report.aligned(head, rows)}\n" + "".join(f"{remark}\n" for remark in remarks), flush=True)
                if os.environ.get("BENCH_WRITE") == "1":
                    text = "\n\n".join([taken, report.markdown(head, rows), *remarks])
                    place = {"many": "many tables"}.get(part, "slow link" if part == "connections" and parts.SLOW else part)
                    report.write_between(report.PAGE, f"{place} {server.kind}", text)
            if os.environ.get("BENCH_WRITE") == "1" and server.kind == "mariadb" and {"mixed", "baselines"} <= found.keys():
                headline.write(found, server)
            print(taken)
    finally:
        sink.close()


if __name__ == "__main__":
    main(sys.argv[1:])
