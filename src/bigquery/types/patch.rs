//! The body of tables.patch: an omitted field is not changed.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::bigquery::types::int64;
use crate::bigquery::types::schema::TableSchema;
use crate::bigquery::types::table::TableConstraints;

/// The properties to set on a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TablePatch {
    /// The description.
    #[serde(skip_serializing_if = "Change::is_none")]
    pub description: Change,
    /// Labels; null removes one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Option<String>>,
    /// Milliseconds since 1970.
    #[serde(with = "int64::option", skip_serializing_if = "Option::is_none")]
    pub expiration_time: Option<i64>,
    /// Whether queries must filter by partition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_partition_filter: Option<bool>,
    /// All columns, with every setting to preserve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<TableSchema>,
    /// Primary and foreign keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table_constraints: Option<TableConstraints>,
}

/// A change of a text property.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Change {
    /// Leaves it as it is.
    #[default]
    None,
    /// Deletes it.
    Delete,
    /// Sets it.
    Set(String),
}

impl Change {
    fn is_none(&self) -> bool {
        *self == Self::None
    }
}

impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::None | Self::Delete => serializer.serialize_none(),
            Self::Set(text) => serializer.serialize_str(text),
        }
    }
}

impl TablePatch {
    /// The names of the settings that it changes, for logs and errors.
    pub fn settings(&self) -> Vec<&'static str> {
        let constraints = self.table_constraints.as_ref();
        let settings = [
            ("description", !self.description.is_none()),
            ("column descriptions", self.schema.is_some()),
            ("labels", !self.labels.is_empty()),
            ("expiration", self.expiration_time.is_some()),
            ("required partition filter", self.require_partition_filter.is_some()),
            ("primary key", constraints.is_some_and(|constraints| constraints.primary_key.is_some())),
            ("foreign keys", constraints.is_some_and(|constraints| !constraints.foreign_keys.is_empty())),
        ];
        settings.into_iter().filter(|(_, is_set)| *is_set).map(|(setting, _)| setting).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_set_is_sent() {
        assert_eq!(serde_json::to_value(TablePatch::default()).unwrap(), json!({}));
        let patch = TablePatch {
            description: Change::Delete,
            labels: BTreeMap::from([("mine".to_owned(), Some("x".to_owned())), ("old".to_owned(), None)]),
            expiration_time: Some(5),
            ..TablePatch::default()
        };
        let sent = json!({"description": null, "labels": {"mine": "x", "old": null}, "expirationTime": "5"});
        assert_eq!(serde_json::to_value(&patch).unwrap(), sent);
        assert_eq!(patch.settings(), ["description", "labels", "expiration"]);
    }
}
