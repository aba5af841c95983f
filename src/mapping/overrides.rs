//! Type overrides: the BigQuery types that `"types": {"column": "TYPE"}` in `TABLES` can select for a column.

use crate::avro::schema::AvroType;
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::charset::Charset;
use crate::mapping::convert::Encoding;
use crate::mapping::target::{BIGNUMERIC, NUMERIC, Target, VECTOR_SELECT, dated, exact, text};
use crate::mysql::catalog::{Column, Flavor};

/// Another BigQuery type for a MySQL type.
pub struct Override {
    /// The BigQuery type.
    pub to: BigQueryType,
    /// The Avro type, for the documentation.
    pub avro: &'static str,
    /// How the value is converted, and which values do not fit.
    pub exceptions: &'static str,
    pub(super) target: fn(&Column, Flavor) -> Target,
}

/// The smallest scale that NUMERIC cannot have. A decimal of this scale always becomes BIGNUMERIC.
const BIGNUMERIC_FROM_SCALE: u32 = NUMERIC.1 + 1;

pub(super) const NONE: &[Override] = &[];

/// Signed integers of up to 64 bits, and unsigned integers of up to 32 bits.
pub(super) const INTEGER: &[Override] = &[INTEGER_AS_BOOL, INTEGER_AS_NUMERIC, INTEGER_AS_STRING];

pub(super) const BIGINT_UNSIGNED: &[Override] = &[
    Override {
        to: BigQueryType::Int64,
        avro: "long",
        exceptions: "above 9223372036854775807: INVALID_VALUES",
        target: |_, _| checked(exact(BigQueryType::Int64, AvroType::Long, Encoding::Unsigned)),
    },
    INTEGER_AS_BOOL,
    INTEGER_AS_STRING,
];

pub(super) const YEAR: &[Override] =
    &[Override { exceptions: "none (four digits, as MySQL prints it)", ..INTEGER_AS_STRING }];

pub(super) const BIT: &[Override] = &[BITS_AS_BOOL, BITS_AS_NUMERIC, BITS_AS_BYTES];

pub(super) const BIT_64: &[Override] = &[
    Override {
        to: BigQueryType::Int64,
        avro: "long",
        exceptions: "above 9223372036854775807: INVALID_VALUES",
        target: |_, _| checked(exact(BigQueryType::Int64, AvroType::Long, Encoding::Bits)),
    },
    BITS_AS_BOOL,
    BITS_AS_NUMERIC,
];

pub(super) const DECIMAL_IN_NUMERIC: &[Override] = &[
    Override {
        to: BigQueryType::BigNumeric,
        avro: "decimal(p − s + t, t) with t the greater of s and 10",
        exceptions: "none",
        target: |c, _| {
            let scale = c.scale.unwrap_or(0).max(BIGNUMERIC_FROM_SCALE);
            let precision = c.precision.unwrap_or(0).saturating_sub(c.scale.unwrap_or(0)) + scale;
            exact(BigQueryType::BigNumeric, AvroType::Decimal { precision, scale }, Encoding::Decimal { scale })
        },
    },
    DECIMAL_AS_STRING,
];

pub(super) const DECIMAL_IN_BIGNUMERIC: &[Override] = &[DECIMAL_AS_NUMERIC, DECIMAL_AS_STRING];

pub(super) const DECIMAL_BEYOND: &[Override] = &[
    DECIMAL_AS_NUMERIC,
    Override {
        to: BigQueryType::BigNumeric,
        avro: "decimal(76, 38)",
        exceptions: "more than 38 digits before the point (zeros do not count): INVALID_VALUES",
        target: |_, _| decimal_within(BigQueryType::BigNumeric, BIGNUMERIC),
    },
];

pub(super) const DATE: &[Override] = &[DATE_AS_STRING];

pub(super) const DATETIME: &[Override] = &[
    Override {
        to: BigQueryType::Timestamp,
        avro: "timestamp-micros",
        exceptions: "the DATETIME is taken to be in UTC; as DATE",
        target: |_, _| dated(BigQueryType::Timestamp, AvroType::TimestampMicros, Encoding::DateTime),
    },
    DATE_AS_STRING,
];

pub(super) const TIMESTAMP: &[Override] = &[
    Override {
        to: BigQueryType::DateTime,
        avro: "local-timestamp-micros",
        exceptions: "in UTC; as DATE",
        target: |_, _| dated(BigQueryType::DateTime, AvroType::LocalTimestampMicros, Encoding::DateTime),
    },
    Override { exceptions: "none (in UTC, as MySQL prints it, zero dates too)", ..DATE_AS_STRING },
];

pub(super) const TIME: &[Override] = &[Override {
    to: BigQueryType::String,
    avro: "string",
    exceptions: "none (as MySQL prints it: -838:59:59 to 838:59:59, with the column's digits after the second)",
    target: |_, _| printed(),
}];

pub(super) const JSON: &[Override] = &[Override {
    to: BigQueryType::String,
    avro: "string",
    exceptions: "the document as the server prints it; not valid in its character set: INVALID_VALUES",
    target: |_, _| text(BigQueryType::String, AvroType::String),
}];

pub(super) const TEXT: &[Override] = &[Override {
    to: BigQueryType::Json,
    avro: "string, sqlType JSON",
    exceptions: "not a JSON document, or one nested deeper than 127 levels: INVALID_VALUES",
    target: |_, _| checked(exact(BigQueryType::Json, AvroType::Json, Encoding::JsonText(Charset::Utf8))),
}];

