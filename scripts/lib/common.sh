# shellcheck shell=bash
# Sourced by the other scripts: paths and messages.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scripts=$root/scripts
dev=$root/.dev # everything installed or running lives here; git ignores it
export root scripts dev

say() { printf '%s\n' "$*"; }

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# program PATH LINE...: writes an executable bash script.
program() {
  local path=$1
  shift
  printf '%s\n' '#!/bin/bash' "$@" >"$path"
  chmod 755 "$path"
}
