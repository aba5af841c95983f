#!/usr/bin/env bash
# Installs the BigQuery emulator and the tests' Python packages into .dev/venv. Finds or fetches Python 3.13.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/apt.sh"
source "$here/atomic.sh"
source "$here/python.sh"

requirements=$scripts/requirements.txt
[[ -x $dev/venv/bin/python ]] && cmp -s "$requirements" "$dev/venv/requirements.txt" && exit
building "$dev/venv"

python=$(find_python) || {
  fetch_python_with_uv || fetch_python_with_apt ||
    die "The BigQuery emulator needs Python 3.13, which could not be fetched. Install python3.13 with its venv module, or uv."
  python=$fetched
}
say "BigQuery emulator: Python packages (local-bigquery and its dependencies) into .dev/venv, with $python (630 MB)"
"$python" -m venv "$new"
"$new/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$requirements" ||
  die "pip could not install the packages (its output is above)."
# Delete Google's API descriptions (90 MB) except BigQuery's.
find "$new"/lib/python3.13/site-packages/googleapiclient/discovery_cache/documents -type f ! -name bigquery.v2.json -delete
cp "$requirements" "$new/requirements.txt"
built
