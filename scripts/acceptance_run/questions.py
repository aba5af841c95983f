"""Questions that BigQuery's documentation leaves open. Each uses its own tables.

The function of a question returns what it observed, in a few words. `QUESTIONS` says what is expected.
"""

import json
import random
from collections.abc import Callable

from acceptance_run.accounts import Accounts
from acceptance_run.copies import DATABASE, Program, Source
from acceptance_run.service import Answer, Service

ID = [{"name": "id", "type": "INTEGER"}, {"name": "v", "type": "STRING"}]
LONG = {"type": "record", "name": "r", "fields": [{"name": "id", "type": ["null", "long"]}, {"name": "v", "type": ["null", "string"]}]}
REQUIRED = {"type": "record", "name": "r", "fields": [{"name": "id", "type": "long"}, {"name": "v", "type": ["null", "string"]}]}
ROWS = [{"id": 1, "v": "one"}, {"id": 2, "v": "two"}]
DATA_ONLY = {"writeDisposition": "WRITE_TRUNCATE_DATA"}


class Asking:
    """The context that the questions share."""

    def __init__(self, accounts: Accounts, source: Source, program: Program):
        self.accounts, self.source, self.program = accounts, source, program
        self.owner, self.editor = accounts.owner, accounts.editor

    def fresh(self, name: str, fields: list[dict] | None = None, **more) -> str:
        answer = self.owner.create(name, fields or ID, **more)
        if not answer.ok:
            raise RuntimeError(f"creating {name}: {answer}")
        return name

    def filled(self, name: str, **more) -> str:
        self.fresh(name, **more)
        self.must(self.owner.load(name, LONG, ROWS))
        return name

    @staticmethod
    def must(answer: Answer) -> Answer:
        if not answer.ok:
            raise RuntimeError(str(answer))
        return answer

    def policies(self, name: str) -> str:
        answer = self.owner.call("GET", self.owner.table(name) + "/rowAccessPolicies")
        return f"{len(answer.body.get('rowAccessPolicies', []))} left" if answer.ok else str(answer)

    def policed(self, name: str) -> str:
        self.filled(name)
        self.must(self.owner.query(f'CREATE ROW ACCESS POLICY some ON dataset.{name} GRANT TO ("allAuthenticatedUsers") FILTER USING (id = 1)'))
        return name


def listing_policies(asking: Asking) -> str:
    name = asking.policed("q_list_policies")
    return str(asking.editor.call("GET", asking.editor.table(name) + "/rowAccessPolicies"))


def truncate_with_policies(asking: Asking) -> str:
    name = asking.policed("q_truncate_policies")
    return f"{asking.editor.load(name, LONG, ROWS)}; policies: {asking.policies(name)}"


def truncate_data_with_policies(asking: Asking) -> str:
    name = asking.policed("q_truncate_data_policies")
    return f"{asking.editor.load(name, LONG, ROWS, **DATA_ONLY)}; policies: {asking.policies(name)}"


def tags_in_a_load(asking: Asking) -> str:
    tag = f"projects/{asking.owner.project}/locations/us/taxonomies/1/policyTags/1"
    fields = [{"name": "id", "type": "INTEGER"}, {"name": "v", "type": "STRING", "policyTags": {"names": [tag]}}]
    return f"a tag that does not exist: {asking.editor.load('q_tags', LONG, ROWS, schema={'fields': fields})}"


def permissions_of_a_missing_table(asking: Asking) -> str:
    body = {"permissions": ["bigquery.tables.get", "bigquery.tables.updateData"]}
    answer = asking.editor.call("POST", asking.editor.table("q_missing") + ":testIamPermissions", body)
    return f"{answer} {json.dumps(answer.body)}" if answer.ok else str(answer)


def json_load(asking: Asking, name: str, document: str) -> str:
    schema = {"type": "record", "name": "r", "fields": [{"name": "j", "type": {"type": "string", "sqlType": "JSON"}}]}
    answer = asking.editor.load(name, schema, [{"j": document}], schema={"fields": [{"name": "j", "type": "JSON"}]})
    if not answer.ok:
        return str(answer)
    return f"{document} becomes {asking.owner.rows(f'SELECT TO_JSON_STRING(j) FROM dataset.{name}')[0][0]}"


def json_double(asking: Asking) -> str:
    return json_load(asking, "q_json_double", '{"a":67.174118}')


def json_duplicates(asking: Asking) -> str:
    return json_load(asking, "q_json_duplicates", '{"b":1,"a":1,"b":2}')


