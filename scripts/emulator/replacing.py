"""What a job that replaces a table, its rows or one partition does to the table's other properties.

Sources: the discovery document, `JobConfigurationLoad.writeDisposition` and `.schemaUpdateOptions`; page "Modifying table schemas"
(managing-table-schemas); page "Introduction to row-level security" (row-level-security-intro), "Implicit deletion": WRITE_TRUNCATE removes
all row access policies. The page makes no exception for a load into one partition, so neither does this file.
"""

import duckdb
from local_bigquery.catalog import metadata, names, tables
from local_bigquery.engine import database, results, types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError, already_exists
from local_bigquery.models import RowAccessPolicy, Table

from emulator import partitions

# The API has two names for some types.
STANDARD = {"INT64": "INTEGER", "FLOAT64": "FLOAT", "BOOL": "BOOLEAN", "STRUCT": "RECORD", "DECIMAL": "NUMERIC", "BIGDECIMAL": "BIGNUMERIC"}
OPTIONS = {"ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"}
# How often a commit is tried: more than the number of loads that tests run at once.
COMMITS = 20
# Properties that WRITE_TRUNCATE resets.
REPLACED = ("schema", "tableConstraints", "encryptionConfiguration")


def repair():
    published, overlay = tables.write, tables._overlay

    def write(cur, query, params, reference, config, default="WRITE_EMPTY", prefix="Invalid schema update. ", isolated=False):
        def publish(settings):
            return published(cur, query, params, reference, settings, default, prefix, isolated)

        disposition = config.writeDisposition or default
        if reference[1] == tables.RESULTS:
            return publish(config)
        found = tables.exists(*reference)
        partition = partitions.wanted.get()
        if not found:
            # A new table has no schema to update.
            publish(config.without("schemaUpdateOptions"))
            remember(reference, config)
            return True
        same_layout(tables.load(*reference), config)
        if partition or disposition == "WRITE_TRUNCATE_DATA":
            replace_rows(cur, query, params, reference, config, disposition, prefix, partition)
        else:
            publish(config)
        if disposition == "WRITE_TRUNCATE":
            metadata.delete(RowAccessPolicy, *reference)
            if not partition:
                remember(reference, config)
        return False

    tables.write = write
    # After a load, the engine has no NOT NULL. With `nested`, the recorded mode REQUIRED is used instead.
    tables._overlay = lambda fields, extras, nested=False: overlay(fields, extras, True)
    tables.load = counted(tables.load)


def counted(load):
    """Makes `load` count the rows, because the engine's number includes deleted rows."""

    def exact(*reference):
        table = load(*reference)
        if table.type != "TABLE" or table.numRows in (None, "0"):
            return table
        return table.replace(numRows=str(database.fetch(f"SELECT count(*) FROM {tables.name(*reference)}")[0][0]))

    return exact


def truncates(disposition: str) -> bool:
    return disposition in ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA")


def same_layout(table: Table, config):
    """Fails a job whose partitioning or clustering differs from the table's."""
    was, given = table.dump(), config.dump()
    for key in ("timePartitioning", "rangePartitioning"):
        if key in given and relevant(was.get(key)) != relevant(given[key]):
            is_, wanted = (str(relevant(value)) if value else "none" for value in (was.get(key), given[key]))
            message = f"Incompatible table partitioning specification. Destination table exists with partitioning specification {is_}"
            raise BigQueryError("invalid", f"{message}, but transfer target partitioning specification is {wanted}")
    if "clustering" in given and was.get("clustering", {}).get("fields") != given["clustering"].get("fields"):
        raise BigQueryError("invalid", "Incompatible table clustering specification: the destination table has a different clustering")


def relevant(partitioning: dict | None) -> dict | None:
    """The parts of a partitioning that must match."""
    return partitioning and {key: value for key, value in partitioning.items() if key in ("type", "field", "range")}


def given_fields(config) -> list:
    """The schema of a load job, if it has one."""
    schema = getattr(config, "schema_", None)
    return (schema and schema.fields) or []


def remember(reference, config):
    """Records the job's schema and KMS key. Constraints are dropped; description, labels and expiration are preserved."""
    stored = metadata.load(Table, *reference) or tables.defaults(*reference)
    changes = {"lastModifiedTime": metadata.now()}
    if fields := given_fields(config):
        changes["schema"] = {"fields": [field.dump() for field in fields]}
    if encryption := getattr(config, "destinationEncryptionConfiguration", None):
        changes["encryptionConfiguration"] = encryption.dump()
    tables.record(*reference, stored.without(*REPLACED).replace(**changes))


