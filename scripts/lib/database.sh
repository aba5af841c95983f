# shellcheck shell=bash
# Sourced: helpers for installed database servers. Each is a folder with two programs, `server` and `client`.

# is_installed FOLDER: whether both programs exist. A server of the machine may have been removed since it was found.
is_installed() {
  [[ -x $1/server && -x $1/client ]] || return 1
  [[ ! -e $1/found ]] || [[ -x $(<"$1/found") ]]
}

# is_mariadb, is_mysql_8 VERSION_LINE: what a program's version line says.
is_mariadb() { [[ $1 == *MariaDB* ]]; }
is_mysql_8() { ! is_mariadb "$1" && [[ $1 =~ Ver\ ([89]|[1-9][0-9])\. ]]; }

# find_program TEST NAME...: the first program NAME on the machine whose version line passes TEST.
find_program() {
  local test=$1 name path
  shift
  for name; do
    for path in $(PATH=$PATH:/usr/sbin:/usr/local/sbin:/usr/libexec:/usr/local/mysql/bin type -aP "$name"); do
      "$test" "$("$path" --no-defaults --version 2>/dev/null)" && echo "$path" && return
    done
  done
  return 1
}

# use_found NAME FOLDER TEST SERVERS CLIENTS: uses a server of this machine in FOLDER, if there is one and it starts.
use_found() {
  local name=$1 folder=$2 test=$3 label=MariaDB server client
  [[ $name == mariadb ]] || label=MySQL
  # shellcheck disable=SC2086 # names
  server=$(find_program "$test" $4) && client=$(find_program "$test" $5) || return 1
  link_found "$folder" "$server" "$client"
  starts "$name" "$folder" && say "$label: found on this machine ($server)" && return
  say "$label: the server on this machine ($server) does not start; see the end of its log above"
  rm -f "$folder"/{server,server-program,client,found}
  return 1
}

# link_found FOLDER SERVER CLIENT: writes the two programs of FOLDER for a server of the machine.
link_found() {
  local folder=$1 server=$2 client=$3
  # If AppArmor restricts the server to the system's data directories, use a copy, which is not restricted.
  if [[ -e /etc/apparmor.d/${server//\//.} || -e /etc/apparmor.d/usr.sbin.mysqld ]] &&
    [[ $(cat /sys/module/apparmor/parameters/enabled 2>/dev/null) == Y ]]; then
    cp "$server" "$folder/server-program"
    program "$folder/server" \
      "exec \"\${BASH_SOURCE[0]}-program\" --no-defaults --basedir=$(printf %q "$(dirname "$(dirname "$server")")") \"\$@\""
  else
    program "$folder/server" "exec $(printf %q "$server") --no-defaults \"\$@\""
  fi
  program "$folder/client" "exec $(printf %q "$client") --no-defaults \"\$@\""
  echo "$server" >"$folder/found"
}

trial_limit=120 # seconds for the first start, which takes 10 on a slow machine

# starts NAME FOLDER: whether the server in FOLDER can initialize a data directory; if not, shows the end of its log.
starts() {
  local trial=$2/trial started=1
  mkdir "$trial"
  interruptibly timeout "$trial_limit" "$scripts/lib/initialize-$1.sh" "$2/server" "$trial" >"$trial/log" 2>&1 || started=0
  ((started)) || tail -n 5 "$trial/log" >&2
  rm -rf "$trial"
  ((started))
}

# link_unpacked FOLDER SERVER CLIENT: writes the two programs of FOLDER for packages unpacked into it; SERVER and CLIENT are paths in FOLDER.
link_unpacked() {
  local folder=$1 server=$2 client=$3 here loader share
  # shellcheck disable=SC2016 # it is the script's variable
  here='here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)'
  loader=$(loader_script "$folder")
  share=$(cd "$folder" && dirname "$(find usr/share -path '*/charsets/Index.xml' -print -quit)")
  program "$folder/server" "$here" "$loader" \
    "exec \"\${loader[@]}\" \"\$here/$server\" --no-defaults --basedir=\"\$here/usr\" --character-sets-dir=\"\$here/$share\" \\" \
    "  --lc-messages-dir=\"\$here/${share%/charsets}\" --plugin-dir=\"\$here/usr/lib/mysql/plugin\" \"\$@\""
  program "$folder/client" "$here" "$loader" \
    "exec \"\${loader[@]}\" \"\$here/$client\" --no-defaults --character-sets-dir=\"\$here/$share\" \"\$@\""
}
