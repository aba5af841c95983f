"""Table properties that BigQuery refuses although they match the API's schema."""

import time

MOST_LABELS = 64  # page "Introduction to labels" (labels-intro)
MOST_KEY_COLUMNS = 16  # page "Use primary and foreign keys" (primary-foreign-keys)


def refusal(body: dict, existing: dict, refused: tuple[str, ...], find) -> str | None:
    """Why a patch of the table `existing` is refused. `find(project, dataset, table)` looks up another table."""
    for path in refused:
        if has(body, path.split(".")):
            return f"Invalid value for {path}: refused by a rule of this test"
    labels = {**existing.get("labels", {}), **(body.get("labels") or {})}
    count = sum(value is not None for value in labels.values())
    if count > MOST_LABELS:
        return f"Invalid value for labels: a table cannot have more than {MOST_LABELS} labels, but this one would have {count}"
    expiration = body.get("expirationTime")
    # Page "Managing tables" (managing-tables): an expiration must be in the future.
    if expiration is not None and int(expiration) <= time.time() * 1000:
        return f"Invalid value for expirationTime: {expiration} is in the past"
    return constraints_refusal(body.get("tableConstraints") or {}, existing, find)


def has(value, path: list[str]) -> bool:
    """Whether the value has the key at the end of the path."""
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return False
        value = value[key]
    return True


def constraints_refusal(constraints: dict, existing: dict, find) -> str | None:
    """Why these keys are refused. Page "Use primary and foreign keys" (primary-foreign-keys)."""
    columns = {field["name"].casefold() for field in existing.get("schema", {}).get("fields", [])}
    key = (constraints.get("primaryKey") or {}).get("columns", [])
    if missing := [column for column in key if column.casefold() not in columns]:
        return f"Primary key column {missing[0]} was not found in the table's schema"
    if len(key) > MOST_KEY_COLUMNS:
        return f"A primary key has at most {MOST_KEY_COLUMNS} columns, but this one has {len(key)}"
    for foreign in constraints.get("foreignKeys") or []:
        pairs = foreign["columnReferences"]
        if missing := [pair["referencingColumn"] for pair in pairs if pair["referencingColumn"].casefold() not in columns]:
            return f"Foreign key column {missing[0]} was not found in the table's schema"
        reference = foreign.get("referencedTable", {})
        place = [reference.get(key, "") for key in ("projectId", "datasetId", "tableId")]
        label, other = "{}:{}.{}".format(*place), find(*place)
        if other is None:
            return f"Foreign key refers to table {label}, which was not found"
        primary = other.get("tableConstraints", {}).get("primaryKey", {}).get("columns", [])
        if sorted(pair["referencedColumn"].casefold() for pair in pairs) != sorted(map(str.casefold, primary)):
            return f"Foreign key refers to columns of table {label} that are not its primary key"
    return None
