//! The schema of a container file: one record with its fields and their types.

use std::fmt;

use serde_json::{Value, json};

/// The Avro types that BigQuery loads without loss. Source: "Loading Avro data", table of Avro conversions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AvroType {
    /// `long` → INT64.
    Long,
    /// `boolean` → BOOL.
    Boolean,
    /// `double` → FLOAT64.
    Double,
    /// `bytes` → BYTES.
    Bytes,
    /// `string` → STRING, and GEOGRAPHY as WKT.
    String,
    /// `string` with `sqlType: JSON` → JSON.
    Json,
    /// `int`, days since 1970-01-01 → DATE.
    Date,
    /// `long`, microseconds since midnight → TIME.
    TimeMicros,
    /// `long`, microseconds since 1970-01-01 00:00 UTC → TIMESTAMP.
    TimestampMicros,
    /// `long`, microseconds since 1970-01-01 00:00 without a time zone → DATETIME.
    LocalTimestampMicros,
    /// `bytes`, an unscaled integer → NUMERIC or BIGNUMERIC.
    Decimal {
        /// Total number of digits.
        precision: u32,
        /// Digits after the point.
        scale: u32,
    },
}

impl AvroType {
    fn json(self) -> Value {
        match self {
            Self::Long => json!("long"),
            Self::Boolean => json!("boolean"),
            Self::Double => json!("double"),
            Self::Bytes => json!("bytes"),
            Self::String => json!("string"),
            Self::Json => json!({"type": "string", "sqlType": "JSON"}),
            Self::Date => json!({"type": "int", "logicalType": "date"}),
            Self::TimeMicros => json!({"type": "long", "logicalType": "time-micros"}),
            Self::TimestampMicros => json!({"type": "long", "logicalType": "timestamp-micros"}),
            Self::LocalTimestampMicros => json!({"type": "long", "logicalType": "local-timestamp-micros"}),
            Self::Decimal { precision, scale } => {
                json!({"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale})
            }
        }
    }
}

/// The name in the documentation.
impl fmt::Display for AvroType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::Long => "long",
            Self::Boolean => "boolean",
            Self::Double => "double",
            Self::Bytes => "bytes",
            Self::String => "string",
            Self::Json => "string, sqlType JSON",
            Self::Date => "date",
            Self::TimeMicros => "time-micros",
            Self::TimestampMicros => "timestamp-micros",
            Self::LocalTimestampMicros => "local-timestamp-micros",
            Self::Decimal { precision, scale } => return write!(formatter, "decimal({precision}, {scale})"),
        };
        formatter.write_str(name)
    }
}

/// A field of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AvroField {
    /// The name; it matches `[A-Za-z_][A-Za-z0-9_]*`.
    pub name: String,
    /// Its type.
    pub kind: AvroType,
    /// Whether the type is a union with `null`. `null` is always the first branch.
    pub nullable: bool,
}

/// The schema of the record as JSON text.
pub fn record_schema(fields: impl IntoIterator<Item = AvroField>) -> String {
    let fields: Vec<Value> = fields
        .into_iter()
        .map(|field| {
            let kind = field.kind.json();
            let kind = if field.nullable { json!(["null", kind]) } else { kind };
            json!({"name": field.name, "type": kind})
        })
        .collect();
    json!({"type": "record", "name": "row", "fields": fields}).to_string()
}
