"""Measures the time from a process's cold start to its first packet to MySQL."""

import os
import socket
import subprocess
import time

STARTS = 20
LIMIT = 10  # seconds


def first_packets(binary, environment, port):
    """Seconds for each start. The process gets the server's real greeting; its answer is the first packet."""
    taken = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(LIMIT)
        environment = environment | {"MYSQL_PORT": str(listener.getsockname()[1])}
        for _ in range(STARTS):
            forget(binary)
            started = time.perf_counter()
            process = subprocess.Popen([binary], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                client, _ = listener.accept()
                with client, socket.create_connection(("127.0.0.1", port)) as server:
                    client.settimeout(LIMIT)
                    client.sendall(server.recv(4096))
                    client.recv(1)
                    taken.append(time.perf_counter() - started)
            finally:
                process.kill()
                process.wait()
    return taken


def forget(path):
    """Drops the file's pages from the page cache."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
