//! Masks: what replaces the values of a column that must not leave MySQL as they are.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use crate::avro::datum::{put_bytes, put_long};
use crate::avro::schema::AvroType;
use crate::mapping::bigquery_type::BigQueryType;
use crate::mapping::convert::Encoding;
use crate::mapping::mask_key::{HEX_DIGITS, MaskKey};
use crate::mapping::target::Target;
use crate::mapping::temporal;
use crate::mapping::unrepresentable::Unrepresentable;
use crate::mysql::catalog::Column;

/// How many characters `last4` keeps.
const KEPT: usize = 4;
/// What `last4` writes for a text that it would show as a whole.
const TOO_SHORT: &str = "****";

/// A mask. In ascending order of what it hides: if several patterns name a column, the last of these masks wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mask {
    /// The last four characters.
    Last4,
    /// The year of a date.
    Year,
    /// A keyed HMAC-SHA-256 in hex: the same value always gets the same text.
    Hmac,
    /// NULL.
    Null,
    /// The column is not copied.
    Drop,
}

impl Mask {
    /// All masks, in the order in which an error lists them.
    pub const ALL: [Self; 5] = [Self::Hmac, Self::Last4, Self::Null, Self::Drop, Self::Year];

    /// Its name in `MASK` and `TABLES`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hmac => "hmac",
            Self::Last4 => "last4",
            Self::Null => "null",
            Self::Drop => "drop",
            Self::Year => "year",
        }
    }

    /// The masks that a column can have.
    pub(super) fn possible(column: &Column) -> Vec<Self> {
        Self::ALL.into_iter().filter(|mask| mask.fits(column)).collect()
    }

    /// Whether a column can have this mask.
    fn fits(self, column: &Column) -> bool {
        let kind = &*column.data_type;
        let integer = matches!(kind, "tinyint" | "smallint" | "mediumint" | "int" | "bigint");
        // The text of a JSON document depends on the server that prints it.
        let text = !column.json
            && matches!(
                kind,
                "char"
                    | "varchar"
                    | "tinytext"
                    | "text"
                    | "mediumtext"
                    | "longtext"
                    | "enum"
                    | "set"
                    | "uuid"
                    | "inet4"
                    | "inet6"
            );
        let binary = matches!(kind, "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob");
        match self {
            Self::Hmac => integer || text || binary,
            Self::Last4 => integer || text,
            Self::Year => matches!(kind, "date" | "datetime" | "timestamp"),
            Self::Null | Self::Drop => true,
        }
    }
}

impl fmt::Display for Mask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Mask {
    type Err = String;

    /// Parses the name of a mask, in any case.
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|mask| mask.name().eq_ignore_ascii_case(text.trim())).ok_or_else(|| {
            let known = Self::ALL.map(Self::name).join(", ");
            format!("{text:?} is not a mask; the masks are {known}")
        })
    }
}

/// The mask of a column that is copied, ready to convert its values.
#[derive(Debug, Clone)]
pub struct ColumnMask {
    /// Which mask.
    pub mask: Mask,
    /// How MySQL sends the values.
    source: Encoding,
    /// For `hmac`.
    key: Option<MaskKey>,
}

impl ColumnMask {
    /// The mask of a column with this target, and the target that it has instead.
    pub(super) fn new(mask: Mask, target: &Target, key: Option<&MaskKey>) -> (Self, Target) {
        // No code may convert or show a value of the column without its mask.
        let masked = Target { encoding: Encoding::Masked, ..target.clone() };
        let masked = match mask {
            Mask::Hmac | Mask::Last4 => {
                Target { field_type: BigQueryType::String, avro: AvroType::String, zero_dates: false, ..masked }
            }
            Mask::Year => Target {
                field_type: BigQueryType::Int64,
                avro: AvroType::Long,
                zero_dates: true,
                invalid_values: false,
                ..masked
            },
            // MySQL does not even send the values.
            Mask::Null | Mask::Drop => {
                Target { select: "NULL", zero_dates: false, invalid_values: false, check: false, ..masked }
            }
        };
        (Self { mask, source: target.encoding, key: key.cloned() }, masked)
    }

    /// Whether masked values are as distinct as the values, so that they can be a key.
    pub fn is_distinct(&self) -> bool {
        self.mask == Mask::Hmac
    }

    /// Whether every value becomes NULL.
    pub fn is_null(&self) -> bool {
        self.mask == Mask::Null
    }

    /// How MySQL sends the values, for an error that names the character set.
    pub(super) fn source(&self) -> Encoding {
        self.source
    }

