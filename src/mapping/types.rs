//! The mapping table: for every MySQL type, its BigQuery type, its Avro type, and the values that do not fit.
//! `docs/mapping.md` is generated from it.

use crate::mapping::bigquery_type::BigQueryType as B;
use crate::mapping::convert::Encoding;
use crate::mapping::overrides;
use crate::mapping::target::{
    BIGNUMERIC, BYTES, DATE, DECIMAL, DECIMAL_20, DOUBLE, JSON, LOCAL_TIMESTAMP, LONG, NUMERIC, STRING, TIME,
    TIMESTAMP, Target, TargetRule, VECTOR_BYTES, checked, dated, decimal, exact, integer, json, printed, text, to, wkt,
};
use crate::mysql::catalog::{Column, Flavor};

/// One row of the table. The first row that applies to a column is used.
pub struct TypeRule {
    /// The MySQL type, as people write it.
    pub mysql: &'static str,
    applies: fn(&Column) -> bool,
    /// The default target.
    pub own: TargetRule,
    /// Other targets that `types` in `TABLES` can select.
    pub overrides: &'static [TargetRule],
}

const fn row(
    mysql: &'static str,
    applies: fn(&Column) -> bool,
    own: TargetRule,
    overrides: &'static [TargetRule],
) -> TypeRule {
    TypeRule { mysql, applies, own, overrides }
}

