"""Compares JSON with the schemas of a discovery document: finds faults in requests, and removes unknown fields from answers."""

import base64
import binascii
import math
import re

RANGES = {
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "uint64": (0, 2**64 - 1),
}
DIGITS = re.compile(r"0|-?[1-9][0-9]*")
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)")
DURATION = re.compile(r"-?\d+(\.\d{1,9})?s")
OUTPUT_ONLY = re.compile(r"\W?output.only", re.IGNORECASE)
REQUIRED = re.compile(r"\W?required\b", re.IGNORECASE)

# Fields that the document calls required, although BigQuery accepts requests without them.
NOT_REQUIRED = {
    "JobReference.jobId": 'BigQuery generates one, page "Method: jobs.insert"',
    "JobConfigurationLoad.sourceUris": 'an upload has none, page "Upload files to BigQuery"',
}

# Enums that the document states only in descriptions. The values must appear there; `Schemas` checks that at startup.
DESCRIBED = {
    "JobConfigurationLoad.createDisposition": ("CREATE_IF_NEEDED", "CREATE_NEVER"),
    "JobConfigurationLoad.writeDisposition": ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA", "WRITE_APPEND", "WRITE_EMPTY"),
    "JobConfigurationLoad.schemaUpdateOptions": ("ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"),
    "JobConfigurationLoad.sourceFormat": ("CSV", "DATASTORE_BACKUP", "NEWLINE_DELIMITED_JSON", "AVRO", "PARQUET", "ORC"),
    "JobConfigurationQuery.createDisposition": ("CREATE_IF_NEEDED", "CREATE_NEVER"),
    "JobConfigurationQuery.writeDisposition": ("WRITE_TRUNCATE", "WRITE_TRUNCATE_DATA", "WRITE_APPEND", "WRITE_EMPTY"),
    "JobConfigurationQuery.schemaUpdateOptions": ("ALLOW_FIELD_ADDITION", "ALLOW_FIELD_RELAXATION"),
    "JobConfigurationQuery.priority": ("INTERACTIVE", "BATCH"),
    "JobConfigurationTableCopy.createDisposition": ("CREATE_IF_NEEDED", "CREATE_NEVER"),
    "JobConfigurationTableCopy.writeDisposition": ("WRITE_TRUNCATE", "WRITE_APPEND", "WRITE_EMPTY"),
    "TimePartitioning.type": ("DAY", "HOUR", "MONTH", "YEAR"),
    "TableFieldSchema.mode": ("NULLABLE", "REQUIRED", "REPEATED"),
    "TableFieldSchema.collation": ("und:ci", ""),
    "TableFieldSchema.type": (
        *("STRING", "BYTES", "INTEGER", "INT64", "FLOAT", "FLOAT64", "BOOLEAN", "BOOL", "TIMESTAMP", "DATE", "TIME", "DATETIME"),
        *("GEOGRAPHY", "NUMERIC", "BIGNUMERIC", "JSON", "RECORD", "STRUCT", "RANGE"),
    ),
}  # fmt: skip

DROPPED = object()


