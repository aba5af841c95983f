#!/usr/bin/env bash
# Runs a temporary BigQuery emulator: serve-emulator.sh FOLDER PORT, with its data in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"

mkdir -p "$1/data"
cd "$1"
export PYTHONPATH=$scripts
# Nothing uses gRPC, so it gets any free port.
exec "$dev/venv/bin/python" -m emulator --host 127.0.0.1 --port "$2" --grpc-port 0 --data-dir "$1/data" --project local \
  --violations "$1/violations"
