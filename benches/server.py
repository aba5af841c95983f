"""The bench's own database server: its settings, its tables filled and brought to rest, what it calls itself."""

import os
import pathlib
import re
import subprocess
import time

import tables
from measure import cpu_of

MIB = 1 << 20
REST_LIMIT = 60  # seconds for purge and flushing to come to an end


class Server:
    """What scripts/with-servers started, as its variables describe it."""

    def __init__(self, kind):
        self.kind = kind  # mariadb or mysql
        upper = kind.upper()
        self.client = os.environ[f"TEST_{upper}_CLIENT"]
        self.port = os.environ[f"TEST_{upper}_PORT"]
        self.pid = int((pathlib.Path(os.environ["TEST_RUN"]) / kind / "pid").read_text())
        version = self.ask("SELECT VERSION()")
        self.version = f"{'MariaDB' if kind == 'mariadb' else 'MySQL'} {re.match('[0-9.]+', version)[0]}"

    def ask(self, sql):
        """Runs statements as root; the answer as the client prints it without a head."""
        asked = subprocess.run([self.client, "-N", "-B"], input=sql, capture_output=True, text=True)
        if asked.returncode:
            raise SystemExit(f"The bench's server refused its own statement: {asked.stderr.strip()}\n{sql[:500]}")
        return asked.stdout.strip()

    def prepare(self, pool_bytes):
        """A buffer pool that holds the tables, so that reading is never waiting for a disk, and a log that fills quickly."""
        log = "innodb_log_file_size" if self.kind == "mariadb" else "innodb_redo_log_capacity"
        self.ask(f"SET GLOBAL {log} = {1024 * MIB}; ")
        self.resize(pool_bytes)
        self.ask("\n".join(tables.sources()))

    def resize(self, pool_bytes):
        """A larger pool; the server works on it in the background."""
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
        """Waits until the server uses next to no CPU of its own."""
        deadline = time.monotonic() + REST_LIMIT
        while time.monotonic() < deadline:
            before = cpu_of(self.pid)
            time.sleep(0.5)
            if cpu_of(self.pid) - before < 0.03:
                return
