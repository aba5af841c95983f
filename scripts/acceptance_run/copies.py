"""Copies tables into the scratch dataset with the program, and compares every value."""

import json
import os
import pathlib
import subprocess
import sys

from acceptance_run.service import Service

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = ROOT / "target/release/mysql-bigquery-sync"
READBACK = next(ROOT.glob("tests/**/readback.py"))
DEMO = ["users", "orders", "products", "transactions"]
DATABASE = "shop"

# The limits of every type, as far as both BigQuery and the emulator support them (the emulator has 38 digits).
EDGES = """
CREATE TABLE edges (
  id INT PRIMARY KEY, t TINYINT, su SMALLINT UNSIGNED, m MEDIUMINT, iu INT UNSIGNED, b BIGINT, bu BIGINT UNSIGNED, flag BOOL,
  d1 DECIMAL(38,9), d2 DECIMAL(10,2), d3 DECIMAL(65,0), f FLOAT, d DOUBLE, day DATE, dt DATETIME(6), ts TIMESTAMP(3) NULL, tm TIME(6), y YEAR,
  b1 BIT(1), b63 BIT(63), b64 BIT(64), c CHAR(10), v VARCHAR(300), lt LONGTEXT, bi BINARY(4), vb VARBINARY(300), lb LONGBLOB,
  e ENUM('a','b é',''), st SET('x','y','z'), j JSON, p POINT, g INT GENERATED ALWAYS AS (id * 2) VIRTUAL
) COMMENT 'every type at its edges';
SET time_zone = '+00:00';
INSERT INTO edges (id) VALUES (0);
INSERT INTO edges VALUES (1, -128, 0, -8388608, 0, -9223372036854775808, 0, 0,
  -99999999999999999999999999999.999999999, -99999999.99, -99999999999999999999999999999999999999999999999999999999999999999,
  -3.402823466e38, -1.7976931348623157e308, '0001-01-01', '0001-01-01 00:00:00.000001', '1970-01-01 00:00:01.001', '00:00:00.000001', 1901,
  b'0', b'0', b'0', '', '', '', '', '', '', '', '', '{}', NULL, DEFAULT);
INSERT INTO edges VALUES (2, 127, 65535, 8388607, 4294967295, 9223372036854775807, 18446744073709551615, 1,
  99999999999999999999999999999.999999999, 99999999.99, 99999999999999999999999999999999999999999999999999999999999999999,
  16777217, 5e-324, '9999-12-31', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999', '23:59:59.999999', 2155,
  b'1', 0x7fffffffffffffff, 0xffffffffffffffff, 'zehn', REPEAT('ü🎈', 100), REPEAT('é', 200000), 0x00ff, REPEAT(0xfe00, 150),
  REPEAT(0xdeadbeef, 50000), 'b é', 'x,z', '{"a": [1, 2.5, "🎈", null, true]}', ST_GeomFromText('POINT(1 2)'), DEFAULT);
"""


class Source:
    """The private MySQL server that scripts/with-servers started."""

    def __init__(self):
        self.client, self.port = os.environ["TEST_MYSQL_CLIENT"], os.environ["TEST_MYSQL_PORT"]

    def sql(self, statements: str, *arguments: str):
        subprocess.run([self.client, *arguments], input=statements, text=True, check=True, capture_output=True)

    def fill(self):
        self.sql((ROOT / "scripts/demo.sql").read_text())
        self.sql(EDGES, DATABASE)


class Program:
    """The program, which copies from the private server into the scratch dataset."""

    def __init__(self, source: Source, service: Service, emulator: str | None, credentials: str | None = None):
        self.source, self.service, self.emulator = source, service, emulator
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(("CLOUD_RUN_", "MYSQL_", "TABLE"))} | {
            "MYSQL_HOST": "127.0.0.1", "MYSQL_PORT": source.port, "MYSQL_USER": "sync", "MYSQL_PASSWORD": "s3cret-Pa55word", "MYSQL_DATABASE": DATABASE,
            "BIGQUERY_PROJECT": service.project, "BIGQUERY_DATASET": service.dataset, "LOG_FORMAT": "json",
        }
        if emulator:
            self.environment["BIGQUERY_EMULATOR_HOST"] = emulator
        if credentials:
            self.environment["GOOGLE_APPLICATION_CREDENTIALS"] = credentials

    def run(self, tables: str, *arguments: str, **variables: str) -> tuple[int, list[dict], str]:
        """The exit code, the log lines, and the whole output."""
        environment = self.environment | {"TABLES": tables} | variables
        done = subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True)
        lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{") and line.endswith("}")]
        return done.returncode, lines, done.stdout + done.stderr

    def compare(self, tables: list[str]) -> bool:
        where = ["--emulator", self.emulator] if self.emulator else ["--project", self.service.project]
        options = ["--client", self.source.client, "--database", DATABASE, *where, "--dataset", self.service.dataset]
        return subprocess.run([sys.executable, READBACK, *options, *tables]).returncode == 0


def copy_all(program: Program) -> bool:
    """Copies every table and compares every value; prints differences."""
    tables = [*DEMO, "edges"]
    code, lines, output = program.run(",".join(tables))
    failed = [line.get("message", "") for line in lines if line.get("event") in ("table_failed", "sync_failed", "configuration_invalid")]
    for message in failed or ([output[-2000:]] if code else []):
        print(f"  {message}")
    return program.compare(tables) and code == 0
