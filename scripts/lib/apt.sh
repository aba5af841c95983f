# shellcheck shell=bash
# Sourced: unpacks Debian or Ubuntu packages with all their libraries into a folder, without root.
#
# apt gets a private state with an empty dpkg status, so it fetches all dependencies down to the C library. The programs run with the
# dynamic loader from those packages: they start on any release, and the system's own packages are neither used nor changed.

# has_apt: whether apt can fetch packages.
has_apt() { command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; }

# distribution: the machine's distribution, such as debian or ubuntu.
distribution() { (. /etc/os-release && echo "${ID:-unknown}"); }

# own_sources: "URI suite component" of every archive of this distribution that the machine's apt uses.
own_sources() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-none}")
  # shellcheck disable=SC2016 # the variables are apt's
  apt-get indextargets --no-release-info --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v names="^($codename|oldstable|stable|testing|unstable|sid)(-|/|$)" '$2 ~ names && $3 ~ /^(main|universe)$/ && !seen[$0]++'
}

# apt_open SUITE: sets up a private apt for one suite of the machine's mirror; with SUITE "own", for the machine's suites.
apt_open() {
  local suite=$1 keyring sources uri release component
  apt_home=$(mktemp -d)
  mkdir -p "$apt_home"/{lists/partial,archives/partial}
  : >"$apt_home/status"
  sources=$(own_sources) || sources=
  [[ $sources ]] || die "apt is not configured with an archive of this distribution, so it cannot fetch packages."
  [[ $suite == own ]] || sources="$(awk '$3 == "main" { print $1; exit }' <<<"$sources") $suite main"
  keyring=/usr/share/keyrings/$(distribution)-archive-keyring.gpg
  [[ -r $keyring ]] && keyring="[signed-by=$keyring] " || keyring=
  while read -r uri release component; do
    echo "deb $keyring$uri $release $component"
  done <<<"$sources" >"$apt_home/sources.list"
  # Docker images delete the package cache after each update. Keep it here.
  printf '#clear %s;\n' APT::Update::Post-Invoke APT::Update::Post-Invoke-Success DPkg::Post-Invoke >"$apt_home/apt.conf"
  apt_options=(
    -c "$apt_home/apt.conf"
    -o Dir::Etc::sourcelist="$apt_home/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null
    -o Dir::State="$apt_home" -o Dir::State::lists="$apt_home/lists" -o Dir::State::status="$apt_home/status"
    -o Dir::Cache="$apt_home" -o Dir::Cache::archives="$apt_home/archives"
    -o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  )
  apt-get "${apt_options[@]}" -qq update || die "apt could not fetch the package index of '$suite' (its output is above)."
}

# apt_newest PATTERN: the package name with the highest version number that matches all of PATTERN.
apt_newest() { apt-cache "${apt_options[@]}" pkgnames | grep -xE "$1" | sort -V | tail -n 1; }

# apt_unpack FOLDER PACKAGE...: unpacks the packages with all dependencies.
apt_unpack() {
  local folder=$1 deb
  shift
  apt-get "${apt_options[@]}" -qq -y --no-install-recommends --download-only install "$@" >"$apt_home/log" ||
    { cat "$apt_home/log" >&2 && die "apt could not fetch the packages $* (its output is above)."; }
  for deb in "$apt_home"/archives/*.deb; do
    case ${deb##*/} in
    perl* | libperl* | libgdbm* | libdb5* | gcc-*-base* | debconf* | tar_* | dpkg_*) ;; # needed only by install scripts
    *) dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --no-same-owner --keep-directory-symlink ;;
    esac
  done
  rm -rf "$folder"/usr/share/{doc,man,lintian,locale,bug}
}

apt_close() {
  [[ -z ${apt_home-} ]] || rm -rf "$apt_home"
  apt_home=
}

# loader_script FOLDER: shell code that sets `loader`, the command that runs a program of FOLDER with FOLDER's libraries. It expects
# FOLDER in `here`.
loader_script() {
  local folder=$1 loader
  loader=$(cd "$folder" && find . -name 'ld-linux*.so.*' -path '*-linux-gnu*/*' -printf '%P' -quit)
  [[ $loader ]] || die "The unpacked packages do not contain a dynamic loader."
  cat <<EOF
libraries=\$here/${loader%/*}
for folder in "\$here"/{,usr/}lib/*-linux-gnu "\$here"/usr/lib/mysql{/private,}; do [[ ! -d \$folder ]] || libraries+=:\$folder; done
loader=("\$here/$loader" --library-path "\$libraries")
unset LD_LIBRARY_PATH
EOF
}
