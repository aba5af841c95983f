"""BigQuery's REST API for one caller: requests, queries, load jobs, and their cost."""

import dataclasses
import io
import json
import re
import time
import uuid

import fastavro
import requests

GOOGLE = "https://bigquery.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
USD_PER_BYTE = 6.25 / 2**40  # on-demand queries, "BigQuery pricing"
WAIT_SECONDS = 300  # for a job of a few rows


@dataclasses.dataclass
class Answer:
    """An answer of the API: status and JSON."""

    status: int
    body: dict

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    def __str__(self) -> str:
        if self.ok:
            return str(self.status)
        error = self.body.get("error", {})
        reasons = [item.get("reason", "") for item in error.get("errors", [])]
        return f"{self.status} {' '.join(reasons)}: {error.get('message', '')}"


class Service:
    """One caller of the API, in one project."""

    billed = 0  # bytes, by all callers together

    def __init__(self, project: str, session: requests.Session, base: str = GOOGLE, dataset: str = "", location: str | None = None):
        self.project, self.session, self.base, self.dataset, self.location = project, session, base, dataset, location

    def call(self, method: str, path: str, body=None) -> Answer:
        url = f"{self.base}/bigquery/v2/projects/{self.project}/{path}"
        return answer_of(self.session.request(method, url, json=body, timeout=60))

    def table(self, name: str) -> str:
        return f"datasets/{self.dataset}/tables/{name}"

    def reference(self, name: str) -> dict:
        return {"projectId": self.project, "datasetId": self.dataset, "tableId": name}

    def create(self, name: str, fields: list[dict], **more) -> Answer:
        body = {"tableReference": self.reference(name), "schema": {"fields": fields}, **more}
        return self.call("POST", f"datasets/{self.dataset}/tables", body)

    def query(self, sql: str, dry_run: bool = False) -> Answer:
        """Runs a statement as a job and waits for it. `dataset.t` in it means table t of the scratch dataset."""
        named = re.sub(r"\bdataset\.(\w+)", rf"`{self.project}.{self.dataset}.\1`", sql)
        query = {"query": named, "useLegacySql": False, "useQueryCache": False}
        configuration = {"query": query, "dryRun": True} if dry_run else {"query": query}
        answer = self.call("POST", "jobs", {"jobReference": self.job_reference(), "configuration": configuration})
        answer = answer if dry_run else self.ended(answer)
        billed = answer.body.get("statistics", {}).get("query", {}).get("totalBytesBilled", "0")
        Service.billed += 0 if dry_run else int(billed)
        return answer

    def rows(self, sql: str) -> list[list]:
        """The rows of a query, as strings. Raises BigQuery's error if it fails."""
        job = self.query(sql)
        if not job.ok:
            raise RuntimeError(f"{sql}: {job}")
        reference = job.body["jobReference"]
        path = f"queries/{reference['jobId']}?location={reference.get('location') or self.location or 'US'}"
        answer = self.call("GET", path)
        return [[cell["v"] for cell in row["f"]] for row in answer.body.get("rows", [])]

    def load(self, name: str, avro: dict, records: list[dict], **configuration) -> Answer:
        """Loads an Avro file in one resumable upload, as the program does."""
        file = io.BytesIO()
        fastavro.writer(file, fastavro.parse_schema(avro), records, sync_interval=1 << 30)
        return self.upload(name, file.getvalue(), **configuration)

    def upload(self, name: str, content: bytes, **configuration) -> Answer:
        load = {
            "sourceFormat": "AVRO",
            "useAvroLogicalTypes": True,
            "createDisposition": "CREATE_IF_NEEDED",
            "writeDisposition": "WRITE_TRUNCATE",
            "destinationTable": self.reference(name),
            **configuration,
        }
        url = f"{self.base}/upload/bigquery/v2/projects/{self.project}/jobs?uploadType=resumable"
        start = self.session.post(url, json={"jobReference": self.job_reference(), "configuration": {"load": load}}, timeout=60)
        if "Location" not in start.headers:
            return answer_of(start)
        size = len(content)
        headers = {"Content-Range": f"bytes 0-{size - 1}/{size}"}
        return self.ended(answer_of(self.session.put(start.headers["Location"], data=content, headers=headers, timeout=300)))

    def job_reference(self) -> dict:
        reference = {"projectId": self.project, "jobId": f"acceptance_{uuid.uuid4().hex}"}
        return reference | ({"location": self.location} if self.location else {})

    def ended(self, answer: Answer) -> Answer:
        """Waits for the job. A failed job becomes an answer with its error."""
        deadline = time.monotonic() + WAIT_SECONDS
        while answer.ok and answer.body.get("status", {}).get("state") != "DONE":
            if time.monotonic() > deadline:
                raise RuntimeError(f"job {answer.body['jobReference']['jobId']} is not done after {WAIT_SECONDS} s")
            time.sleep(0.5)
            reference = answer.body["jobReference"]
            location = reference.get("location") or self.location
            answer = self.call("GET", f"jobs/{reference['jobId']}" + (f"?location={location}" if location else ""))
        error = answer.body.get("status", {}).get("errorResult")
        if answer.ok and error:
            return Answer(400, {"error": {"message": error.get("message", ""), "errors": [error]}})
        return answer


def answer_of(response: requests.Response) -> Answer:
    try:
        body = response.json() if response.content else {}
    except json.JSONDecodeError:
        body = {"error": {"message": response.text[:200]}}
    return Answer(response.status_code, body)


def cost() -> str:
    return f"{Service.billed / 1e6:.0f} MB of queries were billed: {Service.billed * USD_PER_BYTE:.4f} USD; load jobs are free"
