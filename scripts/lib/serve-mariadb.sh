#!/usr/bin/env bash
# Runs a temporary MariaDB server: serve-mariadb.sh FOLDER PORT SOCKET [OPTION...], with its data in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/atomic.sh"
source "$here/throwaway.sh"

from_template mariadb "$1"
options_of mariadb
exec "$dev/mariadb/server" "${options[@]}" --innodb-fast-shutdown=2 --datadir="$1/data" --port="$2" --socket="$3" --pid-file="$1/pid" "${@:4}"
