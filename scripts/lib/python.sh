# shellcheck shell=bash
# Sourced: finds or fetches Python 3.13, the only version that the emulator supports.

# is_python_313 PROGRAM: whether it is Python 3.13 and can create environments (Debian splits Python into many packages).
is_python_313() {
  command -v "$1" >/dev/null &&
    "$1" -c 'import sys, venv, ensurepip, ssl; sys.exit(sys.version_info[:2] != (3, 13))' 2>/dev/null
}

# find_python: the path of a Python 3.13 on this machine.
find_python() {
  local candidate
  for candidate in python3.13 python3 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.13*/bin/python3 "$dev"/python/usr/bin/python3; do
    is_python_313 "$candidate" && "$candidate" -c 'import sys; print(sys.executable)' && return
  done
  uv --quiet python find --no-project 3.13 2>/dev/null
}

# fetch_python_with_uv: fetches Python with uv, which pip installs if necessary. Fails on machines that reach only package registries.
fetch_python_with_uv() {
  local uv
  uv=$(command -v uv) || {
    python3 -m venv "$new/uv" && "$new/uv/bin/python" -m pip install --quiet uv && uv=$new/uv/bin/uv
  } >/dev/null 2>&1 || return 1
  say "Python 3.13: fetching it with uv into .dev/python-uv (100 MB)"
  UV_HTTP_RETRIES=0 UV_HTTP_TIMEOUT=20 UV_PYTHON_INSTALL_DIR=$dev/python-uv "$uv" --quiet python install --no-bin 3.13 2>/dev/null || :
  rm -rf "$new/uv"
  for fetched in "$dev"/python-uv/cpython-3.13*/bin/python3.13; do is_python_313 "$fetched" && return; done
  say "uv could not fetch Python."
  rm -rf "$dev/python-uv"
  return 1
}

# fetch_python_with_apt: unpacks Debian 13's packages into .dev/python.
fetch_python_with_apt() {
  has_apt && [[ $(distribution) == debian ]] || return 1
  say "Python 3.13: packages of Debian 13 unpacked into .dev/python (60 MB)"
  local tree=$new/python
  mkdir "$tree"
  apt_open trixie
  apt_unpack "$tree" python3.13 python3.13-venv libstdc++6
  apt_close
  # Replace the program with a script that runs it with its own libraries and under the script's name. Python finds its modules by that
  # name, so environments work as usual.
  mv "$tree/usr/bin/python3.13" "$tree/usr/bin/python3.13-program"
  # shellcheck disable=SC2016 # they are the script's variables
  program "$tree/usr/bin/python3.13" 'here=$(dirname "$(dirname "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")")")' \
    "$(loader_script "$tree")" 'exec "${loader[@]}" --argv0 "$0" "$here/usr/bin/python3.13-program" "$@"'
  ln -sf python3.13 "$tree/usr/bin/python3"
  # Debian has pip for new environments outside Python's folder, at a path that was fixed at build time.
  sed -i "s#'/usr/share/python-wheels/\?'#'$dev/python/usr/share/python-wheels'#" "$tree"/usr/lib/python3.13/_sysconfigdata_*.py
  rm -rf "$dev/python"
  mv -T "$tree" "$dev/python"
  fetched=$dev/python/usr/bin/python3
}
