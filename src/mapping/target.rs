//! The target of a column: its BigQuery type, its Avro type, the conversion of its values, and its select expression.

use std::fmt;

use crate::avro::schema::AvroType;
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::charset::Charset;
use crate::mapping::convert::Encoding;
use crate::mysql::catalog::{Column, Flavor};

/// NUMERIC holds 29 digits before the decimal point and 9 after it ("Data types", decimal types).
pub(super) const NUMERIC: (u32, u32) = (29, 9);
/// BIGNUMERIC holds 38 digits before the decimal point and 38 after it. A 39th digit before it fits only in part.
pub(super) const BIGNUMERIC: (u32, u32) = (38, 38);
/// The smallest scale that NUMERIC cannot have. A decimal of this scale always becomes BIGNUMERIC.
const BIGNUMERIC_FROM_SCALE: u32 = NUMERIC.1 + 1;

/// Selects the column itself.
const COLUMN: &str = "{}";
/// Selects the value as MySQL prints it.
const PRINTED: &str = "CAST({} AS CHAR)";
/// Lets the server convert text from a character set that this program does not decode.
const CONVERT: &str = "CONVERT({} USING utf8mb4)";
/// True if the server could not convert a text. The server writes `?` for a character that Unicode lacks, may drop a broken
/// character at the end, and returns NULL for a text that is longer than max_allowed_packet.
pub(super) const NOT_CONVERTED: &str = "IFNULL(CHAR_LENGTH(CONVERT({} USING utf8mb4)) <> CHAR_LENGTH({}) \
     OR CHAR_LENGTH(REPLACE(CONVERT({} USING utf8mb4), '?', '')) <> CHAR_LENGTH(REPLACE({}, '?', '')), {} IS NOT NULL)";
/// Selects a VECTOR as bytes. As text, the server would round the numbers, and the driver does not know the type.
pub(super) const VECTOR_BYTES: &str = "CAST({} AS BINARY)";

/// One possible target of a MySQL type, as the mapping table lists it.
#[derive(Clone, Copy)]
pub struct TargetRule {
    /// The BigQuery type.
    pub field_type: BigQueryType,
    /// The Avro type.
    pub avro: AvroRule,
    /// How values are read and converted.
    pub(super) values: fn(&Column, Flavor) -> Values,
    /// Which values do not fit, and what happens to them.
    pub exceptions: &'static str,
}

/// Declares one target of the mapping table.
pub(super) const fn to(
    field_type: BigQueryType,
    avro: AvroRule,
    values: fn(&Column, Flavor) -> Values,
    exceptions: &'static str,
) -> TargetRule {
    TargetRule { field_type, avro, values, exceptions }
}

impl TargetRule {
    /// The target of this column.
    pub(super) fn target(&self, column: &Column, flavor: Flavor) -> Target {
        let Values { encoding, select, zero_dates, invalid_values } = (self.values)(column, flavor);
        let avro = self.avro.of(column);
        Target { field_type: self.field_type, avro, encoding, select, zero_dates, invalid_values, check: false }
            .in_charset(column.charset.as_deref())
    }
}

/// The Avro type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvroRule {
    /// This type, for every column.
    Is(AvroType),
    /// A decimal with the precision and scale of the column.
    ColumnDecimal,
    /// The same, but with a scale that NUMERIC cannot have.
    BigNumericDecimal,
}

impl AvroRule {
    fn of(self, column: &Column) -> AvroType {
        let (precision, scale) = (column.precision.unwrap_or(0), column.scale.unwrap_or(0));
        match self {
            Self::Is(kind) => kind,
            Self::ColumnDecimal => AvroType::Decimal { precision, scale },
            Self::BigNumericDecimal => {
                let wide = bignumeric_scale(column);
                AvroType::Decimal { precision: precision.saturating_sub(scale) + wide, scale: wide }
            }
        }
    }
}

impl fmt::Display for AvroRule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(kind) => kind.fmt(formatter),
            Self::ColumnDecimal => formatter.write_str("decimal(p, s)"),
            Self::BigNumericDecimal => {
                write!(formatter, "decimal(p − s + t, t) with t the greater of s and {BIGNUMERIC_FROM_SCALE}")
            }
        }
    }
}

pub(super) const LONG: AvroRule = AvroRule::Is(AvroType::Long);
pub(super) const BOOLEAN: AvroRule = AvroRule::Is(AvroType::Boolean);
pub(super) const DOUBLE: AvroRule = AvroRule::Is(AvroType::Double);
pub(super) const BYTES: AvroRule = AvroRule::Is(AvroType::Bytes);
pub(super) const STRING: AvroRule = AvroRule::Is(AvroType::String);
pub(super) const JSON: AvroRule = AvroRule::Is(AvroType::Json);
pub(super) const DATE: AvroRule = AvroRule::Is(AvroType::Date);
pub(super) const TIME: AvroRule = AvroRule::Is(AvroType::TimeMicros);
pub(super) const TIMESTAMP: AvroRule = AvroRule::Is(AvroType::TimestampMicros);
pub(super) const LOCAL_TIMESTAMP: AvroRule = AvroRule::Is(AvroType::LocalTimestampMicros);
pub(super) const DECIMAL: AvroRule = AvroRule::ColumnDecimal;
/// A decimal that every 64-bit integer fits.
pub(super) const DECIMAL_20: AvroRule = avro_decimal((20, 0));

/// The Avro type of a decimal with these digits before and after the point.
pub(super) const fn avro_decimal((before, after): (u32, u32)) -> AvroRule {
    AvroRule::Is(AvroType::Decimal { precision: before + after, scale: after })
}

