"""Connections to MySQL and MariaDB that hang: a stop ends them; without one they are given up, with
words."""

import os, re, signal, socket, time
from my_road import E, feed, feeds, MYSQL, PORTS
from proxy import Proxy
from road import await_log, log_of, main, WORK
from suite import until

PORT = int(PORTS["replica"])
SMALL = "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'a')"
DIR = E["MYSQL_DIR"]
PHASES = [b"SET SESSION sql_mode", b"SHOW GLOBAL VARIABLES", b"information_schema.COLUMNS",
          b"binlog_checksum = 'CRC32'"]
READING = b"CONSISTENT SNAPSHOT"


def filed(text=SMALL, port=PORT, clear=True, **options):
    """A feed that writes files, and so needs nothing but its server. clear: a proxy sees its
    statements."""
    f = feed(text, **options)
    f.options |= {"sink.kind": "avro-file", "sink.directory": os.path.join(WORK, f.name + ".files"),
                  "source.mysql.port": port}
    del f.options["registry.url"]
    if clear:
        f.options["source.mysql.tls"] = "disable"
    if clear and MYSQL:
        f.options["source.mysql.server-public-key"] = os.path.join(DIR, "replica", "public_key.pem")
    f.caught_up()
    return f


def stops_soon(*feeds, seconds=4):
    t0 = time.monotonic()
    for p in feeds:
        p.send_signal(signal.SIGTERM)
    for p in feeds:
        assert p.wait(30) == 0, log_of(p)[-2000:]
        assert time.monotonic() - t0 < seconds, (time.monotonic() - t0, log_of(p)[-2000:])


def silent():
    s = socket.create_server(("127.0.0.1", 0))      # accepts, and never answers
    return s, s.getsockname()[1]


def rows_of(p):
    return int(log_of(p).split("stopped rows=")[1].split()[0])


class stopped:
    """The replica, while it does nothing at all."""

    def __enter__(self):
        with open(os.path.join(DIR, "replica.pid")) as f:
            self.pid = int(f.read())
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        os.kill(self.pid, signal.SIGCONT)


def test_sigterm_while_a_server_hangs():
    listener, port = silent()
    proxies = [Proxy(PORT, at) for at in PHASES + [READING]]
    begun = [filed(port=port).start()] + [filed(port=p.port).start() for p in proxies]
    for p in begun:
        await_log(p, "feed begins")
    until(
        lambda: all(p.hung for p in proxies),
        20,
        lambda: [(x.hang_at, len(x.hung)) for x in proxies],
    )
    time.sleep(1)
    assert all(p.poll() is None for p in begun), [log_of(p)[-500:] for p in begun]
    stops_soon(*begun)
    listener.close()


def test_a_server_that_hangs_is_given_up():
    listener, port = silent()
    proxies = [Proxy(PORT, at) for at in PHASES + [READING]]
    begun = [filed(port=p.port).start(source__receive_timeout_ms=3000) for p in proxies]
    mute = filed(port=port).start(source__receive_timeout_ms=3000)
    for p in begun:
        await_log(p, "the server has not answered for 3 s (source.receive-timeout-ms)", seconds=20)
    for p in proxies:
        p.hang_at = None
    for p in begun:
        await_log(p, "reading host=", seconds=20)
    await_log(mute, "will reconnect", seconds=20)
    time.sleep(3)
    stops_soon(mute, *begun)
    assert [rows_of(p) for p in begun] == [1] * len(begun), [log_of(p)[-1500:] for p in begun]
    listener.close()


def test_a_table_is_read_when_its_server_hung():
    """Rows take what they take; that the server hangs, its binlog says."""
    proxy = Proxy(PORT, b"FORCE INDEX")
    p = filed(port=proxy.port).start(source__mysql__heartbeat_ms=1000,
                                     source__receive_timeout_ms=5000)
    until(lambda: proxy.hung, 20, lambda: log_of(p))
    proxy.hang()
    proxy.hang_at = None
    await_log(p, "nothing was heard of the server for 10 s", seconds=20)
    await_log(p, "snapshot complete", seconds=20)
    stops_soon(p)
    assert rows_of(p) == 1, log_of(p)


def test_a_stopped_server_is_noticed_and_a_stop_obeyed():
    f, g = (filed(clear=False, source__mysql__heartbeat_ms=1000) for _ in range(2))
    p, q = f.start(), g.start()
    for x in (p, q):
        await_log(x, "reading host=")
    time.sleep(2)
    with stopped():
        stops_soon(q)
        await_log(p, "nothing was heard of the server for 10 s", seconds=20)
        stops_soon(p)


def test_check_holds_the_position_against_the_server():
    f = filed(clear=False)
    assert "can be gone on from" not in f.run("check").stdout
    f.run("run", "--until-current")
    said = f.run("check").stdout
    assert "ok    the stored position" in said, said
    path = os.path.join(f.options["sink.directory"], f.name + ".position")
    with open(path) as file:
        text = file.read()

    def checked(exit, pattern, instead):
        with open(path, "w") as file:
            file.write(re.sub(pattern, instead, text, count=1))
        return f.run("check", expect=exit).stdout
    ahead = checked(0, r'(gtid\\":\\"[^"]*?)(\d+)\\"', lambda m: f'{m[1]}{int(m[2]) + 1000}\\"')
    assert "warn  the server lacks transactions that were handed out already" in ahead, ahead
    elsewhere = checked(2, r'server\\":\\"[^"]*",\\"gtid\\":\\"[^"]*"',
                        r'server\\":\\"other\\",\\"gtid\\":\\"\\"')
    assert "fail  the stored position is one of server other" in elsewhere, elsewhere


main(globals(), feeds)
