"""Shows what the demo copied (row counts on both sides, the schema in BigQuery, two rows of each table), then compares every value.

    $TEST_PYTHON scripts/demo.py --client PROGRAM --database shop --emulator HOST:PORT --dataset shop users orders ...
    $TEST_PYTHON scripts/demo.py --emulator HOST:PORT --dataset shop --create        creates the dataset
"""

import argparse
import json
import pathlib
import signal
import subprocess
import sys
import urllib.request

VALUE_WIDTH = 60  # characters of a sample value shown


class BigQuery:
    """A client for the emulator's REST API."""

    def __init__(self, host: str, dataset: str):
        self.base, self.dataset = f"http://{host}/bigquery/v2/projects/local", dataset

    def call(self, path: str, body=None) -> dict:
        data = json.dumps(body).encode() if body else None
        request = urllib.request.Request(self.base + path, data, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def create_dataset(self):
        self.call("/datasets", {"datasetReference": {"projectId": "local", "datasetId": self.dataset}})

    def schema(self, table: str) -> list[dict]:
        return self.call(f"/datasets/{self.dataset}/tables/{table}")["schema"]["fields"]

    def query(self, sql: str) -> list[list]:
        answer = self.call("/queries", {"query": sql, "useLegacySql": False, "timeoutMs": 60000, "formatOptions": {"useInt64Timestamp": False}})
        return [[cell["v"] for cell in row["f"]] for row in answer.get("rows", [])]


def count_in_database(client: str, database: str, table: str) -> int:
    arguments = [client, "--batch", "--skip-column-names", "-e", f"SELECT COUNT(*) FROM {table}", database]
    return int(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)


def shown(value) -> str:
    text = "NULL" if value is None else value.replace("\n", "\\n").replace("\t", "\\t")
    return text if len(text) <= VALUE_WIDTH else text[: VALUE_WIDTH - 1] + "…"


def show(bigquery: BigQuery, client: str, database: str, table: str) -> bool:
    schema = bigquery.schema(table)
    there = count_in_database(client, database, table)
    ((here,),) = bigquery.query(f"SELECT COUNT(*) FROM `local.{bigquery.dataset}.{table}`")
    print(f"\n{table}: {there:,} rows in the database, {int(here):,} in BigQuery")
    names = [field["name"] for field in schema]
    # Without the cast, a TIMESTAMP is returned as seconds with an exponent.
    columns = ", ".join(f"CAST(`{f['name']}` AS STRING)" if f["type"] == "TIMESTAMP" else f"`{f['name']}`" for f in schema)
    samples = bigquery.query(f"SELECT {columns} FROM `local.{bigquery.dataset}.{table}` ORDER BY `{names[0]}` LIMIT 2")
    for field, *values in zip(schema, *samples):
        kind = f"{field['type']} {field.get('mode', 'NULLABLE')}"
        print(f"  {field['name']:14} {kind:19} {shown(values[0]):{VALUE_WIDTH}}  {shown(values[1])}".rstrip())
    return there == int(here)


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client")
    parser.add_argument("--database")
    parser.add_argument("--emulator", required=True)
    parser.add_argument("--dataset", required=True)
    parser.add_argument("--create", action="store_true")
    parser.add_argument("tables", nargs="*")
    arguments = parser.parse_args()
    bigquery = BigQuery(arguments.emulator, arguments.dataset)
    if arguments.create:
        return bigquery.create_dataset()

    counts_equal = [show(bigquery, arguments.client, arguments.database, table) for table in arguments.tables]
    print("\nComparing every value: the database's client reads one side, Google's client the other:", flush=True)
    readback = pathlib.Path(__file__).parent.parent / "tests" / "readback.py"
    options = ["--client", arguments.client, "--database", arguments.database, "--emulator", arguments.emulator, "--dataset", arguments.dataset]
    values_equal = subprocess.run([sys.executable, readback, *options, *arguments.tables]).returncode == 0
    if not (all(counts_equal) and values_equal):
        sys.exit("\nNot all tables are equal; see above.")
    print(f"\nall {len(arguments.tables)} tables equal")


if __name__ == "__main__":
    main()