fn bignumeric_scale(column: &Column) -> u32 {
    column.scale.unwrap_or(0).max(BIGNUMERIC_FROM_SCALE)
}

/// How the values of a column are read and converted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    encoding: Encoding,
    select: &'static str,
    zero_dates: bool,
    invalid_values: bool,
}

impl Values {
    /// The same conversion with another select expression.
    pub(super) const fn selected(self, select: &'static str) -> Self {
        Self { select, ..self }
    }
}

/// A conversion that every value fits.
pub(super) const fn exact(encoding: Encoding) -> Values {
    Values { encoding, select: COLUMN, zero_dates: false, invalid_values: false }
}

/// A conversion of values that can be invalid or out of range.
pub(super) const fn checked(encoding: Encoding) -> Values {
    Values { invalid_values: true, ..exact(encoding) }
}

/// A conversion of values that can be zero dates or dates that do not exist.
pub(super) const fn dated(encoding: Encoding) -> Values {
    Values { zero_dates: true, ..checked(encoding) }
}

/// A signed or unsigned integer of up to 32 bits.
pub(super) fn integer(column: &Column) -> Values {
    exact(if column.unsigned { Encoding::Unsigned } else { Encoding::Signed })
}

/// 0 or 1.
pub(super) const fn boolean(signed: bool) -> Values {
    checked(Encoding::Bool { signed })
}

/// JSON. MySQL stores only valid documents, but MariaDB's check also accepts some invalid ones, and those with repeated names.
pub(super) fn json(flavor: Flavor) -> Values {
    match flavor {
        Flavor::MySql => checked(Encoding::Json),
        Flavor::MariaDb => checked(Encoding::JsonText(Charset::Utf8)),
    }
}

// The functions for spatial values return NULL for a value that is none. The statements return nothing ('') instead, so that it is
// not taken for a NULL.

/// A spatial value as WKT.
pub(super) fn wkt(flavor: Flavor) -> Values {
    checked(Encoding::Geometry).selected(match flavor {
        Flavor::MySql => "IFNULL(ST_AsText({}, 'axis-order=long-lat'), IF({} IS NULL, NULL, ''))",
        Flavor::MariaDb => "IFNULL(ST_AsText({}), IF({} IS NULL, NULL, ''))",
    })
}

/// A spatial value as WKB.
pub(super) fn wkb(flavor: Flavor) -> Values {
    checked(Encoding::Geometry).selected(match flavor {
        Flavor::MySql => "IFNULL(ST_AsBinary({}, 'axis-order=long-lat'), IF({} IS NULL, NULL, ''))",
        Flavor::MariaDb => "IFNULL(ST_AsBinary({}), IF({} IS NULL, NULL, ''))",
    })
}

/// A spatial value as WKT, or its SRID if GEOGRAPHY does not accept that SRID.
pub(super) fn geography(flavor: Flavor) -> Values {
    checked(Encoding::Geography).selected(match flavor {
        // Not CONCAT: it returns NULL if the result is longer than max_allowed_packet.
        Flavor::MySql => {
            "IFNULL(IF(ST_SRID({}) IN (0, 4326), ST_AsText({}, 'axis-order=long-lat'), ST_SRID({})), IF({} IS NULL, NULL, ''))"
        }
        Flavor::MariaDb => {
            "IFNULL(IF(ST_SRID({}) IN (0, 4326), ST_AsText({}), ST_SRID({})), IF({} IS NULL, NULL, ''))"
        }
    })
}

/// Text in the column's character set.
pub(super) const fn text() -> Values {
    checked(Encoding::Text(Charset::Utf8))
}

/// The value as MySQL prints it.
pub(super) const fn printed() -> Values {
    exact(Encoding::Text(Charset::Utf8)).selected(PRINTED)
}

/// A decimal with the scale of the column.
pub(super) fn decimal(column: &Column) -> Values {
    exact(Encoding::Decimal { scale: column.scale.unwrap_or(0) })
}

/// A decimal with the scale of `AvroRule::BigNumericDecimal`.
pub(super) fn bignumeric_decimal(column: &Column) -> Values {
    exact(Encoding::Decimal { scale: bignumeric_scale(column) })
}

/// A decimal that may have at most this many digits before and after the point.
pub(super) const fn decimal_within((before, after): (u32, u32)) -> Values {
    checked(Encoding::DecimalWithin { before, after })
}

/// The target of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The BigQuery type.
    pub field_type: BigQueryType,
    /// The Avro type.
    pub avro: AvroType,
    /// The conversion of its values.
    pub encoding: Encoding,
    /// The select expression. `{}` stands for the quoted column.
    pub select: &'static str,
    /// Whether a value can be a zero date.
    pub zero_dates: bool,
    /// Whether a value can be out of range or invalid.
    pub invalid_values: bool,
    /// Whether the server converts the text, so that the statement must check the conversion.
    pub check: bool,
}

impl Target {
    /// Whether every value that the server can read fits.
    pub(super) fn holds_all(&self) -> bool {
        !self.is_partial() || self.encoding == Encoding::Geometry
    }

    /// Whether some values do not fit.
    pub(super) fn is_partial(&self) -> bool {
        self.zero_dates || self.invalid_values
    }

    /// The same target for a column in this character set.
    fn in_charset(self, charset: Option<&str>) -> Self {
        if self.select != COLUMN {
            // The result of an expression is already UTF-8.
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
