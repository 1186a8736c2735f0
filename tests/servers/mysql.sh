#!/bin/bash
# mysql.sh up|down|check FLAVOUR                             a primary and its replicas on loopback: mariadb1011, mariadb118 or mysql97
# mysql.sh stop|kill|start|follow FLAVOUR SERVER [OPTION...]   one of them: primary, replica, replica2; OPTION: of its command line
# MYSQL_PORT (23306): mariadb1011 has it and the next ones, mariadb118 those 10 above, mysql97 those 20 above. MYSQL_REPLICAS (0 to 2).
# MYSQL_ROW_METADATA (FULL, MINIMAL, MariaDB's NO_LOG), MYSQL_CNF (further lines of my.cnf). Writes $TAILRACE_WORK/run/FLAVOUR.env.
. "$(dirname "$0")/common.sh"
usage() { sed -n '2,5s/^# //p' "$0"; exit 2; }
[ $# -ge 2 ] || usage
CMD=$1 F=$2; shift 2
BASE=${MYSQL_PORT:-23306} REPLICAS=${MYSQL_REPLICAS:-1} DIR=$WORK/$F ROOT=$CACHE/$F
case $F in
  mariadb1011) PORT=$BASE packages="bookworm mariadb-server-core mariadb-client-core" ;;
  mariadb118) PORT=$((BASE + 10)) packages="trixie mariadb-server-core mariadb-client-core" ;;
  mysql97) PORT=$((BASE + 20)) packages="sid mysql-server-core mysql-client-core" ;;
  *) usage ;;
esac
case $F in
  mysql*) KIND=mysql SERVER=$ROOT/usr/sbin/mysqld CLI=$ROOT/usr/bin/mysql BINLOG=$ROOT/usr/bin/mysqlbinlog ;;
  *) KIND=mariadb SERVER=$ROOT/usr/sbin/mariadbd CLI=$ROOT/usr/bin/mariadb BINLOG=$ROOT-tools/usr/bin/mariadb-binlog ;;
esac
case $REPLICAS in
  0) SERVERS=primary ;;
  1) SERVERS="primary replica" ;;
  *) SERVERS="primary replica replica2" ;;
esac
if [ "$(id -u)" = 0 ]; then
  id -u mysql >/dev/null 2>&1 || useradd -r -M -s /usr/sbin/nologin mysql
  as() { setpriv --reuid mysql --regid "$(id -g mysql)" --clear-groups -- "$@"; }; own() { chown mysql "$@"; }
