//! The REST resource "Dataset".

use serde::Deserialize;

/// The properties of a dataset that the program reads.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// Every dataset has one: an answer without it is not from BigQuery.
    pub dataset_reference: DatasetReference,
    /// The location of the dataset, and so of its jobs.
    pub location: Option<String>,
}

/// The dataset's identity.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetReference {
    /// Its name.
    pub dataset_id: String,
}
