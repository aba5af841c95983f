# shellcheck shell=bash
# Sourced by the checks: prints one line per check, and installs the tools that they need into .dev/.

failed=0 # exit code for the script that sources this

# check NAME COMMAND...: prints one line if the command succeeds, otherwise its output.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1); then
    printf 'ok    %-20s %s\n' "$name" "${output:-no finding}"
  else
    printf 'FAIL  %-20s\n      %s\n' "$name" "${output//$'\n'/$'\n      '}"
    # shellcheck disable=SC2034 # see above
    failed=1
  fi
}

skip() { printf 'skip  %-20s %s\n' "$1" "$2"; }

# can_make_venv PROGRAM: whether this Python can create environments; Debian's python3 package alone cannot.
can_make_venv() { "$1" -c 'import venv, ensurepip, ssl' 2>/dev/null; }

# tool_python: a Python for the tools; installs the emulator's if the machine has none.
tool_python() {
  local candidate
  for candidate in "$dev/venv/bin/python" python3 python3.13; do
    can_make_venv "$candidate" && echo "$candidate" && return
  done
  "$scripts/install" emulator >&2 && echo "$dev/venv/bin/python"
}

# install VENV PACKAGE==VERSION...: installs packages once; recreates the environment if a version changes.
install() {
  local venv=$1 wanted python
  shift
  wanted="$*"
  [[ -f $venv/installed && $(<"$venv/installed") == "$wanted" ]] && return
  say "installing $wanted into ${venv#"$root"/}"
  rm -rf "$venv"
  python=$(tool_python) && "$python" -m venv "$venv" &&
    "$venv/bin/pip" install --quiet --disable-pip-version-check "$@" && echo "$wanted" >"$venv/installed"
}
