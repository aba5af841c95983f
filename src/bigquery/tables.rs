//! The destination as it is before it is replaced, and what is set on it afterwards.

use reqwest::{Method, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::bigquery::Client;
use crate::bigquery::error::{Cause, Error};
use crate::bigquery::retry::{Budget, retrying};

/// An existing table. Not the client library's type: that one refuses a table as a whole when a column's type is newer
/// than the library. Source: "Table", REST reference.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Existing {
    /// `TABLE`, `VIEW`, `EXTERNAL`, …
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(rename = "numRows")]
    rows: Option<RowCount>,
    schema: Schema,
    /// As the API shows it.
    pub time_partitioning: Option<Value>,
    /// As the API shows it.
    pub range_partitioning: Option<Value>,
    /// As the API shows it.
    pub clustering: Option<Value>,
    /// Queries have to say which partitions.
    pub require_partition_filter: bool,
    /// The table's labels.
    pub labels: Map<String, Value>,
    /// The table's description.
    pub description: String,
    /// Milliseconds since 1970, as text.
    pub expiration_time: Option<String>,
    /// The table's KMS key.
    pub encryption_configuration: Option<Value>,
    /// Primary and foreign keys.
    pub table_constraints: Map<String, Value>,
    /// Whether row access policies stand on it.
    #[serde(skip)]
    pub has_row_policies: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Schema {
    fields: Vec<Field>,
}

/// A column of an existing table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type, by whichever of its two names the API likes: `INTEGER` is `INT64`.
    #[serde(rename = "type")]
    pub kind: String,
    /// `NULLABLE`, `REQUIRED` or `REPEATED`.
    pub mode: String,
    /// Empty when nobody described it.
    pub description: String,
    /// Everything else, such as policy tags.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct RowCount(u64);

impl TryFrom<String> for RowCount {
    type Error = std::num::ParseIntError;

    // An int64 is text everywhere in the API.
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RowPolicies {
    row_access_policies: Vec<Value>,
}

impl Existing {
    /// How many rows it has, when it says so.
    pub fn rows(&self) -> Option<u64> {
        self.rows.map(|rows| rows.0)
    }

    /// Its columns in their order.
    pub fn fields(&self) -> &[Field] {
        &self.schema.fields
    }

    /// The column of this name; BigQuery ignores case in them.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

impl Client {
    /// The destination as it is; `None` when there is no such table.
    pub async fn existing(&self, doing: &str, table: &str) -> Result<Option<Existing>, Error> {
        let doing = format!("{doing}: looking at the table as it is");
        let Some(mut existing) = self.ask_table::<Existing>(&doing, &[table]).await? else {
            return Ok(None);
        };
        let policies = self.ask_table::<RowPolicies>(&doing, &[table, "rowAccessPolicies"]).await;
        existing.has_row_policies = match policies {
            Ok(policies) => policies.is_some_and(|found| !found.row_access_policies.is_empty()),
            // Who may not list policies may not delete them either, and BigQuery refuses to replace such a table.
            Err(Error { cause: Cause::Answer { status: 400 | 403 | 501, .. }, .. }) => false,
            Err(error) => return Err(error),
        };
        Ok(Some(existing))
    }

    /// Sets properties of the table that a load job cannot carry.
    pub async fn patch_table(&self, doing: &str, table: &str, properties: &Value) -> Result<(), Error> {
        let doing = format!("{doing}: setting the table's properties");
        let url = self.table_url(&[table]).map_err(|cause| Error::once(&*doing, cause))?;
        // The load may have made the table a moment ago.
        let patched = retrying(&doing, Budget::TABLE, || async {
            let patching = self.ask_once::<Value>(Method::PATCH, url.clone(), Some(properties));
            patching.await?.ok_or(Cause::Unknown("the table"))
        });
        patched.await.map(drop)
    }

    async fn ask_table<T: DeserializeOwned>(&self, doing: &str, path: &[&str]) -> Result<Option<T>, Error> {
        let url = self.table_url(path).map_err(|cause| Error::once(doing, cause))?;
        retrying(doing, Budget::TABLE, || self.ask_once(Method::GET, url.clone(), None)).await
    }

    fn table_url(&self, path: &[&str]) -> Result<Url, Cause> {
        self.url(&[&["datasets", &self.dataset, "tables"], path].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_whatever_its_columns_are() {
        let table: Existing = serde_json::from_value(serde_json::json!({
            "type": "TABLE", "numRows": "5", "etag": "x",
            "schema": {"fields": [
                {"name": "Id", "type": "INTEGER", "mode": "REQUIRED", "policyTags": {"names": ["p"]}},
                {"name": "new", "type": "TYPE_OF_TOMORROW"},
            ]},
        }))
        .unwrap();
        assert_eq!(table.rows(), Some(5));
        assert_eq!(table.field("id").unwrap().rest["policyTags"]["names"][0], "p");
        assert_eq!(table.fields()[1].kind, "TYPE_OF_TOMORROW");
        let empty: Existing = serde_json::from_value(serde_json::json!({})).unwrap();
        assert_eq!((empty.rows(), empty.fields().len()), (None, 0));
    }
}
