//! The REST resources "TableSchema" and "TableFieldSchema".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bigquery::types::int64;

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableSchema {
    /// The columns, in order.
    pub fields: Vec<Field>,
}

impl TableSchema {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// A column.
///
/// Keys that belong to its type, and keys that each load decides, have a field here. All other keys, such as policy tags and data
/// policies, are in `rest`: a load that replaces the column sends them again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type. The API uses two names for some: `INTEGER` is `INT64`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it is nullable.
    pub mode: Mode,
    /// Its description, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The default value of the column.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value_expression: Option<String>,
    /// How strings are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// How decimals are rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounding_mode: Option<String>,
    /// For STRING and BYTES.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub max_length: Option<i64>,
    /// For NUMERIC and BIGNUMERIC.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub precision: Option<i64>,
    /// For NUMERIC and BIGNUMERIC.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub scale: Option<i64>,
    /// For TIMESTAMP: 12 means picoseconds.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub timestamp_precision: Option<i64>,
    /// For STRUCT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// For RANGE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_element_type: Option<Value>,
    /// For a type of another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_type_definition: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// The mode of a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// It may be NULL; the default.
    #[default]
    Nullable,
    /// It may not be NULL.
    Required,
    /// It is an array.
    Repeated,
}

impl Mode {
    /// The API's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nullable => "NULLABLE",
            Self::Required => "REQUIRED",
            Self::Repeated => "REPEATED",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_column_survives_a_round_trip() {
        let column = json!({
            "name": "n", "type": "NUMERIC", "mode": "REQUIRED", "precision": "10", "scale": "2", "description": "d",
            "roundingMode": "ROUND_HALF_EVEN", "policyTags": {"names": ["p"]}, "settingOfTomorrow": [1, {"a": null}],
        });
        let field: Field = serde_json::from_value(column.clone()).unwrap();
        assert_eq!((field.precision, field.rest.len()), (Some(10), 2));
        assert_eq!(serde_json::to_value(field).unwrap(), column);
        let least: Field = serde_json::from_value(json!({"name": "n", "type": "TYPE_OF_TOMORROW"})).unwrap();
        assert_eq!((least.mode, &*least.kind), (Mode::Nullable, "TYPE_OF_TOMORROW"));
    }

    #[test]
    fn names_of_modes_match_the_api() {
        for mode in [Mode::Nullable, Mode::Required, Mode::Repeated] {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
        }
    }
}
