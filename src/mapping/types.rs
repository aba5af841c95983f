//! The mapping table: every MySQL type, its BigQuery type, its Avro encoding, and what cannot be represented.
//! `docs/mapping.md` shows it; a test compares the two.

use crate::avro::schema::AvroType;
use crate::mapping::charset::Charset;
use crate::mapping::convert::Encoding;
use crate::mapping::overrides::{self, Override};
use crate::mysql::catalog::{Column, Flavor};

/// NUMERIC holds 29 digits before the point and 9 after ("Data types", decimal types).
pub(super) const NUMERIC: (u32, u32) = (29, 9);
/// BIGNUMERIC holds 38 digits before the point (a 39th only in part) and 38 after.
pub(super) const BIGNUMERIC: (u32, u32) = (38, 38);

/// A VECTOR as bytes: as text the server rounds the numbers, and the driver does not know the type itself.
pub(super) const VECTOR_SELECT: &str = "CAST({} AS BINARY)";

/// Text that the server converts, from a character set that is not decoded here.
const CONVERT: &str = "CONVERT({} USING utf8mb4)";
/// Whether the server could not convert a text: it writes `?` for a character that Unicode does not have, may leave out a
/// broken one at the end, and makes a text NULL that is longer than its max_allowed_packet.
pub(super) const NOT_CONVERTED: &str = "IFNULL(CHAR_LENGTH(CONVERT({} USING utf8mb4)) <> CHAR_LENGTH({}) \
     OR CHAR_LENGTH(REPLACE(CONVERT({} USING utf8mb4), '?', '')) <> CHAR_LENGTH(REPLACE({}, '?', '')), {} IS NOT NULL)";

/// One row of the table. The first rule whose `applies` is true holds.
pub struct TypeRule {
    /// The MySQL type, as people write it.
    pub mysql: &'static str,
    /// Its BigQuery type.
    pub bigquery: &'static str,
    /// How it travels in the Avro file.
    pub avro: &'static str,
    /// What has no counterpart, and what happens to it.
    pub exceptions: &'static str,
    /// What it can become instead, where `types` in `TABLES` says so.
    pub overrides: &'static [Override],
    applies: fn(&Column) -> bool,
    target: fn(&Column, Flavor) -> Target,
}

/// What a column becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The BigQuery type.
    pub field_type: BigQueryType,
    /// The Avro type.
    pub avro: AvroType,
    /// The conversion of its values.
    pub encoding: Encoding,
    /// What is selected: `{}` stands for the quoted column.
    pub select: &'static str,
    /// True where a value can be a zero date.
    pub zero_dates: bool,
    /// True where a value can be out of range or invalid.
    pub invalid_values: bool,
    /// True where the server converts text, and has to be asked whether it could.
    pub check: bool,
}

impl Target {
    /// The same for a column of this character set.
    pub(super) fn in_charset(self, charset: Option<&str>) -> Self {
        if self.select != "{}" {
            // What the server prints is UTF-8.
            return self;
        }
        let encoding: fn(Charset) -> Encoding = match self.encoding {
            Encoding::Text(_) => Encoding::Text,
            Encoding::JsonText(_) => Encoding::JsonText,
            _ => return self,
        };
        match Charset::of(charset) {
            Some(charset) => Self { encoding: encoding(charset), ..self },
            None => Self { select: CONVERT, check: true, ..self },
        }
    }
}

/// The BigQuery types that tables are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "BigQuery's own names")]
pub enum BigQueryType {
    Int64,
    Float64,
    Bool,
    Numeric,
    BigNumeric,
    String,
    Bytes,
    Date,
    Time,
    DateTime,
    Timestamp,
    Json,
    Geography,
}

impl BigQueryType {
    /// As a schema of the API has it. Source: "TableFieldSchema", REST reference.
    pub fn api_name(self) -> &'static str {
        match self {
            Self::Int64 => "INTEGER",
            Self::Float64 => "FLOAT",
            Self::Bool => "BOOLEAN",
            Self::Numeric => "NUMERIC",
            Self::BigNumeric => "BIGNUMERIC",
            Self::String => "STRING",
            Self::Bytes => "BYTES",
            Self::Date => "DATE",
            Self::Time => "TIME",
            Self::DateTime => "DATETIME",
            Self::Timestamp => "TIMESTAMP",
            Self::Json => "JSON",
            Self::Geography => "GEOGRAPHY",
        }
    }
}

