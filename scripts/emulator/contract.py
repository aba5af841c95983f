"""The contract with the API: checks what the program sends and reads against Google's discovery document.

A request that breaks the contract is answered with 400 and recorded in a file. `scripts/with-servers` fails the run if the file is not
empty, even if the test tolerated the 400. Everything that Google would not send is removed from answers, so the program cannot rely on it.
"""

import json
import re
import threading
import urllib.parse

from emulator import web
from emulator.discovery import UPLOAD, UPLOAD_TYPES, Api, Method
from emulator.schemas import DROPPED, Schemas, scalar_fault

# Page "Upload files to BigQuery", resumable upload.
QUANTUM = 256 * 1024  # bytes; every chunk but the last is a multiple of it
CHUNK = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
NO_CHUNK = re.compile(r"bytes \*/(\d+|\*)")
UPLOAD_HEADERS = ("x-upload-content-type", "x-upload-content-length")
CONTENT_TYPE = re.compile(r'application/json(; *charset="?utf-8"?)?', re.IGNORECASE)

# If the program changed its User-Agent, its requests would no longer be checked. This error reveals that.
PYTHON = "python"
UNKNOWN_SENDER = "only the program and the Python tests may upload; the program's User-Agent starts with mysql-bigquery-sync/"


class Refused(ValueError):
    """JSON that Google would not accept."""


def parse(text: bytes):
    """Strict JSON: no duplicate names, no NaN."""

    def once(pairs):
        names = [name for name, _ in pairs]
        if twice := {name for name in names if names.count(name) > 1}:
            raise Refused(f"the body repeats {', '.join(sorted(twice))} in one object")
        return dict(pairs)

    def constant(word):
        raise Refused(f"the body contains {word}, which is not valid JSON")

    try:
        return json.loads(text.decode(), object_pairs_hook=once, parse_constant=constant)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Refused(f"the body is not JSON: {error}") from None


class Checker:
    """Finds the faults of requests."""

    def __init__(self, api: Api):
        self.api = api
        self.schemas = Schemas(api.schemas)

    def faults(self, verb: str, path: str, query: str, headers: dict[str, str], body: bytes) -> list[str]:
        """All faults of a request. The names of headers are in lower case."""
        method, values = self.api.method(verb, path)
        if method is None:
            others = sorted({other.verb for other in self.api.methods_at(path)})
            return [f"the path accepts {' and '.join(others)}, not {verb}" if others else "the API has no such path"]
        found = [*self._path_faults(method, values), *self._query_faults(method, query)]
        found += self._body_faults(method, headers, body)
        return found + (self._upload_faults(headers) if method.is_upload else [])

    def _path_faults(self, method: Method, values: list[str]):
        for name, value in zip(method.order, values, strict=True):
            pattern = method.parameters.get(name, {}).get("pattern", "^[^/]+$")
            if not re.match(pattern, value):
                yield f"{name} in the path is {value!r}, which does not match {pattern}"

    def _query_faults(self, method: Method, query: str):
        own = {name: schema for name, schema in method.parameters.items() if schema.get("location") == "query"}
        given: dict[str, list[str]] = {}
        for part in filter(None, query.split("&")):
            name, _, value = part.partition("=")
            given.setdefault(urllib.parse.unquote_plus(name), []).append(urllib.parse.unquote_plus(value))
        for name, values in given.items():
            schema = own.get(name) or self.api.common.get(name)
            if schema is None:
                yield f"{method.id} has no query parameter {name}"
                continue
            if len(values) > 1 and not schema.get("repeated"):
                yield f"the query parameter {name} appears {len(values)} times"
            for value in values:
                yield from self._parameter_faults(name, value, schema)
        for name, schema in own.items():
            if schema.get("required") and name not in given:
                yield f"the query parameter {name} is missing, but {method.id} requires it"
        kinds = given.get("uploadType", [])
        if method.is_upload and not any(kind in UPLOAD_TYPES for kind in kinds):
            yield f"an upload needs uploadType, one of {', '.join(UPLOAD_TYPES)}"
        if not method.is_upload and kinds:
            yield f"uploadType is only for paths below /{UPLOAD}"

    @staticmethod
    def _parameter_faults(name: str, value: str, schema: dict):
        kind, typed = schema["type"], value
        if kind == "boolean":
            typed = {"true": True, "false": False}.get(value, value)
        elif kind in ("integer", "number") and re.fullmatch(r"-?\d+", value):
            typed = int(value)
        if fault := scalar_fault(typed, kind, schema.get("format")):
            yield f"the query parameter {name} is {fault}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"the query parameter {name} is {value!r}, but must be one of {', '.join(map(repr, schema['enum']))}"

    def _body_faults(self, method: Method, headers: dict[str, str], body: bytes):
        if method.request is None:
            return ["the request has a body, but the method accepts none"] if body else []
        found = []
        kind = headers.get("content-type", "")
        if not CONTENT_TYPE.fullmatch(kind):
            found.append(f"the Content-Type is {kind!r}, not application/json")
        try:
            value = parse(body)
        except Refused as error:
            return [*found, str(error)]
        return found + list(self.schemas.faults(value, method.request, "body", method.verb == "PATCH"))

    @staticmethod
    def _upload_faults(headers: dict[str, str]):
        unknown = [name for name in headers if name.startswith("x-upload-") and name not in UPLOAD_HEADERS]
        found = [f"the upload protocol has no header {name}" for name in unknown]
        length = headers.get("x-upload-content-length", "0")
        return found + ([] if length.isdecimal() else [f"X-Upload-Content-Length is {length!r}, not a number of bytes"])

    @staticmethod
    def session_faults(verb: str, headers: dict[str, str]) -> list[str]:
        """All faults of a request to the session of a resumable upload."""
        length = headers.get("content-length")
        if verb == "DELETE":
            return [] if length in (None, "0") else ["a DELETE to a session must have no body"]
        if verb != "PUT":
            return [f"a session accepts PUT and DELETE, not {verb}"]
        found = [] if length and length.isdecimal() else ["a PUT to a session needs a Content-Length"]
        size = 0 if found else int(length)
        text = headers.get("content-range", "")
        if chunk := CHUNK.fullmatch(text):
            first, end, total = int(chunk[1]), int(chunk[2]) + 1, chunk[3]
            if end - first != size:
                found.append(f"the Content-Range {text!r} covers {end - first} bytes, but the Content-Length is {size}")
            if total != "*" and int(total) < end:
                found.append(f"the Content-Range {text!r} ends after its total")
            if first % QUANTUM:
                found.append(f"the Content-Range {text!r} does not start at a multiple of {QUANTUM}")
            # Only the last chunk of a file may have any size.
            if total != str(end) and (end - first) % QUANTUM:
                found.append(f"the Content-Range {text!r} is not the last one of the file and not a multiple of {QUANTUM}")
        elif not NO_CHUNK.fullmatch(text):
            found.append(f"the Content-Range is {text!r}")
        elif size:
            found.append(f"the Content-Range {text!r} covers no bytes, but the Content-Length is {size}")
        return found

    def shaped(self, method: Method | None, body: bytes) -> bytes:
        """The body of an answer, reduced to what Google would send."""
        if method is None or method.response is None or not body:
            return body
        shaped = self.schemas.shaped(json.loads(body), method.response)
        return json.dumps({} if shaped is DROPPED else shaped).encode()


