//! Why a value cannot be written as its BigQuery type.

/// Why a value does not fit its BigQuery type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrepresentable {
    /// A date with a zero year, month or day; `ZERO_DATES` decides.
    ZeroDate,
    /// The type's range does not hold it; `INVALID_VALUES` decides. The text says which range.
    OutOfRange(&'static str),
    /// Bytes that are no text in the column's character set; `INVALID_VALUES` decides.
    InvalidText,
    /// Characters of the column's character set that Unicode does not have; `INVALID_VALUES` decides.
    NotUnicode,
    /// Text that is no JSON document, in a column that is to be JSON; `INVALID_VALUES` decides.
    InvalidJson,
    /// Not the bytes that the column's type promises: never written, never NULL.
    Malformed(&'static str),
}