    /// Appends the datum of the masked value to `out`. No part of the value itself ever gets there, also not after an error.
    pub fn append(&self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unrepresentable> {
        match (self.mask, &self.key) {
            (Mask::Hmac, Some(key)) => {
                let digest: [u8; HEX_DIGITS] = key.hex(&self.source.canonical(value)?);
                put_bytes(out, &digest);
            }
            (Mask::Last4, _) => put_bytes(out, last4(&self.source.canonical(value)?).as_bytes()),
            (Mask::Year, _) => put_long(out, temporal::year(value)?.into()),
            // The mapping refuses `hmac` without a key, and the other masks have no values.
            _ => return Err(Unrepresentable::Malformed("a value of a column that has none")),
        }
        Ok(())
    }
}

/// The last four characters of a text, or of a number without its sign.
fn last4(value: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(value);
    let characters = text.chars().filter(|character| *character != '-').count();
    if characters <= KEPT {
        return Cow::Borrowed(TOO_SHORT);
    }
    let start = text.char_indices().rev().nth(KEPT - 1).map_or(0, |(at, _)| at);
    Cow::Owned(text.get(start..).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::charset::Charset;
    use proptest::prelude::*;

    fn mask(mask: Mask, source: Encoding) -> ColumnMask {
        let key = Some(MaskKey::new(b"0123456789abcdef0123456789abcdef"));
        ColumnMask { mask, source, key }
    }

    fn text(mask: &ColumnMask, value: &[u8]) -> String {
        let mut out = Vec::new();
        mask.append(value, &mut out).unwrap();
        let mut expected = Vec::new();
        let rest = &out[if out.len() > 64 { 2 } else { 1 }..];
        put_bytes(&mut expected, rest);
        assert_eq!(out, expected);
        String::from_utf8(rest.to_vec()).unwrap()
    }

    #[test]
    fn an_hmac_is_that_of_rfc_2104_and_the_same_for_equal_values_of_any_type() {
        // echo -n 42 | openssl dgst -sha256 -hmac 0123456789abcdef0123456789abcdef
        let expected = "3b12d0412db185c98ff58825ed4c81cfbc7bdabcf33ac48bdaaae5f39fc65445";
        let values: [(Encoding, &[u8]); 6] = [
            (Encoding::Signed, &42i32.to_le_bytes()),
            (Encoding::Signed, &42i64.to_le_bytes()),
            (Encoding::UnsignedAsDecimal, &42u64.to_le_bytes()),
            (Encoding::Text(Charset::Utf8), b"42"),
            (Encoding::Text(Charset::Utf16), &[0, b'4', 0, b'2']),
            (Encoding::Bytes, b"42"),
        ];
        for (source, value) in values {
            assert_eq!(text(&mask(Mask::Hmac, source), value), expected, "{source:?}");
        }
        let latin1 = text(&mask(Mask::Hmac, Encoding::Text(Charset::Latin1)), b"J\xfcrgen");
        assert_eq!(latin1, text(&mask(Mask::Hmac, Encoding::Text(Charset::Utf8)), "Jürgen".as_bytes()));
        let other = ColumnMask { key: Some(MaskKey::new(b"another key of 16")), ..mask(Mask::Hmac, Encoding::Bytes) };
        assert_ne!(text(&other, b"42"), expected);
    }

    #[test]
    fn last4_never_shows_a_whole_value() {
        let utf8 = mask(Mask::Last4, Encoding::Text(Charset::Utf8));
        for (value, expected) in [
            ("+49 170 1234567", "4567"),
            ("12345", "2345"),
            ("1234", TOO_SHORT),
            ("", TOO_SHORT),
            ("né🎈日本", "é🎈日本"),
            ("-1234", TOO_SHORT),
        ] {
            assert_eq!(text(&utf8, value.as_bytes()), expected, "{value}");
        }
        let number = mask(Mask::Last4, Encoding::Signed);
        assert_eq!(text(&number, &4_111_111_111_111_234i64.to_le_bytes()), "1234");
        assert_eq!(text(&number, &(-123i64).to_le_bytes()), TOO_SHORT);
        let latin1 = mask(Mask::Last4, Encoding::Text(Charset::Latin1));
        assert_eq!(text(&latin1, b"M\xfcller"), "ller");
    }

    #[test]
    fn a_year_is_the_year_of_the_date() {
        let year = mask(Mask::Year, Encoding::Date);
        let mut out = Vec::new();
        year.append(&[4, 0xc0, 0x07, 5, 17], &mut out).unwrap();
        let mut expected = Vec::new();
        put_long(&mut expected, 1984);
        assert_eq!(out, expected);
        assert_eq!(year.append(&[0], &mut out), Err(Unrepresentable::ZeroDate));
        assert_eq!(out, expected, "nothing is written for a zero date");
    }

    #[test]
    fn names_are_parsed_in_any_case() {
        for mask in Mask::ALL {
            assert_eq!(mask.name().to_uppercase().parse(), Ok(mask));
        }
        let error = "sha256".parse::<Mask>().unwrap_err();
        assert!(error.ends_with("the masks are hmac, last4, null, drop, year"), "{error}");
    }

    proptest! {
        /// No four bytes of a value get into what `hmac` writes, and after an error nothing is written.
        #[test]
        fn no_byte_sequence_of_a_value_is_written(value in prop::collection::vec(any::<u8>(), 4..40)) {
            for source in [Encoding::Bytes, Encoding::Text(Charset::Utf8), Encoding::Text(Charset::Utf16)] {
                let mut out = Vec::new();
                let appended = mask(Mask::Hmac, source).append(&value, &mut out);
                prop_assert_eq!(appended.is_err(), out.is_empty());
                let hex = |window: &[u8]| window.iter().all(|byte| b"0123456789abcdef".contains(byte));
                let shown = value.windows(4).any(|part| !hex(part) && out.windows(4).any(|other| other == part));
                prop_assert!(!shown);
                prop_assert_eq!(Encoding::Masked.show(&value), "(masked)");
            }
        }
    }
}
