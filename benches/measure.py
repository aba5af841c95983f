"""Measures whole processes with the operating system's accounting: wall time, CPU, peak memory, and the server's CPU."""

import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import sys
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))


class Failed(SystemExit):
    """A command that failed."""


@dataclasses.dataclass
class Run:
    """The measurements of one process."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: int  # bytes at its peak
    least_memory: int  # the smallest value that can be measured
    server_cpu: float  # seconds that the database server used meanwhile
    output: str
    sink_cpu: float
    told: dict = dataclasses.field(default_factory=dict)  # the sink's report about the upload

    @property
    def floor(self):
        """Seconds it would take if no core ever idled."""
        return (self.cpu + self.server_cpu) / CORES


def median(runs, value):
    return statistics.median(value(run) for run in runs)


def cpu_of(pid):
    """Seconds of CPU that a running process has used."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


class Sink:
    """benches/sink.py, running."""

    def __init__(self, *arguments):
        script = pathlib.Path(__file__).with_name("sink.py")
        # -I: starts fast and ignores the modules in this folder.
        self.process = subprocess.Popen([sys.executable, "-I", script, *arguments], stdout=subprocess.PIPE, text=True)
        self.host = f"127.0.0.1:{int(self.process.stdout.readline())}"

    def cpu(self):
        return cpu_of(self.process.pid)

    def upload(self):
        """Its report about the upload that just ended."""
        return json.loads(self.process.stdout.readline())

    def counts(self):
        """How many requests and connections it has had."""
        with urllib.request.urlopen(f"http://{self.host}/counts") as answer:
            return json.load(answer)

    def close(self):
        self.process.terminate()
        self.process.wait()


class Bench:
    """Runs commands next to the server and the sink."""

    def __init__(self, server_pid, sink, scratch):
        self.server_pid, self.sink, self.scratch = server_pid, sink, scratch

    def run(self, command, environment, uploads=False):
        """Runs a command and measures it."""
        output, account = self.scratch / "output", pathlib.Path(__file__).with_name("account.py")
        server, sink = cpu_of(self.server_pid), self.sink.cpu()
        # -I and -S: the fastest start and the smallest process.
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
