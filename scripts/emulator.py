"""Starts the BigQuery emulator `local-bigquery` without a network, with repairs where it differs from BigQuery's documented behaviour.

    .dev/venv/bin/python scripts/emulator.py --host 127.0.0.1 --port 9050 --grpc-port 0 --data-dir DIR --project local

It takes the flags of `local-bigquery serve` and is ready when GET /bigquery/v2/projects/local/datasets answers 200.
"""

import functools
import importlib.util
import pathlib
import re
import sys
import urllib.parse

import duckdb

UPLOAD_QUANTUM = 256 * 1024  # bytes; every chunk of a resumable upload but the last is a multiple of it
CONTENT_RANGE = re.compile(rb"bytes (\d+)-(\d+)/(\d+|\*)")


def extension_file(name: str) -> pathlib.Path:
    """The DuckDB extension `name` as its wheel carries it: DuckDB would download it, and does not have to."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None:
        sys.exit(f"The Python package duckdb-extension-{name} is missing: scripts/install emulator")
    return pathlib.Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def connect_offline():
    """Makes duckdb.connect install and load the emulator's extensions from their files and never look for others."""
    extensions = {name: extension_file(name) for name in ("ducklake", "spatial")}
    folder = pathlib.Path(sys.prefix) / "duckdb_extensions"  # in the environment: nothing of the user's home is read or written
    folder.mkdir(exist_ok=True)
    connect = duckdb.connect

    @functools.wraps(connect)
    def connect_with_extensions(*args, config=None, **kwargs):
        config = dict(config or {})
        time_zone = config.pop("TimeZone", None)  # understood only once the connection stands
        offline = {"extension_directory": str(folder), "autoinstall_known_extensions": "false"}
        connection = connect(*args, config={**offline, **config}, **kwargs)
        for name, file in extensions.items():
            if not any(folder.rglob(file.name)):  # the emulator says INSTALL as well, which then finds it in place
                connection.execute(f"INSTALL '{file}'")
            connection.execute(f"LOAD {name}")
        if time_zone:
            connection.execute(f"SET TimeZone = '{time_zone}'")
        return connection

    duckdb.connect = connect_with_extensions


def repair_typed_loads():
    """Avro and Parquet under an explicit schema: BYTES are bytes, not base64; an absent NULLABLE column is NULL; REQUIRED is checked."""
    from local_bigquery.engine import types
    from local_bigquery.engine.database import quote
    from local_bigquery.errors import BigQueryError
    from local_bigquery.jobs import load

    published = load._projection

    def column(field, present: bool) -> str:
        name, kind = quote(field.name), types.duckdb_type(field)
        required = field.mode == "REQUIRED"
        if not present and required:
            message = f"Error while reading data, error message: required column '{field.name}' is not in the file"
            raise BigQueryError("invalid", message)
        value = f"CAST({name if present else 'NULL'} AS {kind})"
        if required:
            value = f"CASE WHEN {name} IS NULL THEN error('Required field {field.name} cannot be null') ELSE {value} END"
        return f"{value} AS {name}"

    def projection(config, fields, columns):
        if not fields or config.sourceFormat not in ("AVRO", "PARQUET") or config.hivePartitioningOptions:
            return published(config, fields, columns)
        present = {name.casefold() for name in columns}
        return ", ".join(column(field, field.name.casefold() in present) for field in fields), "false"

    load._projection = projection


class ResumableUploads:
    """Answers chunks as the upload protocol has it: one that arrives again is not stored again, an odd-sized one in between is refused."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        refusal = self.refusal(scope)
        if refusal is None:
            return await self.app(scope, receive, send)
        more = True
        while more:  # the body is read, or the client would still be sending when the answer comes
            more = (await receive()).get("more_body", False)
        status, headers = refusal
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0"), *headers]})
        await send({"type": "http.response.body", "body": b""})

    @staticmethod
    def refusal(scope):
        """(status, headers) for a chunk the emulator must not see, None for everything else."""
        from local_bigquery.settings import settings

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


def main():
    connect_offline()  # before the emulator is imported
    repair_typed_loads()
    from local_bigquery import app, cli

    app.add_middleware(ResumableUploads)
    cli.main(sys.argv[1:])


if __name__ == "__main__":
    main()
