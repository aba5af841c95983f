#!/usr/bin/env bash
# Runs a temporary MySQL server: serve-mysql.sh FOLDER PORT SOCKET [OPTION...], with its data in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/atomic.sh"
source "$here/throwaway.sh"

from_template mysql "$1"
options_of mysql
exec "$dev/mysql/server" "${options[@]}" --innodb-fast-shutdown=2 --datadir="$1/data" --port="$2" --socket="$3" --pid-file="$1/pid" "${@:4}"
