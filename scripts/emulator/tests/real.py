"""The whole emulator in this process, as __main__ builds it, and helpers for the tests."""

import atexit
import functools
import io
import itertools
import pathlib
import shutil
import tempfile
import time
import unittest
import urllib.parse

import fastavro

from emulator import discovery, offline
from emulator.tests.asgi import PROGRAM, ask

BASE = "/bigquery/v2/projects/local"
AVRO = {"INTEGER": "long", "STRING": "string", "DATE": {"type": "int", "logicalType": "date"}}
AVRO["DATETIME"] = {"type": "long", "logicalType": "local-timestamp-micros"}
AVRO["TIMESTAMP"] = {"type": "long", "logicalType": "timestamp-micros"}
POLL = 0.02  # seconds
ID = {"name": "id", "type": "INTEGER", "mode": "REQUIRED"}
NAME = {"name": "name", "type": "STRING", "mode": "NULLABLE"}
DAY = {"name": "day", "type": "DATE", "mode": "NULLABLE"}
TAGS = {"policyTags": {"names": ["projects/p/locations/eu/taxonomies/1/policyTags/2"]}}
REPLACE, REPLACE_DATA = {"writeDisposition": "WRITE_TRUNCATE"}, {"writeDisposition": "WRITE_TRUNCATE_DATA"}
_count = itertools.count()


@functools.cache
def emulator():
    """The application; started once for all tests."""
    offline.connect()
    from local_bigquery.settings import settings

    folder = pathlib.Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    settings.data_dir = folder
    from emulator.application import build

    return build(discovery.google(), folder / "violations")


class Dataset:
    """A separate dataset, in which a test acts as the program."""

    def __init__(self):
        self.name = f"d{next(_count)}"
        reference = {"projectId": "local", "datasetId": self.name}
        self.ask("POST", f"{BASE}/datasets", {"datasetReference": reference}, headers={})

    def ask(self, verb, address, body=None, headers=PROGRAM):
        return ask(emulator(), verb, address, body, headers)

    def path(self, table: str = "t") -> str:
        return f"{BASE}/datasets/{self.name}/tables/{table}"

    def rules(self, **rules):
        answer = self.ask("PUT", f"/_test/rules/local/{self.name}", rules, headers={})
        assert answer.status == 200, answer.body

    def create(self, fields, table="t", **properties):
        reference = {"projectId": "local", "datasetId": self.name, "tableId": table}
        body = {"tableReference": reference, "schema": {"fields": fields}, **properties}
        answer = self.ask("POST", f"{BASE}/datasets/{self.name}/tables", body, headers={})
        assert answer.status == 200, answer.body

    def get(self, table="t") -> dict:
        return self.ask("GET", self.path(table)).json

    def patch(self, body, table="t"):
        return self.ask("PATCH", self.path(table), body)

    def query(self, sql) -> list:
        """The rows, as strings."""
        default = {"projectId": "local", "datasetId": self.name}
        body = {"query": sql, "useLegacySql": False, "defaultDataset": default}
        answer = self.ask("POST", f"{BASE}/queries", body, headers={})
        assert answer.status == 200, answer.body
        return [[cell["v"] for cell in row["f"]] for row in answer.json.get("rows", [])]

    def policies(self, table="t"):
        return self.ask("GET", f"{self.path(table)}/rowAccessPolicies")

    def upload(self, fields, rows, table="t", **load):
        """The answer to the last PUT of a load job."""
        schema = {"type": "record", "name": "r", "fields": [{"name": f["name"], "type": ["null", AVRO[f["type"]]]} for f in fields]}
        file = io.BytesIO()
        fastavro.writer(file, schema, [dict(zip([f["name"] for f in fields], row, strict=True)) for row in rows])
        destination = {"projectId": "local", "datasetId": self.name, "tableId": table}
        load = {"sourceFormat": "AVRO", "useAvroLogicalTypes": True, "schema": {"fields": fields}, "destinationTable": destination, **load}
        job = {"jobReference": {"projectId": "local", "jobId": f"j{next(_count)}"}, "configuration": {"load": load}}
        answer = self.ask("POST", f"/upload{BASE}/jobs?uploadType=resumable", job)
        assert answer.status == 200, answer.body
        session = urllib.parse.urlsplit(answer.headers["location"])
        data = file.getvalue()
        content_range = f"bytes 0-{len(data) - 1}/{len(data)}"
        return self.ask("PUT", f"{session.path}?{session.query}", data, {**PROGRAM, "content-range": content_range})

    def load(self, fields, rows, table="t", **load) -> dict | None:
        """The job's error; None if it succeeded."""
        answer = self.upload(fields, rows, table, **load)
        assert answer.status == 200, answer.body
        job = answer.json
        while job["status"]["state"] != "DONE":
            time.sleep(POLL)
            job = self.ask("GET", f"{BASE}/jobs/{job['jobReference']['jobId']}?location=US").json
        return job["status"].get("errorResult")


class Case(unittest.TestCase):
    """A test with its own dataset."""

    def setUp(self):
        self.d = Dataset()

    def assert_error(self, answer, status, reason, part):
        self.assertEqual(answer.status, status, answer.body)
        error = answer.json["error"]
        self.assertEqual((error["code"], error["errors"][0]["reason"]), (status, reason))
        self.assertIn(part, error["message"])

    def assert_job_error(self, error, reason, part):
        self.assertIsNotNone(error, "the job succeeded")
        self.assertEqual(error["reason"], reason, error)
        self.assertIn(part, error["message"])

    def policy(self):
        self.d.query("CREATE ROW ACCESS POLICY p ON t GRANT TO ('allAuthenticatedUsers') FILTER USING (TRUE)")
