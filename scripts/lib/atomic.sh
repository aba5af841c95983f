# shellcheck shell=bash
# Sourced: builds a folder under a temporary name and renames it when it is complete.
#
# An existing folder is therefore always complete, and concurrent installations are safe.

source "$(dirname "${BASH_SOURCE[0]}")/processes.sh"

# building FOLDER: creates the temporary folder `new`, and removes it if the script ends before `built`.
building() {
  final=$1
  mkdir -p "$(dirname "$final")"
  find "$(dirname "$final")" -maxdepth 1 -name "${final##*/}.new.*" -mmin +60 -exec rm -rf {} + # left by a script that was killed
  new=$(mktemp -d "$final.new.XXXXXX")
  chmod 755 "$new" # mktemp's 700 would lock out a server that runs as another user
  trap '[[ -z ${busy-} ]] || stop_family 5 "$busy"; rm -rf "$new"; type apt_close &>/dev/null && apt_close; :' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# interruptibly COMMAND...: runs it in the background, because bash handles signals only after a program in the foreground ends.
interruptibly() {
  "$@" &
  busy=$!
  wait "$busy" || {
    busy=
    return 1
  }
  busy=
}

# built: renames `new` to FOLDER, because it is complete.
built() {
  local old=$final.old.$$
  # An existing folder is outdated, or is the equal result of a concurrent installation.
  if [[ -e $final ]]; then mv -T "$final" "$old" 2>/dev/null || :; fi
  mv -T "$new" "$final" 2>/dev/null || [[ -d $final ]] || die "Could not rename $new to $final."
  rm -rf "$new" "$old"
}
