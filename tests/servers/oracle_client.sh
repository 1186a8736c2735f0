#!/bin/bash
# oracle_client.sh DIR    a build of tailrace in DIR with Oracle's libmysqlclient, which Debian has in unstable only
# Its libraries come unpacked (aptroot.sh), and the program is pointed at their own loader: nothing is installed.
. "$(dirname "$0")/common.sh"
[ $# = 1 ] || { sed -n '2,3s/^# //p' "$0"; exit 2; }
ROOT=$CACHE/mysqldev LIB=$(uname -m)-linux-gnu
"$(dirname "$0")/aptroot.sh" "$ROOT" sid libmysqlclient-dev
pc=$WORK/mysqlclient-pc; mkdir -p "$pc/include"
ln -sfn "$ROOT/usr/include/mysql" "$pc/include/mysql"      # zlib's headers beside it must not be found
cat >"$pc/mysqlclient.pc" <<P
Name: mysqlclient
Description: MySQL client library
Version: $(sed -n 's/^Version: //p' "$ROOT/usr/lib/$LIB/pkgconfig/mysqlclient.pc")
Cflags: -I$pc/include -I$pc/include/mysql
Libs: -L$pc -l:libmysqlclient.so
P
ln -sfn "$ROOT/usr/lib/$LIB/libmysqlclient.so" "$pc/libmysqlclient.so"
rm -rf "$1"
PKG_CONFIG_PATH=$pc LDFLAGS="-Wl,--allow-shlib-undefined -Wl,--dynamic-linker=$(ls "$ROOT/usr/lib/$LIB"/ld-linux-*.so.*) -Wl,--disable-new-dtags -Wl,-rpath,$ROOT/usr/lib/$LIB" \
  meson setup "$1" -Dold_librdkafka=true -Dmysql_client=oracle >/dev/null
ninja -C "$1" tailrace
