//! Converts the bytes of one non-NULL value, as MySQL's binary protocol sends them, to one Avro datum.

use std::borrow::Cow;

use serde::de::IgnoredAny;

use crate::avro::datum::{put_boolean, put_bytes, put_double, put_long};
use crate::mapping::charset::Charset;
use crate::mapping::unrepresentable::Unrepresentable;
use crate::mapping::{decimal, geography, json, temporal, vector};

/// How the values of a column are converted. It is chosen once per table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Two's complement little-endian → long.
    Signed,
    /// Unsigned little-endian → long.
    Unsigned,
    /// Unsigned little-endian → decimal of scale 0.
    UnsignedAsDecimal,
    /// BIT: unsigned big-endian of 1 to 8 bytes → long.
    Bits,
    /// IEEE 754 single or double, little-endian → the same number as a double.
    Float,
    /// Decimal text with exactly this many digits after the point → decimal.
    Decimal {
        /// Digits after the point.
        scale: u32,
    },
    /// Decimal text → decimal of scale `after`. Digits beyond these limits must be zeros.
    DecimalWithin {
        /// Digits before the point.
        before: u32,
        /// Digits after the point.
        after: u32,
    },
    /// Integer little-endian, 0 or 1 → boolean.
    Bool {
        /// Whether an error shows other values as signed.
        signed: bool,
    },
    /// Text that is a JSON document → string.
    JsonText(Charset),
    /// A document of MySQL's own type, which is valid and has no repeated names → string.
    Json,
    /// Single-precision numbers, little-endian → string, a JSON array of the same numbers.
    Vector,
    /// WKT or WKB → string or bytes, unchanged. Nothing at all is an error.
    Geometry,
    /// WKT → string, unchanged. An SRID instead of WKT is an error.
    Geography,
    /// Year, month, day → days since 1970-01-01.
    Date,
    /// Date and time of day → microseconds since 1970-01-01 00:00.
    DateTime,
    /// Sign, days, hours, minutes, seconds, microseconds → microseconds since midnight.
    Time,
    /// Text → string, in UTF-8.
    Text(Charset),
    /// Any bytes → bytes.
    Bytes,
    /// A masked column: only its mask converts its values, and nothing shows them.
    Masked,
}

impl Encoding {
    /// Appends the datum of the value to `out`. After an error, `out` may end with a part of the datum.
    #[inline]
    pub fn append(self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unrepresentable> {
        match self {
            Self::Signed => put_long(out, signed(value)?),
            Self::Unsigned => put_long(out, long(unsigned(value)?)?),
            Self::UnsignedAsDecimal => decimal::append_integer(unsigned(value)?.into(), out),
            Self::Bits => put_long(out, bits(value)?),
            Self::Float => put_double(out, float(value)?),
            Self::Decimal { scale } => decimal::append(value, scale, out)?,
            Self::DecimalWithin { before, after } => decimal::append_within(value, (before, after), out)?,
            Self::Bool { .. } => put_boolean(out, boolean(value)?),
            Self::JsonText(charset) => {
                let text = charset.decode(value)?;
                serde_json::from_str::<IgnoredAny>(&text).map_err(|_| Unrepresentable::InvalidJson)?;
                put_json(out, &text, json::change(&text))?;
            }
            Self::Json => {
                let text = Charset::Utf8.decode(value)?;
                put_json(out, &text, json::rounded(&text))?;
            }
            Self::Vector => put_bytes(out, vector::as_json(value)?.as_bytes()),
            Self::Geometry if value.is_empty() => return Err(Unrepresentable::InvalidGeometry),
            Self::Geometry => put_bytes(out, value),
            Self::Geography => put_bytes(out, geography::wkt(value)?.as_bytes()),
            Self::Date => put_long(out, temporal::days(value)?),
            Self::DateTime => put_long(out, temporal::microseconds(value)?),
            Self::Time => put_long(out, temporal::time_of_day(value)?),
            Self::Text(charset) => charset.append(value, out)?,
            Self::Bytes => put_bytes(out, value),
            Self::Masked => return Err(UNMASKED),
        }
        Ok(())
    }

    /// What BigQuery would change in a JSON document.
    pub(super) fn json_change(self, value: &[u8]) -> Option<String> {
        let charset = match self {
            Self::JsonText(charset) => charset,
            _ => Charset::Utf8,
        };
        let document = charset.decode(value).ok()?;
        json::change(&document).map(|change| change.to_string())
    }

    /// The bytes that stand for a value whatever the type and the character set of its column: an integer as decimal digits, text in
    /// UTF-8, bytes as they are. Only columns of these types have masks that need them.
    pub(super) fn canonical(self, value: &[u8]) -> Result<Cow<'_, [u8]>, Unrepresentable> {
        let digits = |number: String| Cow::Owned(number.into_bytes());
        match self {
            Self::Signed => Ok(digits(signed(value)?.to_string())),
            Self::Unsigned | Self::UnsignedAsDecimal => Ok(digits(unsigned(value)?.to_string())),
            Self::Text(charset) => Ok(match charset.decode(value)? {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            }),
            Self::Bytes => Ok(Cow::Borrowed(value)),
            _ => Err(UNMASKED),
        }
    }

