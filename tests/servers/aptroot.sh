#!/bin/bash
# aptroot.sh DIR SUITE PACKAGE... [-- SUITE PACKAGE...]
# The packages behind -- come from another suite, without what they depend on.
# Unpacks Debian packages of another suite, with what they depend on, under DIR, and points their programs at
# DIR's own loader and libraries: they run as they are, and nothing is installed on the machine. Mirror, keyring
# and signature checks are those of this machine's own apt. A second call with the same arguments does nothing.
# ALONE: patterns; only what matches them is unpacked of the named packages, and nothing that they depend on.
. "$(dirname "$0")/common.sh"
# What a server does not need of its dependencies: documentation tools, llvm, perl, system services.
skip='^(adduser|base-files|base-passwd|debconf.*|dpkg|gcc-.*-base|init-system-helpers|libc-bin|libc-l10n|libllvm.*|libz3.*|libperl.*|perl.*|lib.*-perl|libgdbm.*|libdb5.*|systemd|libsystemd-shared|lib.*-dev|libc-dev-bin|linux-libc-dev|libc-gconv.*|usrmerge|locales|login.*|logsave|lsb-base|lsof|netbase|openssl.*|passwd|postgresql-common.*|postgresql-client-common|procps|psmisc|rsync|socat|gawk|galera-.*|iproute2|libproc.*|readline-common|sensible-utils|ssl-cert|sysvinit-utils|tar|tzdata|ucf|util-linux|mount|libmount1|mysql-common|mariadb-common)$'
mkdir -p "$1"; dir=$(cd "$1" && pwd); suite=$2; shift 2; all=$*
exec 9>"$dir.lock"; flock 9
want="$suite $all${ALONE:+ $ALONE}"
[ "$(cat "$dir/.aptroot" 2>/dev/null)" != "$want" ] || exit 0
packages=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do packages+=("$1"); shift; done
other=${2:-}; shift $(($# < 2 ? $# : 2))
need patchelf patchelf
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT
targets() { apt-get indextargets --format "$1" 'Created-By: Packages' 2>/dev/null; }
targets x | grep -q . || apt-get -qq update
mirror=$(targets '$(REPO_URI) $(SUITE)' | grep -v -e security -e updates -e backports | awk 'NR == 1 { print $1 }')
# sid gets its security updates as any other.
[ "$suite" = sid ] && security= || security=$(targets '$(REPO_URI) $(CODENAME)' | awk '$2 ~ /-security$/ { print $1; exit }')
[ -n "$mirror" ] || die "apt knows no mirror"
keyring=$(ls /usr/share/keyrings/debian-archive-keyring.* | head -1)
source="deb [signed-by=$keyring arch=$(dpkg --print-architecture)]"
mkdir -p "$tmp"/lists/partial "$tmp"/archives/partial "$tmp"/empty; : >"$tmp/status"
{ echo "$source $mirror $suite main"; [ -z "$security" ] || echo "$source $security $suite-security main"
  [ -z "$other" ] || echo "$source $mirror $other main"; } >"$tmp/sources.list"
apt() {
  apt-get -qq -oDir::Etc::sourcelist="$tmp/sources.list" -oDir::Etc::sourceparts="$tmp/empty" \
    -oDir::Etc::preferencesparts="$tmp/empty" -oDir::State="$tmp" -oDir::State::lists="$tmp/lists" \
    -oDir::State::status="$tmp/status" -oDir::Cache="$tmp" -oDir::Cache::archives="$tmp/archives" \
    -oAPT::Sandbox::User=root -oAPT::Install-Recommends=false -oAcquire::Languages=none -oAcquire::Retries=3 \
    -oAPT::Update::Post-Invoke::= -oAPT::Update::Post-Invoke-Success::= "$@"
}
apt update
{ [ -n "${ALONE:-}" ] || apt -s install "${packages[@]}" | awk '$1 == "Inst" { print $2 }' | grep -Ev "$skip"
  printf '%s\n' "${packages[@]}"; [ -z "$other" ] || printf "%s/$other\n" "$@"; } | sort -u >"$tmp/names"
(cd "$tmp/archives" && apt download $(cat "$tmp/names"))
if [ -n "${ALONE:-}" ]; then
  rm -rf "$dir"; mkdir -p "$dir"
  for deb in "$tmp"/archives/*.deb; do dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$dir" --wildcards $ALONE; done
  echo "$want" >"$dir/.aptroot"
  exit 0
fi
rm -rf "$dir"; mkdir -p "$dir"/usr/bin "$dir"/usr/sbin "$dir"/usr/lib "$dir"/usr/lib64
for d in bin sbin lib lib64; do ln -s "usr/$d" "$dir/$d"; done
for deb in "$tmp"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$dir" --keep-directory-symlink --exclude='./usr/share/doc*' \
    --exclude='./usr/share/man*' --exclude='./usr/share/locale/*' --exclude='*/bitcode'
done
loader=$(ls "$dir"/usr/lib/*/ld-linux-*.so.* | head -1)
find "$dir/usr" -type f -perm -100 ! -name '*.so*' -print0 | while IFS= read -r -d '' f; do
  ! patchelf --print-interpreter "$f" >/dev/null 2>&1 ||
    patchelf --set-interpreter "$loader" --force-rpath --set-rpath "$(dirname "$loader")" "$f"
done
echo "$want" >"$dir/.aptroot"
