# shellcheck shell=bash
# Sourced by the database servers: the settings they share, and data directories copied from a template that is initialized once.

# Loopback only, small and careless: nothing of it has to survive.
# shellcheck disable=SC2034
throwaway=(
  --user="$(id -un)" --bind-address=127.0.0.1 --performance-schema=OFF --skip-log-bin
  --innodb-buffer-pool-size=64M --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync
  --max-allowed-packet=256M --character-set-server=utf8mb4
)

# test_user: the SQL that makes the user of the tests and the demo, who may do everything.
test_user() {
  echo "CREATE USER 'sync'@'%' IDENTIFIED BY 's3cret-Pa55word';"
  echo "GRANT ALL PRIVILEGES ON *.* TO 'sync'@'%' WITH GRANT OPTION;"
}

# from_template NAME FOLDER: a data directory in FOLDER/data. `initialise` fills the template, named by what went into it.
from_template() {
  local template old
  template=$dev/data/$1-$(cat "$scripts/lib/"{throwaway,serve-"$1"}.sh "$dev/$1/server" | cksum | cut -d ' ' -f 1)
  if [[ ! -d $template ]]; then
    building "$template"
    # Waited for in the background, so that a signal ends it: bash lets a foreground program finish first.
    initialise &
    trap 'stop_family 5 $!; rm -rf "$new"' EXIT
    wait $!
    built
    trap - EXIT INT TERM HUP
    for old in "$dev/data/$1"-*; do # templates of earlier settings
      [[ $old == "$template"* || $old == *.new.* ]] || rm -rf "$old"
    done
  fi
  cp -a --reflink=auto "$template/." "$2/"
}
