"""Runs a command and prints its resource usage as JSON: account.py OUTPUT COMMAND...

A process of its own, and a small one: on Linux a process starts with the peak memory of the one that started it, and the bench itself
is larger than what it measures. The command's output goes into a file, so that no pipe and no reader takes part.
"""

import json
import os
import pathlib
import sys
import time


def own_peak():
    """Bytes: no command is told apart from one that needs less. (This process's own rusage has its parent's peak.)"""
    line = next(line for line in pathlib.Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


output, *command = sys.argv[1:]
null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
file = (os.POSIX_SPAWN_OPEN, 1, output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
started = time.perf_counter()
process = os.posix_spawn(command[0], command, os.environ, file_actions=[null, file, (os.POSIX_SPAWN_DUP2, 1, 2)])
_, status, usage = os.wait4(process, 0)
told = {
    "wall": time.perf_counter() - started,
    "cpu": usage.ru_utime + usage.ru_stime,
    "memory": usage.ru_maxrss * 1024,
    "least": own_peak(),
    "exit": os.waitstatus_to_exitcode(status),
}
print(json.dumps(told))
