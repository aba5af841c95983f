"""Compares every value of a copy with its original, by programs that share nothing with what made the copy.

    $TEST_PYTHON tests/readback.py --client $TEST_MYSQL_CLIENT --database shop --emulator $TEST_EMULATOR_HOST --dataset shop users orders
    $TEST_PYTHON tests/readback.py --client $TEST_MYSQL_CLIENT --database shop --uploads FOLDER users orders
    $TEST_PYTHON tests/readback.py --avro FILE [--limit N]

The original is read with the server's own command line client, each value as hexadecimal digits of an unambiguous text; the copy with
Google's Python client. A table that has another name in BigQuery is written users=people. It prints one line per table and exits 0 when
all are equal, else 1 with the first differences. --uploads takes FOLDER/users.avro as the copy, read with fastavro: the emulator has no
BIGNUMERIC of 76 digits.

--avro prints an Avro file as JSON lines: its schema, its codec with the number of blocks and records, and its first records.
"""

import argparse
import collections
import dataclasses
import datetime
import decimal
import json
import pathlib
import re
import signal
import subprocess
import sys

MOST_DIFFERENCES = 5  # shown per table
INTEGERS = {"tinyint", "smallint", "mediumint", "int", "bigint", "year"}
SPATIAL = {"geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection", "geomcollection"}
UNICODE = {"utf8mb4": "utf-8", "utf8mb3": "utf-8", "utf8": "utf-8", "ascii": "utf-8", "binary": "utf-8"}  # MySQL's name and Python's
UNICODE |= {"utf16": "utf-16-be", "ucs2": "utf-16-be", "utf16le": "utf-16-le", "utf32": "utf-32-be"}
JSON_CHECK = re.compile(r"json_valid\(`(.+)`\)", re.IGNORECASE)


@dataclasses.dataclass
class Column:
    name: str
    kind: str  # MySQL's DATA_TYPE, or "json" for MariaDB's alias of it
    declared: str  # COLUMN_TYPE
    precision: int
    scale: int
    charset: str = ""

    def bigquery_type(self) -> str:
        """The type this column is promised to have in BigQuery."""
        if self.kind == "bigint" and "unsigned" in self.declared:
            return "NUMERIC"
        if self.kind in INTEGERS:
            return "INTEGER"
        if self.kind == "bit":
            return "BYTES" if self.precision == 64 else "INTEGER"
        if self.kind == "decimal":
            whole = self.precision - self.scale
            return "NUMERIC" if self.scale <= 9 and whole <= 29 else "BIGNUMERIC" if self.scale <= 38 and whole <= 38 else "STRING"
        if self.kind.endswith(("blob", "binary")) or self.kind == "vector":
            return "BYTES"
        same = {"float": "FLOAT", "double": "FLOAT", "date": "DATE", "datetime": "DATETIME", "timestamp": "TIMESTAMP", "time": "TIME", "json": "JSON"}
        return same.get(self.kind, "STRING")

    def expression(self, mariadb: bool) -> str:
        """SQL for the value as hexadecimal digits of its bytes or its text, or a plain floating-point number; NULL stays NULL."""
        name = "`" + self.name.replace("`", "``") + "`"
        if self.kind == "bit":
            number = f"CAST({name} AS UNSIGNED)"
            return f"LPAD(HEX({number}), 16, '0')" if self.bigquery_type() == "BYTES" else f"HEX(CAST({number} AS CHAR))"
        if self.bigquery_type() == "BYTES":
            return f"HEX({name})"
        if self.bigquery_type() == "FLOAT":
            # Minus, because −0 + 0 is 0.
            return f"{name} - 0e0"  # exact as a DOUBLE and printed so: a FLOAT is printed with six digits, and MySQL's CAST cuts at 22 characters
        if self.kind in SPATIAL:
            return f"HEX(ST_AsText({name}))" if mariadb else f"HEX(ST_AsText({name}, 'axis-order=long-lat'))"
        if self.is_text():
            return f"CONCAT(HEX({name}), '/', HEX(CONVERT({name} USING utf8mb4)))"
        if self.kind == "json":
            return f"HEX(CONVERT({name} USING utf8mb4))"
        return f"HEX(CAST({name} AS CHAR))"

    def is_text(self) -> bool:
        return self.kind.endswith(("char", "text")) or self.kind in ("enum", "set")

    def text(self, raw: bytes, converted: bytes) -> str | None:
        """The text of the bytes as they are kept; None where they are none. Python knows Unicode's sets, the server converts the others."""
        try:
            if self.charset in UNICODE:
                return raw.decode(UNICODE[self.charset])
            text = converted.decode()
        except UnicodeDecodeError:
            return None
        # The server writes a question mark for what it cannot convert; in these sets one is always the byte 0x3f.
        return text if text.count("?") == raw.count(b"?") else None

    def value(self, digits: str):
        """The value BigQuery is expected to hold, from what `expression` answered."""
        if digits == "NULL":
            return None
        if self.bigquery_type() == "FLOAT":
            return plain_float(float(digits))
        if self.is_text():
            return self.text(*(bytes.fromhex(part) for part in digits.split("/")))
        raw = bytes.fromhex(digits)
        if self.bigquery_type() == "BYTES":
            return raw
        text = raw.decode()
        try:
            match self.bigquery_type():
                case "INTEGER":
                    return int(text)
                case "NUMERIC" | "BIGNUMERIC":
                    return decimal.Decimal(text)
                case "DATE":
                    return datetime.date.fromisoformat(text)
                case "DATETIME":
                    return datetime.datetime.fromisoformat(text)
                case "TIMESTAMP":
                    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.timezone.utc)
                case "TIME":
                    return datetime.time.fromisoformat(text)
                case "JSON":
                    return canonical_json(json.loads(text))
        except ValueError:
            if self.kind in ("date", "datetime", "timestamp", "time"):
                return None  # a zero date, or a TIME outside a day: there is no such value in BigQuery
            raise
        return text


