# Sourced by run: PostgreSQL's side of the comparison.
export PG_EXTENSIONS="pgvector postgis-3"
VARIANTS="plain text numbers micros columns names flat"
# Left out with nanoseconds, the only columns of the scenario that are: a delete or a changed key has no value for a NOT NULL timestamp
# there, the reference makes it null, and its task dies (M18, docs/differences.md). test_what_stops_the_reference (tests/e2e) has ours go on.
NANOSECONDS_KILL='public[.]t_timestamp[.]h public[.]t_domain_more[.]e'
variant() { # name: sets theirs (properties), ours (options) and yaml (ours too)
  yaml= roots=false     # roots: partitioned tables are published under their root's name
  case $1 in
    plain) theirs=() ours=() ;;
    text) theirs=(decimal.handling.mode=string time.precision.mode=isostring binary.handling.mode=hex interval.handling.mode=string
        schema.include.list=public 'table.include.list=public[.].*,other[.].*'
        transforms=route transforms.route.type=org.apache.kafka.connect.transforms.RegexRouter
        'transforms.route.regex=(.*)[.]public[.](t_int)' 'transforms.route.replacement=$1.moved.$2')
      ours=(types.decimal=string types.time=isostring types.binary=hex types.interval=string)
      yaml='tables: { include: ["public[.].*"] }
topics: { route: { "(.*)[.]public[.](t_int)": "$1.moved.$2" } }' ;;
    numbers) theirs=(decimal.handling.mode=double time.precision.mode=connect binary.handling.mode=base64)
      ours=(types.decimal=double types.time=connect types.binary=base64) ;;
    micros) theirs=(time.precision.mode=microseconds binary.handling.mode=base64-url-safe tombstones.on.delete=false
        schema.exclude.list=other 'column.include.list=(?!public[.]t_int[.]a).*')
      ours=(types.time=microseconds types.binary=base64-url-safe format.tombstones=false)
      yaml='tables: { exclude: ["other[.].*"] }
columns: { include: ["(?!public[.]t_int[.]a).*"] }' ;;
    columns) theirs=(time.precision.mode=nanoseconds 'table.exclude.list=public[.]t_float,other[.].*' "column.exclude.list=public[.]t_int[.](d|e),.*[.]t_wide_key[.]v,${NANOSECONDS_KILL// /,}"
        'column.mask.with.5.chars=public[.]t_text[.].*,public[.]t_misc[.].*,public[.]t_domain[.]c,public[.]t_default[.].*'
        'column.mask.hash.v2.SHA-256.with.salt.pepper=public[.]r_full[.]v,public[.]toast[.].*,public[.]T_NAME[.]a'
        'column.mask.hash.MD5.with.salt.s=public[.]r_default[.]v,public[.]t_wide_key[.]b,public[.]t_short[.].*'
        'column.truncate.to.2.chars=public[.]t_array[.].*,public[.]t_search[.].*,public[.]r_keyless_full[.]b,public[.]Mixed Case[.].*,public[.]tabelle.*'
        'message.key.columns=public[.]t_unique:c,b;public[.]r_keyless_full:b,a;public[.]t_misc:l,id'
        skipped.operations=t,d)
      roots=true
      ours=(types.time=nanoseconds format.skipped-operations=t,d)
      yaml='tables: { exclude: ["public[.]t_float", "other[.].*"] }
columns:
  exclude: ["public[.]t_int[.](d|e)", ".*[.]t_wide_key[.]v", "'${NANOSECONDS_KILL// /\", \"}'"]
  mask: { "public[.]t_text[.].*": 5, "public[.]t_misc[.].*": 5, "public[.]t_domain[.]c": 5, "public[.]t_default[.].*": 5 }
  hash: { "public[.]r_full[.]v|public[.]toast[.].*|public[.]T_NAME[.]a": "SHA-256:pepper",
          "public[.]r_default[.]v|public[.]t_wide_key[.]b|public[.]t_short[.].*": "v1:MD5:s" }
  truncate: { "public[.](t_array|t_search|Mixed Case)[.].*": 2, "public[.]r_keyless_full[.]b": 2, "public[.]tabelle.*": 2 }
  key: { "public[.]t_unique": "c, b", "public[.]r_keyless_full": "b, a", "public[.]t_misc": "l, id" }' ;;
    names) theirs=(schema.name.adjustment.mode=avro_unicode field.name.adjustment.mode=avro_unicode
        hstore.handling.mode=map provide.transaction.metadata=true heartbeat.interval.ms=500 unavailable.value.placeholder=gone)
      ours=(format.names=avro-unicode types.hstore=map format.transactions=true format.heartbeat-ms=500 format.placeholder=gone
        compat.null-as-default=true) ;;
    flat) theirs=(transforms=unwrap transforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState
        transforms.unwrap.delete.tombstone.handling.mode=rewrite-with-tombstone
        transforms.unwrap.add.fields=op,lsn,source.ts_ms,txId,table,source.schema,ts_ms,snapshot)
      ours=(format.envelope=flat "format.flat-fields=op,lsn,source.ts_ms,txId,table,source.schema,ts_ms,snapshot") ;;
    *) die "there is no variant $1" ;;
  esac
}
source_up() {
  servers pg
  [ "$(DB=shop primary -c "SELECT count(*) FROM pg_available_extensions WHERE name IN ('vector', 'postgis')")" = 2 ] ||
    die "the running PostgreSQL has no pgvector and PostGIS: tests/servers/pg.sh down, and again"
}
source_tables() {
  fresh_database parity
  primary -q -f "$here/pg/tables.sql"
}
source_rows() { primary -q -v base="$1" -f "$here/pg/rows.sql"; }
source_stream() { primary -q -f "$here/pg/stream.sql" >/dev/null; }
source_config() { # $CONFIG, and what it needs in the database
  feed_config "$name"
  echo "$yaml" >>"$CONFIG"
  "$TAILRACE" setup --all-tables --allow-no-identity -c "$CONFIG" --set source.partition-root=$roots >/dev/null
}
source_options() { echo types.unknown=skip-column; }
reference_connector() {
  cat <<C
connector.class=io.debezium.connector.postgresql.PostgresConnector
database.hostname=127.0.0.1
database.port=$(sed -n "s/^PG_PRIMARY=.*port=\([0-9]*\).*/\1/p" "$WORK/run/pg.env")
database.user=postgres
database.password=none
database.dbname=$DB
plugin.name=pgoutput
slot.name=${name}_reference
publication.name=tailrace
publication.autocreate.mode=disabled
C
}
reference_streams() { [ "$(primary -c "SELECT active FROM pg_replication_slots WHERE slot_name = '${name}_reference'")" = t ]; }
source_done() {
  [ $mode = stored ] || primary -c "SELECT pg_drop_replication_slot('${name}_reference')" >/dev/null
  drop_slot "$name"
  DB=shop primary -c "DROP DATABASE $DB WITH (FORCE)"
}
