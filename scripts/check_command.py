"""The command line of the check scripts: runs the check that is named and reports its problems.

A check returns its problems, a line each, and a summary for when there are none.
"""

import sys


def main(usage, checks, arguments):
    """Runs the check that is the only argument. Returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in checks:
        print(usage, file=sys.stderr)
        return 2
    return report(*checks[arguments[0]]())


def report(faults, summary):
    for fault in faults:
        print(fault)
    if not faults:
        print(summary)
    return 1 if faults else 0