def plain_float(value: float) -> str:
    """The shortest text of exactly this number: -0.0 and 0.0 would be equal as numbers."""
    return repr(value)


def canonical_json(value) -> str:
    """One text for all ways to write a JSON value; 1 and 1.0 are the same number."""

    def plain(value):
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return int(value) if isinstance(value, float) and value.is_integer() else value

    return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)


class Source:
    """The database, through the server's own client."""

    def __init__(self, client: str, database: str):
        self.client, self.database = client, database
        self.mariadb = "MariaDB" in self.rows("SELECT VERSION()")[0][0]

    def rows(self, sql: str) -> list[list[str]]:
        arguments = [self.client, "--batch", "--raw", "--skip-column-names", "--quick", self.database]
        answer = subprocess.run(arguments, input="SET time_zone = '+00:00';\n" + sql, capture_output=True, text=True)
        if answer.returncode:
            sys.exit(f"{self.client} failed: {answer.stderr.strip()}\nThe statement was: {sql}")
        return [line.split("\t") for line in answer.stdout.split("\n")[:-1]]

    def columns(self, table: str) -> list[Column]:
        here = f"TABLE_SCHEMA = {literal(self.database)} AND TABLE_NAME = {literal(table)}"
        fields = "COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IFNULL(NUMERIC_PRECISION, 0), IFNULL(NUMERIC_SCALE, 0), IFNULL(CHARACTER_SET_NAME, '')"
        # Hexadecimal here too: names and the members of an ENUM may hold anything.
        hexed = ", ".join(f"HEX(CONVERT({field} USING utf8mb4))" for field in fields.split(", ", 3)[:3])
        rows = self.rows(f"SELECT {hexed}, {fields.split(', ', 3)[3]} FROM information_schema.COLUMNS WHERE {here} ORDER BY ORDINAL_POSITION")
        if not rows:
            sys.exit(f"There is no table {self.database}.{table}.")
        columns = [Column(*(bytes.fromhex(text).decode() for text in row[:3]), int(row[3]), int(row[4]), row[5]) for row in rows]
        if self.mariadb:
            checks = self.rows(
                "SELECT CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS "
                f"WHERE CONSTRAINT_SCHEMA = {literal(self.database)} AND TABLE_NAME = {literal(table)}"
            )
            checked = {match[1].replace("``", "`") for row in checks if (match := JSON_CHECK.fullmatch(row[0]))}
            for column in columns:
                column.kind = "json" if column.kind == "longtext" and column.name in checked else column.kind
        return columns

    def values(self, table: str, columns: list[Column]) -> list[tuple]:
        expressions = ", ".join(column.expression(self.mariadb) for column in columns)
        rows = self.rows(f"SELECT {expressions} FROM `{table.replace('`', '``')}`")
        return [tuple(column.value(digits) for column, digits in zip(columns, row, strict=True)) for row in rows]


def literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


class Copy:
    """The dataset, through Google's client."""

    def __init__(self, emulator: str | None, project: str, dataset: str):
        from google.api_core.client_options import ClientOptions
        from google.auth.credentials import AnonymousCredentials
        from google.cloud import bigquery

        self.project, self.dataset = project, dataset
        if emulator:
            endpoint = emulator if "://" in emulator else f"http://{emulator}"
            self.client = bigquery.Client(project=project, credentials=AnonymousCredentials(), client_options=ClientOptions(api_endpoint=endpoint))
        else:
            self.client = bigquery.Client(project=project)

    def read(self, table: str) -> tuple[list, list[tuple]]:
        from google.api_core.exceptions import NotFound

        try:
            found = self.client.get_table(f"{self.project}.{self.dataset}.{table}")
        except NotFound:
            sys.exit(f"{table}: there is no such table in the dataset {self.dataset}.")
        documents = [number for number, field in enumerate(found.schema) if field.field_type == "JSON"]
        floats = [number for number, field in enumerate(found.schema) if field.field_type == "FLOAT"]
        rows = [list(row.values()) for row in self.rows(found, documents)]
        for row in rows:
            for number in floats:
                row[number] = None if row[number] is None else plain_float(row[number])
            for number in documents:
                row[number] = None if row[number] is None else canonical_json(json.loads(row[number]))
        return list(found.schema), [tuple(row) for row in rows]

    def rows(self, table, documents: list[int]):
        """All rows, JSON as text: Google's client shows NULL and the document `null` both as None."""
        if not documents:
            return self.client.list_rows(table, page_size=5000)
        names = [f"`{table.schema[number].name}`" for number in documents]
        texts = ", ".join(f"IF({name} IS NULL, NULL, TO_JSON_STRING({name})) AS {name}" for name in names)
        return self.client.query_and_wait(f"SELECT * REPLACE ({texts}) FROM `{table.project}.{table.dataset_id}.{table.table_id}`", page_size=5000)


class Uploads:
    """The uploaded files, through fastavro."""

    LOGICAL = {"date": "DATE", "time-micros": "TIME", "local-timestamp-micros": "DATETIME", "timestamp-micros": "TIMESTAMP"}
    PLAIN = {"long": "INTEGER", "double": "FLOAT", "bytes": "BYTES", "string": "STRING"}

    @dataclasses.dataclass
    class Field:
        name: str
        field_type: str

    def __init__(self, folder: str):
        self.folder = pathlib.Path(folder)

    def field_type(self, kind) -> str:
        """The BigQuery type that a field of this Avro type is loaded as."""
        if isinstance(kind, list):  # a union of null and the type
            kind = kind[1]
        if not isinstance(kind, dict):
            return self.PLAIN[kind]
        if kind.get("sqlType") == "JSON":
            return "JSON"
        if kind.get("logicalType") == "decimal":
            scale = kind.get("scale", 0)
            return "NUMERIC" if scale <= 9 and kind["precision"] - scale <= 29 else "BIGNUMERIC"
        logical = kind.get("logicalType")
        return self.LOGICAL[logical] if logical else self.PLAIN[kind["type"]]

    def read(self, table: str) -> tuple[list, list[tuple]]:
        import fastavro

        with open(self.folder / f"{table}.avro", "rb") as file:
            reader = fastavro.reader(file)
            schema = [self.Field(field["name"], self.field_type(field["type"])) for field in reader.writer_schema["fields"]]
            rows = [tuple(self.value(field, record[field.name]) for field in schema) for record in reader]
        return schema, rows

    @staticmethod
    def value(field: Field, value):
        if value is None:
            return None
        match field.field_type:
            case "JSON":
                return canonical_json(json.loads(value))
            case "FLOAT":
                return plain_float(value)
        return value


