"""The bench's database server: its version and settings, and how its tables are filled."""

import os
import pathlib
import re
import subprocess
import time

import tables
from measure import cpu_of

MIB = 1 << 20
REST_LIMIT = 60  # seconds for purge and flushing to finish


class Server:
    """The server that scripts/with-servers started, described by its variables."""

    def __init__(self, kind):
        self.kind = kind  # mariadb or mysql
        upper = kind.upper()
        self.client = os.environ[f"TEST_{upper}_CLIENT"]
        self.port = os.environ[f"TEST_{upper}_PORT"]
        self.pid = int((pathlib.Path(os.environ["TEST_RUN"]) / kind / "pid").read_text())
        version = self.ask("SELECT VERSION()")
        self.version = f"{'MariaDB' if kind == 'mariadb' else 'MySQL'} {re.match('[0-9.]+', version)[0]}"

    def ask(self, sql):
        """Runs statements as root. Returns the client's output without column names."""
        asked = subprocess.run([self.client, "-N", "-B"], input=sql, capture_output=True, text=True)
        if asked.returncode:
            raise SystemExit(f"The bench's server refused its own statement: {asked.stderr.strip()}\n{sql[:500]}")
        return asked.stdout.strip()

    def prepare(self, pool_bytes):
        """Sets a buffer pool that holds the tables, so that reads never wait for a disk, and a log large enough for fast inserts."""
        log = "innodb_log_file_size" if self.kind == "mariadb" else "innodb_redo_log_capacity"
        self.ask(f"SET GLOBAL {log} = {1024 * MIB}; ")
        self.resize(pool_bytes)
        self.ask("\n".join(tables.sources()))

    def resize(self, pool_bytes):
        """Changes the size of the pool. The server does this in the background."""
        if pool_bytes == int(self.ask("SELECT @@innodb_buffer_pool_size")):
            return
        self.ask(f"SET GLOBAL innodb_buffer_pool_size = {pool_bytes};")
        deadline = time.monotonic() + REST_LIMIT
        status = "begun"
        while status and "Completed" not in status:  # newer versions of MariaDB are done when they answer, and have no status
            if time.monotonic() > deadline:
                raise SystemExit(f"The bench's server did not change the size of its buffer pool: {status}")
            time.sleep(0.2)
            status = self.ask("SHOW STATUS LIKE 'Innodb_buffer_pool_resize_status';").partition("\t")[2]
        self.rest()

    def fill(self, table, end, start=0):
        """Rows start + 1 to end, on disk and in the pool."""
        statements = [] if start else [table.create()]
        statements += table.fill(start, end)
        head = "SET NAMES utf8mb4, time_zone = '+00:00'; USE bench; SET unique_checks = 0;"
        for statement in statements:
            self.ask(f"{head} {statement}")
        # Written out before anything is measured, and counted by the optimizer.
        self.ask(f"USE bench; FLUSH TABLES {table.name} FOR EXPORT; UNLOCK TABLES; ANALYZE TABLE {table.name};")
        self.rest()

    def drop(self, table):
        self.ask(f"DROP TABLE bench.{table.name};")

    def rest(self):
        """Waits until the server is almost idle."""
        deadline = time.monotonic() + REST_LIMIT
        while time.monotonic() < deadline:
            before = cpu_of(self.pid)
            time.sleep(0.5)
            if cpu_of(self.pid) - before < 0.03:
                return
