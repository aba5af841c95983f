"""A fake BigQuery for speed: accepts resumable uploads, checks their framing, and reports every job as DONE at once.

  sink.py [--port PORT] [--keep FOLDER] [--request-ms N] [--job-ms N]
                          prints "PORT" when it listens on 127.0.0.1, then a line per finished upload

Python's standard library is all it needs. It is no emulator: it answers what a sync and Google's own client ask and stores
nothing but, with --keep, the uploaded files as FOLDER/<table>.avro (or .parquet). Rows of Avro files are counted off the
blocks' headers, never decoded; of Parquet files only the two ends are looked at. A file with a fault is answered 400.

With --request-ms every answer comes that much later, and with --job-ms a load job runs for that long. GET /counts answers how many requests
and connections there were; it counts neither itself nor its connection.
"""

import argparse
import http.server
import json
import pathlib
import sys
import threading
import time


class Framing:
    """Reads an Avro object container file piece by piece: header, then count, size, data, marker of each block."""

    def __init__(self):
        self.pending = bytearray()
        self.state = "header"
        self.marker = b""
        self.left = 0  # remaining bytes of the block's data
        self.rows = self.blocks = self.bytes = 0

    @property
    def ended(self):
        return self.state == "block" and not self.pending

    def long(self, at):
        shift = value = 0
        while True:
            byte = self.pending[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1), at

    def feed(self, data):
        self.bytes += len(data)
        view = memoryview(data)
        while view or self.pending:
            if self.state == "data":
                taken = min(self.left, len(view))
                view, self.left = view[taken:], self.left - taken
                if self.left:
                    return
                self.state = "marker"
            # Enough for whatever stands between two blocks' data; a file's header may take several rounds.
            self.pending += view[:4096]
            view = view[4096:]
            try:
                while self.pending and self.state != "data":
                    {"header": self.header, "block": self.block, "marker": self.end_of_block}[self.state]()
            except IndexError:  # incomplete
                if not view:
                    return

    def header(self):
        assert self.pending[:4] == b"Obj\x01"[: len(self.pending)], "not an Avro file"
        at = 4
        while True:
            count, at = self.long(at)
            if count == 0:
                break
            for _ in range(2 * count):
                length, at = self.long(at)
                at += length
        self.pending[at + 15]  # complete?
        self.marker = bytes(self.pending[at : at + 16])
        del self.pending[: at + 16]
        self.state = "block"

    def block(self):
        rows, at = self.long(0)
        size, at = self.long(at)
        self.rows += rows
        self.blocks += 1
        taken = min(size, len(self.pending) - at)
        self.left = size - taken
        del self.pending[: at + taken]
        self.state = "data" if self.left else "marker"

    def end_of_block(self):
        self.pending[15]
        assert self.pending[:16] == self.marker, "a block does not end with the file's marker"
        del self.pending[:16]
        self.state = "block"


class Ends:
    """A Parquet file: its first and last four bytes."""

    MAGIC = b"PAR1"

    def __init__(self):
        self.first = self.last = b""
        self.bytes = 0
        self.rows = self.blocks = None

    @property
    def ended(self):
        return self.first == self.last == self.MAGIC

    def feed(self, data):
        self.bytes += len(data)
        self.first = (self.first + bytes(data[:4]))[:4]
        self.last = (self.last + bytes(data[-4:]))[-4:]


class Upload:
    def __init__(self, job, keep):
        self.job = job
        load = job["configuration"]["load"]
        self.framing = Ends() if load["sourceFormat"] == "PARQUET" else Framing()
        self.table = load["destinationTable"]["tableId"]
        self.file = open(keep / f"{self.table}.{load['sourceFormat'].lower()}", "wb") if keep else None


