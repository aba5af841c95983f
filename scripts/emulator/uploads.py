"""Repairs the resumable upload: a chunk that arrives again is not stored again, and an odd-sized chunk before the last is refused."""

import pathlib
import re
import urllib.parse

from local_bigquery.settings import settings

UPLOAD_QUANTUM = 256 * 1024  # bytes; every chunk but the last is a multiple of it
CONTENT_RANGE = re.compile(rb"bytes (\d+)-(\d+)/(\d+|\*)")


class ResumableUploads:
    """Answers some chunks itself, as the upload protocol requires."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        refusal = self.refusal(scope)
        if refusal is None:
            return await self.app(scope, receive, send)
        more = True
        while more:  # read the body, because the client would still be sending when the answer comes
            more = (await receive()).get("more_body", False)
        status, headers = refusal
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *headers]})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def refusal(scope):
        """(status, headers) for a chunk that must not reach the emulator, None for everything else."""
        if scope["type"] != "http" or scope["method"] != "PUT" or not scope["path"].startswith("/upload/"):
            return None
        chunk = CONTENT_RANGE.fullmatch(dict(scope["headers"]).get(b"content-range", b""))
        session = urllib.parse.parse_qs(scope["query_string"].decode()).get("upload_id", ["-"])[0]
        stored = settings.data_dir / "uploads" / pathlib.Path(session).name
        if chunk is None or not stored.exists():
            return None
        first, end, held = int(chunk[1]), int(chunk[2]) + 1, stored.stat().st_size
        if first != held:
            return 308, [(b"range", b"bytes=0-%d" % (held - 1))] if held else []
        if (end - first) % UPLOAD_QUANTUM and chunk[3] != b"%d" % end:
            return 400, []
        return None
