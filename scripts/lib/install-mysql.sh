#!/usr/bin/env bash
# Installs MySQL into .dev/mysql: uses the machine's server if there is one, otherwise unpacks the distribution's packages.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/apt.sh"
source "$here/atomic.sh"
source "$here/database.sh"

is_installed "$dev/mysql" && exit
building "$dev/mysql"

if ! use_found mysql "$new" is_mysql_8 mysqld mysql; then
  has_apt || die "This machine has no working MySQL 8 or later and no apt-get to fetch one. Install MySQL (mysqld and mysql)."
  # Debian's releases contain only MariaDB; MySQL is in the suite sid.
  suite=own
  [[ $(distribution) == ubuntu ]] || suite=sid
  say "MySQL: packages of this distribution (${suite/own/its own suites}) unpacked into .dev/mysql (340 MB)"
  apt_open "$suite"
  apt_unpack "$new" "$(apt_newest 'mysql-server-core(-[0-9.]+)?')" "$(apt_newest 'mysql-client-core(-[0-9.]+)?')"
  link_unpacked "$new" usr/sbin/mysqld usr/bin/mysql
fi
"$new/server" --version >/dev/null || die "The MySQL server does not run on this machine."
built
rm -rf "$dev"/data/mysql-*
