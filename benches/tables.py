"""The tables of the bench, and the SQL that fills them with the same rows on MariaDB and MySQL.

Every value is computed from the row's number, so that a table is the same every time. Rows arrive in the order of their keys,
a batch per statement, as that is the quickest way to fill InnoDB. What looks random comes from a multiplication and a shift.
"""

import itertools
import random

BATCH = 500_000  # rows of one INSERT; the table of numbers is as long
PARAGRAPHS = 1 << 16  # of half a KiB each: 32 MB of text, so that the documents of one Avro block hardly share any

NARROW = 4  # times the rows of `mixed`
WIDE = 1 / 25
TEXT = 1 / 20
WIDE_COLUMNS = 200


def hashed(salt, bits=24):
    """SQL: the upper bits of the row's number times a constant; another one for each salt. Nothing overflows below 2^31 rows."""
    return f"(((n + {salt * 7919}) * 2654435761 & 4294967295) >> {32 - bits})"


def paragraph(salt):
    return f"(SELECT text FROM paragraphs WHERE id = {hashed(salt, 16)})"


class Table:
    def __init__(self, name, share, what, columns):
        self.name, self.share, self.what = name, share, what
        self.columns = columns  # (name, type, expression of n)

    def rows(self, mixed_rows):
        return max(1, round(mixed_rows * self.share))

    def create(self):
        columns = ", ".join(f"{name} {kind}" for name, kind, _ in self.columns)
        return f"DROP TABLE IF EXISTS {self.name}; CREATE TABLE {self.name} ({columns}, PRIMARY KEY (id));"

    def fill(self, start, end):
        """SQL: the rows numbered from start + 1 to end."""
        values = ", ".join(expression for _, _, expression in self.columns)
        for base in range(start, end, BATCH):
            rows = min(BATCH, end - base)
            numbers = f"(SELECT {base} + i AS n FROM numbers WHERE i <= {rows} ORDER BY i) AS numbered"
            yield f"INSERT INTO {self.name} SELECT {values} FROM {numbers};"


def wide_column(c):
    nullable = c % 4 == 0
    h = hashed(c)
    kind, value = (
        ("INT", f"CAST({h} AS SIGNED) - 8000000"),
        ("BIGINT", f"{h} * 1000003"),
        ("DOUBLE", f"{h} / 7e0"),
        ("DECIMAL(10,2)", f"{h} / 100"),
        ("VARCHAR(20)", f"CONCAT('value ', {h} & 65535)"),
        ("DATE", f"DATE_ADD('2000-01-01', INTERVAL {h} % 9000 DAY)"),
        ("DATETIME", f"DATE_ADD('2010-01-01', INTERVAL {h} * 20 SECOND)"),
        ("TINYINT", f"{h} % 100"),
        ("ENUM('new', 'paid', 'sent', 'returned')", f"1 + {h} % 4"),
        ("SMALLINT", f"{h} % 30000"),
    )[c % 10]
    if nullable:
        return f"c{c}", f"{kind} NULL", f"IF({hashed(c + 1, 4)} = 0, NULL, {value})"
    return f"c{c}", f"{kind} NOT NULL", value


MIXED = Table(
    "mixed",
    1,
    "12 columns of mixed types",
    [
        ("id", "BIGINT NOT NULL", "n"),
        ("customer_id", "INT NOT NULL", hashed(1)),
        ("status", "ENUM('new', 'paid', 'sent', 'returned') NOT NULL", f"1 + {hashed(2, 2)}"),
        ("total", "DECIMAL(12,2) NOT NULL", f"{hashed(3)} / 100"),
        ("weight", "DOUBLE NULL", f"IF({hashed(4, 4)} = 0, NULL, {hashed(5)} / 7e0)"),
        ("is_gift", "TINYINT(1) NOT NULL", f"{hashed(6, 3)} = 0"),
        ("email", "VARCHAR(120) NOT NULL", f"CONCAT('customer.', {hashed(1)}, '@example.com')"),
        ("note", "VARCHAR(255) NULL", f"IF({hashed(8, 3)} = 0, NULL, SUBSTRING({paragraph(9)}, 1 + {hashed(10, 8)}, {hashed(11, 7)}))"),
        ("address", "JSON NULL", f"JSON_OBJECT('street', CONCAT('Straße ', {hashed(12, 12)}), 'zip', {hashed(13, 17)}, 'floor', n % 9)"),
        ("deliver_on", "DATE NULL", f"IF({hashed(14, 3)} = 0, NULL, DATE_ADD('2020-01-01', INTERVAL {hashed(15, 11)} DAY))"),
        ("placed_at", "DATETIME(6) NOT NULL", f"DATE_ADD('2020-01-01', INTERVAL n * 29000000 + {hashed(16)} MICROSECOND)"),
        ("changed_at", "TIMESTAMP NULL", f"IF({hashed(17, 3)} = 0, NULL, DATE_ADD('2021-06-01 00:00:00', INTERVAL n % 40000000 * 7 SECOND))"),
    ],
)

