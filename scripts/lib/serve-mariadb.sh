#!/usr/bin/env bash
# Runs a temporary MariaDB server: serve-mariadb.sh FOLDER PORT SOCKET [OPTION...], with its data in FOLDER.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/atomic.sh"
source "$here/processes.sh"
source "$here/throwaway.sh"

server=$dev/mariadb/server
throwaway+=(--innodb-log-file-size=16M --skip-innodb-doublewrite)

# initialise: the system tables, as mariadb-install-db makes them, and the user of the tests.
initialise() {
  local share part
  mkdir "$new/data"
  share=$("$server" --verbose --help 2>/dev/null | sed -n 's/^lc-messages-dir  *//p')
  {
    printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;' # one statement a line, in this mode
    for part in system_tables performance_tables system_tables_data; do
      cat "$share"/mysql_$part.sql 2>/dev/null || cat "$share"/mariadb_$part.sql # as of MariaDB 11
    done
    cat "$share"/maria_add_gis_sp_bootstrap.sql
    echo 'FLUSH PRIVILEGES;'
    test_user
  } | "$server" --bootstrap --datadir="$new/data" "${throwaway[@]}"
}

from_template mariadb "$1"
exec "$server" "${throwaway[@]}" --innodb-fast-shutdown=2 --datadir="$1/data" --port="$2" --socket="$3" --pid-file="$1/pid" "${@:4}"
