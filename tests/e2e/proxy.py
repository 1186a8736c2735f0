"""Between clients and a server: passes bytes on, until it hangs."""
import socket, threading


class Proxy:
    """hang(): what is open passes nothing more, and nobody is told. hang_at: so does a connection, from
    these bytes on."""

    def __init__(self, port, hang_at=None):
        self.target, self.hang_at, self.hung, self.pairs = port, hang_at, set(), []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            pair = (client, socket.create_connection(("127.0.0.1", self.target)))
            self.pairs.append(pair)
            for a, b in (pair, pair[::-1]):
                threading.Thread(target=self.copy, args=(a, b, pair), daemon=True).start()

    def copy(self, a, b, pair):
        try:
            while data := a.recv(65536):
                if self.hang_at and self.hang_at in data:
                    self.hung.add(pair)
                if pair not in self.hung:
                    b.sendall(data)
        except OSError:
            pass
        if pair not in self.hung:
            for s in pair:
                s.close()

    def hang(self):
        self.hung.update(self.pairs)
