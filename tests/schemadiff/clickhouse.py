"""ClickHouse (chdb) behind a port, as its server's HTTP interface: a POST's body is run, its output
is the answer. Prints the address.

usage: clickhouse.py FOLDER     run by warehouses.py with chdb on PYTHONPATH; ends when its input
does
"""

import http.server, os, sys, threading
from chdb import session

house = session.Session(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            status, text = 200, house.query(sql, "JSON").bytes()
        except Exception as e:
            status, text = 500, str(e).encode()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)     # one thread: chdb has one session
print(f"http://127.0.0.1:{server.server_address[1]}/", flush=True)
# its own way out may hang
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
