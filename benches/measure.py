"""Whole processes, measured by the operating system's own accounting: wall, CPU and peak memory, and the CPU of the server beside."""

import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import time

TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))


@dataclasses.dataclass
class Run:
    """One process from its start to its end."""

    wall: float  # seconds
    cpu: float  # seconds, user and system
    memory: int  # bytes at its peak
    server_cpu: float  # seconds of the database server meanwhile
    output: str
    sink_cpu: float = 0
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


def smallest_peak():
    """A process starts with the peak memory of the one that started it: below this nothing can be told apart."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


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
        """Runs a command to its end. Its output is kept in a file, so that no pipe and no reader takes part."""
        with open(self.scratch / "output", "w+") as output:
            server, sink = cpu_of(self.server_pid), self.sink.cpu()
            started = time.perf_counter()
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
            try:
                _, status, usage = os.wait4(process.pid, 0)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                raise
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read()
        if process.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} exited {process.returncode}:\n{text[-3000:]}")
        run = Run(
            wall=wall,
            cpu=usage.ru_utime + usage.ru_stime,
            memory=usage.ru_maxrss * 1024,
            server_cpu=cpu_of(self.server_pid) - server,
            sink_cpu=self.sink.cpu() - sink,
            output=text,
        )
        if uploads:
            run.told = self.sink.upload()
        return run
