//! The target of a column: its BigQuery type, its Avro type, the conversion of its values, and its select expression.

use crate::avro::schema::AvroType;
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::charset::Charset;
use crate::mapping::convert::Encoding;
use crate::mysql::catalog::Column;

/// NUMERIC holds 29 digits before the decimal point and 9 after it ("Data types", decimal types).
pub(super) const NUMERIC: (u32, u32) = (29, 9);
/// BIGNUMERIC holds 38 digits before the decimal point and 38 after it. A 39th digit before it fits only in part.
pub(super) const BIGNUMERIC: (u32, u32) = (38, 38);

/// Selects a VECTOR as bytes. As text, the server would round the numbers, and the driver does not know the type.
pub(super) const VECTOR_SELECT: &str = "CAST({} AS BINARY)";

/// Lets the server convert text from a character set that this program does not decode.
const CONVERT: &str = "CONVERT({} USING utf8mb4)";
/// True if the server could not convert a text. The server writes `?` for a character that Unicode lacks, may drop a broken
/// character at the end, and returns NULL for a text that is longer than max_allowed_packet.
pub(super) const NOT_CONVERTED: &str = "IFNULL(CHAR_LENGTH(CONVERT({} USING utf8mb4)) <> CHAR_LENGTH({}) \
     OR CHAR_LENGTH(REPLACE(CONVERT({} USING utf8mb4), '?', '')) <> CHAR_LENGTH(REPLACE({}, '?', '')), {} IS NOT NULL)";

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
    /// The same target for a column in this character set.
    pub(super) fn in_charset(self, charset: Option<&str>) -> Self {
        if self.select != "{}" {
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

pub(super) fn exact(field_type: BigQueryType, avro: AvroType, encoding: Encoding) -> Target {
    Target { field_type, avro, encoding, select: "{}", zero_dates: false, invalid_values: false, check: false }
}

pub(super) fn dated(field_type: BigQueryType, avro: AvroType, encoding: Encoding) -> Target {
    Target { zero_dates: true, invalid_values: true, ..exact(field_type, avro, encoding) }
}

pub(super) fn text(field_type: BigQueryType, avro: AvroType) -> Target {
    Target { invalid_values: true, ..exact(field_type, avro, Encoding::Text(Charset::Utf8)) }
}

pub(super) fn decimal_fits(column: &Column, (before, after): (u32, u32)) -> bool {
    column.data_type == "decimal"
        && matches!((column.precision, column.scale), (Some(precision), Some(scale))
            if scale <= after && precision.saturating_sub(scale) <= before)
}

pub(super) fn decimal(column: &Column, field_type: BigQueryType) -> Target {
    let (precision, scale) = (column.precision.unwrap_or(0), column.scale.unwrap_or(0));
    exact(field_type, AvroType::Decimal { precision, scale }, Encoding::Decimal { scale })
}