/// The names of the types in SQL, and the other names that BigQuery has for them.
const NAMES: &[(BigQueryType, &[&str])] = &[
    (BigQueryType::Int64, &["INT64", "INTEGER", "INT"]),
    (BigQueryType::Float64, &["FLOAT64", "FLOAT"]),
    (BigQueryType::Bool, &["BOOL", "BOOLEAN"]),
    (BigQueryType::Numeric, &["NUMERIC", "DECIMAL"]),
    (BigQueryType::BigNumeric, &["BIGNUMERIC", "BIGDECIMAL"]),
    (BigQueryType::String, &["STRING"]),
    (BigQueryType::Bytes, &["BYTES"]),
    (BigQueryType::Date, &["DATE"]),
    (BigQueryType::Time, &["TIME"]),
    (BigQueryType::DateTime, &["DATETIME"]),
    (BigQueryType::Timestamp, &["TIMESTAMP"]),
    (BigQueryType::Json, &["JSON"]),
    (BigQueryType::Geography, &["GEOGRAPHY"]),
];

impl std::fmt::Display for BigQueryType {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = NAMES.iter().find(|(kind, _)| kind == self).and_then(|(_, names)| names.first());
        formatter.write_str(names.unwrap_or(&"?"))
    }
}

impl std::str::FromStr for BigQueryType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let means = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(text.trim()));
        NAMES.iter().find(|(_, names)| means(names)).map(|(kind, _)| *kind).ok_or_else(|| {
            let known: Vec<String> = NAMES.iter().map(|(kind, _)| kind.to_string()).collect();
            format!("{text:?} is no BigQuery type; known are {}", known.join(", "))
        })
    }
}

impl TypeRule {
    /// The column's row of the table; `None` for a type that the table does not have.
    pub fn of(column: &Column) -> Option<&'static Self> {
        RULES.iter().find(|rule| (rule.applies)(column))
    }

    /// Everything that the column can become, its own type first.
    pub fn targets(&self, column: &Column, flavor: Flavor) -> Vec<Target> {
        let others = self.overrides.iter().map(|other| (other.target)(column, flavor));
        let targets = std::iter::once((self.target)(column, flavor)).chain(others);
        targets.map(|target| target.in_charset(column.charset.as_deref())).collect()
    }

    /// What the column becomes where nothing else is asked for.
    pub(super) fn target(&self, column: &Column, flavor: Flavor) -> Target {
        (self.target)(column, flavor).in_charset(column.charset.as_deref())
    }
}

