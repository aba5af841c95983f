# shellcheck shell=bash
# Sourced by the scripts that initialize and run temporary database servers: their settings and data directories.

# options_of NAME: sets `options`. Loopback only, small, and without durability, because the data is temporary.
options_of() {
  options=(
    --user="$(id -un)" --bind-address=127.0.0.1 --performance-schema=OFF --skip-log-bin
    --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync
    --max-allowed-packet=256M --character-set-server=utf8mb4
  )
  case $1 in
  mariadb) options+=(--innodb-log-file-size=16M --skip-innodb-doublewrite) ;;
  mysql)
    options+=(
      --mysqlx=OFF --secure-file-priv=NULL --innodb-redo-log-capacity=32M --innodb-doublewrite=OFF
      --default-time-zone=+05:30 # not UTC, so that a mistake with time zones is noticed
    )
    ;;
  esac
}

# test_user: the SQL that creates the user of the tests and the demo, with all privileges.
test_user() {
  echo "CREATE USER 'sync'@'%' IDENTIFIED BY 's3cret-Pa55word';"
  echo "GRANT ALL PRIVILEGES ON *.* TO 'sync'@'%' WITH GRANT OPTION;"
}

# from_template NAME FOLDER: copies a template of a data directory to FOLDER/data. Each template is created once; its name has a hash of
# its inputs.
from_template() {
  local template old
  template=$dev/data/$1-$(cat "$scripts/lib/"{throwaway,initialize-"$1"}.sh "$dev/$1/server" | cksum | cut -d ' ' -f 1)
  if [[ ! -d $template ]]; then
    building "$template"
    interruptibly "$scripts/lib/initialize-$1.sh" "$dev/$1/server" "$new"
    built
    trap - EXIT INT TERM HUP
    for old in "$dev/data/$1"-*; do # templates of earlier settings
      [[ $old == "$template"* || $old == *.new.* ]] || rm -rf "$old"
    done
  fi
  cp -a --reflink=auto "$template/." "$2/"
}
