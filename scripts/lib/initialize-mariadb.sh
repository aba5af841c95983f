#!/usr/bin/env bash
# Creates a MariaDB data directory with the tests' user: initialize-mariadb.sh SERVER FOLDER, in FOLDER/data.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/throwaway.sh"

server=$1 data=$2/data
options_of mariadb
mkdir "$data"
# The SQL files for the system tables, which mariadb-install-db uses, are in the folder of the character sets. lc-messages-dir is the same
# folder, but has no default in Debian's build.
share=$(dirname "$("$server" --verbose --help 2>/dev/null | sed -n 's/^character-sets-dir  *//p')")
[[ -r $share/maria_add_gis_sp_bootstrap.sql ]] || die "The MariaDB server's folder $share has no SQL files for its system tables."
{
  printf '%s\n' 'CREATE DATABASE mysql;' 'USE mysql;' # this mode needs one statement per line
  for part in system_tables performance_tables system_tables_data; do
    cat "$share"/mysql_$part.sql 2>/dev/null || cat "$share"/mariadb_$part.sql # as of MariaDB 11
  done
  cat "$share"/maria_add_gis_sp_bootstrap.sql
  echo 'FLUSH PRIVILEGES;'
  test_user
} | "$server" --bootstrap --datadir="$data" "${options[@]}"