/// The table.
pub const RULES: &[TypeRule] = &[
    TypeRule {
        mysql: "TINYINT, SMALLINT, MEDIUMINT, INT, signed and unsigned, BOOL",
        bigquery: "INT64",
        avro: "long",
        exceptions: "none",
        overrides: overrides::INTEGER,
        applies: |c| matches!(&*c.data_type, "tinyint" | "smallint" | "mediumint" | "int"),
        target: |c, _| {
            let encoding = if c.unsigned { Encoding::Unsigned } else { Encoding::Signed };
            exact(BigQueryType::Int64, AvroType::Long, encoding)
        },
    },
    TypeRule {
        mysql: "BIGINT",
        bigquery: "INT64",
        avro: "long",
        exceptions: "none",
        overrides: overrides::INTEGER,
        applies: |c| c.data_type == "bigint" && !c.unsigned,
        target: |_, _| exact(BigQueryType::Int64, AvroType::Long, Encoding::Signed),
    },
    TypeRule {
        mysql: "BIGINT UNSIGNED",
        bigquery: "NUMERIC",
        avro: "decimal(20, 0)",
        exceptions: "none",
        overrides: overrides::BIGINT_UNSIGNED,
        applies: |c| c.data_type == "bigint",
        target: |_, _| {
            let avro = AvroType::Decimal { precision: 20, scale: 0 };
            exact(BigQueryType::Numeric, avro, Encoding::UnsignedAsDecimal)
        },
    },
    TypeRule {
        mysql: "YEAR",
        bigquery: "INT64",
        avro: "long",
        exceptions: "none (0000 is 0)",
        overrides: overrides::YEAR,
        applies: |c| c.data_type == "year",
        target: |_, _| exact(BigQueryType::Int64, AvroType::Long, Encoding::Unsigned),
    },
    TypeRule {
        mysql: "BIT(1) to BIT(63)",
        bigquery: "INT64",
        avro: "long",
        exceptions: "none",
        overrides: overrides::BIT,
        applies: |c| c.data_type == "bit" && c.precision.is_some_and(|bits| bits < 64),
        target: |_, _| exact(BigQueryType::Int64, AvroType::Long, Encoding::Bits),
    },
    TypeRule {
        mysql: "BIT(64)",
        bigquery: "BYTES",
        avro: "bytes",
        exceptions: "none (8 bytes, the most significant first)",
        overrides: overrides::BIT_64,
        applies: |c| c.data_type == "bit",
        target: |_, _| exact(BigQueryType::Bytes, AvroType::Bytes, Encoding::Bytes),
    },
    TypeRule {
        mysql: "DECIMAL(p, s) with s ≤ 9 and p − s ≤ 29",
        bigquery: "NUMERIC",
        avro: "decimal(p, s)",
        exceptions: "none",
        overrides: overrides::DECIMAL_IN_NUMERIC,
        applies: |c| decimal_fits(c, NUMERIC),
        target: |c, _| decimal(c, BigQueryType::Numeric),
    },
    TypeRule {
        mysql: "DECIMAL(p, s) with s ≤ 38 and p − s ≤ 38",
        bigquery: "BIGNUMERIC",
        avro: "decimal(p, s)",
        exceptions: "none",
        overrides: overrides::DECIMAL_IN_BIGNUMERIC,
        applies: |c| decimal_fits(c, BIGNUMERIC),
        target: |c, _| decimal(c, BigQueryType::BigNumeric),
    },
    TypeRule {
        mysql: "every other DECIMAL",
        bigquery: "STRING",
        avro: "string",
        exceptions: "none (every digit, as MySQL prints it)",
        overrides: overrides::DECIMAL_BEYOND,
        applies: |c| c.data_type == "decimal",
        target: |_, _| exact(BigQueryType::String, AvroType::String, Encoding::Text(Charset::Utf8)),
    },
    TypeRule {
        mysql: "FLOAT",
        bigquery: "FLOAT64",
        avro: "double",
        exceptions: "none (the same number, in more digits than MySQL prints)",
        overrides: overrides::NONE,
        applies: |c| c.data_type == "float",
        target: |_, _| exact(BigQueryType::Float64, AvroType::Double, Encoding::Float),
    },
    TypeRule {
        mysql: "DOUBLE",
        bigquery: "FLOAT64",
        avro: "double",
        exceptions: "none",
        overrides: overrides::NONE,
        applies: |c| c.data_type == "double",
        target: |_, _| exact(BigQueryType::Float64, AvroType::Double, Encoding::Float),
    },
    TypeRule {
        mysql: "DATE",
        bigquery: "DATE",
        avro: "date",
        exceptions: "a zero year, month or day: ZERO_DATES; no such day (ALLOW_INVALID_DATES): INVALID_VALUES",
        overrides: overrides::DATE,
        applies: |c| c.data_type == "date",
        target: |_, _| dated(BigQueryType::Date, AvroType::Date, Encoding::Date),
    },
    TypeRule {
        mysql: "DATETIME(0) to DATETIME(6)",
        bigquery: "DATETIME",
        avro: "local-timestamp-micros",
        exceptions: "as DATE",
        overrides: overrides::DATETIME,
        applies: |c| c.data_type == "datetime",
        target: |_, _| dated(BigQueryType::DateTime, AvroType::LocalTimestampMicros, Encoding::DateTime),
    },
    TypeRule {
        mysql: "TIMESTAMP(0) to TIMESTAMP(6)",
        bigquery: "TIMESTAMP",
        avro: "timestamp-micros",
        exceptions: "as DATE",
        overrides: overrides::TIMESTAMP,
        applies: |c| c.data_type == "timestamp",
        target: |_, _| dated(BigQueryType::Timestamp, AvroType::TimestampMicros, Encoding::DateTime),
    },
    TypeRule {
        mysql: "TIME(0) to TIME(6)",
        bigquery: "TIME",
        avro: "time-micros",
        exceptions: "below 00:00:00 or from 24:00:00 on: INVALID_VALUES",
        overrides: overrides::TIME,
        applies: |c| c.data_type == "time",
        target: |_, _| Target {
            invalid_values: true,
            ..exact(BigQueryType::Time, AvroType::TimeMicros, Encoding::Time)
        },
    },
    TypeRule {
        mysql: "JSON (MariaDB: LONGTEXT with a json_valid check)",
        bigquery: "JSON",
        avro: "string, sqlType JSON",
        exceptions: "no JSON document (MariaDB's json_valid takes some), or not valid in its character set: INVALID_VALUES",
        overrides: overrides::JSON,
        applies: |c| c.json,
        target: |_, flavor| match flavor {
            Flavor::MySql => text(BigQueryType::Json, AvroType::Json),
            Flavor::MariaDb => {
                Target { encoding: Encoding::JsonText(Charset::Utf8), ..text(BigQueryType::Json, AvroType::Json) }
            }
        },
    },
    TypeRule {
        mysql: "CHAR, VARCHAR, TINYTEXT, TEXT, MEDIUMTEXT, LONGTEXT, ENUM, SET",
        bigquery: "STRING",
        avro: "string",
        exceptions: "bytes that are no text in the column's character set, characters that Unicode lacks: INVALID_VALUES",
        overrides: overrides::TEXT,
        applies: |c| {
            matches!(
                &*c.data_type,
                "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set"
            )
        },
        target: |_, _| text(BigQueryType::String, AvroType::String),
    },
    TypeRule {
        mysql: "BINARY, VARBINARY, TINYBLOB, BLOB, MEDIUMBLOB, LONGBLOB",
        bigquery: "BYTES",
        avro: "bytes",
        exceptions: "none",
        overrides: overrides::BINARY,
        applies: |c| matches!(&*c.data_type, "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob"),
        target: |_, _| exact(BigQueryType::Bytes, AvroType::Bytes, Encoding::Bytes),
    },
    TypeRule {
        mysql: "UUID, INET4, INET6 (MariaDB)",
        bigquery: "STRING",
        avro: "string",
        exceptions: "none",
        overrides: overrides::NONE,
        applies: |c| matches!(&*c.data_type, "uuid" | "inet4" | "inet6"),
        target: |_, _| Target {
            select: "CAST({} AS CHAR)",
            ..exact(BigQueryType::String, AvroType::String, Encoding::Text(Charset::Utf8))
        },
    },
    TypeRule {
        mysql: "GEOMETRY, POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, GEOMETRYCOLLECTION",
        bigquery: "STRING",
        avro: "string",
        exceptions: "none (WKT, longitude first; the SRID is not in it)",
        overrides: overrides::SPATIAL,
        applies: |c| {
            matches!(
                &*c.data_type,
                "geometry"
                    | "point"
                    | "linestring"
                    | "polygon"
                    | "multipoint"
                    | "multilinestring"
                    | "multipolygon"
                    | "geometrycollection"
                    | "geomcollection"
            )
        },
        target: |_, flavor| Target {
            select: match flavor {
                Flavor::MySql => "ST_AsText({}, 'axis-order=long-lat')",
                Flavor::MariaDb => "ST_AsText({})",
            },
            ..exact(BigQueryType::String, AvroType::String, Encoding::Text(Charset::Utf8))
        },
    },
    TypeRule {
        mysql: "VECTOR (MySQL 9)",
        bigquery: "BYTES",
        avro: "bytes",
        exceptions: "none (4 bytes for each number: IEEE 754 single precision, little-endian)",
        overrides: overrides::VECTOR,
        applies: |c| c.data_type == "vector",
        target: |_, _| Target { select: VECTOR_SELECT, ..exact(BigQueryType::Bytes, AvroType::Bytes, Encoding::Bytes) },
    },
];

pub(super) fn exact(field_type: BigQueryType, avro: AvroType, encoding: Encoding) -> Target {
    Target { field_type, avro, encoding, select: "{}", zero_dates: false, invalid_values: false, check: false }
}

pub(super) fn dated(field_type: BigQueryType, avro: AvroType, encoding: Encoding) -> Target {
    Target { zero_dates: true, invalid_values: true, ..exact(field_type, avro, encoding) }
}

pub(super) fn text(field_type: BigQueryType, avro: AvroType) -> Target {
    Target { invalid_values: true, ..exact(field_type, avro, Encoding::Text(Charset::Utf8)) }
}

fn decimal_fits(column: &Column, (before, after): (u32, u32)) -> bool {
    column.data_type == "decimal"
        && matches!((column.precision, column.scale), (Some(precision), Some(scale))
            if scale <= after && precision.saturating_sub(scale) <= before)
}

fn decimal(column: &Column, field_type: BigQueryType) -> Target {
    let (precision, scale) = (column.precision.unwrap_or(0), column.scale.unwrap_or(0));
    exact(field_type, AvroType::Decimal { precision, scale }, Encoding::Decimal { scale })
}
