# Sourced by run: the side of MySQL and MariaDB. Both Debezium and tailrace read the replica.
VARIANTS="plain text numbers micros columns names flat"
case $source in mysql) flavour=mysql97 ;; *) flavour=${MARIADB_FLAVOUR:-mariadb1011} ;; esac
variant() { # name: sets theirs (properties), ours (options) and yaml (ours too)
  yaml='tables: { include: ["(parity|other|Mixed-Case|made|unseen)[.].*"] }'
  case $1 in
    plain) theirs=() ours=() ;;
    text) theirs=(decimal.handling.mode=string time.precision.mode=isostring binary.handling.mode=hex)
      ours=(types.decimal=string types.time=isostring types.binary=hex) ;;
    numbers) theirs=(decimal.handling.mode=double time.precision.mode=connect binary.handling.mode=base64 bigint.unsigned.handling.mode=precise)
      ours=(types.decimal=double types.time=connect types.binary=base64 types.bigint-unsigned=precise) ;;
    micros) theirs=(time.precision.mode=microseconds binary.handling.mode=base64-url-safe tombstones.on.delete=false enable.time.adjuster=false)
      ours=(types.time=microseconds types.binary=base64-url-safe format.tombstones=false) ;;
    columns) theirs=(time.precision.mode=nanoseconds 'table.exclude.list=parity[.]t_(float|datetime),other[.].*' 'column.exclude.list=parity[.]t_int[.](d|e),.*[.]t_wide_key[.]v'
        'column.mask.with.5.chars=parity[.]t_text[.].*,parity[.]t_comment[.]b,parity[.]t_default[.].*'
        'column.mask.hash.v2.SHA-256.with.salt.pepper=parity[.]r_plain[.]v,parity[.]r_big[.].*,parity[.]t_charset[.].*'
        'column.mask.hash.MD5.with.salt.s=parity[.]r_other[.]v,parity[.]t_wide_key[.]b'
        'column.truncate.to.2.chars=parity[.]t_enum[.].*,parity[.]r_keyless[.]b,parity[.]Mixed Case[.].*,parity[.]t_json[.].*,parity[.]t_charset_more[.].*'
        'message.key.columns=parity[.]t_unique:c,b;parity[.]r_keyless:b,a;parity[.]t_enum:b,id'
        skipped.operations=t,d)
            ours=(types.time=nanoseconds format.skipped-operations=t,d)
      yaml='tables: { include: ["(parity|other|Mixed-Case|made|unseen)[.].*"], exclude: ["parity[.]t_(float|datetime)", "other[.].*"] }
columns:
  exclude: ["parity[.]t_int[.](d|e)", ".*[.]t_wide_key[.]v"]
  mask: { "parity[.]t_text[.].*": 5, "parity[.]t_comment[.]b": 5, "parity[.]t_default[.].*": 5 }
  hash: { "parity[.]r_plain[.]v|parity[.]r_big[.].*|parity[.]t_charset[.].*": "SHA-256:pepper", "parity[.]r_other[.]v|parity[.]t_wide_key[.]b": "v1:MD5:s" }
  truncate: { "parity[.](t_enum|Mixed Case|t_json|t_charset_more)[.].*": 2, "parity[.]r_keyless[.]b": 2 }
  key: { "parity[.]t_unique": "c, b", "parity[.]r_keyless": "b, a", "parity[.]t_enum": "b, id" }' ;;
    names) theirs=(schema.name.adjustment.mode=avro_unicode field.name.adjustment.mode=avro_unicode include.query=true
        provide.transaction.metadata=true heartbeat.interval.ms=500)
      ours=(format.names=avro-unicode format.transactions=true format.heartbeat-ms=500 compat.null-as-default=true source.mysql.query=true) ;;
    flat) theirs=(transforms=unwrap transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
        transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone predicates=change predicates.change.type=org.apache.kafka.connect.transforms.predicates.TopicNameMatches
        'predicates.change.pattern=[^.]*[.].*' transforms.unwrap.predicate=change
        transforms.unwrap.add.fields=op,file,pos,row,gtid,source.ts_ms,table,source.db,ts_ms,snapshot)
      ours=(format.envelope=flat "format.flat-fields=op,file,pos,row,gtid,source.ts_ms,table,source.db,ts_ms,snapshot") ;;
    *) die "there is no variant $1" ;;
  esac
}
sql() { (cd "$here/mysql"; my_primary --local-infile=1 "$@"); }
source_up() {
  servers "$flavour"
  [ $mode = store ] || "$TAILRACE" docs schema | grep -q mariadb || die "$TAILRACE reads no binlog"
}
source_drop() { sql -e 'DROP DATABASE IF EXISTS parity; DROP DATABASE IF EXISTS other; DROP DATABASE IF EXISTS `Mixed-Case`; DROP DATABASE IF EXISTS made; DROP DATABASE IF EXISTS unseen'; }
source_tables() {
  source_drop
  cat "$here/mysql/tables.sql" "$here/mysql/tables_$source.sql" | sql
}
source_rows() { { echo "SET @base = $1;"; cat "$here/mysql/rows.sql" "$here/mysql/rows_$source.sql"; } | sql parity; my_caught_up; }
source_stream() { cat "$here/mysql/stream_$source.sql" "$here/mysql/stream.sql" | sql parity >/dev/null; }
source_config() {
  CONFIG=$WORK/$name.yaml
  cat >"$CONFIG" <<C
name: $name
source:
  kind: $source
  mysql: { host: localhost, port: ${MYSQL_REPLICA#*:}, user: $MYSQL_FEEDER, password: $MYSQL_FEEDER_PASSWORD, tls: verify-full, tls-ca: $MYSQL_CA }
$(sink_config)
$yaml
C
}
source_options() { :; }
reference_connector() {
  [ $source = mysql ] && echo connector.class=io.debezium.connector.mysql.MySqlConnector || echo connector.class=io.debezium.connector.mariadb.MariaDbConnector
  cat <<C
database.hostname=127.0.0.1
database.port=${MYSQL_REPLICA#*:}
database.user=$MYSQL_ADMIN
database.password=$MYSQL_ADMIN_PASSWORD
database.server.id=54001
driver.allowPublicKeyRetrieval=true
database.include.list=parity,other,Mixed-Case,made
schema.history.internal=io.debezium.relational.history.MemorySchemaHistory
schema.history.internal.skip.unparseable.ddl=true
topic.creation.groups=ddl
topic.creation.ddl.include=${name}_reference
topic.creation.ddl.replication.factor=1
topic.creation.ddl.partitions=1
C
}
# Its dump has begun.
reference_streams() { [ "$(my_replica -e "SELECT count(*) FROM information_schema.processlist WHERE command LIKE 'Binlog Dump%'")" -gt 0 ]; }
source_done() { source_drop; }
