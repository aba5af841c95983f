"""Refuses what BigQuery refuses and the emulator would accept: missing permissions and invalid table properties."""

import json

from local_bigquery.catalog import tables
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import runner
from local_bigquery.models import TableReference
from starlette.concurrency import run_in_threadpool

from emulator import patches, permissions, rules, web
from emulator.discovery import Api

WRITES_A_TABLE = ("bigquery.tables.insert", "bigquery.tables.patch", "bigquery.tables.update")
TEST_PERMISSIONS = "bigquery.tables.testIamPermissions"


def existing(project: str, dataset: str, table: str) -> dict | None:
    """The table as the API shows it."""
    try:
        return tables.load(project, dataset, table).dump()
    except BigQueryError:
        return None


class Strict:
    """Refuses requests for tables and datasets that BigQuery would refuse."""

    def __init__(self, app, api: Api):
        self.app, self.api = app, api

    async def __call__(self, scope, receive, send):
        method = place = None
        if scope["type"] == "http":
            method, place = self.api.method(scope["method"], web.raw_path(scope))
        if method is None or not (method.id == TEST_PERMISSIONS or rules.program.get() and permissions.of_method(method)):
            return await self.app(scope, receive, send)
        body = await web.read(receive)
        if body is None:
            return
        ask = self.tested if method.id == TEST_PERMISSIONS else self.refusal
        answer = await run_in_threadpool(ask, method, place, body)
        if answer is None:
            return await self.app(scope, web.replay(body, receive), send)
        await web.answer(send, *answer)

    @staticmethod
    def tested(_method, place: list[str], body: bytes):
        """The granted permissions. For a missing table, an empty set and not an error, as the method's description says."""
        project, dataset, table = place
        asked = json.loads(body).get("permissions", [])
        if existing(project, dataset, table) is None:
            asked = []
        granted = [name for name in asked if not rules.of(project, dataset).lacks(name)]
        return 200, {"permissions": granted} if granted else {}

    @staticmethod
    def refusal(method, place: list[str], body: bytes):
        """(status, error), or None."""
        project, dataset, table, *_ = [*place, None, None]
        own = rules.of(project, dataset)
        given = json.loads(body) if method.id in WRITES_A_TABLE else {}
        fields = (given.get("schema") or {}).get("fields", [])
        if lacking := own.lacks(*permissions.of_method(method), *permissions.of_schema(fields)):
            return 403, web.error(403, "accessDenied", permissions.denied(lacking, project, dataset, table))
        if method.id in WRITES_A_TABLE:
            is_new = method.id == "bigquery.tables.insert"
            found = given if is_new else existing(project, dataset, table)
            if found is not None:
                # A patch may add columns and, at once, keys on them.
                found = {**found, **({"schema": given["schema"]} if fields else {}), **({"labels": {}} if is_new else {})}
                if why := patches.refusal(given, found, own.refused_patches, existing):
                    return 400, web.error(400, "invalid", why)
        return None


def hold_jobs():
    """Makes jobs require permissions."""
    submit, load = runner.submit, runner.HANDLERS["load"]

    def allowed_submit(project_id, job_id, configuration, upload=None):
        if rules.program.get():
            job_permissions(project_id, configuration.dump())
        return submit(project_id, job_id, configuration, upload)

    def allowed_load(cur, config, upload):
        project, dataset, table = tables.reference(config.destinationTable)
        fields = config.dump().get("schema", {}).get("fields", [])
        if rules.of(project, dataset).lacks(*permissions.of_schema(fields)):
            # BigQuery's own reason is just as misleading: github.com/googleapis/python-bigquery/issues/397.
            raise BigQueryError("notFound", f"Not found: Table {project}:{dataset}.{table} was not found in location US")
        return load(cur, config, upload)

    runner.submit = allowed_submit
    runner.HANDLERS["load"] = allowed_load


def job_permissions(project: str, configuration: dict):
    """Raises accessDenied if the program may not start the job."""
    load, query = configuration.get("load"), configuration.get("query")
    reached: list[tuple[str, str | None, list[str]]] = []
    if load:
        _, dataset, table = tables.reference(TableReference.model_validate(load["destinationTable"]))
        table = table.partition("$")[0]
        disposition = load.get("writeDisposition", "WRITE_APPEND")
        reached.append((dataset, table, permissions.of_load(tables.exists(project, dataset, table), disposition)))
    elif query:
        sql, default = query.get("query", ""), query.get("defaultDataset", {}).get("datasetId")
        named = [name for name in rules.datasets(project) if name == default or name in sql]
        reached += [(name, None, permissions.of_query(sql)) for name in named]
    for dataset in [dataset for dataset, *_ in reached] or [None]:
        if lacking := rules.of(project, dataset).lacks("bigquery.jobs.create"):
            raise BigQueryError("accessDenied", permissions.denied(lacking, project))
    for dataset, table, needed in reached:
        if lacking := rules.of(project, dataset).lacks(*needed):
            raise BigQueryError("accessDenied", permissions.denied(lacking, project, dataset, table))
