"""The roles that a test can grant, and the permissions that a request or a job needs.

The roles list only permissions that the emulator checks. Sources: page "IAM roles and permissions"
(access-control) for the roles; the discovery document for what each method needs.
"""

import re

from emulator.discovery import Method

_EDITOR = frozenset({
    "bigquery.datasets.create",
    "bigquery.datasets.get",
    "bigquery.tables.create",
    "bigquery.tables.delete",
    "bigquery.tables.export",
    "bigquery.tables.get",
    "bigquery.tables.getData",
    "bigquery.tables.list",
    "bigquery.tables.update",
    "bigquery.tables.updateData",
})  # fmt: skip

ROLES = {
    # It lacks rowAccessPolicies.*, tables.setCategory, tables.setColumnDataPolicy and tables.setIamPolicy.
    "roles/bigquery.dataEditor": _EDITOR,
    "roles/bigquery.dataOwner": _EDITOR
    | {
        "bigquery.datasets.delete",
        "bigquery.datasets.update",
        "bigquery.rowAccessPolicies.create",
        "bigquery.rowAccessPolicies.delete",
        "bigquery.rowAccessPolicies.get",
        "bigquery.rowAccessPolicies.list",
        "bigquery.rowAccessPolicies.setIamPolicy",
        "bigquery.rowAccessPolicies.update",
        "bigquery.tables.setCategory",
        "bigquery.tables.setColumnDataPolicy",
    },
    "roles/bigquery.dataViewer": frozenset({
        "bigquery.datasets.get",
        "bigquery.tables.export",
        "bigquery.tables.get",
        "bigquery.tables.getData",
        "bigquery.tables.list",
    }),
    "roles/bigquery.jobUser": frozenset({"bigquery.jobs.create"}),
}  # fmt: skip

# Resources whose methods need fixed permissions, which the document states.
_RESOURCES = ("datasets", "tables", "tabledata", "rowAccessPolicies")
_NEEDS = re.compile(r"# IAM Permissions Requires (?!no )(.*)", re.DOTALL)
_PERMISSION = re.compile(r"`(bigquery\.\w+\.\w+)`")

# Permissions to set column protections. Pages "Introduction to column-level access control" (column-level-security) and
# "Column-level data policies".
_PROTECTIONS = {
    "policyTags": ("bigquery.tables.setCategory", "datacatalog.taxonomies.get"),
    "dataPolicies": ("bigquery.tables.setColumnDataPolicy",),
    "dataPolicyList": ("bigquery.tables.setColumnDataPolicy",),
}

# Page "IAM roles and permissions". A script needs the permissions of all its statements.
_STATEMENTS = (
    (re.compile(r"\bCREATE\s+(OR\s+REPLACE\s+)?(SNAPSHOT\s+)?TABLE\b", re.IGNORECASE), ("bigquery.tables.create",)),
    (re.compile(r"\bDROP\s+TABLE\b", re.IGNORECASE), ("bigquery.tables.delete", "bigquery.tables.get")),
    (re.compile(r"\bALTER\s+TABLE\b", re.IGNORECASE), ("bigquery.tables.update", "bigquery.tables.get")),
    (re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE|TRUNCATE)\b", re.IGNORECASE), ("bigquery.tables.updateData",)),
    (re.compile(r"\b(SELECT|UPDATE|DELETE|MERGE)\b.*\b(FROM|USING|SET)\b", re.IGNORECASE | re.DOTALL), ("bigquery.tables.getData",)),
    (
        re.compile(r"\bROW\s+ACCESS\s+POLIC", re.IGNORECASE),
        ("bigquery.rowAccessPolicies.create", "bigquery.rowAccessPolicies.setIamPolicy"),
    ),
)


def of_method(method: Method) -> list[str]:
    """The permissions that a method needs on the dataset or table in its path."""
    said = _NEEDS.search(method.description)
    return _PERMISSION.findall(said[1]) if said and method.id.split(".")[1] in _RESOURCES else []


def of_schema(fields: list[dict]) -> list[str]:
    """The additional permissions that a schema needs because of its column protections."""
    found = []
    for field in fields:
        for key, needed in _PROTECTIONS.items():
            found += needed if field.get(key) else ()
        found += of_schema(field.get("fields") or [])
    return found


def of_load(exists: bool, disposition: str) -> list[str]:
    """The permissions that a load job needs on its destination. Page "Loading Avro data" (loading-data-cloud-storage-avro)."""
    needed = ["bigquery.tables.updateData"]
    if not exists:
        return [*needed, "bigquery.tables.create"]
    return needed + (["bigquery.tables.update"] if disposition.startswith("WRITE_TRUNCATE") else [])


def of_query(sql: str) -> list[str]:
    """The permissions that a query needs on the datasets it names."""
    return [permission for pattern, needed in _STATEMENTS if pattern.search(sql) for permission in needed]


def denied(permission: str, project: str, dataset: str | None = None, table: str | None = None) -> str:
    """The message of an accessDenied error. Page "Error messages" (error-messages)."""
    if dataset is None:
        return f"Access Denied: Project {project}: User does not have {permission} permission in project {project}."
    kind, label = ("Table", f"{project}:{dataset}.{table}") if table else ("Dataset", f"{project}:{dataset}")
    return f"Access Denied: {kind} {label}: Permission {permission} denied on {kind.lower()} {label} (or it may not exist)."
