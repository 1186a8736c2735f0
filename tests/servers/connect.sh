#!/bin/bash
# connect.sh up FILE | down    Kafka Connect, stand-alone, with the connector that FILE (properties) describes: Debezium's PostgreSQL,
# MySQL or MariaDB source or its JDBC sink
# Needs kafka.sh and registry.sh up. CONNECT_PORT. Keys and values go through an Avro converter in Confluent's wire format.
. "$(dirname "$0")/common.sh"
V=4.3.0 D=3.6.1.Final C=2.6.13.Final M=3.5.0.Final J=3.6.0.Final PORT=${CONNECT_PORT:-28083} DIR=$WORK/connect
JARS=$CACHE/connect-$V PLUGINS=$CACHE/connect-plugins-$D
fetch() {
  need java default-jre-headless
  local a; a=$(printf "org.apache.kafka:%s:$V " connect-runtime connect-json connect-api connect-transforms kafka-tools)
  maven_jars "$JARS" $a org.apache.logging.log4j:log4j-slf4j-impl:2.25.5
  mkdir -p "$PLUGINS"
  case $(sed -n 's/^connector.class=//p' "$1") in   # each in a folder of its own, with its own Debezium core
    *JdbcSink*) plugin=jdbc ;;
    *MySql*) plugin=mysql; maven_jars "$PLUGINS/mysql" "io.debezium:debezium-connector-mysql:$D" ;;
    *MariaDb*) plugin=mariadb; maven_jars "$PLUGINS/mariadb" "io.debezium:debezium-connector-mariadb:$M" ;;
    *) plugin=debezium; maven_jars "$PLUGINS/debezium" "io.debezium:debezium-connector-postgres:$D" ;;
  esac
  if [ $plugin = jdbc ] && [ ! -d "$PLUGINS/jdbc" ]; then
    mvn -B -q -C org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy -Dartifact="io.debezium:debezium-connector-jdbc:$J:tar.gz:plugin" \
      -DoutputDirectory="$CACHE" >&2
    rm -rf "$PLUGINS/jdbc.part"; mkdir "$PLUGINS/jdbc.part"
    tar -xzf "$CACHE/debezium-connector-jdbc-$J-plugin.tar.gz" -C "$PLUGINS/jdbc.part" --strip-components 1
    mv "$PLUGINS/jdbc.part" "$PLUGINS/jdbc"; rm "$CACHE/debezium-connector-jdbc-$J-plugin.tar.gz"
  fi
  maven_jars "$PLUGINS/converter" "io.apicurio:apicurio-registry-utils-converter:$C"
  # The worker has these itself; twice, their classes would differ.
  rm -f "$PLUGINS"/*/connect-*.jar "$PLUGINS"/*/kafka-clients-*.jar "$PLUGINS"/*/slf4j-api-*.jar
}
down() { stop_pid "$DIR/pid"; rm -rf "$DIR"; }
up() {
  [ -f "${1:-}" ] || die "connect.sh up FILE: the connector's properties"
  fetch "$1"; say "Debezium on Kafka Connect $V is there"
  . "$WORK/run/kafka.env"; . "$WORK/run/registry.env"
  down; port_free "$PORT" CONNECT_PORT; mkdir -p "$DIR/plugins"
  ln -s "$PLUGINS/$plugin" "$PLUGINS/converter" "$DIR/plugins"   # the worker reads every jar it sees, so only what is needed
  {
    echo "bootstrap.servers=$KAFKA"
    echo "listeners=http://127.0.0.1:$PORT"
    echo "plugin.path=$DIR/plugins"
    echo "offset.storage.file.filename=$DIR/offsets"
    echo "offset.flush.interval.ms=1000"
    local s
    for s in key value; do
      echo "$s.converter=io.apicurio.registry.utils.converter.AvroConverter"
      echo "$s.converter.apicurio.registry.url=${REGISTRY%/apis/*}/apis/registry/v2"
      printf "$s.converter.apicurio.registry.%s\n" auto-register=true as-confluent=true use-id=contentId headers.enabled=false
    done
  } >"$DIR/worker.properties"
  printf 'status = error\nappender.c.type = Console\nappender.c.name = c\nappender.c.layout.type = PatternLayout\nappender.c.layout.pattern = [%%d] %%p %%m (%%c)%%n%%ex\nrootLogger.level = WARN\nrootLogger.appenderRef.c.ref = c\n' >"$DIR/log4j2.properties"
  nohup setsid java -Xmx700m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$DIR:$JARS/*" \
    org.apache.kafka.connect.cli.ConnectStandalone "$DIR/worker.properties" "$1" >"$DIR/log" 2>&1 </dev/null &
  echo $! >"$DIR/pid"
  need curl curl
  local name n state; name=$(sed -n 's/^name=//p' "$1")
  for n in $(seq 900); do
    state=$(curl -fsS "http://127.0.0.1:$PORT/connectors/$name/status" 2>/dev/null || :)
    case $state in
      *'"tasks":[{'*RUNNING*) break ;;
      *FAILED*) tail -30 "$DIR/log" >&2; die "the connector failed" ;;
    esac
    alive "$DIR/pid" && [ "$n" -lt 900 ] || { tail -30 "$DIR/log" >&2; die "the connector did not start"; }
    sleep 0.1
  done
  say "Debezium is running, its worker on port $PORT"
}
case ${1:-} in
  up) up "${2:-}" ;;
  down) down ;;
  *) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac
