//! "Dataset".

use serde::Deserialize;

/// A dataset, as far as it is asked about.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dataset {
    /// What every dataset has: an answer without it is not BigQuery's.
    pub dataset_reference: DatasetReference,
    /// Where it is, and hence its jobs.
    pub location: Option<String>,
}

/// Which dataset it is.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DatasetReference {
    /// Its name.
    pub dataset_id: String,
}
