"""A proxy before one Kafka broker that makes single requests late: it keeps a request, closes the
client's connection, and delivers the kept bytes on a connection of its own after the client has
gone on. Clients are told apart by their client.id.
"""

import socket, struct, threading, time

PRODUCE, INIT, ADD, END = 0, 22, 24, 26


def exactly(sock, n):
    parts = bytearray()
    while len(parts) < n:
        got = sock.recv(n - len(parts))
        if not got:
            raise EOFError
        parts += got
    return parts


def read_frame(sock):
    return exactly(sock, struct.unpack(">i", exactly(sock, 4))[0])


def send_frame(sock, frame):
    sock.sendall(struct.pack(">i", len(frame)) + frame)


def client_of(frame):
    n = struct.unpack(">h", frame[8:10])[0]
    return frame[10:10 + n].decode() if n > 0 else ""


class Fault:
    """One fault of one client: `keep` requests of the API are kept. They arrive `delay` s after the
    `mark` of what follows."""

    def __init__(self, api, keep=1, delay=0.0, forward=False, commit=None):
        self.api, self.keep, self.delay, self.forward, self.commit = (
            api,
            keep,
            delay,
            forward,
            commit,
        )
        self.kept, self.passed, self.codes = [], False, []
        self.seen, self.resumed, self.done = threading.Event(), threading.Event(), threading.Event()

    def takes(self, api, frame):
        if api != self.api or len(self.kept) >= self.keep:
            return False
        return self.commit is None or api != END or frame[-1] == self.commit


class Proxy:
    def __init__(self, port, broker):
        self.broker, self.faults, self.lock = broker, {}, threading.Lock()
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind(("127.0.0.1", port))
        self.server.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def arm(self, client_id, fault):
        with self.lock:
            self.faults[client_id] = fault

    def disarm(self, client_id):
        with self.lock:
            self.faults.pop(client_id, None)

    def late(self, fault, frame, after):
        """The kept bytes arrive; what the broker answers nobody reads but us."""
        time.sleep(after)
        try:
            with socket.create_connection(("127.0.0.1", self.broker)) as s:
                s.settimeout(10)
                send_frame(s, frame)
                answer = read_frame(s)
            code = struct.unpack(">h", answer[8:10])[0] if fault.api == END else "answered"
        except OSError as e:
            code = type(e).__name__
        with self.lock:
            fault.codes.append(code)
            if len(fault.codes) == len(fault.kept):
                fault.done.set()

    def deliver(self, fault):
        for i, frame in enumerate(fault.kept):
            threading.Thread(
                target=self.late, args=(fault, frame, fault.delay * (i + 1)), daemon=True
            ).start()

    def judge(self, api, frame):
        """What becomes of a request: "pass"; "keep": not forwarded, connection closed; "lose":
        forwarded, the answer lost."""
        with self.lock:
            fault = self.faults.get(client_of(frame))
            if not fault:
                return "pass"
            if fault.takes(api, frame):
                fault.kept.append(frame)
                fault.seen.set()
                return "lose" if fault.forward else "keep"
            if len(fault.kept) < fault.keep:
                return "pass"
            fault.passed |= api == fault.api
            if api == PRODUCE and fault.passed and not fault.resumed.is_set():
                fault.resumed.set()
                self.deliver(fault)
            return "pass"

    def serve(self, client):
        broker = socket.create_connection(("127.0.0.1", self.broker))
        for s in (client, broker):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self.back, args=(broker, client), daemon=True).start()
        try:
            while True:
                frame = read_frame(client)
                what = self.judge(struct.unpack(">h", frame[:2])[0], frame)
                if what != "pass":
                    self.shut(client)       # first, so that no answer comes back
                if what == "keep":
                    break
                send_frame(broker, frame)
                if what == "lose":
                    time.sleep(0.2)
                    break
        except (EOFError, OSError):
            pass
        self.shut(client)
        self.shut(broker)
        client.close()
        broker.close()

    def back(self, broker, client):
        try:
            while got := broker.recv(65536):
                client.sendall(got)
        except OSError:
            pass
        self.shut(client)
        self.shut(broker)

    @staticmethod
    def shut(s):
        try:
            s.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
