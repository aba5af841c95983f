"""The contract: faults of every kind are found, valid requests pass, and answers contain only what Google sends."""

import json
import pathlib
import tempfile
import unittest

from emulator import discovery
from emulator.contract import Checker, Contract
from emulator.tests.asgi import PROGRAM, ask

BASE = "/bigquery/v2/projects/p"
TABLE = f"{BASE}/datasets/d/tables/t"
UPLOAD = "/upload/bigquery/v2/projects/p/jobs"
JSON = {"content-type": "application/json"}
MIB = 1024 * 1024

LOAD = {
    "sourceFormat": "AVRO",
    "useAvroLogicalTypes": True,
    "decimalTargetTypes": ["NUMERIC", "BIGNUMERIC", "STRING"],
    "createDisposition": "CREATE_IF_NEEDED",
    "writeDisposition": "WRITE_TRUNCATE_DATA",
    "schemaUpdateOptions": ["ALLOW_FIELD_ADDITION"],
    "schema": {"fields": [{"name": "id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["x"]}, "precision": "9"}]},
    "rangePartitioning": {"field": "id", "range": {"start": "0", "end": "9", "interval": "3"}},
    "clustering": {"fields": ["id"]},
    "destinationTable": {"projectId": "p", "datasetId": "d", "tableId": "t"},
    "destinationEncryptionConfiguration": {"kmsKeyName": "k"},
}


def job(**load) -> dict:
    reference = {"projectId": "p", "jobId": "j", "location": "EU"}
    return {"jobReference": reference, "configuration": {"load": {**LOAD, **load}, "labels": {"a": "b"}}}


class Requests(unittest.TestCase):
    """The faults of a request."""

    checker = Checker(discovery.google())

    def faults(self, verb, address, body=None, headers=JSON):
        path, _, query = address.partition("?")
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return self.checker.faults(verb, path, query, headers, data)

    def assert_fault(self, part, *request, **more):
        found = self.faults(*request, **more)
        self.assertTrue(any(part in fault for fault in found), f"{part!r} is not in {found}")

    def test_valid_requests_have_no_fault(self):
        query = {"query": "SELECT 1", "useLegacySql": False, "maximumBytesBilled": "1000"}
        for request in (
            ("GET", f"{BASE}/datasets/d"),
            ("GET", f"{BASE}/datasets/d/tables/gr%C3%B6%C3%9Fe%201?selectedFields=a&view=BASIC&prettyPrint=false"),
            ("GET", f"{TABLE}/rowAccessPolicies?pageSize=5"),
            ("GET", f"{BASE}/jobs/j?location=EU"),
            ("GET", f"{BASE}/jobs?stateFilter=done&stateFilter=running&maxResults=3"),
            ("POST", f"{TABLE}:testIamPermissions", {"permissions": ["bigquery.tables.get"]}),
            ("POST", f"{BASE}/jobs", {"configuration": {"dryRun": True, "query": query}, "jobReference": {"projectId": "p"}}),
            ("POST", f"{UPLOAD}?uploadType=resumable", job()),
            ("POST", f"{BASE}/queries", {**query, "timeoutMs": 1000, "parameterMode": "NAMED"}),
            ("POST", f"{BASE}/jobs/j/cancel?location=EU"),
            ("PATCH", TABLE, {"labels": {"a": None, "b": "c"}, "description": None, "expirationTime": "4000000000000"}),
            ("PATCH", TABLE, {"tableConstraints": {"primaryKey": {"columns": ["id"]}, "foreignKeys": []}}),
            ("PATCH", TABLE, {"timePartitioning": {"expirationMs": "5"}}),
            ("DELETE", TABLE),
        ):
            with self.subTest(request):
                self.assertEqual(self.faults(*request), [])

    def test_unknown_paths_and_verbs(self):
        self.assert_fault("no such path", "GET", "/bigquery/v2/projects/p/tables/t")
        self.assert_fault("no such path", "GET", "/bigquery/v3/projects/p/datasets/d")
        self.assert_fault("no such path", "GET", f"{BASE}/datasets/d/")
        self.assert_fault("accepts DELETE and GET and PATCH and PUT, not POST", "POST", TABLE, {})
        self.assert_fault("no such path", "POST", f"{TABLE}:testPermissions", {})
        self.assert_fault("tableId in the path is 'a/b'", "GET", f"{BASE}/datasets/d/tables/a%2Fb")
        self.assert_fault("accepts POST", "GET", f"{TABLE}:testIamPermissions")

    def test_query_parameters(self):
        self.assert_fault("no query parameter locaton", "GET", f"{BASE}/jobs/j?locaton=EU")
        self.assert_fault("no query parameter location", "GET", f"{TABLE}?location=EU")
        self.assert_fault("'SHORT', but must be one of", "GET", f"{TABLE}?view=SHORT")
        self.assert_fault("not an integer", "GET", f"{BASE}/jobs?maxResults=many")
        self.assert_fault("out of range for uint32", "GET", f"{BASE}/jobs?maxResults=-1")
        self.assert_fault("not a boolean", "GET", f"{BASE}/datasets?all=yes")
        self.assert_fault("appears 2 times", "GET", f"{BASE}/jobs/j?location=EU&location=US")
        self.assert_fault("uploadType is only for paths below", "POST", f"{BASE}/jobs?uploadType=resumable", job())

    def test_uploads(self):
        self.assert_fault("an upload needs uploadType", "POST", UPLOAD, job())
        self.assert_fault("an upload needs uploadType", "POST", f"{UPLOAD}?uploadType=resumble", job())
        headers = {**JSON, "x-upload-content-kind": "a/b"}
        self.assert_fault("no header x-upload-content-kind", "POST", f"{UPLOAD}?uploadType=resumable", job(), headers=headers)
        headers = {**JSON, "x-upload-content-length": "many"}
        self.assert_fault("not a number of bytes", "POST", f"{UPLOAD}?uploadType=resumable", job(), headers=headers)

    def test_unknown_fields(self):
        for part, body in (
            ("body.configurationOf: Job has no such field", {**job(), "configurationOf": {}}),
            ("body.configuration.load.writingDisposition: JobConfigurationLoad has no", job(writingDisposition="WRITE_TRUNCATE")),
            ("load.schema.fields[0].typ: TableFieldSchema has no", job(schema={"fields": [{"name": "a", "type": "DATE", "typ": 1}]})),
            (
                "load.rangePartitioning.range.step: RangePartitioning.range has no",
                job(rangePartitioning={"field": "a", "range": {"step": "1"}}),
            ),
            (
                "policyTags.name: TableFieldSchema.policyTags has no",
                job(schema={"fields": [{"name": "a", "type": "DATE", "policyTags": {"name": []}}]}),
            ),
        ):
            with self.subTest(part):
                self.assert_fault(part, "POST", f"{UPLOAD}?uploadType=resumable", body)
        patch = {"tableConstraints": {"foreignKeys": [{"columnReferences": [{"referencingColumn": "a", "referencedName": "b"}]}]}}
        self.assert_fault("foreignKeys[0].columnReferences[0].referencedName: ", "PATCH", TABLE, patch)

    def test_types(self):
        for part, body in (
            ("useAvroLogicalTypes is the string 'true', not a boolean", job(useAvroLogicalTypes="true")),
            ("maxBadRecords is the string '1', not an integer", job(maxBadRecords="1")),
            ("maxBadRecords is the boolean true, not an integer", job(maxBadRecords=True)),
            ("maxBadRecords is 3000000000, which is out of range for int32", job(maxBadRecords=3_000_000_000)),
            ("clustering is an array, not an object", job(clustering=["a"])),
            ("clustering.fields is the string 'a', not an array", job(clustering={"fields": "a"})),
            ("clustering.fields[0] is the number 1, not a string", job(clustering={"fields": [1]})),
            ("nullMarker is an object, not a string", job(nullMarker={})),
            ("location is null", {**job(), "jobReference": {"projectId": "p", "location": None}}),
            ("labels.a is the number 1, not a string", {"configuration": {**job()["configuration"], "labels": {"a": 1}}}),
        ):
            with self.subTest(part):
                self.assert_fault(part, "POST", f"{UPLOAD}?uploadType=resumable", body)

    def test_int64_is_a_string(self):
        numbers = job(rangePartitioning={"field": "id", "range": {"start": 0, "end": "9", "interval": "3"}})
        self.assert_fault("start is the number 0, not a string (int64 is a string", "POST", f"{UPLOAD}?uploadType=resumable", numbers)
        self.assert_fault("expirationTime is the number", "PATCH", TABLE, {"expirationTime": 4_000_000_000_000})
        self.assert_fault("which is not a valid int64", "PATCH", TABLE, {"expirationTime": "soon"})
        self.assert_fault("which is not a valid int64", "PATCH", TABLE, {"expirationTime": "+5"})
        self.assert_fault("which is out of range for int64", "PATCH", TABLE, {"expirationTime": str(2**63)})

    def test_enums(self):
        for part, body in (
            ("decimalTargetTypes[0] is 'DECIMAL', but must be one of", job(decimalTargetTypes=["DECIMAL"])),
            ("writeDisposition is 'WRITE_TRUNC', but must be one of", job(writeDisposition="WRITE_TRUNC")),
            ("createDisposition is 'CREATE', but must be one of", job(createDisposition="CREATE")),
            ("schemaUpdateOptions[0] is 'ALLOW', but must be one of", job(schemaUpdateOptions=["ALLOW"])),
            ("sourceFormat is 'avro', but must be one of", job(sourceFormat="avro")),
            ("timePartitioning.type is 'WEEK', but must be one of", job(timePartitioning={"type": "WEEK"})),
            ("fields[0].type is 'INT', but must be one of", job(schema={"fields": [{"name": "a", "type": "INT"}]})),
            ("fields[0].mode is 'OPTIONAL', but must be one of", job(schema={"fields": [{"name": "a", "type": "DATE", "mode": "OPTIONAL"}]})),
            (
                "fields[0].roundingMode is 'UP', but must be one of",
                job(schema={"fields": [{"name": "a", "type": "NUMERIC", "roundingMode": "UP"}]}),
            ),
        ):
            with self.subTest(part):
                self.assert_fault(part, "POST", f"{UPLOAD}?uploadType=resumable", body)

    def test_output_only_fields(self):
        for key, value in (("etag", "x"), ("id", "p:d.t"), ("numRows", "5"), ("type", "TABLE"), ("creationTime", "1")):
            with self.subTest(key):
                self.assert_fault(f"body.{key} is output only", "PATCH", TABLE, {key: value})
        self.assert_fault("body.status is output only", "POST", f"{UPLOAD}?uploadType=resumable", {**job(), "status": {}})
        body = {"configuration": {**job()["configuration"], "jobType": "LOAD"}}
        self.assert_fault("jobType is output only", "POST", f"{UPLOAD}?uploadType=resumable", body)

    def test_required_fields(self):
        self.assert_fault("fields[0].type is missing", "POST", f"{UPLOAD}?uploadType=resumable", job(schema={"fields": [{"name": "a"}]}))
        self.assert_fault(
            "destinationTable.tableId is missing",
            "POST",
            f"{UPLOAD}?uploadType=resumable",
            job(destinationTable={"projectId": "p", "datasetId": "d"}),
        )
        self.assert_fault("query is missing", "POST", f"{BASE}/queries", {"useLegacySql": False})
        self.assert_fault("tableReference is missing", "PUT", TABLE, {"description": "x"})
        # In a patch, an array is still replaced as a whole.
        self.assert_fault("foreignKeys[0].columnReferences is missing", "PATCH", TABLE, {"tableConstraints": {"foreignKeys": [{}]}})

    def test_bodies_that_are_not_json(self):
        self.assert_fault("is not JSON", "PATCH", TABLE, b"{")
        self.assert_fault("is not JSON", "PATCH", TABLE, b"")
        self.assert_fault("is not JSON", "PATCH", TABLE, b'{"description": "\xff"}')
        self.assert_fault("NaN", "POST", f"{BASE}/queries", b'{"query": "", "timeoutMs": NaN}')
        self.assert_fault("repeats description", "PATCH", TABLE, b'{"description": "a", "description": "b"}')
        self.assert_fault("is an array, not an object", "PATCH", TABLE, [])
        self.assert_fault("the method accepts none", "GET", TABLE, {"a": 1})
        self.assert_fault("Content-Type is 'text/plain'", "PATCH", TABLE, {}, headers={"content-type": "text/plain"})
        self.assert_fault("Content-Type is ''", "PATCH", TABLE, {}, headers={})


class Sessions(unittest.TestCase):
    """Requests to the session of a resumable upload."""

    def faults(self, verb, **headers):
        return Checker.session_faults(verb, {name.replace("_", "-"): value for name, value in headers.items()})

    def test_valid_chunks(self):
        for length, content_range in (
            (MIB, f"bytes 0-{MIB - 1}/*"),
            (5, f"bytes {MIB}-{MIB + 4}/{MIB + 5}"),
            (0, f"bytes */{MIB}"),
            (0, "bytes */*"),
        ):
            self.assertEqual(self.faults("PUT", content_length=str(length), content_range=content_range), [])
        self.assertEqual(self.faults("DELETE", content_length="0"), [])

    def test_invalid_chunks(self):
        for part, length, content_range in (
            ("not a multiple of 262144", 5, "bytes 0-4/*"),
            ("does not start at a multiple", MIB, f"bytes 5-{MIB + 4}/*"),
            ("covers 5 bytes, but the Content-Length is 6", 6, "bytes 0-4/5"),
            ("ends after its total", 5, "bytes 0-4/4"),
            ("covers no bytes", 5, "bytes */5"),
            ("Content-Range is 'bytes=0-4/5'", 5, "bytes=0-4/5"),
            ("Content-Range is ''", 5, ""),
        ):
            found = self.faults("PUT", content_length=str(length), content_range=content_range)
            self.assertTrue(any(part in fault for fault in found), f"{part!r} is not in {found}")
        self.assertIn("a PUT to a session needs a Content-Length", self.faults("PUT", content_range="bytes */*"))
        self.assertTrue(self.faults("POST", content_length="0"))
        self.assertTrue(self.faults("DELETE", content_length="5"))


class Answers(unittest.TestCase):
    """The answers that the program gets."""

    checker = Checker(discovery.google())

    def shaped(self, value, verb="GET", path=TABLE):
        method, _ = self.checker.api.method(verb, path)
        return json.loads(self.checker.shaped(method, json.dumps(value).encode()))

    def test_unknown_fields_are_removed(self):
        table = {"id": "x", "mood": "good", "schema": {"fields": [{"name": "a", "duckType": "INT"}]}, "labels": {"any": "label"}}
        self.assertEqual(self.shaped(table), {"id": "x", "schema": {"fields": [{"name": "a"}]}, "labels": {"any": "label"}})

    def test_int64_becomes_a_string(self):
        self.assertEqual(self.shaped({"numRows": 5, "numBytes": "6"}), {"numRows": "5", "numBytes": "6"})
        job = {"statistics": {"load": {"outputRows": 7, "speed": 1}}}
        self.assertEqual(self.shaped(job, path=f"{BASE}/jobs/j"), {"statistics": {"load": {"outputRows": "7"}}})

    def test_values_of_the_wrong_type_are_removed(self):
        self.assertEqual(self.shaped({"description": None, "labels": [], "requirePartitionFilter": "true"}), {})

    def test_rows_pass(self):
        rows = {"rows": [{"f": [{"v": "1"}, {"v": None}, {"v": [{"v": "a"}]}]}], "totalRows": 1}
        self.assertEqual(self.shaped(rows, "POST", f"{BASE}/queries"), {**rows, "totalRows": "1"})


class Middleware(unittest.TestCase):
    """The contract around an application."""

    def setUp(self):
        self.seen = []

        async def app(scope, receive, send):
            self.seen.append((scope["method"], scope["path"], (await receive())["body"]))
            headers = [(b"content-type", b"application/json")]
            if scope["path"].startswith("/upload/") and scope["method"] == "POST":
                headers.append((b"location", b"http://localhost/upload/bigquery/v2/projects/p/jobs?uploadType=resumable&upload_id=5"))
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"kind": "bigquery#table", ', "more_body": True})
            await send({"type": "http.response.body", "body": b'"numRows": 5, "unknown": 1}'})

        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name) / "violations"
        self.contract = Contract(app, discovery.google(), self.file)

    def test_a_valid_request_passes_and_its_answer_is_shaped(self):
        answer = ask(self.contract, "PATCH", TABLE, {"description": "x"})
        self.assertEqual((answer.status, answer.json), (200, {"kind": "bigquery#table", "numRows": "5"}))
        self.assertEqual(answer.headers["content-length"], str(len(answer.body)))
        self.assertEqual(self.seen, [("PATCH", TABLE, b'{"description": "x"}')])
        self.assertFalse(self.file.exists())

    def test_an_invalid_request_is_refused_and_recorded(self):
        answer = ask(self.contract, "PATCH", TABLE, {"describes": "x", "etag": "y"})
        self.assertEqual(answer.status, 400)
        error = answer.json["error"]
        self.assertEqual((error["code"], error["errors"][0]["reason"]), (400, "invalid"))
        self.assertIn("body.describes: Table has no such field", error["message"])
        self.assertEqual(self.seen, [])
        lines = self.file.read_text().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertEqual(lines[1], f"PATCH {TABLE}: body.etag is output only")

    def test_other_senders_are_not_checked(self):
        for name in ({}, {"user-agent": "gl-python/3.13"}):
            answer = ask(self.contract, "PATCH", TABLE, {"describes": "x"}, headers=name)
            self.assertEqual((answer.status, answer.json["unknown"]), (200, 1))
        self.assertFalse(self.file.exists())

    def test_a_changed_user_agent_is_noticed(self):
        address = f"{UPLOAD}?uploadType=resumable"
        for name, status in (({}, 400), ({"user-agent": "something/1"}, 400), ({"user-agent": "x gl-python/3.13"}, 200)):
            self.assertEqual(ask(self.contract, "POST", address, job(), headers=name).status, status)
        self.assertEqual(len(self.file.read_text().splitlines()), 2)

    def test_a_session_address_is_opaque(self):
        session = f"{UPLOAD}?uploadType=resumable&upload_id=5"
        headers = {**PROGRAM, "content-range": "bytes 0-4/5"}
        self.assertEqual(ask(self.contract, "PUT", session, b"12345", headers).status, 400)
        ask(self.contract, "POST", f"{UPLOAD}?uploadType=resumable", job())
        self.assertEqual(ask(self.contract, "PUT", session, b"12345", headers).status, 200)
        self.assertEqual(ask(self.contract, "PUT", session.replace("=5", "=6"), b"12345", headers).status, 400)
        self.assertEqual(ask(self.contract, "PUT", session, b"1234", headers).status, 400)


class Revision(unittest.TestCase):
    """The pinned revision of the document."""

    def test_it_is_read_from_the_requirements(self):
        line = "google-api-python-client==1.2.3 # bigquery.v2.json is revision 20260102"
        self.assertEqual(discovery.pinned_revision(f"a==1\n{line}\n"), "20260102")
        self.assertIsNone(discovery.pinned_revision("google-api-python-client==1.2.3\n"))
        self.assertEqual(discovery.pinned_revision(discovery.REQUIREMENTS.read_text()), discovery.google().revision)


if __name__ == "__main__":
    unittest.main()
