"""Starts the BigQuery emulator `local-bigquery` offline, with repairs, permissions and checks against Google's API.

    PYTHONPATH=scripts .dev/venv/bin/python -m emulator --host 127.0.0.1 --port 9050 --grpc-port 0 --data-dir DIR --project local
        [--violations FILE]

It takes the flags of `local-bigquery serve` and is ready when GET /bigquery/v2/projects/local/datasets answers 200. It writes a line to
FILE for each fault of the program's requests.
"""

import argparse
import pathlib
import sys

from emulator import discovery, offline


def main():
    own = argparse.ArgumentParser(add_help=False)
    own.add_argument("--violations", type=pathlib.Path)
    given, others = own.parse_known_args(sys.argv[1:])
    api = discovery.google()
    offline.connect()  # must run before the emulator is imported
    from emulator.application import build

    build(api, given.violations)
    from local_bigquery import cli

    cli.main(others)


if __name__ == "__main__":
    main()
