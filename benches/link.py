"""Simulates a slow link on loopback: forwards connections to the server with a delay each way and an optional speed limit.

  link.py PORT DELAY_MS MBIT    prints its own port; MBIT 0 sets no limit

A process of its own, so that its threads and the bench's do not wait for each other. Each direction of a connection has a thread that
reads and one that writes what is due; in between lies at most what TCP itself lets be under way.
"""

import collections
import contextlib
import pathlib
import socket
import subprocess
import sys
import threading
import time

PIECE = 256 << 10  # bytes of one read
UNDER_WAY = 4 << 20  # bytes; Linux' own limit of a socket's send buffer (net.ipv4.tcp_wmem)


class Direction:
    def __init__(self, source, target, delay, bytes_per_second):
        self.source, self.target, self.delay, self.speed = source, target, delay, bytes_per_second
        self.pieces, self.bytes = collections.deque(), 0
        self.changed = threading.Condition()
        for work in (self.read, self.write):
            threading.Thread(target=work, daemon=True).start()

    def read(self):
        piece = b"-"
        while piece:
            try:
                piece = self.source.recv(PIECE)
            except OSError:
                piece = b""
            with self.changed:
                self.changed.wait_for(lambda: self.bytes < UNDER_WAY)
                self.pieces.append((time.monotonic() + self.delay, piece))
                self.bytes += len(piece)
                self.changed.notify_all()

    def write(self):
        free = 0.0  # when the link has sent what it was given
        while True:
            with self.changed:
                self.changed.wait_for(lambda: self.pieces)
                due, piece = self.pieces.popleft()
            if self.speed:
                free = max(free, due - self.delay) + len(piece) / self.speed
                due = max(due, free + self.delay)
            time.sleep(max(0, due - time.monotonic()))
            with contextlib.suppress(OSError):
                if not piece:
                    self.target.shutdown(socket.SHUT_WR)
                    return
                self.target.sendall(piece)
            with self.changed:
                self.bytes -= len(piece)
                self.changed.notify_all()


def serve(port, delay_ms, mbit):
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(("127.0.0.1", port))
        for one, other in ((client, server), (server, client)):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Direction(one, other, delay_ms / 1000, mbit * 1e6 / 8)


@contextlib.contextmanager
def running(port, delay_ms, mbit):
    """The port of a link to the server's port."""
    command = [sys.executable, "-I", pathlib.Path(__file__), str(port), str(delay_ms), str(mbit)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]))