def json_digits(asking: Asking) -> str:
    return json_load(asking, "q_json_digits", '{"a":123456789012345678901234567890}')


def described_after_a_load(asking: Asking, name: str, **configuration) -> str:
    """What a load preserves of a description, a mode and a primary key."""
    described = [{"name": "id", "type": "INTEGER", "mode": "REQUIRED", "description": "by hand"}, {"name": "v", "type": "STRING"}]
    asking.fresh(name, described, tableConstraints={"primaryKey": {"columns": ["id"]}})
    return f"{asking.editor.load(name, REQUIRED, ROWS, **configuration)}; {state(asking, name)}"


def truncate_data_preserves(asking: Asking) -> str:
    return described_after_a_load(asking, "q_keeps", **DATA_ONLY)


def truncate_drops(asking: Asking) -> str:
    return described_after_a_load(asking, "q_drops")


def state(asking: Asking, name: str) -> str:
    table = asking.must(asking.owner.call("GET", asking.owner.table(name))).body
    field = table["schema"]["fields"][0]
    key = table.get("tableConstraints", {}).get("primaryKey", {}).get("columns")
    return f"description {field.get('description')!r}, mode {field.get('mode')}, primary key {key}"


def data_added_column(asking: Asking) -> str:
    name = asking.filled("q_added")
    wider = {"type": "record", "name": "r", "fields": [*LONG["fields"], {"name": "w", "type": ["null", "long"]}]}
    schema = {"fields": [*ID, {"name": "w", "type": "INTEGER"}]}  # as the program sends it
    options = {"schema": schema, "schemaUpdateOptions": ["ALLOW_FIELD_ADDITION"]}
    answer = asking.editor.load(name, wider, [{"id": 1, "v": "x", "w": 2}], **options, **DATA_ONLY)
    columns = [field["name"] for field in asking.owner.call("GET", asking.owner.table(name)).body["schema"]["fields"]]
    return f"{answer}; columns {', '.join(columns)}"


def description_in_a_load(asking: Asking) -> str:
    fields = [{"name": "id", "type": "INTEGER", "description": "from the schema"}, {"name": "v", "type": "STRING"}]
    documented = {**LONG, "fields": [LONG["fields"][0], {**LONG["fields"][1], "doc": "from Avro's doc"}]}
    asking.must(asking.editor.load("q_description", documented, ROWS, schema={"fields": fields}))
    described = asking.owner.call("GET", asking.owner.table("q_description")).body["schema"]["fields"]
    return ", ".join(f"{field['name']}: {field.get('description')!r}" for field in described)


KEY = [{"name": "id", "type": "INTEGER", "mode": "REQUIRED"}, {"name": "v", "type": "STRING"}]
CHILD = [{"name": "id", "type": "INTEGER"}, {"name": "parent", "type": "INTEGER"}]


def foreign_key(asking: Asking, parent: str) -> dict:
    reference = {"referencedColumn": "id", "referencingColumn": "parent"}
    return {"name": "fk", "referencedTable": asking.owner.reference(parent), "columnReferences": [reference]}


def foreign_key_to_a_table_without_key(asking: Asking) -> str:
    asking.fresh("q_parent_1", KEY)
    asking.fresh("q_child_1", CHILD)
    return str(asking.owner.call("PATCH", asking.owner.table("q_child_1"), {"tableConstraints": {"foreignKeys": [foreign_key(asking, "q_parent_1")]}}))


def truncating_a_referenced_table(asking: Asking) -> str:
    asking.fresh("q_parent_2", KEY, tableConstraints={"primaryKey": {"columns": ["id"]}})
    asking.fresh("q_child_2", CHILD)
    patched = asking.owner.call("PATCH", asking.owner.table("q_child_2"), {"tableConstraints": {"foreignKeys": [foreign_key(asking, "q_parent_2")]}})
    loaded = asking.editor.load("q_parent_2", REQUIRED, ROWS)
    left = asking.owner.call("GET", asking.owner.table("q_child_2")).body.get("tableConstraints", {}).get("foreignKeys", [])
    return f"foreign key: {patched}; load: {loaded}; foreign keys left: {len(left)}; parent: {state(asking, 'q_parent_2')}"


def geography_from_avro(asking: Asking) -> str:
    schema = {"type": "record", "name": "r", "fields": [{"name": "g", "type": "string"}]}
    answer = asking.editor.load("q_geography", schema, [{"g": "POINT(1 2)"}], schema={"fields": [{"name": "g", "type": "GEOGRAPHY"}]})
    return f"{answer}; {asking.owner.rows('SELECT ST_ASTEXT(g) FROM dataset.q_geography')[0][0]}" if answer.ok else str(answer)


