#!/usr/bin/env bash
# Installs the tools that the bench compares with into .dev/bench-venv. Reports and skips a package that cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/atomic.sh"

requirements=$root/benches/requirements.txt
venv=$dev/bench-venv
[[ -x $venv/bin/python ]] && cmp -s "$requirements" "$venv/requirements.txt" && exit
building "$venv"

say "Baselines of the bench: Python packages (connectorx, dlt, pandas, Google's client) into .dev/bench-venv (600 MB)"
"$dev/venv/bin/python" -m venv "$new"
pip=("$new/bin/python" -m pip install --quiet --disable-pip-version-check --no-input)
if "${pip[@]}" -r "$requirements"; then
  cp "$requirements" "$new/requirements.txt"
else
  while read -r package; do
    [[ $package == *==* ]] || continue
    "${pip[@]}" --no-deps "$package" 2>/dev/null || say "Could not install $package"
  done <"$requirements"
fi
built
