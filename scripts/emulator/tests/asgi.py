"""Sends requests to an ASGI application without a server."""

import asyncio
import json

PROGRAM = {"user-agent": "mysql-bigquery-sync/1.2.3"}


class Answer:
    """The answer to a request."""

    def __init__(self, messages):
        start = messages[0]
        self.status = start["status"]
        self.headers = {key.decode(): value.decode() for key, value in start["headers"]}
        self.body = b"".join(message.get("body", b"") for message in messages[1:])

    @property
    def json(self):
        return json.loads(self.body)


def ask(app, verb: str, address: str, body=None, headers=PROGRAM) -> Answer:
    """Sends one request. `body` is JSON, or bytes that are sent unchanged."""
    path, _, query = address.partition("?")
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    given = {"host": "localhost", "content-length": str(len(data)), **headers}
    if body is not None and not isinstance(body, bytes):
        given.setdefault("content-type", "application/json")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": verb,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(key.encode(), value.encode()) for key, value in given.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    sent, received = [], iter([{"type": "http.request", "body": data, "more_body": False}])

    async def receive():
        return next(received, {"type": "http.disconnect"})

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    return Answer(sent)
