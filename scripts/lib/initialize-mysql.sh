#!/usr/bin/env bash
# Creates a MySQL data directory with the tests' user: initialize-mysql.sh SERVER FOLDER, in FOLDER/data.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/throwaway.sh"

server=$1 data=$2/data
options_of mysql
"$server" --initialize-insecure --datadir="$data" "${options[@]}"
# The first start creates the certificates and ends at once. The socket has a relative path, so that it is not too long.
{ test_user && echo 'SHUTDOWN;'; } >"$2/first-start.sql"
"$server" --datadir="$data" --init-file="$2/first-start.sql" --skip-networking --socket=first.sock "${options[@]}"
rm "$2/first-start.sql"
