//! What a column becomes: its BigQuery type, its Avro type, and the conversion of its values.

use std::fmt;

use crate::avro::schema::AvroType;
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::charset::Charset;
use crate::mapping::convert::Encoding;
use crate::mysql::catalog::{Column, Flavor};

/// NUMERIC holds 29 digits before the point and 9 after ("Data types", decimal types).
pub(super) const NUMERIC: (u32, u32) = (29, 9);
/// BIGNUMERIC holds 38 digits before the point (a 39th only in part) and 38 after.
pub(super) const BIGNUMERIC: (u32, u32) = (38, 38);
/// More digits than NUMERIC has after its point: a decimal of so many is BIGNUMERIC, whatever its digits are.
const BIGNUMERIC_FROM_SCALE: u32 = NUMERIC.1 + 1;

/// The column itself.
const COLUMN: &str = "{}";
/// The value as MySQL itself prints it.
const PRINTED: &str = "CAST({} AS CHAR)";
/// Text that the server converts, from a character set that is not decoded here.
const CONVERT: &str = "CONVERT({} USING utf8mb4)";
/// Whether the server could not convert a text: it writes `?` for a character that Unicode does not have, may leave out a
/// broken one at the end, and makes a text NULL that is longer than its max_allowed_packet.
pub(super) const NOT_CONVERTED: &str = "IFNULL(CHAR_LENGTH(CONVERT({} USING utf8mb4)) <> CHAR_LENGTH({}) \
     OR CHAR_LENGTH(REPLACE(CONVERT({} USING utf8mb4), '?', '')) <> CHAR_LENGTH(REPLACE({}, '?', '')), {} IS NOT NULL)";
/// A VECTOR as bytes: as text the server rounds the numbers, and the driver does not know the type itself.
pub(super) const VECTOR_BYTES: &str = "CAST({} AS BINARY)";

/// One way to write a column, as the mapping table lists it.
#[derive(Clone, Copy)]
pub struct TargetRule {
    /// The BigQuery type.
    pub field_type: BigQueryType,
    /// How it travels in the Avro file.
    pub avro: AvroRule,
    /// How the values are read and converted.
    pub(super) values: fn(&Column, Flavor) -> Values,
    /// The values that do not fit, and what happens to them.
    pub exceptions: &'static str,
}

/// A row's own or other target, with its values' conversion and the values that do not fit.
pub(super) const fn to(
    field_type: BigQueryType,
    avro: AvroRule,
    values: fn(&Column, Flavor) -> Values,
    exceptions: &'static str,
) -> TargetRule {
    TargetRule { field_type, avro, values, exceptions }
}

impl TargetRule {
    /// What this column becomes by the rule.
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
    /// This one, whatever the column.
    Is(AvroType),
    /// A decimal with the column's own digits.
    ColumnDecimal,
    /// The same, with more digits after the point than NUMERIC has.
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
/// Holds every integer of 64 bits.
pub(super) const DECIMAL_20: AvroRule = avro_decimal((20, 0));

/// The Avro type of a decimal with these digits before and after the point.
pub(super) const fn avro_decimal((before, after): (u32, u32)) -> AvroRule {
    AvroRule::Is(AvroType::Decimal { precision: before + after, scale: after })
}

fn bignumeric_scale(column: &Column) -> u32 {
    column.scale.unwrap_or(0).max(BIGNUMERIC_FROM_SCALE)
}

/// How a column's values are read and converted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Values {
    encoding: Encoding,
    select: &'static str,
    zero_dates: bool,
    invalid_values: bool,
}

impl Values {
    /// The same, selected by another expression.
    pub(super) const fn selected(self, select: &'static str) -> Self {
        Self { select, ..self }
    }
}

/// Every value fits.
pub(super) const fn exact(encoding: Encoding) -> Values {
    Values { encoding, select: COLUMN, zero_dates: false, invalid_values: false }
}

/// A value can be invalid or out of range.
pub(super) const fn checked(encoding: Encoding) -> Values {
    Values { invalid_values: true, ..exact(encoding) }
}

/// A value can be a zero date, or no date at all.
pub(super) const fn dated(encoding: Encoding) -> Values {
    Values { zero_dates: true, ..checked(encoding) }
}

/// An integer of up to 32 bits, with or without a sign.
pub(super) fn integer(column: &Column) -> Values {
    exact(if column.unsigned { Encoding::Unsigned } else { Encoding::Signed })
}

/// 0 or 1.
pub(super) const fn boolean(signed: bool) -> Values {
    checked(Encoding::Bool { signed })
}

/// JSON: MySQL has made sure that it is, MariaDB's check takes more.
pub(super) fn json(flavor: Flavor) -> Values {
    match flavor {
        Flavor::MySql => text(),
        Flavor::MariaDb => checked(Encoding::JsonText(Charset::Utf8)),
    }
}

/// A spatial value as text.
pub(super) fn wkt(flavor: Flavor) -> Values {
    exact(Encoding::Text(Charset::Utf8)).selected(match flavor {
        Flavor::MySql => "ST_AsText({}, 'axis-order=long-lat')",
        Flavor::MariaDb => "ST_AsText({})",
    })
}

/// A spatial value as bytes.
pub(super) fn wkb(flavor: Flavor) -> Values {
    exact(Encoding::Bytes).selected(match flavor {
        Flavor::MySql => "ST_AsBinary({}, 'axis-order=long-lat')",
        Flavor::MariaDb => "ST_AsBinary({})",
    })
}

/// A spatial value as text, or its SRID where that is not the one of GEOGRAPHY.
pub(super) fn geography(flavor: Flavor) -> Values {
    checked(Encoding::Geography).selected(match flavor {
        // No CONCAT: it is NULL where its result is longer than max_allowed_packet.
        Flavor::MySql => "IF(ST_SRID({}) IN (0, 4326), ST_AsText({}, 'axis-order=long-lat'), ST_SRID({}))",
        Flavor::MariaDb => "IF(ST_SRID({}) IN (0, 4326), ST_AsText({}), ST_SRID({}))",
    })
}

/// Text of the column's character set, which is UTF-8 unless the column says otherwise.
pub(super) const fn text() -> Values {
    checked(Encoding::Text(Charset::Utf8))
}

/// The value as MySQL itself prints it.
pub(super) const fn printed() -> Values {
    exact(Encoding::Text(Charset::Utf8)).selected(PRINTED)
}

/// A decimal with the column's digits after the point.
pub(super) fn decimal(column: &Column) -> Values {
    exact(Encoding::Decimal { scale: column.scale.unwrap_or(0) })
}

/// The digits of `AvroRule::BigNumericDecimal`.
pub(super) fn bignumeric_decimal(column: &Column) -> Values {
    exact(Encoding::Decimal { scale: bignumeric_scale(column) })
}

/// A decimal of any digits, as far as these hold them.
pub(super) const fn decimal_within((before, after): (u32, u32)) -> Values {
    checked(Encoding::DecimalWithin { before, after })
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
    /// Whether some values do not fit.
    pub(super) fn is_partial(&self) -> bool {
        self.zero_dates || self.invalid_values
    }

    /// The same for a column of this character set.
    fn in_charset(self, charset: Option<&str>) -> Self {
        if self.select != COLUMN {
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
