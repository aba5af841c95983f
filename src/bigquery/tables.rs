//! The destination as it is before it is replaced.

use serde::Deserialize;

use crate::bigquery::Client;
use crate::bigquery::client::CALL_TIMEOUT;
use crate::bigquery::error::{Cause, Error, answer};
use crate::bigquery::retry::{Budget, retrying};

/// What is read of an existing table. Not the client library's type: that one refuses a table as a whole when a
/// column's type is newer than the library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
struct TableResource {
    /// An int64 as text, as everywhere in the API.
    #[serde(rename = "numRows")]
    rows: Option<RowCount>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
struct RowCount(u64);

impl TryFrom<String> for RowCount {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

impl Client {
    /// How many rows the destination has; `None` when there is no such table or it does not say.
    pub async fn existing_rows(&self, doing: &str, table: &str, budget: Budget) -> Result<Option<u64>, Error> {
        let doing = format!("{doing}: looking at the table as it is");
        let mut url = reqwest::Url::parse(&format!(
            "{}/bigquery/v2/projects/{}/datasets/{}/tables",
            self.base, self.project, self.dataset
        ))
        .map_err(|error| Error::once(&*doing, Cause::Broken(error.to_string())))?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.push(table);
        }
        retrying(&doing, budget, || async {
            let request = self.tokens.authorize(self.http.get(url.clone())).await?.timeout(CALL_TIMEOUT);
            let response = request.send().await?;
            let status = response.status().as_u16();
            let body = response.text().await?;
            match status {
                404 => Ok(None),
                200 => {
                    let table: TableResource =
                        serde_json::from_str(&body).map_err(|error| Cause::Unreadable(error.to_string()))?;
                    Ok(table.rows.map(|rows| rows.0))
                }
                _ => Err(answer(status, &body)),
            }
        })
        .await
    }
}
