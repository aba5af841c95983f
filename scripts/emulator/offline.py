"""Lets DuckDB, the emulator's engine, work offline: its extensions come from Python packages."""

import functools
import importlib.util
import pathlib
import sys

import duckdb


def extension_file(name: str) -> pathlib.Path:
    """The file of the DuckDB extension `name` in its Python package, so that DuckDB need not download it."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None:
        sys.exit(f"The Python package duckdb-extension-{name} is missing: scripts/install emulator")
    return pathlib.Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def connect():
    """Makes duckdb.connect load the emulator's extensions from files, and turns off downloads."""
    extensions = {name: extension_file(name) for name in ("ducklake", "spatial")}
    folder = pathlib.Path(sys.prefix) / "duckdb_extensions"  # inside the Python environment, so that the user's home is not touched
    folder.mkdir(exist_ok=True)
    published = duckdb.connect

    @functools.wraps(published)
    def connect_with_extensions(*args, config=None, **kwargs):
        config = dict(config or {})
        time_zone = config.pop("TimeZone", None)  # can be set only after connecting
        offline = {"extension_directory": str(folder), "autoinstall_known_extensions": "false"}
        connection = published(*args, config={**offline, **config}, **kwargs)
        for name, file in extensions.items():
            if not any(folder.rglob(file.name)):  # the emulator's own INSTALL then finds it
                connection.execute(f"INSTALL '{file}'")
            connection.execute(f"LOAD {name}")
        if time_zone:
            connection.execute(f"SET TimeZone = '{time_zone}'")
        return connection

    duckdb.connect = connect_with_extensions