def differences(table: str, columns: list[Column], schema: list, original: list[tuple], copy: list[tuple]):
    """Sentences about all that is not equal, lazily."""
    if len(columns) != len(schema):
        yield f"{table}: {len(columns)} columns in the database, {len(schema)} in BigQuery: {[field.name for field in schema]}"
        return
    for column, field in zip(columns, schema):
        if re.fullmatch(r"[A-Za-z_]\w*", column.name, re.ASCII) and column.name != field.name:
            yield f"{table}: the column {column.name} is called {field.name} in BigQuery"
        if column.bigquery_type() != field.field_type:
            yield f"{table}.{column.name}: {column.declared} is to be {column.bigquery_type()}, and is {field.field_type}"
    if len(original) != len(copy):
        yield f"{table}: {len(original)} rows in the database, {len(copy)} in BigQuery"
    by_key, copies_by_key = {row[0]: row for row in original}, {row[0]: row for row in copy}
    if len(by_key) == len(original) and len(copies_by_key) == len(copy):
        for key in by_key.keys() - copies_by_key.keys():
            yield f"{table}: the row {columns[0].name}={key!r} is missing in BigQuery"
        for key in copies_by_key.keys() - by_key.keys():
            yield f"{table}: the row {columns[0].name}={key!r} is in BigQuery only"
        for key in by_key.keys() & copies_by_key.keys():
            for column, expected, found in zip(columns, by_key[key], copies_by_key[key]):
                if expected != found or type(expected) is not type(found):
                    yield f"{table}: {columns[0].name}={key!r}, column {column.name}: {expected!r} in the database, {found!r} in BigQuery"
    else:  # no key: rows are equal or they are not
        originals, copies = collections.Counter(original), collections.Counter(copy)
        for row, times in (originals - copies).items():
            yield f"{table}: missing in BigQuery {times} times: {row!r}"
        for row, times in (copies - originals).items():
            yield f"{table}: in BigQuery only, {times} times: {row!r}"


def compare(source: Source, copy: Copy | Uploads, table: str, copied: str) -> bool:
    columns = source.columns(table)
    schema, found = copy.read(copied)
    told = 0
    for difference in differences(table, columns, schema, source.values(table, columns), found):
        if told == MOST_DIFFERENCES:
            print(f"{table}: and more")
            break
        print(difference if len(difference) < 1000 else difference[:1000] + "…")
        told += 1
    if not told:
        print(f"{table}: {len(found)} rows × {len(columns)} columns equal")
    return not told


def show_avro(path: str, limit: int):
    import fastavro

    def plain(value):
        return "0x" + value.hex() if isinstance(value, bytes) else str(value)

    with open(path, "rb") as file:
        reader = fastavro.block_reader(file)
        print(json.dumps({"schema": reader.writer_schema}, ensure_ascii=False))
        blocks = records = 0
        first = []
        for block in reader:
            blocks += 1
            for record in block:
                records += 1
                if len(first) < limit:
                    first.append(record)
        print(json.dumps({"codec": reader.codec, "blocks": blocks, "records": records}))
    for record in first:
        print(json.dumps(record, default=plain, ensure_ascii=False))


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends it without a traceback
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", help="program that runs SQL from its input, like TEST_MYSQL_CLIENT")
    parser.add_argument("--database")
    parser.add_argument("--emulator", help="host:port of the BigQuery emulator")
    parser.add_argument("--project", default="local", help="without --emulator: Google's own BigQuery, with the caller's credentials")
    parser.add_argument("--dataset")
    parser.add_argument("--uploads", metavar="FOLDER", help="compare with the uploaded files in this folder")
    parser.add_argument("--avro", metavar="FILE")
    parser.add_argument("--limit", type=int, default=10, help="records of an Avro file to print (10)")
    parser.add_argument("tables", nargs="*", metavar="TABLE[=COPY]")
    arguments = parser.parse_args()
    if arguments.avro:
        return show_avro(arguments.avro, arguments.limit)
    if not all((arguments.client, arguments.database, arguments.tables)) or not (arguments.uploads or arguments.dataset):
        parser.error("--client, --database, --dataset or --uploads, and at least one table are needed")
    source = Source(arguments.client, arguments.database)
    copy = Uploads(arguments.uploads) if arguments.uploads else Copy(arguments.emulator, arguments.project, arguments.dataset)
    pairs = [(table, copied or table) for table, _, copied in (pair.partition("=") for pair in arguments.tables)]
    if not all([compare(source, copy, table, copied) for table, copied in pairs]):
        sys.exit(1)


if __name__ == "__main__":
    main()