class Schemas:
    """The schemas of a document, by name."""

    def __init__(self, schemas: dict):
        self.schemas = schemas
        for name, words in DESCRIBED.items():
            schema, _, field = name.partition(".")
            said = schemas[schema]["properties"][field]["description"]
            missing = [word for word in words if word not in said]
            assert not missing, f"the document no longer mentions {missing} of {name}: correct DESCRIBED"

    def resolve(self, schema: dict) -> tuple[str, dict]:
        """A schema, and its name if it has one."""
        name = schema.get("$ref", "")
        return (name, self.schemas[name]) if name else (schema.get("id", ""), schema)

    def faults(self, value, schema: dict, where: str, partial: bool = False):
        """Yields the faults of `value`, which is at `where` in a request.

        A `partial` value belongs to a patch: no field is required, and null removes a field.
        """
        name, schema = self.resolve(schema)
        yield from self._faults(value, schema, where, name, name, partial, partial)

    def _faults(self, value, schema, where, owner, label, partial, nullable):
        """`owner` is the schema that contains the value, `label` the key for DESCRIBED."""
        kind = schema.get("type", "object" if "properties" in schema else "any")
        if value is None:
            if not nullable:
                yield f"{where} is null: leave it out"
        elif kind == "any":
            pass
        elif kind == "object":
            yield from self._object(value, schema, where, owner, partial, nullable)
        elif kind == "array":
            if not isinstance(value, list):
                yield f"{where} is {typename(value)}, not an array"
                return
            name, items = self.resolve(schema["items"])
            for at, item in enumerate(value):
                yield from self._faults(item, items, f"{where}[{at}]", name or owner, name or label, False, False)
        else:
            fault = scalar_fault(value, kind, schema.get("format"))
            if fault:
                yield f"{where} is {fault}"
                return
            words = schema.get("enum") or DESCRIBED.get(label)
            if words and value not in words:
                yield f"{where} is {value!r}, but must be one of {', '.join(map(repr, words))}"
            if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
                yield f"{where} is {value!r}, which does not match {schema['pattern']}"

    def _object(self, value, schema, where, owner, partial, nullable):
        if not isinstance(value, dict):
            yield f"{where} is {typename(value)}, not an object"
            return
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            at, label = f"{where}.{key}", f"{owner}.{key}"
            if key not in properties:
                if others is None:
                    yield f"{at}: {owner or 'the object'} has no such field"
                else:
                    name, inner = self.resolve(others)
                    yield from self._faults(item, inner, at, name or owner, name or label, partial, nullable)
                continue
            if is_output_only(properties[key]):
                yield f"{at} is output only"
                continue
            name, inner = self.resolve(properties[key])
            # An unnamed object gets the name of its field: `TableFieldSchema.policyTags`.
            yield from self._faults(item, inner, at, name or label, name or label, partial, nullable)
        if partial:
            return
        for key, inner in properties.items():
            required = REQUIRED.match(inner.get("description", "")) and f"{owner}.{key}" not in NOT_REQUIRED
            if required and key not in value:
                yield f"{where}.{key} is missing, but {owner or 'the object'} requires it"

    def shaped(self, value, schema: dict):
        """`value` as Google would send it: no unknown fields, int64 as a string, no null.

        DROPPED if the type of the value does not match.
        """
        _, schema = self.resolve(schema)
        kind = schema.get("type", "object" if "properties" in schema else "any")
        if kind == "any":
            return value
        if kind == "object":
            if not isinstance(value, dict):
                return DROPPED
            properties, others = schema.get("properties", {}), schema.get("additionalProperties")
            known = {key: properties.get(key, others) for key in value}
            shaped = {key: self.shaped(value[key], inner) for key, inner in known.items() if inner is not None}
            return {key: item for key, item in shaped.items() if item is not DROPPED}
        if kind == "array":
            if not isinstance(value, list):
                return DROPPED
            items = [self.shaped(item, schema["items"]) for item in value]
            return [item for item in items if item is not DROPPED]
        return shaped_scalar(value, kind)


def is_output_only(schema: dict) -> bool:
    """Whether only BigQuery writes the field. The document says so in two ways."""
    return bool(schema.get("readOnly") or OUTPUT_ONLY.match(schema.get("description", "")))


def typename(value) -> str:
    """The JSON type of a value, with the value if it is short."""
    match value:
        case None:
            return "null"
        case bool():
            return f"the boolean {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the string {value[:40]!r}"
        case list():
            return "an array"
    return "an object"


def scalar_fault(value, kind: str, form: str | None) -> str | None:
    """Why a scalar does not match the type, or None."""
    if kind == "boolean":
        return None if isinstance(value, bool) else f"{typename(value)}, not a boolean"
    if kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, int if kind == "integer" else int | float):
            return f"{typename(value)}, not {'an integer' if kind == 'integer' else 'a number'}"
        if isinstance(value, float) and not math.isfinite(value):
            return f"{value}, which is not valid JSON"
        return range_fault(value, form)
    if not isinstance(value, str):
        return f"{typename(value)}, not a string" + (f" ({form} is a string in JSON)" if form in RANGES else "")
    if form in RANGES:
        if not DIGITS.fullmatch(value):
            return f"the string {value!r}, which is not a valid {form}"
        return range_fault(int(value), form)
    if form in ("date-time", "google-datetime") and not DATE_TIME.fullmatch(value):
        return f"the string {value!r}, which is not an RFC 3339 time"
    if form == "google-duration" and not DURATION.fullmatch(value):
        return f"the string {value!r}, which is not a duration such as 3.5s"
    if form == "byte":
        try:
            base64.b64decode(value, validate=True)
        except binascii.Error:
            return f"the string {value[:40]!r}, which is not base64"
    return None


def range_fault(value, form: str | None) -> str | None:
    """Why a number does not fit the format, or None."""
    low, high = RANGES.get(form, (-math.inf, math.inf))
    return None if low <= value <= high else f"{value}, which is out of range for {form}"


def shaped_scalar(value, kind: str):
    """A scalar converted to the type, or DROPPED."""
    if kind == "string" and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if kind == "integer" and isinstance(value, str) and DIGITS.fullmatch(value):
        return int(value)
    types = {"string": str, "boolean": bool, "integer": int, "number": int | float}
    fits = isinstance(value, types[kind]) and (kind == "boolean" or not isinstance(value, bool))
    return value if fits else DROPPED
