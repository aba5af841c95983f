"""Shows a task's JSON log lines as short text: log_lines.py PREFIX < LOG"""

import json
import shutil
import signal
import sys

signal.signal(signal.SIGINT, signal.SIG_IGN)  # the task still logs after Ctrl-C
prefix = sys.argv[1]
width = shutil.get_terminal_size((160, 24)).columns if sys.stdout.isatty() else 160

for line in sys.stdin:
    try:
        entry = json.loads(line)
        clock = entry["time"].partition("T")[2][:12]
        line = f"{clock} {entry['severity']:<7} {entry['message']}"
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # show other lines unchanged
    line = prefix + " ".join(line.split("\n")).rstrip()
    print(line if len(line) <= width else line[: width - 1] + "…", flush=True)
