"""DuckDB, on which the emulator stands, without a network: its extensions come from Python packages."""

import functools
import importlib.util
import pathlib
import sys

import duckdb


def extension_file(name: str) -> pathlib.Path:
    """The DuckDB extension `name` as its wheel carries it: DuckDB would download it, and does not have to."""
    package = importlib.util.find_spec(f"duckdb_extension_{name}")
    if package is None:
        sys.exit(f"The Python package duckdb-extension-{name} is missing: scripts/install emulator")
    return pathlib.Path(package.origin).parent / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"


def connect():
    """Makes duckdb.connect install and load the emulator's extensions from their files and never look for others."""
    extensions = {name: extension_file(name) for name in ("ducklake", "spatial")}
    folder = pathlib.Path(sys.prefix) / "duckdb_extensions"  # in the environment: nothing of the user's home is read or written
    folder.mkdir(exist_ok=True)
    published = duckdb.connect

    @functools.wraps(published)
    def connect_with_extensions(*args, config=None, **kwargs):
        config = dict(config or {})
        time_zone = config.pop("TimeZone", None)  # understood only once the connection stands
        offline = {"extension_directory": str(folder), "autoinstall_known_extensions": "false"}
        connection = published(*args, config={**offline, **config}, **kwargs)
        for name, file in extensions.items():
            if not any(folder.rglob(file.name)):  # the emulator says INSTALL as well, which then finds it in place
                connection.execute(f"INSTALL '{file}'")
            connection.execute(f"LOAD {name}")
        if time_zone:
            connection.execute(f"SET TimeZone = '{time_zone}'")
        return connection

    duckdb.connect = connect_with_extensions
