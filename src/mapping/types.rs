//! The mapping table: for every MySQL type, its BigQuery type and the values that do not fit. `docs/mapping.md` is
//! generated from it.

use crate::avro::schema::AvroType as A;
use crate::mapping::bigquery_type::BigQueryType as B;
use crate::mapping::charset::Charset::Utf8;
use crate::mapping::convert::Encoding as E;
use crate::mapping::overrides::{self, Override};
use crate::mapping::target::{BIGNUMERIC, NUMERIC, Target, VECTOR_SELECT, dated, decimal, decimal_fits, exact, text};
use crate::mysql::catalog::{Column, Flavor};

/// One row of the table. The first rule that applies to a column is used.
pub struct TypeRule {
    /// The MySQL type, as people write it.
    pub mysql: &'static str,
    /// Which values do not fit, and what happens to them.
    pub exceptions: &'static str,
    /// Other types that `types` in `TABLES` can select.
    pub overrides: &'static [Override],
    applies: fn(&Column) -> bool,
    target: fn(&Column, Flavor) -> Target,
}

const fn rule(
    mysql: &'static str,
    applies: fn(&Column) -> bool,
    target: fn(&Column, Flavor) -> Target,
    exceptions: &'static str,
    overrides: &'static [Override],
) -> TypeRule {
    TypeRule { mysql, exceptions, overrides, applies, target }
}

impl TypeRule {
    /// The row of the table for a column; `None` if the type is not supported.
    pub fn of(column: &Column) -> Option<&'static Self> {
        RULES.iter().find(|rule| (rule.applies)(column))
    }

    /// All possible targets of the column. The default comes first.
    pub fn targets(&self, column: &Column, flavor: Flavor) -> Vec<Target> {
        let others = self.overrides.iter().map(|other| (other.target)(column, flavor));
        let targets = std::iter::once((self.target)(column, flavor)).chain(others);
        targets.map(|target| target.in_charset(column.charset.as_deref())).collect()
    }

    /// The BigQuery type and the Avro type, for the documentation.
    #[cfg(test)]
    pub(super) fn texts(&self) -> (String, String) {
        // A decimal without a precision is shown as decimal(p, s).
        let target = (self.target)(&Column::default(), Flavor::MySql);
        (target.field_type.to_string(), target.avro.to_string())
    }

    /// The default target of the column.
    pub(super) fn target(&self, column: &Column, flavor: Flavor) -> Target {
        (self.target)(column, flavor).in_charset(column.charset.as_deref())
    }
}

/// Whether the column is of one of these types.
fn is(column: &Column, types: &[&str]) -> bool {
    types.contains(&&*column.data_type)
}

const SPATIAL: &[&str] = &[
    "geometry",
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "geomcollection",
];

const AS_DATE: &str = "as DATE";

