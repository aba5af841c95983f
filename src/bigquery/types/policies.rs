//! "RowAccessPolicy".

use serde::Deserialize;

/// The answer to rowAccessPolicies.list.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowAccessPolicies {
    /// One page of them: the first says whether there are any.
    pub row_access_policies: Vec<RowAccessPolicy>,
}

/// Who may see which rows of a table; that there is one is all that matters here.
#[derive(Debug, Deserialize)]
pub struct RowAccessPolicy {}
