# Sourced by the server scripts: where things live, who runs them, how they are waited for.
# TAILRACE_WORK: data, logs and .env files of the servers. TAILRACE_CACHE: what was downloaded, kept between runs.
set -eu
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$REPO/deploy/cache.sh"
open_to_all() { local d=$1; while [ "$d" != / ]; do [ $((0$(stat -c %a "$d") & 1)) = 1 ] || return 1; d=$(dirname "$d"); done; }
# Run by root, PostgreSQL has an account of its own, which must reach its data: a clone under /root will not do.
if [ "$(id -u)" = 0 ] && ! open_to_all "$REPO"; then WORK=/var/tmp/tailrace-$(echo "$REPO" | cksum | cut -d' ' -f1)
else WORK=$REPO/.work; fi
WORK=${TAILRACE_WORK:-$WORK}
mkdir -p "$WORK/run" "$CACHE"
t0=$(date +%s%N)
say() { printf '%7d ms  %s\n' $((($(date +%s%N) - t0) / 1000000)) "$*"; }
die() { echo "$*" >&2; exit 1; }
until_true() { # seconds command...: runs it until it succeeds; fails when it did not in that time
  local n; for n in $(seq "$(($1 * 10))"); do ! "${@:2}" || return 0; sleep 0.1; done; return 1
}
port_free() { # port variable: the one of the environment that chooses it
  ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || die "port $1 is in use: set $2 in the environment"
}
running() { # server: one that was started and still answers
  [ -f "$WORK/run/$1.env" ] || return 1
  local port; port=$(grep -oE '(port=|:)[0-9]+' "$WORK/run/$1.env" | head -1 | tr -dc 0-9)
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}
alive() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }
stop_pid() { # pidfile: TERM, then KILL after 15 s
  alive "$1" || { rm -f "$1"; return 0; }
  local p n; p=$(cat "$1"); kill -TERM "$p" 2>/dev/null || :
  for n in $(seq 150); do kill -0 "$p" 2>/dev/null || break; [ "$n" != 140 ] || kill -KILL "$p" 2>/dev/null || :; sleep 0.1; done
  rm -f "$1"
}
certificates() { # folder DNS:NAME|IP:ADDRESS...: an authority (ca.pem), its cert.pem with key.pem
  local dir=$1 ec="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes" names; shift
  names=$(IFS=,; echo "$*")
  need openssl openssl
  openssl req -x509 $ec -days 30 -subj /CN=tailrace-test-ca -keyout "$dir/ca.key" \
    -out "$dir/ca.pem" 2>/dev/null
  openssl req $ec -subj "/CN=${1#*:}" -keyout "$dir/key.pem" -out "$dir/request.pem" 2>/dev/null
  openssl x509 -req -days 30 -in "$dir/request.pem" -CA "$dir/ca.pem" -CAkey "$dir/ca.key" \
    -CAcreateserial -extfile <(echo "subjectAltName=$names") -out "$dir/cert.pem" 2>/dev/null
}
need() { # packages that a program comes from: need java default-jre-headless
  command -v "$1" >/dev/null || { [ "$(id -u)" = 0 ] || die "$1 is missing: apt-get install $2"
    apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "$2" >/dev/null; }
}
pip_target() { # folder package...: once
  local dir=$1; shift
  [ "$(cat "$dir/.done" 2>/dev/null)" != "$*" ] || return 0
  rm -rf "$dir"; python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip
  python3 -m pip install -q --target "$dir" "$@" --root-user-action=ignore --disable-pip-version-check && echo "$*" >"$dir/.done"
}
npm_modules() { # folder package@version...: once, in folder/node_modules
  local dir=$1; shift
  [ "$(cat "$dir/.done" 2>/dev/null)" != "$*" ] || return 0
  need node nodejs; need npm npm
  rm -rf "$dir"; mkdir -p "$dir"
  for _ in 1 2 3; do      # npm waits without end for an answer that does not come
    ! timeout 150 npm --prefix "$dir" install --silent --no-audit --no-fund "$@" >&2 || { echo "$*" >"$dir/.done"; return 0; }
    sleep 5
  done
  die "npm cannot install $*"
}
maven_jars() { # folder group:artifact:version...: they and what they need at run time, in one folder, once
  local dir=$1 pom g a v; shift
  [ ! -f "$dir/.done" ] || return 0
  need mvn maven
  pom=$(mktemp -d); rm -rf "$dir"; mkdir -p "$dir"
  {
    echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
    echo '<groupId>tailrace</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
    printf '%s\n' "$@" | while IFS=: read -r g a v; do
      echo "<dependency><groupId>$g</groupId><artifactId>$a</artifactId><version>$v</version></dependency>"
    done
    echo '</dependencies></project>'
  } >"$pom/pom.xml"
  mvn -B -q -C -f "$pom/pom.xml" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
    -DoutputDirectory="$dir" -DincludeScope=runtime >&2
  rm -rf "$pom"; touch "$dir/.done"
}