/// The table: the MySQL type and how it is told; the BigQuery type, Avro type and conversion; the values that do not fit; and
/// the other types that it can become.
#[rustfmt::skip]
pub const RULES: &[TypeRule] = &[
    rule("TINYINT, SMALLINT, MEDIUMINT, INT, signed and unsigned, BOOL", |c| is(c, &["tinyint", "smallint", "mediumint", "int"]),
        |c, _| exact(B::Int64, A::Long, if c.unsigned { E::Unsigned } else { E::Signed }),
        "none", overrides::INTEGER),
    rule("BIGINT", |c| is(c, &["bigint"]) && !c.unsigned,
        |_, _| exact(B::Int64, A::Long, E::Signed),
        "none", overrides::INTEGER),
    rule("BIGINT UNSIGNED", |c| is(c, &["bigint"]),
        |_, _| exact(B::Numeric, A::Decimal { precision: 20, scale: 0 }, E::UnsignedAsDecimal),
        "none", overrides::BIGINT_UNSIGNED),
    rule("YEAR", |c| is(c, &["year"]),
        |_, _| exact(B::Int64, A::Long, E::Unsigned),
        "none (0000 is 0)", overrides::YEAR),
    rule("BIT(1) to BIT(63)", |c| is(c, &["bit"]) && c.precision.is_some_and(|bits| bits < 64),
        |_, _| exact(B::Int64, A::Long, E::Bits),
        "none", overrides::BIT),
    rule("BIT(64)", |c| is(c, &["bit"]),
        |_, _| exact(B::Bytes, A::Bytes, E::Bytes),
        "none (8 bytes, the most significant first)", overrides::BIT_64),
    rule("DECIMAL(p, s) with s ≤ 9 and p − s ≤ 29", |c| decimal_fits(c, NUMERIC),
        |c, _| decimal(c, B::Numeric),
        "none", overrides::DECIMAL_IN_NUMERIC),
    rule("DECIMAL(p, s) with s ≤ 38 and p − s ≤ 38", |c| decimal_fits(c, BIGNUMERIC),
        |c, _| decimal(c, B::BigNumeric),
        "none", overrides::DECIMAL_IN_BIGNUMERIC),
    rule("every other DECIMAL", |c| is(c, &["decimal"]),
        |_, _| exact(B::String, A::String, E::Text(Utf8)),
        "none (every digit, as MySQL prints it)", overrides::DECIMAL_BEYOND),
    rule("FLOAT", |c| is(c, &["float"]),
        |_, _| exact(B::Float64, A::Double, E::Float),
        "none (the same number, in more digits than MySQL prints)", overrides::NONE),
    rule("DOUBLE", |c| is(c, &["double"]),
        |_, _| exact(B::Float64, A::Double, E::Float),
        "none", overrides::NONE),
    rule("DATE", |c| is(c, &["date"]),
        |_, _| dated(B::Date, A::Date, E::Date),
        "a zero year, month or day: ZERO_DATES; no such day (ALLOW_INVALID_DATES): INVALID_VALUES", overrides::DATE),
    rule("DATETIME(0) to DATETIME(6)", |c| is(c, &["datetime"]),
        |_, _| dated(B::DateTime, A::LocalTimestampMicros, E::DateTime),
        AS_DATE, overrides::DATETIME),
    rule("TIMESTAMP(0) to TIMESTAMP(6)", |c| is(c, &["timestamp"]),
        |_, _| dated(B::Timestamp, A::TimestampMicros, E::DateTime),
        AS_DATE, overrides::TIMESTAMP),
    rule("TIME(0) to TIME(6)", |c| is(c, &["time"]),
        |_, _| Target { invalid_values: true, ..exact(B::Time, A::TimeMicros, E::Time) },
        "below 00:00:00 or from 24:00:00 on: INVALID_VALUES", overrides::TIME),
    rule("JSON (MariaDB: LONGTEXT with a json_valid check)", |c| c.json,
        |_, flavor| match flavor {
            Flavor::MySql => text(B::Json, A::Json),
            Flavor::MariaDb => Target { encoding: E::JsonText(Utf8), ..text(B::Json, A::Json) },
        },
        "not a JSON document (MariaDB's json_valid accepts some), or not valid in its character set: INVALID_VALUES", overrides::JSON),
    rule("CHAR, VARCHAR, TINYTEXT, TEXT, MEDIUMTEXT, LONGTEXT, ENUM, SET",
        |c| is(c, &["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"]),
        |_, _| text(B::String, A::String),
        "bytes that are not text in the column's character set, characters that Unicode lacks: INVALID_VALUES", overrides::TEXT),
    rule("BINARY, VARBINARY, TINYBLOB, BLOB, MEDIUMBLOB, LONGBLOB",
        |c| is(c, &["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"]),
        |_, _| exact(B::Bytes, A::Bytes, E::Bytes),
        "none", overrides::BINARY),
    rule("UUID, INET4, INET6 (MariaDB)", |c| is(c, &["uuid", "inet4", "inet6"]),
        |_, _| Target { select: "CAST({} AS CHAR)", ..exact(B::String, A::String, E::Text(Utf8)) },
        "none", overrides::NONE),
    rule("GEOMETRY, POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, GEOMETRYCOLLECTION", |c| is(c, SPATIAL),
        |_, flavor| Target {
            select: match flavor {
                Flavor::MySql => "ST_AsText({}, 'axis-order=long-lat')",
                Flavor::MariaDb => "ST_AsText({})",
            },
            ..exact(B::String, A::String, E::Text(Utf8))
        },
        "none (WKT, longitude first; the SRID is not in it)", overrides::SPATIAL),
    rule("VECTOR (MySQL 9)", |c| is(c, &["vector"]),
        |_, _| Target { select: VECTOR_SELECT, ..exact(B::Bytes, A::Bytes, E::Bytes) },
        "none (4 bytes for each number: IEEE 754 single precision, little-endian)", overrides::VECTOR),
];
