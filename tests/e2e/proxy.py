"""Between clients and a server: passes bytes on, until it hangs."""
import socket, ssl, subprocess, threading


def far_address():
    """An address of this machine that is not a loopback one: what goes there might leave it."""
    return subprocess.run(
        ["hostname", "-I"], capture_output=True, text=True, check=True
    ).stdout.split()[0]


class Proxy:
    """hang(): what is open passes nothing more, and nobody is told. hang_at: so does a connection,
    from these bytes on. close_at: it is closed there; b"": at its first bytes. tls: (certificate,
    key), clients speak TLS.
    """

    def __init__(self, port, hang_at=None, close_at=None, tls=None, address="127.0.0.1"):
        self.target, self.hang_at, self.close_at, self.hung, self.pairs = (
            port,
            hang_at,
            close_at,
            set(),
            [],
        )
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if tls:
            self.tls.load_cert_chain(*tls)
        self.listener = socket.create_server((address, 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.begin, args=(client,), daemon=True).start()

    def begin(self, client):
        try:
            pair = (self.tls.wrap_socket(client, server_side=True) if self.tls else client,
                    socket.create_connection(("127.0.0.1", self.target)))
        except OSError:
            client.close()
            return
        self.pairs.append(pair)
        threading.Thread(target=self.copy, args=(*pair, pair), daemon=True).start()
        self.copy(*pair[::-1], pair)

    def copy(self, a, b, pair):
        try:
            while data := a.recv(65536):
                if self.close_at is not None and self.close_at in data:
                    break
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
