# Sourced by the fault tests, after lib.sh: a feed that is killed with SIGKILL and started again. Needs name, and CONFIG where it is started.
feed_args=() killed=0 rss=0 log=$WORK/$name.log
: >"$log"
begins() { grep -c 'feed begins' "$log" || :; }
begun() { [ "$(begins)" -gt "$before" ]; }
start_feed() { before=$(begins); "$TAILRACE" run -c "$CONFIG" "${feed_args[@]}" "$@" 2>>"$log" & pid=$!; }    # [option...]
has_begun() { until_true 120 begun || die "the feeder did not begin: $(tail -3 "$log")"; }
tables_read() { until_true 300 grep -q 'snapshot complete' "$log" || die "the tables were not read: $(tail -3 "$log")"; }
memory() { local m; m=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || :; [ "${m:-0}" -le $rss ] || rss=$m; }
first_feed() { # [option...]: starts it, and waits until the tables are read
  start_feed "$@"
  trap 'kill -9 $pid 2>/dev/null || :; wait 2>/dev/null || :' EXIT
  tables_read
  say "snapshot is read; the workload begins"
}
kill_once() { # seconds: then it dies, and starts again
  sleep "$1"
  memory
  kill -9 "$pid" 2>/dev/null || die "the feeder stopped by itself: $(tail -3 "$log")"
  wait "$pid" 2>/dev/null || :
  killed=$((killed + 1))
  start_feed
}
kill_feed() { # times seconds pid...: at random moments, at most so many seconds apart; the pids are those of the workload
  local times=$1 longest=$2 still=no p; shift 2
  while [ "$killed" -lt "$times" ]; do kill_once "$((RANDOM % longest)).$((RANDOM % 10))"; done
  for p in "$@"; do ! kill -0 "$p" 2>/dev/null || still=yes; done
  say "killed $killed times; workload still running: $still"
}
stop_feed() {
  has_begun       # before that, TERM is the end of it
  memory
  kill -TERM "$pid"; wait "$pid" || die "the feeder did not stop cleanly: $(tail -3 "$log")"
}
rest_feed() { "$TAILRACE" run -c "$CONFIG" --until-current "$@" 2>>"$log" || die "the last run failed: $(tail -3 "$log")"; }    # what is left
# The tables are read under kill -9. Chunks are short and rows are held back, so that KILLS kills, each at most two seconds after it began, fall into it.
reads() { [ "$(grep -c ' reading host' "$log")" -gt "$killed" ]; }
resumed() { grep -c 'snapshot goes on' "$log" || :; }
read_under_kills() { # rows kills
  feed_args=(--set snapshot.chunk-ms=30 --set snapshot.rows-per-s=$(($1 / (2 * ($2 + 1)))))
  start_feed
  while { [ "$killed" -lt "$2" ] || [ "$(resumed)" = 0 ]; } && ! grep -q 'snapshot complete' "$log"; do
    until_true 120 reads || die "the feeder does not read: $(tail -3 "$log")"
    kill_once "$((RANDOM % 2 + killed / $2)).$((RANDOM % 10))"     # longer lives where the machine was too slow to store anything
  done
  tables_read
  resumed=$(resumed)
  say "killed $killed times, went on $resumed times in mid-table; read"
}
# What was seen of it: FILE has a line a sample, seconds that the feeder's oldest snapshot is old, and what it holds.
seen_held() { # file: sets longest, most, half (of the samples saw no more than that), samples
  read -r longest most half samples < <(sort -n -k2,2 "$1" | awk 'NF >= 2 { if ($1 > l) l = $1; o[++n] = $2 + 0 }
    END { print l + 0, o[n] + 0, o[int((n + 1) / 2)] + 0, n + 0 }')
}
