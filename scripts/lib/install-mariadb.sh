#!/usr/bin/env bash
# Installs MariaDB into .dev/mariadb: uses the machine's server if there is one, otherwise unpacks the distribution's packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/apt.sh"
source "$here/atomic.sh"
source "$here/database.sh"

is_installed "$dev/mariadb" && exit
building "$dev/mariadb"

if ! use_found mariadb "$new" is_mariadb "mariadbd mysqld" "mariadb mysql"; then
  has_apt || die "This machine has no working MariaDB server and no apt-get to fetch one. Install MariaDB (mariadbd and mariadb)."
  say "MariaDB: packages of this distribution unpacked into .dev/mariadb (90 MB)"
  apt_open own
  apt_unpack "$new" "$(apt_newest 'mariadb-server-core(-[0-9.]+)?')" "$(apt_newest 'mariadb-client-core(-[0-9.]+)?')"
  link_unpacked "$new" usr/sbin/mariadbd usr/bin/mariadb
fi
"$new/server" --version >/dev/null || die "The MariaDB server does not run on this machine."
built
rm -rf "$dev"/data/mariadb-*
