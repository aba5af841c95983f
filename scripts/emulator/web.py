"""Shared by the middlewares: the sender of a request, its body, and answers in Google's form."""

import json

# The start of the program's User-Agent. Tests and Google's clients send others or none.
PROGRAM = b"mysql-bigquery-sync/"
JSON = b"application/json; charset=UTF-8"
STATUS = {
    400: "INVALID_ARGUMENT",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "INVALID_ARGUMENT",
}


def header(scope, name: bytes) -> str | None:
    """The first header with that name."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def is_program(scope) -> bool:
    """Whether the program sent the request."""
    return dict(scope["headers"]).get(b"user-agent", b"").startswith(PROGRAM)


def raw_path(scope) -> str:
    """The path as sent, without percent-decoding."""
    return scope["raw_path"].decode("latin-1")


async def read(receive) -> bytes | None:
    """The whole body, or None if the client disconnected."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replay(body: bytes, receive):
    """A `receive` that returns a body that was already read."""
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again():
        return next(messages, None) or await receive()

    return again


async def answer(send, status: int, content, headers=()):
    """Sends `content` as JSON."""
    body = b"" if content is None else json.dumps(content).encode()
    own = [(b"content-type", JSON), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*own, *headers]})
    await send({"type": "http.response.body", "body": body})


def error(status: int, reason: str, message: str) -> dict:
    """An error as Google writes it. Page "Error messages" (error-messages)."""
    detail = {"message": message, "domain": "global", "reason": reason}
    return {"error": {"code": status, "message": message, "errors": [detail], "status": STATUS[status]}}
