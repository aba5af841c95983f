//! The REST resource "Dataset".

use serde::Deserialize;

use crate::bigquery::types::int64;

/// The properties of a dataset that the program reads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// Every dataset has one: an answer without it is not from BigQuery.
    pub dataset_reference: DatasetReference,
    /// The location of the dataset, and so of its jobs.
    pub location: Option<String>,
    /// What new tables inherit.
    #[serde(flatten)]
    pub defaults: Defaults,
}

/// The dataset's identity.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetReference {
    /// Its name.
    pub dataset_id: String,
}

/// What new tables of a dataset inherit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Defaults {
    /// How long a table lives, in milliseconds.
    #[serde(rename = "defaultTableExpirationMs", with = "int64::option")]
    pub table_expiration: Option<i64>,
    /// How long a partition lives, in milliseconds.
    #[serde(rename = "defaultPartitionExpirationMs", with = "int64::option")]
    pub partition_expiration: Option<i64>,
    /// How strings are compared; empty if by their bytes.
    #[serde(rename = "defaultCollation")]
    pub collation: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_dataset_with_and_without_defaults_is_read() {
        let mut dataset = json!({"datasetReference": {"projectId": "p", "datasetId": "d"}, "location": "EU"});
        let read: Dataset = serde_json::from_value(dataset.clone()).unwrap();
        assert_eq!((read.defaults, read.location.as_deref()), (Defaults::default(), Some("EU")));
        dataset["defaultTableExpirationMs"] = json!("5");
        dataset["defaultPartitionExpirationMs"] = json!("7");
        dataset["defaultCollation"] = json!("und:ci");
        let read: Dataset = serde_json::from_value(dataset).unwrap();
        let defaults =
            Defaults { table_expiration: Some(5), partition_expiration: Some(7), collation: "und:ci".into() };
        assert_eq!(read.defaults, defaults);
    }
}