class Contract:
    """Checks the program's requests and shapes the answers to them."""

    def __init__(self, app, api: Api, violations=None, checked: dict[str, int] | None = None):
        """`violations` is the file to write to. `checked` counts requests by method."""
        self.app, self.checker, self.violations = app, Checker(api), violations
        self.lock = threading.Lock()
        self.sessions: set[str] = set()
        self.checked = {} if checked is None else checked

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        verb, path, query = scope["method"], web.raw_path(scope), scope["query_string"].decode("latin-1")
        if not web.is_program(scope):
            if path.startswith(f"/{UPLOAD}") and verb == "POST" and PYTHON not in (web.header(scope, b"user-agent") or "").lower():
                return await self.refuse(f"{verb} {path}", [UNKNOWN_SENDER], receive, send)
            return await self.app(scope, receive, send)
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        address = f"{path}?{query}"
        if path.startswith(f"/{UPLOAD}") and (address in self.sessions or verb != "POST"):
            # A session's address is opaque: the program must use it unchanged.
            faults = [] if address in self.sessions else ["this is not the Location of a session"]
            faults += self.checker.session_faults(verb, headers)
            method, _ = self.checker.api.method("POST", path)
            name = "a session"
        else:
            body = await web.read(receive)
            if body is None:
                return
            receive = web.replay(body, receive)
            faults = self.checker.faults(verb, path, query, headers, body)
            method, _ = self.checker.api.method(verb, path)
            name = method.id if method else "nothing"
        self.checked[name] = self.checked.get(name, 0) + 1
        if faults:
            return await self.refuse(f"{verb} {address.rstrip('?')}", faults, receive, send)
        await self.app(scope, receive, Shaping(self, method, send).send)

    async def refuse(self, request: str, faults: list[str], receive, send):
        """Answers 400 and records the faults."""
        self.record(request, faults)
        await web.read(receive)  # because the client would still be sending
        revision = self.checker.api.revision
        message = f"{request} breaks the contract with BigQuery's API (discovery document {revision}): {'; '.join(faults)}"
        await web.answer(send, 400, web.error(400, "invalid", message))

    def record(self, request: str, faults: list[str]):
        """Writes a line for each fault."""
        if self.violations is None:
            return
        with self.lock, open(self.violations, "a") as file:
            file.writelines(f"{request}: {fault}\n" for fault in faults)


class Shaping:
    """Buffers an answer until it is complete, then sends it in Google's shape."""

    def __init__(self, contract: Contract, method: Method | None, send):
        self.contract, self.method, self.forward = contract, method, send
        self.start, self.body = None, b""

    async def send(self, message):
        """Receives what the emulator sends."""
        if message["type"] == "http.response.start":
            self.start = message
            return
        self.body += message.get("body", b"")
        if message.get("more_body", False):
            return
        headers = [(key.lower(), value) for key, value in self.start["headers"]]
        location = dict(headers).get(b"location")
        if location and self.method and self.method.is_upload:
            self.contract.sessions.add(urllib.parse.urlsplit(location.decode("latin-1"))._replace(scheme="", netloc="").geturl())
        if 200 <= self.start["status"] < 300 and dict(headers).get(b"content-type", b"").startswith(b"application/json"):
            self.body = self.contract.checker.shaped(self.method, self.body)
            headers = [(key, value) for key, value in headers if key != b"content-length"]
            headers.append((b"content-length", str(len(self.body)).encode()))
        await self.forward({**self.start, "headers": headers})
        await self.forward({"type": "http.response.body", "body": self.body})
