//! Converts text from the column's own character set to UTF-8, exactly or with an error.
//!
//! The server could send all text as UTF-8, but it would silently write `?` for characters that it cannot convert.

use std::borrow::Cow;

use crate::avro::datum::{put_bytes, put_long};
use crate::mapping::unrepresentable::Unrepresentable;

/// A character set that this program decodes. The server converts all others, and its conversions are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// utf8mb4, utf8mb3, ascii and binary.
    Utf8,
    /// MySQL's latin1: Windows-1252, whose five unused bytes are the control characters with the same numbers.
    Latin1,
    /// utf16, and ucs2, which is utf16 without surrogates.
    Utf16,
    /// utf16le.
    Utf16LittleEndian,
    /// utf32.
    Utf32,
}

/// The characters of the latin1 bytes 0x80 to 0x9f.
const LATIN1_HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Charset {
    /// The character set with this MySQL name; `None` if the server must convert it. A column without a character set holds
    /// numbers or bytes that become text: they are read as UTF-8.
    pub(super) fn of(name: Option<&str>) -> Option<Self> {
        Some(match name {
            None | Some("utf8mb4" | "utf8mb3" | "utf8" | "ascii" | "binary") => Self::Utf8,
            Some("latin1") => Self::Latin1,
            Some("utf16" | "ucs2") => Self::Utf16,
            Some("utf16le") => Self::Utf16LittleEndian,
            Some("utf32") => Self::Utf32,
            Some(_) => return None,
        })
    }

    /// The name in error messages.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Latin1 => "latin1",
            Self::Utf16 | Self::Utf16LittleEndian => "UTF-16",
            Self::Utf32 => "UTF-32",
        }
    }

    /// Appends the datum of the text.
    #[inline]
    pub(super) fn append(self, value: &[u8], out: &mut Vec<u8>) -> Result<(), Unrepresentable> {
        match self {
            Self::Utf8 => {
                simdutf8::basic::from_utf8(value).map_err(|_| Unrepresentable::InvalidText)?;
                put_bytes(out, value);
                Ok(())
            }
            // ASCII characters are the same bytes in latin1 and UTF-8.
            Self::Latin1 if value.is_ascii() => {
                put_bytes(out, value);
                Ok(())
            }
            _ => self.each(value, &mut Datum(out)),
        }
    }

    /// Decodes the text.
    pub(super) fn decode(self, value: &[u8]) -> Result<Cow<'_, str>, Unrepresentable> {
        match self {
            Self::Utf8 => std::str::from_utf8(value).map(Cow::Borrowed).map_err(|_| Unrepresentable::InvalidText),
            _ => {
                let mut text = String::new();
                self.each(value, &mut text)?;
                Ok(Cow::Owned(text))
            }
        }
    }

    /// Passes the characters of a value to `take`.
    fn each(self, value: &[u8], take: &mut impl Take) -> Result<(), Unrepresentable> {
        match self {
            Self::Utf8 => {
                let text = std::str::from_utf8(value).map_err(|_| Unrepresentable::InvalidText)?;
                take.all(text.chars().map(Some))
            }
            Self::Latin1 => take.all(value.iter().map(|byte| Some(latin1(*byte)))),
            Self::Utf16 => utf16(value, u16::from_be_bytes, take),
            Self::Utf16LittleEndian => utf16(value, u16::from_le_bytes, take),
            Self::Utf32 => {
                let (characters, rest) = value.as_chunks::<4>();
                let odd = (!rest.is_empty()).then_some(None);
                take.all(characters.iter().map(|bytes| char::from_u32(u32::from_be_bytes(*bytes))).chain(odd))
            }
        }
    }
}

/// Receives characters. `None` stands for bytes that are not a character.
trait Take {
    fn all(&mut self, characters: impl Iterator<Item = Option<char>> + Clone) -> Result<(), Unrepresentable>;
}

impl Take for String {
    fn all(&mut self, characters: impl Iterator<Item = Option<char>> + Clone) -> Result<(), Unrepresentable> {
        for character in characters {
            self.push(character.ok_or(Unrepresentable::InvalidText)?);
        }
        Ok(())
    }
}

/// The datum of a string. It starts with the length in UTF-8, so the characters are read twice, but nothing is allocated.
struct Datum<'a>(&'a mut Vec<u8>);

impl Take for Datum<'_> {
    fn all(&mut self, characters: impl Iterator<Item = Option<char>> + Clone) -> Result<(), Unrepresentable> {
        let length = characters.clone().try_fold(0, |length, character| Some(length + character?.len_utf8()));
        // The text of a value is never longer than isize::MAX bytes.
        put_long(self.0, length.ok_or(Unrepresentable::InvalidText)? as i64);
        for character in characters.flatten() {
            self.0.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Ok(())
    }
}

fn latin1(byte: u8) -> char {
    let high = byte.checked_sub(0x80).and_then(|at| LATIN1_HIGH.get(usize::from(at)));
    high.copied().unwrap_or(char::from(byte))
}

fn utf16(value: &[u8], unit: fn([u8; 2]) -> u16, take: &mut impl Take) -> Result<(), Unrepresentable> {
    let (units, rest) = value.as_chunks::<2>();
    let odd = (!rest.is_empty()).then_some(None);
    take.all(char::decode_utf16(units.iter().map(|bytes| unit(*bytes))).map(Result::ok).chain(odd))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_decoded_or_refused() {
        let decoded = [
            (Charset::Utf8, "né🎈\0".as_bytes(), "né🎈\0"),
            (Charset::Latin1, &[b'a', 0xe9, 0x80, 0x81, 0x9f, 0xff], "aé€\u{81}Ÿÿ"),
            (Charset::Utf16, &[0, b'a', 0xd8, 0x3c, 0xdf, 0x88], "a🎈"),
            (Charset::Utf16LittleEndian, &[b'a', 0, 0x3c, 0xd8, 0x88, 0xdf], "a🎈"),
            (Charset::Utf32, &[0, 0, 0, b'a', 0, 1, 0xf3, 0x88], "a🎈"),
        ];
        for (charset, bytes, text) in decoded {
            assert_eq!(charset.decode(bytes).as_deref(), Ok(text), "{charset:?}");
            assert_eq!(charset.decode(&[]).as_deref(), Ok(""), "{charset:?}");
            let (mut datum, mut expected) = (Vec::new(), Vec::new());
            charset.append(bytes, &mut datum).unwrap();
            put_bytes(&mut expected, text.as_bytes());
            assert_eq!(datum, expected, "{charset:?}");
        }
        let invalid = [
            (Charset::Utf8, &[b'a', 0xff][..]),
            (Charset::Utf8, &[0xed, 0xa0, 0x80]),
            (Charset::Utf16, &[0]),
            (Charset::Utf16, &[0xd8, 0x3c]),
            (Charset::Utf16, &[0xd8, 0x3c, 0, b'a']),
            (Charset::Utf16LittleEndian, &[0x88, 0xdf]),
            (Charset::Utf32, &[0, 0, 0xd8, 0x3c]),
            (Charset::Utf32, &[0, 0x11, 0, 0]),
            (Charset::Utf32, &[0, 0, 0, b'a', 0]),
        ];
        for (charset, bytes) in invalid {
            assert_eq!(charset.decode(bytes), Err(Unrepresentable::InvalidText), "{charset:?} {bytes:?}");
            assert_eq!(
                charset.append(bytes, &mut Vec::new()),
                Err(Unrepresentable::InvalidText),
                "{charset:?} {bytes:?}"
            );
        }
    }
}
