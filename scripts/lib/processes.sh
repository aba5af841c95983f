# shellcheck shell=bash
# Sourced: stops processes by id, with all processes that they started.

# family PID: the ids of the process and its descendants, one per line.
family() {
  local child
  echo "$1"
  # shellcheck disable=SC2013 # words, not lines
  for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do family "$child"; done
}

# runs PID: whether the process runs; a zombie does not.
runs() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) && [[ ${stat##*) } != Z* ]]
}

# ended SECONDS PID...: waits until all processes have ended; fails after SECONDS.
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

# marked NAME=VALUE: this user's processes that have NAME=VALUE in their environment. It also finds orphans, which `family` does not.
marked() { grep -lzsxF -- "$1" /proc/[0-9]*/environ | cut -d / -f 3 || :; }

# stop_marked SECONDS NAME=VALUE: sends SIGTERM to these processes, and SIGKILL after SECONDS.
stop_marked() {
  local all
  mapfile -t all < <(marked "$2")
  ((${#all[@]})) || return 0
  kill -TERM "${all[@]}" 2>/dev/null || :
  ended "$1" "${all[@]}" || :
  mapfile -t all < <(marked "$2")
  ((${#all[@]} == 0)) || kill -KILL "${all[@]}" 2>/dev/null || :
}

# stop_family SECONDS PID: sends SIGTERM to the process and its descendants, and SIGKILL after SECONDS.
stop_family() {
  local all
  mapfile -t all < <(family "$2")
  kill -TERM "${all[@]}" 2>/dev/null || :
  ended "$1" "${all[@]}" || kill -KILL "${all[@]}" 2>/dev/null || :
}

# stop_leaders SECONDS PID...: sends SIGTERM to the leaders of process groups, and SIGKILL to the groups after SECONDS.
stop_leaders() {
  local pid
  kill -TERM "${@:2}" 2>/dev/null || :
  ended "$@" || :
  for pid in "${@:2}"; do kill -KILL -- "-$pid" 2>/dev/null || :; done
}
