"""Repairs loads of Avro and Parquet with an explicit schema: BYTES are not base64, a missing NULLABLE column is NULL, REQUIRED is checked."""

from local_bigquery.engine import types
from local_bigquery.engine.database import quote
from local_bigquery.errors import BigQueryError
from local_bigquery.jobs import load


def repair():
    published = load._projection

    def column(field, present: bool) -> str:
        name, kind = quote(field.name), types.duckdb_type(field)
        required = field.mode == "REQUIRED"
        if not present and required:
            message = f"Error while reading data, error message: required column '{field.name}' is not in the file"
            raise BigQueryError("invalid", message)
        value = f"CAST({name if present else 'NULL'} AS {kind})"
        if required:
            value = f"CASE WHEN {name} IS NULL THEN error('Required field {field.name} cannot be null') ELSE {value} END"
        return f"{value} AS {name}"

    def projection(config, fields, columns):
        if not fields or config.sourceFormat not in ("AVRO", "PARQUET") or config.hivePartitioningOptions:
            return published(config, fields, columns)
        present = {name.casefold() for name in columns}
        return ", ".join(column(field, field.name.casefold() in present) for field in fields), "false"

    load._projection = projection
