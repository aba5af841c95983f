# shellcheck shell=bash
# Sourced: ends processes by their ids, with everything they started.

# family PID: the process and its descendants, one a line.
family() {
  local child
  echo "$1"
  # shellcheck disable=SC2013 # words, not lines
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do family "$child"; done
}

# runs PID: whether it does; a zombie, which nobody may ever collect, does not.
runs() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) && [[ ${stat##*) } != Z* ]]
}

# ended SECONDS PID...: waits until none of them runs, and fails when one still does after SECONDS.
ended() {
  local ticks=$(($1 * 20)) pid
  shift
  for pid; do
    while runs "$pid"; do
      ((ticks--)) || return 1
      sleep 0.05
    done
  done
}

# marked NAME=VALUE: the processes of this user that have it in their environment; it finds orphans, which are in no family.
marked() { grep -lzsxF -- "$1" /proc/[0-9]*/environ | cut -d / -f 3 || :; }

# stop_marked SECONDS NAME=VALUE: asks these processes to end, and after SECONDS makes them.
stop_marked() {
  local all
  mapfile -t all < <(marked "$2")
  ((${#all[@]})) || return 0
  kill -TERM "${all[@]}" 2>/dev/null || :
  ended "$1" "${all[@]}" || :
  mapfile -t all < <(marked "$2")
  ((${#all[@]} == 0)) || kill -KILL "${all[@]}" 2>/dev/null || :
}

# stop_family SECONDS PID: asks the process and its descendants to end, and after SECONDS makes them.
stop_family() {
  local all
  mapfile -t all < <(family "$2")
  kill -TERM "${all[@]}" 2>/dev/null || :
  ended "$1" "${all[@]}" || kill -KILL "${all[@]}" 2>/dev/null || :
}

# stop_leaders SECONDS PID...: asks leaders of process groups to end, which end what is theirs, and after SECONDS makes the groups.
stop_leaders() {
  local pid
  kill -TERM "${@:2}" 2>/dev/null || :
  ended "$@" || :
  for pid in "${@:2}"; do kill -KILL -- "-$pid" 2>/dev/null || :; done
}