pub(super) const BINARY: &[Override] = &[Override {
    to: BigQueryType::String,
    avro: "string",
    exceptions: "invalid UTF-8: INVALID_VALUES",
    target: |_, _| text(BigQueryType::String, AvroType::String),
}];

pub(super) const SPATIAL: &[Override] = &[
    Override {
        to: BigQueryType::Geography,
        avro: "string",
        exceptions: "WKT, longitude first, edges are geodesics there; an SRID other than 4326 and 0, a longitude beyond ±180 or \
                     a latitude beyond ±90: INVALID_VALUES",
        target: |_, flavor| Target {
            select: match flavor {
                // Not CONCAT: it returns NULL if the result is longer than max_allowed_packet.
                Flavor::MySql => "IF(ST_SRID({}) IN (0, 4326), ST_AsText({}, 'axis-order=long-lat'), ST_SRID({}))",
                Flavor::MariaDb => "IF(ST_SRID({}) IN (0, 4326), ST_AsText({}), ST_SRID({}))",
            },
            ..checked(exact(BigQueryType::Geography, AvroType::String, Encoding::Geography))
        },
    },
    Override {
        to: BigQueryType::Bytes,
        avro: "bytes",
        exceptions: "none (WKB, longitude first; the SRID is not in it)",
        target: |_, flavor| Target {
            select: match flavor {
                Flavor::MySql => "ST_AsBinary({}, 'axis-order=long-lat')",
                Flavor::MariaDb => "ST_AsBinary({})",
            },
            ..exact(BigQueryType::Bytes, AvroType::Bytes, Encoding::Bytes)
        },
    },
];

pub(super) const VECTOR: &[Override] = &[Override {
    to: BigQueryType::Json,
    avro: "string, sqlType JSON",
    exceptions: "an array of numbers, each the same number as a double; not a number or infinite: INVALID_VALUES",
    target: |_, _| Target {
        select: VECTOR_SELECT,
        ..checked(exact(BigQueryType::Json, AvroType::Json, Encoding::Vector))
    },
}];

const INTEGER_AS_BOOL: Override = Override {
    to: BigQueryType::Bool,
    avro: "boolean",
    exceptions: "0 is false, 1 is true; any other: INVALID_VALUES",
    target: |c, _| boolean(!c.unsigned),
};

const INTEGER_AS_NUMERIC: Override = Override {
    to: BigQueryType::Numeric,
    avro: "decimal(20, 0)",
    exceptions: "none",
    target: |_, _| Target {
        select: "CAST({} AS DECIMAL(20,0))",
        ..exact(BigQueryType::Numeric, AvroType::Decimal { precision: 20, scale: 0 }, Encoding::Decimal { scale: 0 })
    },
};

const INTEGER_AS_STRING: Override = Override {
    to: BigQueryType::String,
    avro: "string",
    exceptions: "none (as MySQL prints it, with the zeros of ZEROFILL)",
    target: |_, _| printed(),
};

const BITS_AS_BOOL: Override =
    Override { target: |_, _| Target { select: "CAST({} AS UNSIGNED)", ..boolean(false) }, ..INTEGER_AS_BOOL };

const BITS_AS_NUMERIC: Override = Override {
    target: |_, _| Target {
        select: "CAST({} AS UNSIGNED)",
        ..exact(BigQueryType::Numeric, AvroType::Decimal { precision: 20, scale: 0 }, Encoding::UnsignedAsDecimal)
    },
    ..INTEGER_AS_NUMERIC
};

const BITS_AS_BYTES: Override = Override {
    to: BigQueryType::Bytes,
    avro: "bytes",
    exceptions: "none (as many bytes as the bits need, the most significant first)",
    target: |_, _| exact(BigQueryType::Bytes, AvroType::Bytes, Encoding::Bytes),
};

const DECIMAL_AS_NUMERIC: Override = Override {
    to: BigQueryType::Numeric,
    avro: "decimal(38, 9)",
    exceptions: "more than 29 digits before or 9 after the point (zeros at the ends do not count): INVALID_VALUES",
    target: |_, _| decimal_within(BigQueryType::Numeric, NUMERIC),
};

const DECIMAL_AS_STRING: Override = Override {
    to: BigQueryType::String,
    avro: "string",
    exceptions: "none (every digit, as MySQL prints it)",
    target: |_, _| exact(BigQueryType::String, AvroType::String, Encoding::Text(Charset::Utf8)),
};

const DATE_AS_STRING: Override = Override {
    to: BigQueryType::String,
    avro: "string",
    exceptions: "none (as MySQL prints it, zero dates too)",
    target: |_, _| printed(),
};

/// The value as MySQL prints it.
fn printed() -> Target {
    Target {
        select: "CAST({} AS CHAR)",
        ..exact(BigQueryType::String, AvroType::String, Encoding::Text(Charset::Utf8))
    }
}

fn boolean(signed: bool) -> Target {
    checked(exact(BigQueryType::Bool, AvroType::Boolean, Encoding::Bool { signed }))
}

fn checked(target: Target) -> Target {
    Target { invalid_values: true, ..target }
}

fn decimal_within(field_type: BigQueryType, (before, after): (u32, u32)) -> Target {
    let avro = AvroType::Decimal { precision: before + after, scale: after };
    checked(exact(field_type, avro, Encoding::DecimalWithin { before, after }))
}