def large_block(asking: Asking) -> str:
    text = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyz", k=1 << 20))
    rows = [{"id": number, "v": text} for number in range(15)]
    return f"{sum(len(row['v']) for row in rows):,} bytes in one block: {asking.editor.load('q_block', LONG, rows)}"


DAY = {"type": "record", "name": "r", "fields": [{"name": "day", "type": {"type": "int", "logicalType": "date"}}]}
DAYS = [{"name": "day", "type": "DATE"}]
JANUARY_2 = 20455  # 2026-01-02 in days since 1970


def partitioned(asking: Asking, name: str) -> str:
    asking.fresh(name, DAYS, timePartitioning={"type": "DAY", "field": "day"})
    asking.must(asking.editor.load(name, DAY, [{"day": JANUARY_2}, {"day": JANUARY_2 + 1}], timePartitioning={"type": "DAY", "field": "day"}))
    return name


def load_into_a_partition(asking: Asking) -> str:
    name = partitioned(asking, "q_partition")
    answer = asking.editor.load(name + "$20260102", DAY, [{"day": JANUARY_2}, {"day": JANUARY_2}])
    rows = asking.owner.rows(f"SELECT CAST(day AS STRING), COUNT(*) FROM dataset.{name} GROUP BY 1 ORDER BY 1")
    return f"{answer}; rows per day: {', '.join(f'{day} {count}' for day, count in rows)}"


def wrong_partition(asking: Asking) -> str:
    name = partitioned(asking, "q_wrong_partition")
    return str(asking.editor.load(name + "$20260102", DAY, [{"day": JANUARY_2 + 1}]))


def empty_partition(asking: Asking) -> str:
    name = partitioned(asking, "q_empty_partition")
    answer = asking.editor.load(name + "$20260102", DAY, [])
    return f"{answer}; {asking.owner.rows(f'SELECT COUNT(*) FROM dataset.{name}')[0][0]} rows left of 2"


def bytes_of_a_merge(asking: Asking) -> str:
    asking.must(asking.owner.query("CREATE TABLE dataset.q_merge (id INT64 NOT NULL, v STRING) CLUSTER BY id AS SELECT id, REPEAT('x', 100) FROM UNNEST(GENERATE_ARRAY(1, 200000)) id"))
    asking.must(asking.owner.query("CREATE TABLE dataset.q_staged AS SELECT id, 'new' AS v FROM UNNEST(GENERATE_ARRAY(1, 10)) id"))
    merge = "MERGE dataset.q_merge T USING dataset.q_staged S ON T.id = S.id WHEN MATCHED THEN UPDATE SET v = S.v WHEN NOT MATCHED THEN INSERT ROW"
    plain, bounded = asking.owner.query(merge), asking.owner.query(merge.replace("T.id = S.id", "T.id = S.id AND T.id BETWEEN 1 AND 10"))
    size = asking.owner.call("GET", asking.owner.table("q_merge")).body.get("numBytes")
    return f"table {size} bytes; billed {billed(plain)}, with BETWEEN {billed(bounded)}"


def billed(answer: Answer) -> str:
    return answer.body.get("statistics", {}).get("query", {}).get("totalBytesBilled", "not said") if answer.ok else str(answer)


def the_same_job_id(asking: Asking) -> str:
    job = asking.must(asking.owner.query("SELECT 1"))
    again = {"jobReference": job.body["jobReference"], "configuration": {"query": {"query": "SELECT 1", "useLegacySql": False}}}
    return str(asking.owner.call("POST", "jobs", again))


def merge_and_ledger_in_a_transaction(asking: Asking) -> str:
    asking.filled("q_target")
    asking.fresh("q_runs", [{"name": "seq", "type": "INTEGER"}])
    script = (
        "BEGIN TRANSACTION; ASSERT (SELECT COALESCE(MAX(seq), 0) FROM dataset.q_runs) = 0 AS 'another run was faster';"
        "MERGE dataset.q_target T USING (SELECT 1 AS id, 'new' AS v) S ON T.id = S.id WHEN MATCHED THEN UPDATE SET v = S.v;"
        "INSERT INTO dataset.q_runs VALUES (1); COMMIT TRANSACTION;"
    )
    first, second = asking.owner.query(script), asking.owner.query(script)
    return f"first: {first}; again: {second}"