/// The table.
#[rustfmt::skip]
pub const RULES: &[TypeRule] = &[
    row("TINYINT, SMALLINT, MEDIUMINT, INT, signed and unsigned, BOOL", |c| is(c, &["tinyint", "smallint", "mediumint", "int"]),
        to(B::Int64,      LONG,            |c, _| integer(c),                        "none"),
        overrides::INTEGER),
    row("BIGINT", |c| is(c, &["bigint"]) && !c.unsigned,
        to(B::Int64,      LONG,            |_, _| exact(Encoding::Signed),           "none"),
        overrides::INTEGER),
    row("BIGINT UNSIGNED", |c| is(c, &["bigint"]),
        to(B::Numeric,    DECIMAL_20,      |_, _| exact(Encoding::UnsignedAsDecimal), "none"),
        overrides::BIGINT_UNSIGNED),
    row("YEAR", |c| is(c, &["year"]),
        to(B::Int64,      LONG,            |_, _| exact(Encoding::Unsigned),         "none (0000 is 0)"),
        overrides::YEAR),
    row("BIT(1) to BIT(63)", |c| is(c, &["bit"]) && c.precision.is_some_and(|bits| bits < 64),
        to(B::Int64,      LONG,            |_, _| exact(Encoding::Bits),             "none"),
        overrides::BIT),
    row("BIT(64)", |c| is(c, &["bit"]),
        to(B::Bytes,      BYTES,           |_, _| exact(Encoding::Bytes),            "none (8 bytes, the most significant first)"),
        overrides::BIT_64),
    row("DECIMAL(p, s) with s ≤ 9 and p − s ≤ 29", |c| fits(c, NUMERIC),
        to(B::Numeric,    DECIMAL,         |c, _| decimal(c),                        "none"),
        overrides::DECIMAL_IN_NUMERIC),
    row("DECIMAL(p, s) with s ≤ 38 and p − s ≤ 38", |c| fits(c, BIGNUMERIC),
        to(B::BigNumeric, DECIMAL,         |c, _| decimal(c),                        "none"),
        overrides::DECIMAL_IN_BIGNUMERIC),
    row("every other DECIMAL", |c| is(c, &["decimal"]),
        overrides::DECIMAL_AS_STRING,
        overrides::DECIMAL_BEYOND),
    row("FLOAT", |c| is(c, &["float"]),
        to(B::Float64,    DOUBLE,          |_, _| exact(Encoding::Float),            "none (the same number, with more digits than MySQL prints)"),
        &[]),
    row("DOUBLE", |c| is(c, &["double"]),
        to(B::Float64,    DOUBLE,          |_, _| exact(Encoding::Float),            "none"),
        &[]),
    row("DATE", |c| is(c, &["date"]),
        to(B::Date,       DATE,            |_, _| dated(Encoding::Date),
           "a zero year, month or day: ZERO_DATES; no such day (ALLOW_INVALID_DATES): INVALID_VALUES"),
        overrides::DATE),
    row("DATETIME(0) to DATETIME(6)", |c| is(c, &["datetime"]),
        to(B::DateTime,   LOCAL_TIMESTAMP, |_, _| dated(Encoding::DateTime),         "as DATE"),
        overrides::DATETIME),
    row("TIMESTAMP(0) to TIMESTAMP(6)", |c| is(c, &["timestamp"]),
        to(B::Timestamp,  TIMESTAMP,       |_, _| dated(Encoding::DateTime),         "as DATE"),
        overrides::TIMESTAMP),
    row("TIME(0) to TIME(6)", |c| is(c, &["time"]),
        to(B::Time,       TIME,            |_, _| checked(Encoding::Time),           "below 00:00:00, or 24:00:00 and above: INVALID_VALUES"),
        overrides::TIME),
    row("JSON (MariaDB: LONGTEXT with a json_valid check)", |c| c.json,
        to(B::Json,       JSON,            |_, flavor| json(flavor),
           "not a JSON document (MariaDB's json_valid accepts some), a document that BigQuery would change ([JSON](#json)), or not valid in its character set: INVALID_VALUES"),
        overrides::JSON),
    row("CHAR, VARCHAR, TINYTEXT, TEXT, MEDIUMTEXT, LONGTEXT, ENUM, SET",
        |c| is(c, &["char", "varchar", "tinytext", "text", "mediumtext", "longtext", "enum", "set"]),
        to(B::String,     STRING,          |_, _| text(),
           "bytes that are not text in the column's character set, or characters that Unicode lacks: INVALID_VALUES"),
        overrides::TEXT),
    row("BINARY, VARBINARY, TINYBLOB, BLOB, MEDIUMBLOB, LONGBLOB",
        |c| is(c, &["binary", "varbinary", "tinyblob", "blob", "mediumblob", "longblob"]),
        to(B::Bytes,      BYTES,           |_, _| exact(Encoding::Bytes),            "none"),
        overrides::BINARY),
    row("UUID, INET4, INET6 (MariaDB)", |c| is(c, &["uuid", "inet4", "inet6"]),
        to(B::String,     STRING,          |_, _| printed(),                         "none"),
        &[]),
    row("GEOMETRY, POINT, LINESTRING, POLYGON, MULTIPOINT, MULTILINESTRING, MULTIPOLYGON, GEOMETRYCOLLECTION",
        |c| is(c, &["geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon",
                    "geometrycollection", "geomcollection"]),
        to(B::String,     STRING,          |_, flavor| wkt(flavor),                  "a value that the server cannot read, such as an empty one: INVALID_VALUES (WKT, longitude first; the SRID is not in it)"),
        overrides::SPATIAL),
    row("VECTOR (MySQL 9)", |c| is(c, &["vector"]),
        to(B::Bytes,      BYTES,           |_, _| exact(Encoding::Bytes).selected(VECTOR_BYTES),
           "none (4 bytes for each number: IEEE 754 single precision, little-endian)"),
        overrides::VECTOR),
];

impl TypeRule {
    /// The row of the table for a column; `None` if the type is not supported.
    pub fn of(column: &Column) -> Option<&'static Self> {
        RULES.iter().find(|rule| (rule.applies)(column))
    }

    /// All possible targets of the column. The default comes first.
    pub fn targets(&self, column: &Column, flavor: Flavor) -> Vec<Target> {
        std::iter::once(&self.own).chain(self.overrides).map(|rule| rule.target(column, flavor)).collect()
    }
}

fn is(column: &Column, data_types: &[&str]) -> bool {
    data_types.contains(&&*column.data_type)
}

/// Whether a decimal has no more digits before and after the point than these.
fn fits(column: &Column, (before, after): (u32, u32)) -> bool {
    is(column, &["decimal"])
        && matches!((column.precision, column.scale), (Some(precision), Some(scale))
            if scale <= after && precision.saturating_sub(scale) <= before)
}
