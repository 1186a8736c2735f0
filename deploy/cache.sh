# Sourced: CACHE is where downloads and what is built from them are kept, to work without a network the next time.
if [ -n "${TAILRACE_CACHE:-}" ]; then CACHE=$TAILRACE_CACHE
elif [ "$(id -u)" = 0 ]; then CACHE=/var/cache/tailrace
else CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/tailrace; fi
mkdir -p "$CACHE"
