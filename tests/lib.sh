# Sourced by the test, fault and benchmark scripts: servers, databases, feeds.
set -eu
REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
TAILRACE=${TAILRACE:-$REPO/build/tailrace}
. "$REPO/tests/servers/common.sh"
[ -x "$TAILRACE" ] || die "$TAILRACE is not there: build first (meson setup build && ninja -C build), or set TAILRACE"

servers() { # pg kafka registry mysql97 ...: starts those that are not running
  local s
  for s in "$@"; do
    running "$s" || case $s in
      mysql* | mariadb*) "$REPO/tests/servers/mysql.sh" up "$s" ;;
      *) "$REPO/tests/servers/$s.sh" up ;;
    esac
    . "$WORK/run/$s.env"
  done
}
primary() { "$PG_BIN/psql" "${PG_PRIMARY/dbname=shop/dbname=$DB}" -XqAt -v ON_ERROR_STOP=1 "$@"; }
standby() { "$PG_BIN/psql" "${PG_STANDBY/dbname=shop/dbname=$DB}" -XqAt -v ON_ERROR_STOP=1 "$@"; }
fresh_database() { # name: an empty database of that name, present on the standby too
  DB=shop primary -qc "SET client_min_messages = warning" -c "DROP DATABASE IF EXISTS $1 WITH (FORCE)" -c "CREATE DATABASE $1"
  DB=$1
  until_true 10 quiet standby -c 'SELECT 1' || die "database $1 did not reach the standby"
}
quiet() { "$@" >/dev/null 2>&1; }
says() { [ "$("${@:2}")" = "$1" ]; }     # text command...
caught_up() { # until the standby has replayed what the primary wrote so far
  until_true 60 says t standby -c "SELECT pg_last_wal_replay_lsn() >= '$(primary -c 'SELECT pg_current_wal_lsn()')'" || die "the standby lags"
}
drop_slot() { # slot: on the standby, when nobody reads it any more
  until_true 10 quiet standby -c "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '$1'" || die "slot $1 is in use"
}
sink_config() { # Kafka, when it is up
  [ -n "${KAFKA:-}" ] && printf 'registry: { url: "%s" }\nkafka: { bootstrap.servers: "%s" }\n' "$REGISTRY" "$KAFKA" || echo 'sink: { kind: "null" }'
}
feed_config() { # name [--set-like lines appended]: $WORK/name.yaml
  CONFIG=$WORK/$1.yaml
  cat >"$CONFIG" <<C
name: $1
source:
  conninfo: "${PG_STANDBY/dbname=shop/dbname=$DB}"
  setup-conninfo: "${PG_PRIMARY/dbname=shop/dbname=$DB}"
  slot: $1
$(sink_config)
C
}
PYTHON() { PYTHONPATH=$("$REPO/tests/servers/python.sh"):$REPO/tests${PYTHONPATH:+:$PYTHONPATH} python3 "$@"; }

# MySQL and MariaDB, after `servers FLAVOUR`.
my_primary() { $MYSQL_CLI -P "${MYSQL_PRIMARY#*:}" -N --default-character-set=utf8mb4 "$@"; }
my_replica() { $MYSQL_CLI -P "${MYSQL_REPLICA#*:}" -N "$@"; }
my_fresh_database() { my_primary -e "DROP DATABASE IF EXISTS $1; CREATE DATABASE $1 CHARACTER SET utf8mb4"; }
my_gtid() { [ "$MYSQL_KIND" = mysql ] && echo "SELECT REPLACE(@@gtid_executed, '\\n', '')" || echo "SELECT @@gtid_binlog_pos"; }
my_caught_up() { # until the replica has what the primary wrote so far
  until_true 300 says "$(my_primary -e "$(my_gtid)")" my_replica -e "$(my_gtid)" || die "the replica lags"
}
my_binlog_place() { my_replica -e "SHOW $([ "$MYSQL_KIND" = mysql ] && echo BINARY LOG || echo MASTER) STATUS" | cut -f1,2 | tr '\t' ' '; }
my_changes_since() { # place database: row changes in the replica's binlog; a change of the first column counts twice. MyISAM's are not the feed's.
  local file position; read -r file position <<<"$1"
  [ -x "${MYSQL_BINLOG_CLI%% *}" ] || die "there is no ${MYSQL_BINLOG_CLI%% *}"
  $MYSQL_BINLOG_CLI --read-from-remote-server -P "${MYSQL_REPLICA#*:}" --to-last-log --start-position="$position" --base64-output=decode-rows -v "$file" |
    awk -v db="\`$2\`." '/^### (INSERT INTO|UPDATE|DELETE FROM) / { ours = index($0, db "`t_"); n += ours > 0; update = /UPDATE/ }
      ours && update && /^###   @1=/ { if (old == "") old = $0; else { n += old != $0; old = "" } } END { print n + 0 }'
}
my_feed_config() { # name: $WORK/name.yaml, a feed of the database of that name
  CONFIG=$WORK/$1.yaml
  cat >"$CONFIG" <<C
name: $1
source:
  kind: $MYSQL_KIND
  mysql: { host: localhost, port: ${MYSQL_REPLICA#*:}, user: $MYSQL_FEEDER, password: $MYSQL_FEEDER_PASSWORD, tls: verify-full, tls-ca: $MYSQL_CA }
tables: { include: ["$1[.]t_.*"] }
registry: { url: "${REGISTRY:-http://127.0.0.1:1}" }
kafka: { bootstrap.servers: "${KAFKA:-127.0.0.1:1}" }
C
}
