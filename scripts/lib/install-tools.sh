#!/usr/bin/env bash
# Installs the checkers of the files that are not Rust into .dev/tools/bin: shellcheck, hadolint and checkov.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/common.sh"
source "$here/apt.sh"
source "$here/atomic.sh"

list=$scripts/tools.txt
[[ -x $dev/tools/bin/shellcheck ]] && cmp -s "$list" "$dev/tools/tools.txt" && exit
building "$dev/tools"

python3 -c 'import venv, ensurepip' 2>/dev/null || die "The checkers need python3 with its venv module: please install it."
say "Checkers: Python packages (hadolint, checkov) into .dev/tools (350 MB)"
python3 -m venv "$new"
"$new/bin/python" -m pip install --quiet --disable-pip-version-check --no-input -r "$list" ||
  die "pip could not install the packages (its own words are above)."
# The programs name the folder they were installed in, which is about to be renamed.
grep -lIF -d skip "$new" "$new"/bin/* | xargs sed -i "s#$new#$final#g"

if shellcheck=$(command -v shellcheck); then
  say "Checkers: shellcheck found on this machine ($shellcheck)"
  program "$new/bin/shellcheck" "exec $(printf %q "$shellcheck") \"\$@\""
else
  has_apt || die "There is no shellcheck on this machine and no apt-get to fetch it: please install shellcheck."
  say "Checkers: the distribution's package shellcheck unpacked into .dev/tools (80 MB)"
  mkdir "$new/packages"
  apt_open own
  apt_unpack "$new/packages" shellcheck
  # shellcheck disable=SC2016 # they are the script's variables
  program "$new/bin/shellcheck" 'here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../packages" && pwd)' "$(loader_script "$new/packages")" \
    'exec "${loader[@]}" "$here/usr/bin/shellcheck" "$@"'
fi
cp "$list" "$new/tools.txt"
built
