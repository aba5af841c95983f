//! Why a value does not fit its BigQuery type.

/// Why a value does not fit its BigQuery type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrepresentable {
    /// A date with a zero year, month or day; `ZERO_DATES` decides.
    ZeroDate,
    /// A value outside the range of the type, which the text names; `INVALID_VALUES` decides.
    OutOfRange(&'static str),
    /// Bytes that are not valid in the column's character set; `INVALID_VALUES` decides.
    InvalidText,
    /// Characters of the column's character set that Unicode lacks; `INVALID_VALUES` decides.
    NotUnicode,
    /// Text that is not a JSON document, in a column that becomes JSON; `INVALID_VALUES` decides.
    InvalidJson,
    /// A JSON document that BigQuery would change; `INVALID_VALUES` decides.
    ChangedJson,
    /// A spatial value that the server cannot read, such as the 0 bytes that rows have in a NOT NULL column that was added later;
    /// `INVALID_VALUES` decides.
    InvalidGeometry,
    /// Bytes that the column's type cannot have. They always fail the table; no policy applies.
    Malformed(&'static str),
}