def in_one(cur, work):
    """Runs `work` in one transaction. Retries if it conflicts with the transaction of another table."""
    for last in (*[False] * COMMITS, True):
        cur.execute("BEGIN")
        try:
            work()
        except Exception:
            cur.execute("ROLLBACK")
            raise
        try:
            return cur.execute("COMMIT")
        except duckdb.TransactionException:
            if last:
                raise


def replace_rows(cur, query, params, reference, config, disposition, prefix, partition):
    """Replaces rows, in the whole table or in one partition. Schema, descriptions, tags, constraints and policies are preserved."""
    fields = given_fields(config)
    current = tables.load(*reference)
    added, relaxed = changes(tables.fields(current), fields, set(config.schemaUpdateOptions or []), prefix)
    table, label = tables.name(*reference), names.label(*reference)
    condition = partition and partition.condition(current)
    if condition:
        outside = cur.sql(f"SELECT 1 FROM ({query}) WHERE ({condition}) IS NOT TRUE LIMIT 1", params=params).fetchone()
        if outside:
            message = f"Some rows belong to different partitions rather than destination partition {label}${partition.name}"
            raise BigQueryError("invalid", message)
    statements = [f"ALTER TABLE {table} ADD COLUMN {types.column(field, nested=True)}" for field in added]
    # Only columns that were not created by a load are NOT NULL in the engine.
    strict = {field.name for field in tables.columns(*reference) if field.mode == "REQUIRED" and field.name.casefold() in relaxed}
    statements += [f"ALTER TABLE {table} ALTER COLUMN {quote(name)} DROP NOT NULL" for name in strict]
    where = f" WHERE {condition}" if condition else ""

    def work():
        if disposition == "WRITE_EMPTY" and cur.sql(f"SELECT 1 FROM {table}{where} LIMIT 1").fetchone():
            raise already_exists("Table", label)
        for statement in statements:
            cur.execute(statement)
        if truncates(disposition):
            cur.execute(f"DELETE FROM {table}{where}")
        results.materialise(cur, query, table, params, True)

    with database.writing(*reference):
        in_one(cur, work)
    stored = metadata.load(Table, *reference) or current
    preserved = [field.replace(mode="NULLABLE") if field.name.casefold() in relaxed else field for field in tables.fields(current)]
    schema = {"fields": [field.dump() for field in preserved + added]}
    tables.record(*reference, stored.replace(schema=schema, lastModifiedTime=metadata.now()))


def changes(current, given, options: set[str], prefix: str):
    """(columns to add, names of columns to relax). Fails the job if its options do not allow a difference."""
    if unknown := options - OPTIONS:
        raise BigQueryError("invalid", f"Invalid schema update option: {', '.join(sorted(unknown))}")
    if not given:
        return [], set()
    of_table, of_job = ({field.name.casefold(): field for field in fields} for fields in (current, given))
    if missing := [field.name for key, field in of_table.items() if key not in of_job]:
        raise BigQueryError("invalid", f"{prefix}Field {missing[0]} is missing in new schema")
    added, relaxed = [], set()
    for key, field in of_job.items():
        was, mode = of_table.get(key), field.mode or "NULLABLE"
        if was is None:
            if "ALLOW_FIELD_ADDITION" not in options:
                raise BigQueryError("invalid", f"{prefix}Cannot add fields (field: {field.name})")
            if mode == "REQUIRED":
                raise BigQueryError("invalid", f"{prefix}Cannot add required fields to an existing schema. (field: {field.name})")
            added.append(field)
            continue
        old, new = (STANDARD.get(kind, kind) for kind in (was.type, field.type))
        if old != new and types.duckdb_type(was) != types.duckdb_type(field):
            raise BigQueryError("invalid", f"{prefix}Field {field.name} has changed type from {old} to {new}")
        if (was.mode or "NULLABLE") != mode:
            if (was.mode, mode) != ("REQUIRED", "NULLABLE") or "ALLOW_FIELD_RELAXATION" not in options:
                raise BigQueryError("invalid", f"{prefix}Field {field.name} has changed mode from {was.mode or 'NULLABLE'} to {mode}")
            relaxed.add(key)
    return added, relaxed
