# Sourced by tests/bench/many and many-binlog: a process with many feeds. The caller has $tag,
# $seconds, $flavour (MySQL or MariaDB, or none), and place N: topic=place of the table of feed N.
folder=$WORK/$tag
down() {
  local s
  for s in registry kafka pg; do "$REPO/tests/servers/$s.sh" down; done
  [ -z "${flavour:-}" ] || "$REPO/tests/servers/mysql.sh" down "$flavour"
}
leave() {
  local code=$?
  kill $(jobs -p) 2>/dev/null || :
  wait
  [ "$code" != 0 ] || rm -rf "$folder"
  down
}
down
trap leave EXIT
trap 'exit 1' INT TERM
rm -rf "$folder"
mkdir -p "$folder/conf.d" "$folder/log"
process() { # what all feeds share
  cat >"$folder/tailrace.yaml" <<C
name: $tag
registry: { url: "$REGISTRY" }
kafka: { bootstrap.servers: "$KAFKA" }
C
}
with() { # log [--feed NAME]...: the process
  "$TAILRACE" run -c "$folder" "${@:2}" ${BENCH_ARGS:-} 2>"$1" & pid=$!
}
ended() { # log
  kill -TERM "$pid"
  wait "$pid" || die "it ended with $?: $(grep -a error "$1" | tail -5)"
}
counted() { [ "$(grep -aEc "$2" "$1")" -ge "$3" ]; }
stream() { # log text count
  until_true 1200 counted "$@" || die "not all feeds stream: $(tail -3 "$1")"
}
measure() { PYTHON "$REPO/tests/bench/many.py" "$@"; }
some() { for n in $(seq "$1" "$2"); do echo --feed "${tag}_$n"; done; }
round() { # label first last first-that-is-written last-that-is-written [backlog's topic]
  local log=$folder/log/$1
  with "$log" $(some "$2" "$3")
  stream "$log" ' snapshot complete| reading host' $(($3 - $2 + 1))
  local places=() n
  for n in $(seq "$4" "$5"); do places+=("$(place "$n")"); done
  measure latency "$1" "$KAFKA" "$REGISTRY" "$seconds" "${6:-}" "${places[@]}" ||
    die "$(tail -3 "$log")"
  ended "$log"
}
