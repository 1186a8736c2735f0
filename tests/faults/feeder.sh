# Sourced by the fault tests, after lib.sh: a feeder that is killed with SIGKILL and started again. Needs name, and CONFIG where it is started.
feed_args=() starts=0 killed=0 rss=0 log=$WORK/$name.log
: >"$log"
start_feeder() { starts=$((starts + 1)); "$TAILRACE" run -c "$CONFIG" "${feed_args[@]}" 2>>"$log" & pid=$!; }
await_log() { # text times tenths: until the log has the text so often, or the time is over
  local n; for n in $(seq "$3"); do [ "$(grep -c "$1" "$log")" -lt "$2" ] || return 0; sleep 0.1; done; return 1
}
memory() { local m; m=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status" 2>/dev/null) || :; [ "${m:-0}" -le $rss ] || rss=$m; }
kill_feeder() { # seconds: then it dies, and starts again
  sleep "$1"
  memory
  kill -9 "$pid" 2>/dev/null || die "the feeder stopped by itself: $(tail -3 "$log")"
  wait "$pid" 2>/dev/null || :
  killed=$((killed + 1))
  start_feeder
}
finish_feeder() { # stopped cleanly, and run once more to the end of the log
  await_log 'feed begins' $starts 100 || :     # before that, TERM is the end of it
  memory
  kill -TERM "$pid"; wait "$pid" || die "the feeder did not stop cleanly: $(tail -3 "$log")"
  "$TAILRACE" run -c "$CONFIG" --until-current 2>>"$log" || die "the last run failed: $(tail -3 "$log")"
}
# The tables are read under kill -9. Chunks are short and rows are held back, so that KILLS kills fall into it.
read_under_kills() { # rows kills
  feed_args=(--set snapshot.chunk-ms=30 --set snapshot.rows-per-s=$(($1 / ($2 + 2) + 1000)))
  start_feeder
  while [ "$killed" -lt "$2" ] && ! grep -q 'snapshot complete' "$log"; do
    await_log ' reading host' $starts 100 || :
    kill_feeder "$((RANDOM % 2)).$((RANDOM % 10))"
  done
  await_log 'snapshot complete' 1 600 || die "the tables were not read: $(tail -3 "$log")"
  resumed=$(grep -c 'snapshot goes on' "$log" || :)
  say "killed $killed times, went on $resumed times in mid-table; read"
}
# What was seen of it: FILE has a line a sample, seconds that the feeder's oldest snapshot is old, and what it holds.
seen_held() { # file: sets longest, most, samples
  read -r longest most samples < <(awk 'NF >= 2 { if ($1 > l) l = $1; if ($2 > o) o = $2; n++ } END { print l + 0, o + 0, n + 0 }' "$1")
}