    /// The value as an error shows it: shortened, and in hex if the bytes do not match the type.
    pub fn show(self, value: &[u8]) -> String {
        let shown = match self {
            Self::Signed | Self::Bool { signed: true } => signed(value).ok().map(|n| n.to_string()),
            Self::Unsigned | Self::UnsignedAsDecimal | Self::Bool { signed: false } => {
                unsigned(value).ok().map(|n| n.to_string())
            }
            Self::Bits => bits(value).ok().map(|n| n.to_string()),
            Self::Float => float(value).ok().map(|n| n.to_string()),
            Self::Date | Self::DateTime => temporal::show_date(value),
            Self::Time => temporal::show_time(value),
            Self::Text(charset) | Self::JsonText(charset) => charset.decode(value).ok().map(|text| quoted(&text)),
            Self::Decimal { .. } | Self::DecimalWithin { .. } | Self::Geography | Self::Geometry | Self::Json => {
                std::str::from_utf8(value).ok().map(quoted)
            }
            Self::Bytes | Self::Vector => None,
            Self::Masked => Some(MASKED.to_owned()),
        };
        shown.unwrap_or_else(|| {
            let hex: String = value.iter().take(LONGEST / 2).map(|byte| format!("{byte:02x}")).collect();
            format!("0x{hex}{}", if value.len() > LONGEST / 2 { "…" } else { "" })
        })
    }
}

fn put_json(out: &mut Vec<u8>, document: &str, change: Option<json::Change<'_>>) -> Result<(), Unrepresentable> {
    if change.is_some() {
        return Err(Unrepresentable::ChangedJson);
    }
    put_bytes(out, document.as_bytes());
    Ok(())
}

/// What an error shows instead of a masked value.
pub(super) const MASKED: &str = "(masked)";

const UNMASKED: Unrepresentable = Unrepresentable::Malformed("a value that only its mask may convert");

/// How many characters of a value an error shows.
const LONGEST: usize = 80;

fn quoted(text: &str) -> String {
    let short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() { format!("{short:?}…") } else { format!("{short:?}") }
}

const WRONG_LENGTH: Unrepresentable = Unrepresentable::Malformed("a value whose length does not match its type");

/// The value as an array of exactly `N` bytes.
#[inline]
fn exactly<const N: usize>(value: &[u8]) -> Result<[u8; N], Unrepresentable> {
    value.try_into().map_err(|_| WRONG_LENGTH)
}

/// Decodes a signed integer by the length of the value, not by the type of the column: the catalog may say INT for a view's
/// column that the server sends as BIGINT.
#[inline]
fn signed(value: &[u8]) -> Result<i64, Unrepresentable> {
    Ok(match value.len() {
        1 => i8::from_le_bytes(exactly(value)?).into(),
        2 => i16::from_le_bytes(exactly(value)?).into(),
        4 => i32::from_le_bytes(exactly(value)?).into(),
        _ => i64::from_le_bytes(exactly(value)?),
    })
}

#[inline]
fn unsigned(value: &[u8]) -> Result<u64, Unrepresentable> {
    Ok(match value.len() {
        1 => u8::from_le_bytes(exactly(value)?).into(),
        2 => u16::from_le_bytes(exactly(value)?).into(),
        4 => u32::from_le_bytes(exactly(value)?).into(),
        _ => u64::from_le_bytes(exactly(value)?),
    })
}

#[inline]
fn long(number: u64) -> Result<i64, Unrepresentable> {
    i64::try_from(number).map_err(|_| Unrepresentable::OutOfRange("INT64 ends at 9223372036854775807"))
}

#[inline]
fn float(value: &[u8]) -> Result<f64, Unrepresentable> {
    Ok(match value.len() {
        4 => f32::from_le_bytes(exactly(value)?).into(),
        _ => f64::from_le_bytes(exactly(value)?),
    })
}

fn boolean(value: &[u8]) -> Result<bool, Unrepresentable> {
    match unsigned(value)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Unrepresentable::OutOfRange("BOOL accepts only 0 and 1")),
    }
}

fn bits(value: &[u8]) -> Result<i64, Unrepresentable> {
    if value.is_empty() || value.len() > 8 {
        return Err(WRONG_LENGTH);
    }
    let number = value.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    long(number)
}