def check_on_an_empty_dataset(asking: Asking) -> str:
    asking.source.sql("CREATE TABLE IF NOT EXISTS never_copied (id INT PRIMARY KEY)", DATABASE)
    code, _, output = asking.program.run("never_copied", "check")
    failed = [line for line in output.splitlines() if line.startswith("FAILED")]
    return f"exit {code}" + "".join(f"; {line}" for line in failed)


def replace_a_table_with_policies(asking: Asking) -> str:
    asking.source.sql("CREATE TABLE IF NOT EXISTS policed (id BIGINT PRIMARY KEY, v TEXT); REPLACE INTO policed VALUES (1, 'a')", DATABASE)
    first, _, _ = asking.program.run("policed")
    asking.must(asking.owner.query('CREATE ROW ACCESS POLICY some ON dataset.policed GRANT TO ("allAuthenticatedUsers") FILTER USING (id = 1)'))
    code, lines, _ = asking.program.run("policed")
    why = next((line["message"] for line in lines if line.get("event") == "table_failed"), "")
    return f"first run exit {first}, second run exit {code} {why[:200]}; policies: {asking.policies('policed')}"


# (question, expected answer: what the program relies on or the documentation says, words of that answer, function that asks)
QUESTIONS: list[tuple[str, str, str, Callable[[Asking], str]]] = [
    ("May dataEditor list row access policies?", "403 accessDenied", "403", listing_policies),
    ("WRITE_TRUNCATE as dataEditor on a table with a policy", "loads, 0 policies left", "0 left", truncate_with_policies),
    ("WRITE_TRUNCATE_DATA on a table with a policy, without a TRUE filter", "loads, 1 policy left", "200; policies: 1 left", truncate_data_with_policies),
    ("The program on a table that got a policy", "exit 0, 1 policy left", "exit 0 ; policies: 1 left", replace_a_table_with_policies),
    ("Policy tags in an Avro load's schema as dataEditor", "notFound or accessDenied", "40", tags_in_a_load),
    ("testIamPermissions of a missing table", "200 {}", "200 {}", permissions_of_a_missing_table),
    ("`check` for a table that does not exist yet", "exit 0", "exit 0", check_on_an_empty_dataset),
    ("JSON: a double", "the same double", 'becomes {"a":67.174118}', json_double),
    ("JSON: duplicate keys and their order", 'the first of them: {"a":1,"b":1}', 'becomes {"a":1,"b":1}', json_duplicates),
    ("JSON: a number of 30 digits", "rounded to a double", "e+29", json_digits),
    ("WRITE_TRUNCATE_DATA: what is preserved", "description, mode and key", "primary key ['id']", truncate_data_preserves),
    ("WRITE_TRUNCATE: what is lost", "description and key", "primary key None", truncate_drops),
    ("WRITE_TRUNCATE_DATA with a new column", "loads, column added", "columns id, v, w", data_added_column),
    ("Descriptions in an Avro load", "from schema and Avro's doc", "'from the schema', v: \"from Avro's doc\"", description_in_a_load),
    ("A foreign key to a table without primary key", "400 invalid", "400", foreign_key_to_a_table_without_key),
    ("WRITE_TRUNCATE of a table that a foreign key refers to", "loads, foreign key is preserved", "load: 200; foreign keys left: 1", truncating_a_referenced_table),
    ("GEOGRAPHY from an Avro string", "POINT(1 2)", "POINT(1 2)", geography_from_avro),
    ("An Avro block of nearly 16 MB", "loads", "block: 200", large_block),
    ("A load into a partition decorator", "replaces that day only", "2026-01-02 2, 2026-01-03 1", load_into_a_partition),
    ("A row of another day in a partition's load", "the job fails", "400", wrong_partition),
    ("An empty load into a partition", "empties that day", "1 rows left of 2", empty_partition),
    ("Bytes billed by a MERGE of 10 rows", "at least 10 MB, less with BETWEEN", "billed 1", bytes_of_a_merge),
    ("The same job id twice", "409 duplicate", "409", the_same_job_id),
    ("ASSERT, MERGE and INSERT in one transaction, twice", "200, then the ASSERT's text", "first: 200; again: 400", merge_and_ledger_in_a_transaction),
]


def ask_all(asking: Asking) -> list[tuple[str, str, str, bool]]:
    """(question, expected, observed, whether they agree) for each question."""
    answers = []
    for question, expected, words, ask in QUESTIONS:
        try:
            observed = ask(asking)
        except (RuntimeError, KeyError, IndexError) as error:
            observed = f"could not be asked: {error}"
        answers.append((question, expected, " ".join(observed.split())[:400], words in observed))
        print(f"  {question}: {answers[-1][2]}", flush=True)
    return answers
