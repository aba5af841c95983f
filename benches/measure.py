"""Whole processes, measured by the operating system's own accounting: wall, CPU and peak memory, and the CPU of the server beside."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys

TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))


class Failed(SystemExit):
    """A command that did not do what it should."""


@dataclasses.dataclass
class Run:
    """One process from its start to its end."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: int  # bytes at its peak
    least_memory: int  # what cannot be told apart from less
    server_cpu: float  # seconds of the database server meanwhile
    output: str
    sink_cpu: float
    told: dict = dataclasses.field(default_factory=dict)  # what the sink said of the upload

    @property
    def floor(self):
        """Seconds it would take if no core ever waited."""
        return (self.cpu + self.server_cpu) / CORES


def median(runs, value):
    return statistics.median(value(run) for run in runs)


def cpu_of(pid):
    """Seconds of CPU that a running process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Sink:
    """benches/sink.py, running."""

    def __init__(self):
        script = pathlib.Path(__file__).with_name("sink.py")
        # -I: the cheapest start, and no module of this folder in the way.
        self.process = subprocess.Popen([sys.executable, "-I", script], stdout=subprocess.PIPE, text=True)
        self.host = f"127.0.0.1:{int(self.process.stdout.readline())}"

    def cpu(self):
        return cpu_of(self.process.pid)

    def upload(self):
        """What it says of the upload that just ended."""
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.terminate()
        self.process.wait()


class Bench:
    """The server, the sink, and how commands run beside them."""

    def __init__(self, server_pid, sink, scratch):
        self.server_pid, self.sink, self.scratch = server_pid, sink, scratch

    def run(self, command, environment, uploads=False):
        """Runs a command to its end."""
        output, account = self.scratch / "output", pathlib.Path(__file__).with_name("account.py")
        server, sink = cpu_of(self.server_pid), self.sink.cpu()
        # -I and -S: the cheapest start and the smallest process.
        accounted = subprocess.run([sys.executable, "-I", "-S", account, output, *command], env=environment, stdout=subprocess.PIPE)
        server, sink = cpu_of(self.server_pid) - server, self.sink.cpu() - sink
        if accounted.returncode != 0:
            sys.exit(f"{command[0]} could not be started.")
        told, text = json.loads(accounted.stdout), output.read_text(errors="replace")
        if told["exit"] != 0:
            raise Failed(f"{' '.join(map(str, command))} exited {told['exit']}:\n{text[-3000:]}")
        run = Run(
            wall=told["wall"],
            cpu=told["cpu"],
            memory=told["memory"],
            least_memory=told["least"],
            server_cpu=server,
            sink_cpu=sink,
            output=text,
        )
        if uploads:
            run.told = self.sink.upload()
        return run