class Sink(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    uploads = {}
    jobs = {}
    described = {}  # schemas of loads with descriptions, until a sync has compared them
    lock = threading.Lock()
    keep = None
    request_seconds = job_seconds = 0
    requests = connections = 0
    disable_nagle_algorithm = True  # otherwise every answer waits for the client's delayed ACK of its headers

    def setup(self):
        super().setup()
        self.buffer = memoryview(bytearray(1 << 20))  # one for the connection's life, so that bytes are copied once
        self.is_counted = False

    def parse_request(self):
        if not super().parse_request():
            return False
        if self.path != "/counts":
            with self.lock:
                Sink.requests += 1
                Sink.connections += not self.is_counted
            self.is_counted = True
        return True

    def log_message(self, *_):
        pass

    def answer(self, status, body=None, **headers):
        time.sleep(self.request_seconds)
        data = b"" if body is None else json.dumps(body).encode()
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        if self.path == "/counts":
            self.answer(200, {"requests": self.requests, "connections": self.connections})
            return
        kind, name = self.path.split("?")[0].rsplit("/", 2)[1:]
        if kind == "jobs" and name in self.jobs:
            self.answer(200, self.job(name))
        elif kind == "datasets":
            self.answer(200, {"datasetReference": {"projectId": "sink", "datasetId": name}, "location": "US"})
        elif kind == "tables" and name in self.described:
            self.answer(200, {"schema": self.described.pop(name)})
        else:  # every table is new
            error = {"code": 404, "message": f"there is no {name}", "errors": [{"reason": "notFound", "message": "none"}]}
            self.answer(404, {"error": error})

    def do_PATCH(self):
        self.answer(200, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if "uploadType=multipart" in self.path:  # how Google's own client sends a small file
            boundary = b"--" + self.headers["Content-Type"].split("boundary=")[1].strip('"').encode()
            job, file = (part.split(b"\r\n\r\n", 1)[1] for part in body.split(b"\r\n" + boundary)[:-1])
            upload = Upload(json.loads(job.removesuffix(b"\r\n")), self.keep)
            upload.framing.feed(memoryview(file))
            self.finish_upload(upload)
            return
        job = json.loads(body)
        with self.lock:
            number = str(len(self.uploads))
            self.uploads[number] = Upload(job, self.keep)
        host = self.headers["Host"]
        self.answer(200, None, Location=f"http://{host}/upload/{number}")

    def do_DELETE(self):
        self.answer(204)

    def do_PUT(self):
        try:
            self.take()
        except AssertionError as fault:
            self.answer(400, {"error": {"code": 400, "message": str(fault), "errors": [{"reason": "invalid", "message": str(fault)}]}})
            self.close_connection = True

    def take(self):
        upload = self.uploads[self.path.rsplit("/", 1)[1]]
        left = int(self.headers["Content-Length"])
        span, total = self.headers["Content-Range"].removeprefix("bytes ").split("/")
        assert span == "*" or int(span.split("-")[0]) == upload.framing.bytes, "not where the last chunk ended"
        while left:
            data = self.buffer[: self.rfile.readinto(self.buffer[:left])]
            if not data:
                return  # the client disconnected
            left -= len(data)
            upload.framing.feed(data)
            if upload.file:
                upload.file.write(data)
        if total == "*" or upload.framing.bytes < int(total):
            assert upload.framing.bytes % (256 << 10) == 0, "a chunk is no multiple of 256 KiB"
            self.answer(308, None, Range=f"bytes=0-{upload.framing.bytes - 1}")
            return
        assert int(total) == upload.framing.bytes, "the file is shorter than it says"
        self.finish_upload(upload)

    def job(self, name):
        """The job as it is now."""
        job, done_at = self.jobs[name]
        return job if time.monotonic() >= done_at else job | {"status": {"state": "RUNNING"}, "statistics": {}}

    def finish_upload(self, upload):
        assert upload.framing.ended, "the file does not end where a block does"
        if upload.file:
            upload.file.close()
        rows = upload.framing.rows
        schema = upload.job["configuration"]["load"].get("schema", {})
        if any("description" in field for field in schema.get("fields", [])):
            self.described[upload.table] = schema
        told = {"table": upload.table, "rows": rows, "blocks": upload.framing.blocks, "bytes": upload.framing.bytes}
        print(json.dumps(told), flush=True)
        job = upload.job | {"status": {"state": "DONE"}, "statistics": {"load": {"outputRows": str(rows)} if rows is not None else {}}}
        name = job["jobReference"]["jobId"]
        self.jobs[name] = (job, time.monotonic() + self.job_seconds)
        self.answer(200, self.job(name))


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 256  # many tables connect at the same time

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):  # a client that disconnects is not an error
            super().handle_error(request, client_address)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--keep", type=pathlib.Path)
    parser.add_argument("--request-ms", type=float, default=0)
    parser.add_argument("--job-ms", type=float, default=0)
    arguments = parser.parse_args()
    Sink.keep = arguments.keep
    Sink.request_seconds, Sink.job_seconds = arguments.request_ms / 1000, arguments.job_ms / 1000
    server = Server(("127.0.0.1", arguments.port), Sink)
    print(server.server_port, flush=True)
    server.serve_forever()
