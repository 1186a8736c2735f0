#!/bin/bash
# released.sh    prints the path of the released program that an upgrade begins from
# Built from the repository's own history, once, then kept.
# TAILRACE_RELEASED names another one to take in its place.
. "$(dirname "$0")/common.sh"
commit=88550f8dd4ff9fe89ffcffc29e380e0b8fc0e3b9     # 0.1.0
[ -z "${TAILRACE_RELEASED:-}" ] || { echo "$TAILRACE_RELEASED"; exit 0; }
dir=$CACHE/released-${commit:0:7} build=build
exec 9>"$CACHE/released.lock"; flock 9
if [ ! -x "$dir/$build/tailrace" ]; then
  git -C "$REPO" cat-file -e "$commit^{commit}" 2>/dev/null ||
    timeout 120 git -C "$REPO" fetch -q --depth 1 origin "$commit" 2>/dev/null ||
    die "released.sh: this clone has no commit $commit, the release that an upgrade begins
  from -> git fetch --unshallow, or set TAILRACE_RELEASED to a program that was built of it"
  rm -rf "$dir" && mkdir -p "$dir"
  git -C "$REPO" archive "$commit" | tar -x -C "$dir"
  # Not the library is tried here: the newer one does, where there is one.
  if prefix=$("$REPO/deploy/librdkafka"); then
    export PKG_CONFIG_PATH=$prefix/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export LDFLAGS="-Wl,-rpath,$prefix/lib ${LDFLAGS:-}"
  fi
  { meson setup "$dir/$build" "$dir" --buildtype=release -Dwerror=false &&
    ninja -C "$dir/$build" tailrace; } >"$dir/build.log" 2>&1 ||
    { tail -30 "$dir/build.log" >&2; exit 1; }
fi
echo "$dir/$build/tailrace"
