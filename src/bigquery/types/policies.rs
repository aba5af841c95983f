//! The REST resource "RowAccessPolicy".

use serde::Deserialize;

/// The response of rowAccessPolicies.list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowAccessPolicies {
    /// The first page, which is enough to say whether there are any.
    pub row_access_policies: Vec<RowAccessPolicy>,
}

/// A row access policy. Only its existence matters here.
#[derive(Debug, Deserialize)]
pub struct RowAccessPolicy {}