TABLES = [
    MIXED,
    Table(
        "narrow",
        NARROW,
        "4 integer columns",
        [
            ("id", "INT NOT NULL", "n"),
            ("sensor", "SMALLINT NOT NULL", hashed(1, 12)),
            ("value", "INT NULL", f"IF({hashed(2, 4)} = 0, NULL, CAST({hashed(3)} AS SIGNED) - 8000000)"),
            ("seen", "BIGINT NOT NULL", f"1600000000000 + n * 10 + {hashed(4, 3)}"),
        ],
    ),
    Table(
        "wide",
        WIDE,
        f"{WIDE_COLUMNS} columns",
        [("id", "INT NOT NULL", "n")] + [wide_column(c) for c in range(1, WIDE_COLUMNS)],
    ),
    Table(
        "text",
        TEXT,
        "documents of 4 KiB",
        [
            ("id", "INT NOT NULL", "n"),
            ("title", "VARCHAR(120) NOT NULL", f"LEFT({paragraph(9)}, 20 + {hashed(10, 6)})"),
            ("body", "MEDIUMTEXT NOT NULL", "CONCAT_WS('\\n\\n', " + ", ".join(paragraph(s) for s in range(8)) + ")"),
            ("written_at", "DATETIME NOT NULL", "DATE_ADD('2015-01-01', INTERVAL n * 977 SECOND)"),
        ],
    ),
]


def sources():
    """SQL: the database, a table of numbers and one of paragraphs, from which the others are made."""
    yield "SET NAMES utf8mb4, time_zone = '+00:00';"
    yield "CREATE DATABASE bench CHARACTER SET utf8mb4; USE bench;"
    yield "CREATE TABLE digits (d INT PRIMARY KEY);"
    yield "INSERT INTO digits VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9);"
    yield "CREATE TABLE numbers (i INT PRIMARY KEY);"
    yield (
        "INSERT INTO numbers SELECT 1 + a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d + 100000 * g.d AS i"
        " FROM digits a, digits b, digits c, digits e, digits f, digits g ORDER BY i;"
    )
    yield "CREATE TABLE paragraphs (id INT PRIMARY KEY, text VARCHAR(600) NOT NULL);"
    texts = paragraphs()
    for start in range(0, PARAGRAPHS, 4096):
        rows = ", ".join(f"({start + i}, '{text}')" for i, text in enumerate(texts[start : start + 4096]))
        yield f"INSERT INTO paragraphs VALUES {rows};"


def paragraphs():
    """Sentences of words as frequent as words are (the second half as often as the first, and so on), a few of them accented."""
    dice = random.Random(20)
    syllables = "an be ci do er fa gi ha in jo ka li mo ne or pa qui re so ta un ve wi xa yo zé ü ło sch ing tion est".split()
    common = "the of and to a in is that it was for on are with as his they at be this from have or by one had not but what".split()
    words = common + ["".join(dice.choices(syllables, k=dice.randint(1, 4))) for _ in range(8000)]
    weights = [1 / (rank + 2) for rank in range(len(words))]
    stream = dice.choices(words, cum_weights=list(itertools.accumulate(weights)), k=PARAGRAPHS * 130)
    texts, at = [], 0
    for _ in range(PARAGRAPHS):
        text = ""
        while len(text) < 500:
            count = 5 + dice.randrange(12)
            text += " ".join(stream[at : at + count]).capitalize() + ". "
            at = (at + count) % (len(stream) - 20)
        texts.append(text[:510])
    return texts
