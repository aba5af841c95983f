#!/usr/bin/env bash
# Runs a temporary MySQL server: serve-mysql.sh FOLDER PORT SOCKET [OPTION...], with its data in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/atomic.sh"
source "$here/processes.sh"
source "$here/throwaway.sh"

server=$dev/mysql/server
socket=$3
throwaway+=(
  --mysqlx=OFF --secure-file-priv=NULL --innodb-redo-log-capacity=32M --innodb-doublewrite=OFF
  --default-time-zone=+05:30 # not UTC, so that a mistake with time zones shows
)

# initialise: the system tables and the user of the tests; then a first start, which makes the certificates and ends at once.
initialise() {
  { test_user && echo 'SHUTDOWN;'; } >"$new/first-start.sql"
  "$server" --initialize-insecure --datadir="$new/data" "${throwaway[@]}"
  "$server" --datadir="$new/data" --init-file="$new/first-start.sql" --skip-networking --socket="$socket.first" "${throwaway[@]}"
  rm "$new/first-start.sql"
}

from_template mysql "$1"
exec "$server" "${throwaway[@]}" --innodb-fast-shutdown=2 --datadir="$1/data" --port="$2" --socket="$socket" --pid-file="$1/pid" "${@:4}"
