//! The mark that Windows tools write at the start of a text.

/// Source: The Unicode Standard, "Byte order mark".
const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text without a byte order mark.
pub(super) fn without_mark(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}
