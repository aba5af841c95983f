//! "TableSchema" and "TableFieldSchema".

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::bigquery::types::int64;

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableSchema {
    /// In their order.
    pub fields: Vec<Field>,
}

impl TableSchema {
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

/// A column.
///
/// The keys that belong to its type and those that are decided anew with each load have a field here. All others, such as policy
/// tags, data policies and whatever comes next, are in `rest`: who replaces the column sends them again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, by whichever of its two names the API likes: `INTEGER` is `INT64`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether it may be NULL.
    pub mode: Mode,
    /// `None` where nobody described it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What a row gets that does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_value_expression: Option<String>,
    /// How texts are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collation: Option<String>,
    /// How decimals are rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounding_mode: Option<String>,
    /// Of STRING and BYTES.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub max_length: Option<i64>,
    /// Of NUMERIC and BIGNUMERIC.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub precision: Option<i64>,
    /// Of NUMERIC and BIGNUMERIC.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub scale: Option<i64>,
    /// Of TIMESTAMP: 12 for picoseconds.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub timestamp_precision: Option<i64>,
    /// Of STRUCT.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
    /// Of RANGE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range_element_type: Option<Value>,
    /// Of a type of another system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign_type_definition: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Whether a column may be NULL.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// It may, which also holds where nothing is said.
    #[default]
    Nullable,
    /// It may not.
    Required,
    /// It is an array.
    Repeated,
}

impl Mode {
    /// As the API writes it.
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
    fn a_column_goes_back_as_it_came() {
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
    fn a_mode_has_one_name() {
        for mode in [Mode::Nullable, Mode::Required, Mode::Repeated] {
            assert_eq!(serde_json::to_value(mode).unwrap(), mode.name());
        }
    }
}