else as() { "$@"; }; own() { :; }; fi
share() { [ -d "$ROOT/usr/share/mariadb" ] && echo "$ROOT/usr/share/mariadb" || echo "$ROOT/usr/share/mysql"; }
# The socket needs no TLS, and a server may be started without it.
sql() { local s=$1; shift; "$CLI" --no-defaults $([ $KIND = mysql ] || echo --skip-ssl) -S "$DIR/$s.sock" -uroot -N "$@"; }
fetch() {
  "$(dirname "$0")/aptroot.sh" "$ROOT" $packages
  [ $KIND = mysql ] || "$(dirname "$0")/aptroot.sh" "$ROOT-tools" "${packages%% *}" mariadb-client
  as "$SERVER" --no-defaults --version >/dev/null || die "account mysql cannot reach $CACHE: set TAILRACE_CACHE to a place it can"
}
configure() { # server port id
  # A tmpdir of its own: a server that starts deletes what others have there.
  local data=$DIR/$1
  as mkdir -p "$data-tmp"
  cat >"$data.cnf" <<C
[mysqld]
basedir=$ROOT/usr
lc-messages-dir=$(share)
character-sets-dir=$(share)/charsets
plugin-dir=$ROOT/usr/lib/mysql/plugin
datadir=$data
tmpdir=$data-tmp
socket=$data.sock
pid-file=$data.pid
log-error=$data.log
port=$2
bind-address=127.0.0.1
server-id=$3
log-bin=binlog
binlog_format=ROW
binlog_row_image=FULL
binlog_row_metadata=${MYSQL_ROW_METADATA:-FULL}
log_slave_updates=ON
relay-log=relay
sync_binlog=0
innodb_flush_log_at_trx_commit=2
innodb_buffer_pool_size=128M
innodb_doublewrite=OFF
default-time-zone=+02:00
secure-file-priv=
local-infile=ON
ssl-ca=$DIR/ca.pem
ssl-cert=$DIR/cert.pem
ssl-key=$DIR/key.pem
C
  if [ $KIND = mysql ]; then printf '%s\n' mysqlx=0 gtid_mode=ON enforce_gtid_consistency=ON binlog_rows_query_log_events=ON innodb_redo_log_capacity=100M
  else printf '%s\n' gtid_domain_id=0 gtid_strict_mode=ON innodb_log_file_size=32M; fi >>"$data.cnf"
  [ "$1" = primary ] || echo "$([ $KIND = mysql ] && echo super_read_only || echo read_only)=ON" >>"$data.cnf"
  printf '%s\n' "${MYSQL_CNF:-}" >>"$data.cnf"
}
initialise() { # the primary's data; replicas begin with a copy
  local cnf=$DIR/primary.cnf s
  if [ $KIND = mysql ]; then as "$SERVER" --defaults-file="$cnf" --initialize-insecure --skip-log-bin --super-read-only=OFF
  else
    as mkdir "$DIR/primary"
    {   # in bootstrap mode a statement ends with its line
      printf 'create database mysql;\nuse mysql;\n'
      for s in system_tables performance_tables system_tables_data; do cat "$(share)"/m*_$s.sql; done
      cat "$(share)/fill_help_tables.sql" "$(share)/maria_add_gis_sp_bootstrap.sql" "$(share)"/m*_sys_schema.sql
    } | sed '/@current_hostname/d' | as "$SERVER" --defaults-file="$cnf" --bootstrap --skip-log-bin --log-error="$DIR/bootstrap.log" \
      >"$DIR/bootstrap.out" 2>&1 || { tail -n5 "$DIR/bootstrap.log" "$DIR/bootstrap.out" >&2; die "no system tables"; }
  fi
  for s in ${SERVERS#primary}; do as cp -a "$DIR/primary" "$DIR/$s"; rm -f "$DIR/$s/auto.cnf"; done
}
start() { # server option...
  local s=$1 n; shift
  [ -f "$DIR/$s.cnf" ] || die "$F has no $s"
  as nohup setsid "$SERVER" --defaults-file="$DIR/$s.cnf" "$@" >/dev/null 2>&1 </dev/null &
  for n in $(seq 600); do
    ! sql "$s" -e 'select 1' >/dev/null 2>&1 || return 0
    sleep 0.05
  done
  tail -n9 "$DIR/$s.log" >&2; die "$F $s did not start"
}
stop() { [ -f "$DIR/$1.cnf" ] || die "$F has no $1"; stop_pid "$DIR/$1.pid"; }
kill9() {
  local p n; p=$(cat "$DIR/$1.pid" 2>/dev/null) || return 0
  kill -KILL "$p" 2>/dev/null || :
  for n in $(seq 200); do kill -0 "$p" 2>/dev/null || break; sleep 0.05; done
  rm -f "$DIR/$1.pid"
}
follow() { # replica: the primary
  if [ $KIND = mysql ]; then
    sql "$1" -e "change replication source to source_host='127.0.0.1', source_port=$PORT, source_user='replica', source_password='replicapw',
      source_ssl=1, source_ssl_ca='$DIR/ca.pem', source_auto_position=1, source_connect_retry=1; start replica"
  else
    sql "$1" -e "change master to master_host='127.0.0.1', master_port=$PORT, master_user='replica', master_password='replicapw',
      master_ssl=1, master_ssl_ca='$DIR/ca.pem', master_use_gtid=slave_pos, master_connect_retry=1; start slave"
  fi
}
accounts() { # feeder: what the feeder needs and no more; admin: everything
  local by=identified feeder="replication slave, binlog monitor, slave monitor, select"
  [ $KIND = mariadb ] || by="identified with caching_sha2_password" feeder="replication slave, replication client, select, xa_recover_admin"
  sql primary -e "create user replica@'127.0.0.1' $by by 'replicapw'; grant replication slave on *.* to replica@'127.0.0.1';
    create user feeder@'%' $by by 'feederpw'; grant $feeder on *.* to feeder@'%';
    create user admin@'%' $by by 'adminpw'; grant all on *.* to admin@'%' with grant option; create database shop"
}
followed() { [ "$(sql "$1" -e "select count(*) from information_schema.schemata where schema_name = '$2'")" = 1 ]; }
await() { until_true 20 "$@" || die "timed out: $*"; }
down() { local s; for s in replica2 replica primary; do kill9 $s; done; rm -rf "$DIR" "$WORK/run/$F.env"; }
environment() {
  printf '[client]\nuser=admin\npassword=adminpw\nhost=127.0.0.1\nssl-ca=%s\n' "$DIR/ca.pem" >"$DIR/client.cnf"
  cat <<C
MYSQL_PRIMARY=127.0.0.1:$PORT
MYSQL_REPLICA=127.0.0.1:$((PORT + 1))
MYSQL_REPLICA2=$([ "$REPLICAS" -lt 2 ] || echo "127.0.0.1:$((PORT + 2))")
MYSQL_FLAVOUR=$F
MYSQL_KIND=$KIND
MYSQL_CLI='$CLI --defaults-file=$DIR/client.cnf'
MYSQL_BINLOG_CLI='$BINLOG --defaults-file=$DIR/client.cnf'
MYSQL_CA=$DIR/ca.pem
MYSQL_DIR=$DIR
MYSQL_FEEDER=feeder MYSQL_FEEDER_PASSWORD=feederpw
MYSQL_ADMIN=admin MYSQL_ADMIN_PASSWORD=adminpw
C
}
up() {
  fetch; say "$F $("$SERVER" --no-defaults --version | grep -oE '[0-9]+\.[0-9]+\.[0-9]+' | head -1) is there"
  down
  local s n=0
  for s in $SERVERS; do port_free $((PORT + n)) MYSQL_PORT; n=$((n + 1)); done
  mkdir -p "$DIR"; own "$DIR"
  as test -x "$DIR" || die "account mysql cannot reach $DIR: set TAILRACE_WORK to a place it can"
  [ ${#DIR} -lt 90 ] || die "$DIR is too long for a socket's name: set TAILRACE_WORK"
  certificates "$DIR" DNS:localhost IP:127.0.0.1; own "$DIR/key.pem"
  n=0; for s in $SERVERS; do configure $s $((PORT + n)) $((101 + n)); n=$((n + 1)); done
  initialise
  for s in $SERVERS; do start $s & done; wait
  for s in $SERVERS; do sql $s -e 'select 1' >/dev/null; done
  accounts
  environment >"$WORK/run/$F.env"
  say "$F primary on port $PORT"
  for s in ${SERVERS#primary}; do follow $s; await followed $s shop; say "$s"; done
}
client() { # port statement: as the feeder, over TLS that is verified
  local tls="--ssl --ssl-verify-server-cert"; [ $KIND = mariadb ] || tls=--ssl-mode=VERIFY_IDENTITY
  MYSQL_PWD=feederpw "$CLI" --no-defaults $tls --ssl-ca="$DIR/ca.pem" -h 127.0.0.1 -P "$1" -ufeeder -N -e "$2"
}
same() { [ "$1" = "$2" ] || die "$F: $3: $1, not $2"; }
gtids() { sql "$1" -e "select $([ $KIND = mysql ] && echo "replace(@@gtid_executed, '\n', '')" || echo @@gtid_binlog_pos)"; }
check() { # each replica: TLS, its own binlog of rows, the primary's GTIDs
  local s port=$PORT file logged
  sql primary -e "drop database if exists checked; create database checked; create table checked.t (id int primary key, v text); insert into checked.t values (1, 'a'), (2, 'b');
    update checked.t set v = 'c' where id = 2; delete from checked.t where id = 1; drop database checked; create database checked"
  for s in ${SERVERS#primary}; do
    port=$((port + 1)); await followed "$s" checked; sleep 0.2
    same "$(client $port "show session status like 'Ssl_version'" | cut -f2)" TLSv1.3 "$s, TLS"
    same "$(client $port "select concat_ws(' ', @@log_bin + 0, @@log_slave_updates + 0, @@binlog_format, @@binlog_row_image, @@binlog_row_metadata, @@read_only + 0)")" \
      "1 1 ROW FULL ${MYSQL_ROW_METADATA:-FULL} 1" "$s, settings"
    same "$(gtids "$s")" "$(gtids primary)" "$s, GTIDs"
    file=$(client $port "show $([ $KIND = mysql ] && echo binary log || echo master) status" | cut -f1)
    logged=$(client $port "show binlog events in '$file'" | cut -f3 | grep -oE '(Write|Update|Delete)_rows' | sort -u | tr '\n' ' ')
    same "$logged" "Delete_rows Update_rows Write_rows " "$s, its binlog"
  done
  sql primary -e "drop database checked"
  say "$F is as it should be"
}
case $CMD in
  up | down | check) $CMD ;;
  start | stop | follow) [ $# -ge 1 ] || usage; $CMD "$@" ;;
  kill) [ $# = 1 ] || usage; kill9 "$1" ;;
  *) usage ;;
esac
