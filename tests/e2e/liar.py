"""Between a feeder and a real server: passes its frames on, and lies about one of its answers."""
import socket, struct, threading


def cut(n):
    """The answer has only the first n columns."""
    return lambda columns: columns[:n]


class Liar:
    """The nth answer with columns, of all connections, is what `lie` makes of each of its rows'
    values (bytes, or None for NULL). told: the question that it answered, once it was asked."""

    def __init__(self, port, lie, nth):
        self.target, self.lie, self.left, self.told = port, lie, nth, None
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                return
            talk = self.talk(self)
            for way in ((client, server, talk.asked), (server, client, talk.answered)):
                threading.Thread(target=self.copy, args=way, daemon=True).start()

    def copy(self, a, b, through):
        try:
            while data := a.recv(65536):
                b.sendall(through(data))
        except OSError:
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def is_it(self, question):
        """Is this the answer to lie about?"""
        with self.lock:
            self.left -= 1
            if self.left == -1:
                self.told = question
            return self.left == -1

    def close(self):
        self.listener.close()


class PostgresTalk:
    """Messages: a byte, the length of what follows with itself, what follows."""

    def __init__(self, liar):
        self.liar, self.question, self.rest, self.lying = liar, b"", b"", False

    def asked(self, data):
        self.question = data[5:300]
        return data

    def answered(self, data):
        self.rest += data
        out = b""
        while len(self.rest) >= 5 and len(self.rest) > struct.unpack(">i", self.rest[1:5])[0]:
            end = 1 + struct.unpack(">i", self.rest[1:5])[0]
            out += self.message(self.rest[:1], self.rest[5:end])
            self.rest = self.rest[end:]
        return out

    def message(self, kind, body):
        if kind == b"T" and not self.lying:
            self.lying = self.liar.is_it(self.question)
        elif kind in (b"C", b"E"):
            self.lying = False
        if self.lying and kind == b"T":
            fields = self.fields(body)
            kept = self.liar.lie(fields)
            body = struct.pack(">h", len(kept)) + b"".join(k or f for k, f in zip(kept, fields))
        elif self.lying and kind == b"D":
            kept = self.liar.lie(self.values(body))
            body = struct.pack(">h", len(kept)) + b"".join(
                b"\xff" * 4 if v is None else struct.pack(">i", len(v)) + v for v in kept)
        return kind + struct.pack(">i", len(body) + 4) + body

    def fields(self, body):
        """A name, and 18 bytes."""
        at, out = 2, []
        while at < len(body):
            end = body.index(b"\0", at) + 19
            out.append(body[at:end])
            at = end
        return out

    def values(self, body):
        at, out = 2, []
        while at < len(body):
            n = struct.unpack(">i", body[at:at + 4])[0]
            out.append(None if n < 0 else body[at + 4:at + 4 + n])
            at += 4 + max(n, 0)
        return out


class PostgresLiar(Liar):
    talk = PostgresTalk
