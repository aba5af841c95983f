#!/usr/bin/env bash
# Installs the BigQuery emulator and the tests' Python packages: an environment in .dev/venv, on a Python 3.13 from wherever there is one.
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
    die "The BigQuery emulator needs Python 3.13, and there is no way to get one here: please install python3.13 with its venv module, or uv."
  python=$fetched
}
say "BigQuery emulator: Python packages (local-bigquery and what it needs) into .dev/venv, on $python (630 MB)"
"$python" -m venv "$new"
"$new/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$requirements" ||
  die "pip could not install the packages (its own words are above)."
# Of Google's descriptions of hundreds of APIs (90 MB), one is wanted.
find "$new"/lib/python3.13/site-packages/googleapiclient/discovery_cache/documents -type f ! -name bigquery.v2.json -delete
cp "$requirements" "$new/requirements.txt"
built
