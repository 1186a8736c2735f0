#!/bin/bash
# kafka.sh up|down|again    one Apache Kafka node (KRaft) on loopback; again: on the data it had
# KAFKA_PORT: plain, all rights; the next is the controller's; on the one after it SASL/PLAIN, and
# ACLs (alice, alice-secret); on the last one TLS, SCRAM-SHA-512, and ACLs (bob, bob-secret;
# KAFKA_CA: its CA).
# KAFKA_VERSION (4.4.0). KAFKA_ADVERTISED: the port that clients are told, of a
# proxy before the node. KAFKA_JOIN: the KAFKA_PORT of a node whose second broker this one is to be.
# KAFKA_PROPERTIES: more lines of server.properties. Writes $TAILRACE_WORK/run/kafka.env.
. "$(dirname "$0")/common.sh"
V=${KAFKA_VERSION:-4.4.0} PORT=${KAFKA_PORT:-29092} DIR=$WORK/kafka JARS=$CACHE/kafka-$V
fetch() {
  need java default-jre-headless
  maven_jars "$JARS" "org.apache.kafka:kafka_2.13:$V" org.apache.logging.log4j:log4j-slf4j-impl:2.25.5
}
node() { # launches it, and waits until it serves
  nohup setsid java -Xms64m -Xmx"${KAFKA_HEAP:-512m}" -XX:+UseSerialGC -cp "$DIR:$JARS/*" kafka.Kafka "$DIR/server.properties" \
    >"$DIR/log" 2>&1 </dev/null &
  echo $! >"$DIR/pid"
  local n
  for n in $(seq 1800); do
    ! grep -q 'Kafka Server started' "$DIR/log" || break
    alive "$DIR/pid" && [ "$n" -lt 1800 ] || { tail -30 "$DIR/log" >&2; die "Kafka did not start"; }
    sleep 0.1
  done
  cat >"$WORK/run/kafka.env" <<X
KAFKA=127.0.0.1:$PORT
KAFKA_SASL=127.0.0.1:$((PORT + 2))
KAFKA_TLS=127.0.0.1:$((PORT + 3))
KAFKA_CA=$DIR/ca.pem
KAFKA_PID=$(cat "$DIR/pid")
X
  say "Kafka on port $PORT"
}
again() { [ -f "$DIR/server.properties" ] || die "there is no node in $DIR"; node; }
down() { stop_pid "$DIR/pid"; rm -rf "$DIR" "$WORK/run/kafka.env"; }
up() {
  fetch; say "Kafka $V is there"
  [ ! -f "$WORK/run/kafka.env" ] || down
  for n in 0 1 2 3; do port_free $((PORT + n)) KAFKA_PORT; done
  mkdir -p "$DIR"
  certificates "$DIR" DNS:localhost IP:127.0.0.1
  cat "$DIR/key.pem" "$DIR/cert.pem" >"$DIR/server.pem"
  cat >"$DIR/log4j2.properties" <<X
status = error
appender.c.type = Console
appender.c.name = c
appender.c.layout.type = PatternLayout
appender.c.layout.pattern = [%d] %p %m (%c)%n
rootLogger.level = WARN
rootLogger.appenderRef.c.ref = c
logger.s.name = kafka.server.KafkaRaftServer
logger.s.level = INFO
logger.m.name = kafka.coordinator.transaction.TransactionMarkerChannelManager
logger.m.level = INFO
X
  local open=PLAINTEXT://127.0.0.1 more
  more=SASL_PLAINTEXT://127.0.0.1:$((PORT + 2)),SASL_SSL://127.0.0.1:$((PORT + 3))
  local roles=broker,controller id=1 listeners=,CONTROLLER://127.0.0.1:$((PORT + 1))
  [ -z "${KAFKA_JOIN:-}" ] || { roles=broker; id=2; listeners=; }
  cat >"$DIR/server.properties" <<X
process.roles=$roles
node.id=$id
controller.quorum.bootstrap.servers=127.0.0.1:$((${KAFKA_JOIN:-$PORT} + 1))
listeners=$open:$PORT,$more$listeners
advertised.listeners=$open:${KAFKA_ADVERTISED:-$PORT},$more$listeners
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,\
  SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.sasl_ssl.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
  org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.ssl.keystore.type=PEM
listener.name.sasl_ssl.ssl.keystore.location=$DIR/server.pem
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_alice="alice-secret";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
log.dirs=$DIR/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.session.timeout.ms=60000
log.retention.hours=-1
${KAFKA_PROPERTIES:-}
X
  local first=(--standalone --add-scram 'SCRAM-SHA-512=[name="bob",password="bob-secret"]')
  [ -z "${KAFKA_JOIN:-}" ] || first=(--no-initial-controllers)
  java -Xmx256m -XX:TieredStopAtLevel=1 -cp "$DIR:$JARS/*" kafka.tools.StorageTool format -t MkU3OEVBNTcwNTJENDM2Qg \
    -c "$DIR/server.properties" "${first[@]}" >"$DIR/format.log" 2>&1 || { cat "$DIR/format.log" >&2; exit 1; }
  node
}
case ${1:-} in
  up | down | again) "$1" ;;
  *) sed -n '2,8s/^# //p' "$0"; exit 2 ;;
esac
