"""Partition decorators: a load into `t$20260102` writes into that partition of `t` and accepts no rows of other partitions.

Sources: page "Managing partitioned table data" (managing-partitioned-table-data), "Write data to a specific partition"; for the decorators'
formats page "Introduction to partitioned tables" (partitioned-tables).
"""

import contextvars
import dataclasses
import datetime

from local_bigquery.catalog import names, tables
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import runner
from local_bigquery.models import Table

FORMATS = {"YEAR": "%Y", "MONTH": "%Y%m", "DAY": "%Y%m%d", "HOUR": "%Y%m%d%H"}
DIGITS = {"YEAR": 4, "MONTH": 6, "DAY": 8, "HOUR": 10}
# The length of a partition as an interval of the engine.
LENGTHS = {"YEAR": "1 YEAR", "MONTH": "1 MONTH", "DAY": "1 DAY", "HOUR": "1 HOUR"}


@dataclasses.dataclass(frozen=True)
class Partition:
    """The part of a table's name after `$`."""

    name: str

    def condition(self, table: Table) -> str:
        """An SQL condition that is true for the partition's rows."""
        time, numbers = table.timePartitioning, table.rangePartitioning
        if time and time.field:
            return self._of_time(time.field, time.type or "DAY", table)
        if numbers and numbers.field:
            return self._of_numbers(numbers.field, numbers.range)
        raise self._invalid("the table is not partitioned by a column")

    def _of_time(self, column: str, kind: str, table: Table) -> str:
        try:
            if len(self.name) != DIGITS[kind]:
                raise ValueError
            start = datetime.datetime.strptime(self.name, FORMATS[kind])
        except ValueError:
            raise self._invalid(f"a partition by {kind} has {DIGITS[kind]} digits") from None
        field = next(field for field in tables.fields(table) if field.name.casefold() == column.casefold())
        cast = {"TIMESTAMP": "TIMESTAMPTZ", "DATETIME": "TIMESTAMP", "DATE": "DATE"}[field.type]
        zone = "+00" if field.type == "TIMESTAMP" else ""
        low = f"CAST('{start:%Y-%m-%d %H:%M:%S}{zone}' AS {cast})"
        return f"{quote(column)} >= {low} AND {quote(column)} < {low} + INTERVAL {LENGTHS[kind]}"

    def _of_numbers(self, column: str, numbers) -> str:
        start, end, interval = int(numbers.start), int(numbers.end), int(numbers.interval)
        if not self.name.lstrip("-").isdecimal() or not start <= int(self.name) < end or (int(self.name) - start) % interval:
            raise self._invalid(f"partitions start at {start}, every {interval}, up to {end}")
        low = int(self.name)
        return f"{quote(column)} >= {low} AND {quote(column)} < {min(low + interval, end)}"

    def _invalid(self, why: str) -> BigQueryError:
        return BigQueryError("invalid", f"Invalid partition decorator ${self.name}: {why}")


# The partition that the current job writes to.
wanted: contextvars.ContextVar[Partition | None] = contextvars.ContextVar("wanted", default=None)


def repair():
    published = runner.HANDLERS["load"]

    def load(cur, config, upload):
        project, dataset, table = tables.reference(config.destinationTable)
        table, _, decorator = table.partition("$")
        if not decorator:
            return published(cur, config, upload)
        partition = Partition(decorator)
        reference = {"projectId": project, "datasetId": dataset, "tableId": table}
        if not tables.exists(project, dataset, table):
            if not (config.timePartitioning or config.rangePartitioning) or config.createDisposition == "CREATE_NEVER":
                raise BigQueryError("notFound", f"Not found: Table {names.label(project, dataset, table)}")
            layout = config.only("timePartitioning", "rangePartitioning", "clustering", "schema").dump()
            tables.create(project, dataset, Table(tableReference=reference, **layout), None)
        token = wanted.set(partition)
        try:
            return published(cur, config.replace(destinationTable=reference), upload)
        finally:
            wanted.reset(token)

    runner.HANDLERS["load"] = load