#[cfg(test)]
mod arbitrary;

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(encoding: Encoding, value: &[u8]) -> Result<Vec<u8>, Unrepresentable> {
        let mut out = Vec::new();
        encoding.append(value, &mut out).map(|()| out)
    }

    fn long_datum(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        put_long(&mut out, value);
        out
    }

    #[test]
    fn integers_of_every_width_at_both_ends() {
        assert_eq!(datum(Encoding::Signed, &i8::MIN.to_le_bytes()), Ok(long_datum(-128)));
        assert_eq!(datum(Encoding::Signed, &i16::MIN.to_le_bytes()), Ok(long_datum(-32768)));
        assert_eq!(datum(Encoding::Signed, &(-8_388_608i32).to_le_bytes()), Ok(long_datum(-8_388_608)));
        assert_eq!(datum(Encoding::Signed, &i64::MIN.to_le_bytes()), Ok(long_datum(i64::MIN)));
        assert_eq!(datum(Encoding::Signed, &i64::MAX.to_le_bytes()), Ok(long_datum(i64::MAX)));
        assert_eq!(datum(Encoding::Unsigned, &[255]), Ok(long_datum(255)));
        assert_eq!(datum(Encoding::Unsigned, &[255, 255]), Ok(long_datum(65535)));
        assert_eq!(datum(Encoding::Unsigned, &[255; 4]), Ok(long_datum(4_294_967_295)));
        assert_eq!(datum(Encoding::UnsignedAsDecimal, &[255; 8]), Ok([&[18, 0][..], &[255; 8]].concat()));
        assert_eq!(datum(Encoding::UnsignedAsDecimal, &[0; 8]), Ok(vec![2, 0]));
    }

    #[test]
    fn bits_are_big_endian() {
        assert_eq!(datum(Encoding::Bits, &[1]), Ok(long_datum(1)));
        assert_eq!(datum(Encoding::Bits, &[1, 0]), Ok(long_datum(256)));
        assert_eq!(datum(Encoding::Bits, &[0x7f, 255, 255, 255, 255, 255, 255, 255]), Ok(long_datum(i64::MAX)));
        assert!(matches!(datum(Encoding::Bits, &[255; 8]), Err(Unrepresentable::OutOfRange(_))));
    }

    #[test]
    fn a_float_is_the_same_number_as_a_double() {
        for value in [16_777_216f32, 1.234_567_8, -0.0, f32::MIN, f32::MAX, f32::MIN_POSITIVE / 2.0, 1e-45] {
            assert_eq!(datum(Encoding::Float, &value.to_le_bytes()), Ok(f64::from(value).to_le_bytes().to_vec()));
        }
    }

    #[test]
    fn text_is_utf8_or_refused() {
        assert_eq!(
            datum(Encoding::Text(Charset::Utf8), "né🎈\0".as_bytes()),
            Ok([&[16][..], "né🎈\0".as_bytes()].concat())
        );
        assert_eq!(datum(Encoding::Text(Charset::Utf8), &[b'a', 0xff]), Err(Unrepresentable::InvalidText));
        assert_eq!(datum(Encoding::Bytes, &[0xff]), Ok(vec![2, 0xff]));
        assert_eq!(datum(Encoding::Text(Charset::Utf8), b""), Ok(vec![0]));
    }

    #[test]
    fn booleans_are_0_and_1() {
        for value in [&[0][..], &[0; 2], &[0; 4], &[0; 8]] {
            assert_eq!(datum(Encoding::Bool { signed: true }, value), Ok(vec![0]));
        }
        assert_eq!(datum(Encoding::Bool { signed: true }, &[1]), Ok(vec![1]));
        assert_eq!(datum(Encoding::Bool { signed: true }, &1u64.to_le_bytes()), Ok(vec![1]));
        for value in [&[2][..], &[0xff], &256u64.to_le_bytes()] {
            assert!(matches!(datum(Encoding::Bool { signed: true }, value), Err(Unrepresentable::OutOfRange(_))));
        }
        assert_eq!(Encoding::Bool { signed: true }.show(&[0xff]), "-1");
        assert_eq!(Encoding::Bool { signed: false }.show(&[0xff]), "255");
    }

    #[test]
    fn text_is_json_or_refused() {
        for document in ["{}", " [1, \"\u{1f388}\"]\n", "null", "1e300", "\"a\\u00e9\""] {
            assert!(datum(Encoding::JsonText(Charset::Utf8), document.as_bytes()).is_ok(), "{document}");
        }
        for text in ["", "{", "{'a': 1}", "[1] [2]", "NaN", "01", "[1,]"] {
            assert_eq!(
                datum(Encoding::JsonText(Charset::Utf8), text.as_bytes()),
                Err(Unrepresentable::InvalidJson),
                "{text}"
            );
        }
        assert_eq!(datum(Encoding::JsonText(Charset::Utf8), &[b'"', 0xff, b'"']), Err(Unrepresentable::InvalidText));
        let changed = Err(Unrepresentable::ChangedJson);
        assert_eq!(datum(Encoding::JsonText(Charset::Utf8), br#"{"a": 1, "a": 2}"#), changed);
        for encoding in [Encoding::JsonText(Charset::Utf8), Encoding::Json] {
            assert_eq!(datum(encoding, b"1e400"), changed);
        }
    }
}
