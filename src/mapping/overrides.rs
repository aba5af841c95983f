//! Type overrides: the BigQuery types that `"types": {"column": "TYPE"}` in `TABLES` can select for a column.

use crate::mapping::bigquery_type::BigQueryType as B;
use crate::mapping::charset::Charset;
use crate::mapping::convert::Encoding;
use crate::mapping::target::{
    AvroRule, BIGNUMERIC, BOOLEAN, BYTES, DECIMAL_20, JSON as JSON_TEXT, LOCAL_TIMESTAMP, LONG, NUMERIC, STRING,
    TIMESTAMP as UTC_TIMESTAMP, TargetRule, VECTOR_BYTES, avro_decimal, bignumeric_decimal, boolean, checked, dated,
    decimal_within, exact, geography, printed, text, to, wkb,
};

/// Signed integers of up to 64 bits, and unsigned integers of up to 32 bits.
pub(super) const INTEGER: &[TargetRule] = &[
    to(B::Bool, BOOLEAN, |c, _| boolean(!c.unsigned), BOOLS),
    to(
        B::Numeric,
        DECIMAL_20,
        |_, _| exact(Encoding::Decimal { scale: 0 }).selected("CAST({} AS DECIMAL(20,0))"),
        "none",
    ),
    INTEGER_AS_STRING,
];

pub(super) const BIGINT_UNSIGNED: &[TargetRule] = &[
    to(B::Int64, LONG, |_, _| checked(Encoding::Unsigned), ABOVE_INT64),
    to(B::Bool, BOOLEAN, |_, _| boolean(false), BOOLS),
    INTEGER_AS_STRING,
];

pub(super) const YEAR: &[TargetRule] =
    &[to(B::String, STRING, |_, _| printed(), "none (four digits, as MySQL prints it)")];

pub(super) const BIT: &[TargetRule] = &[
    BITS_AS_BOOL,
    BITS_AS_NUMERIC,
    to(
        B::Bytes,
        BYTES,
        |_, _| exact(Encoding::Bytes),
        "none (as many bytes as the bits need, the most significant first)",
    ),
];

pub(super) const BIT_64: &[TargetRule] =
    &[to(B::Int64, LONG, |_, _| checked(Encoding::Bits), ABOVE_INT64), BITS_AS_BOOL, BITS_AS_NUMERIC];

pub(super) const DECIMAL_IN_NUMERIC: &[TargetRule] =
    &[to(B::BigNumeric, AvroRule::BigNumericDecimal, |c, _| bignumeric_decimal(c), "none"), DECIMAL_AS_STRING];

pub(super) const DECIMAL_IN_BIGNUMERIC: &[TargetRule] = &[DECIMAL_AS_NUMERIC, DECIMAL_AS_STRING];

pub(super) const DECIMAL_BEYOND: &[TargetRule] = &[
    DECIMAL_AS_NUMERIC,
    to(
        B::BigNumeric,
        avro_decimal(BIGNUMERIC),
        |_, _| decimal_within(BIGNUMERIC),
        "more than 38 digits before the point (zeros do not count): INVALID_VALUES",
    ),
];

pub(super) const DATE: &[TargetRule] = &[DATE_AS_STRING];

pub(super) const DATETIME: &[TargetRule] = &[
    to(B::Timestamp, UTC_TIMESTAMP, |_, _| dated(Encoding::DateTime), "the DATETIME is read as UTC; as DATE"),
    DATE_AS_STRING,
];

pub(super) const TIMESTAMP: &[TargetRule] = &[
    to(B::DateTime, LOCAL_TIMESTAMP, |_, _| dated(Encoding::DateTime), "in UTC; as DATE"),
    to(B::String, STRING, |_, _| printed(), "none (in UTC, as MySQL prints it, zero dates too)"),
];

pub(super) const TIME: &[TargetRule] = &[to(
    B::String,
    STRING,
    |_, _| printed(),
    "none (as MySQL prints it: -838:59:59 to 838:59:59, with the column's digits after the second)",
)];

pub(super) const JSON: &[TargetRule] = &[to(
    B::String,
    STRING,
    |_, _| text(),
    "the document as the server prints it; not valid in its character set: INVALID_VALUES",
)];

pub(super) const TEXT: &[TargetRule] = &[to(
    B::Json,
    JSON_TEXT,
    |_, _| checked(Encoding::JsonText(Charset::Utf8)),
    "not a JSON document, one that BigQuery would change, or one nested deeper than 127 levels: INVALID_VALUES",
)];

pub(super) const BINARY: &[TargetRule] = &[to(B::String, STRING, |_, _| text(), "invalid UTF-8: INVALID_VALUES")];

pub(super) const SPATIAL: &[TargetRule] = &[
    to(
        B::Geography,
        STRING,
        |_, flavor| geography(flavor),
        "WKT, longitude first; edges become geodesics; a value that the server cannot read, an SRID other than 4326 and 0, a longitude beyond ±180 or \
         a latitude beyond ±90: INVALID_VALUES",
    ),
    to(
        B::Bytes,
        BYTES,
        |_, flavor| wkb(flavor),
        "a value that the server cannot read, such as an empty one: INVALID_VALUES (WKB, longitude first; the SRID is not in it)",
    ),
];

pub(super) const VECTOR: &[TargetRule] = &[to(
    B::Json,
    JSON_TEXT,
    |_, _| checked(Encoding::Vector).selected(VECTOR_BYTES),
    "an array of the same numbers as doubles; NaN or infinity: INVALID_VALUES",
)];

/// Values that do not fit BOOL.
const BOOLS: &str = "0 is false, 1 is true; any other value: INVALID_VALUES";
/// Values that do not fit INT64.
const ABOVE_INT64: &str = "above 9223372036854775807: INVALID_VALUES";
/// Selects a BIT as an unsigned integer.
const BITS_AS_INTEGER: &str = "CAST({} AS UNSIGNED)";

const INTEGER_AS_STRING: TargetRule =
    to(B::String, STRING, |_, _| printed(), "none (as MySQL prints it, with the zeros of ZEROFILL)");

const BITS_AS_BOOL: TargetRule = to(B::Bool, BOOLEAN, |_, _| boolean(false).selected(BITS_AS_INTEGER), BOOLS);

const BITS_AS_NUMERIC: TargetRule =
    to(B::Numeric, DECIMAL_20, |_, _| exact(Encoding::UnsignedAsDecimal).selected(BITS_AS_INTEGER), "none");

const DECIMAL_AS_NUMERIC: TargetRule = to(
    B::Numeric,
    avro_decimal(NUMERIC),
    |_, _| decimal_within(NUMERIC),
    "more than 29 digits before or 9 after the point (zeros at the ends do not count): INVALID_VALUES",
);

pub(super) const DECIMAL_AS_STRING: TargetRule =
    to(B::String, STRING, |_, _| exact(Encoding::Text(Charset::Utf8)), "none (every digit, as MySQL prints it)");

const DATE_AS_STRING: TargetRule = to(B::String, STRING, |_, _| printed(), "none (as MySQL prints it, zero dates too)");
