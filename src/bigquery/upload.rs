//! The resumable upload: a session, chunks, and going on from where the server says it is.
//!
//! Source: "Upload files to BigQuery, resumable upload" and "Resumable uploads" of the Google API media upload protocol.

use std::time::{Duration, Instant};

use bytes::Bytes;
use gcp_bigquery_client::model::job::Job;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE};
use reqwest::{Response, StatusCode};

use crate::bigquery::Client;
use crate::bigquery::client::CALL_TIMEOUT;
use crate::bigquery::error::{Cause, Error, error_answer};
use crate::bigquery::retry::{Budget, retrying};

/// A chunk is held in memory until BigQuery acknowledged it, while the next one fills: two of them are half of the
/// memory a sync takes. A multiple of 256 KiB, as the protocol requires.
pub const CHUNK_BYTES: usize = 16 << 20;

/// One chunk at 0.5 Mbit/s.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(270);
/// To tell the server that its session is not needed any more; it forgets it by itself within a week.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// An upload under way. Nothing has happened to the destination until `finish`.
pub struct Upload {
    session: Session,
    /// Bytes that the server has acknowledged.
    acknowledged: u64,
}

/// Where an upload's session is.
#[derive(Debug, Clone)]
pub struct Session(String);

/// What a PUT was answered with.
enum Reply {
    /// The server has this many bytes and waits for more.
    Incomplete(u64),
    /// The file is complete, and this is its job.
    Complete(Box<Job>),
}

impl Client {
    /// Starts a session for the given load job.
    pub async fn begin_upload(&self, doing: &str, job: &serde_json::Value) -> Result<Upload, Error> {
        let url = format!("{}/upload/bigquery/v2/projects/{}/jobs?uploadType=resumable", self.base, self.project);
        let session = retrying(&format!("{doing}: starting the upload"), Budget::START, || async {
            let request = self.http.post(&url).header("X-Upload-Content-Type", "application/octet-stream").json(job);
            let response = self.tokens.authorize(request).await?.timeout(CALL_TIMEOUT).send().await?;
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
            match (response.status().is_success(), location) {
                (true, Some(location)) => Ok(Session(location)),
                (true, None) => Err(Cause::Broken("the answer has no Location of the session".into())),
                (false, _) => Err(error_answer(response).await),
            }
        })
        .await?;
        Ok(Upload { session, acknowledged: 0 })
    }

    /// Gives a session up; the destination stays as it was. Nothing depends on it.
    pub async fn cancel_upload(&self, session: &Session) {
        let request = self.http.delete(&session.0).header(CONTENT_LENGTH, 0);
        let Ok(request) = self.tokens.authorize(request).await else { return };
        let _ = request.timeout(CANCEL_TIMEOUT).send().await;
    }
}

impl Upload {
    /// For `cancel_upload`.
    pub fn session(&self) -> Session {
        self.session.clone()
    }

    /// Sends a chunk which is not the last: a multiple of 256 KiB.
    pub async fn send(&mut self, client: &Client, doing: &str, chunk: Bytes) -> Result<(), Error> {
        match self.put(client, doing, chunk, false).await? {
            None => Ok(()),
            Some(_) => {
                Err(Error::once(doing, Cause::Broken("BigQuery took the upload for complete before its end".into())))
            }
        }
    }

    /// Sends the last chunk, which may be empty. The load job starts with it.
    pub async fn finish(mut self, client: &Client, doing: &str, job_id: &str, chunk: Bytes) -> Result<Job, Error> {
        let sent = match self.put(client, doing, chunk, true).await {
            // After its last byte a session may be forgotten at any time: when only the answer was lost, there is a job.
            Err(Error { cause: Cause::SessionLost, tries, elapsed, .. }) if tries > 1 => {
                let job = client.find_job(doing, job_id).await?;
                return job.ok_or_else(|| Error { doing: doing.to_owned(), cause: Cause::SessionLost, tries, elapsed });
            }
            sent => sent?,
        };
        sent.ok_or_else(|| {
            Error::once(doing, Cause::Broken("BigQuery has every byte and did not start the job".into()))
        })
    }

    /// Sends a chunk from wherever the server is in it, until the server has all of it.
    async fn put(&mut self, client: &Client, doing: &str, chunk: Bytes, last: bool) -> Result<Option<Job>, Error> {
        let start = self.acknowledged;
        let end = start + chunk.len() as u64;
        let mut position = start;
        let mut unsure = false;
        let doing = format!("{doing}: uploading bytes {start} to {end}");
        let mut progress = Instant::now();
        loop {
            let reply = retrying(&doing, Budget::MIDDLE, || {
                // After an error nobody knows what arrived: the server is asked before anything is sent again.
                let ask_first = std::mem::replace(&mut unsure, true);
                let rest = chunk.slice(usize::try_from(position - start).unwrap_or(0)..);
                let session = &self.session;
                async move {
                    if ask_first {
                        return status(client, session).await;
                    }
                    put_range(client, session, position, rest, last.then_some(end)).await
                }
            })
            .await?;
            unsure = false;
            match reply {
                Reply::Complete(job) => return Ok(Some(*job)),
                Reply::Incomplete(received) if received < start || received > end => {
                    let cause = format!("BigQuery says it has {received} bytes, and was sent {start} to {end}");
                    return Err(Error::once(doing, Cause::Broken(cause)));
                }
                Reply::Incomplete(received) if received == end && !last => {
                    self.acknowledged = end;
                    return Ok(None);
                }
                Reply::Incomplete(received) => {
                    if received > position {
                        progress = Instant::now();
                    } else if progress.elapsed() > CHUNK_TIMEOUT {
                        return Err(Error::once(doing, Cause::Broken("BigQuery accepts no more bytes".into())));
                    } else {
                        // Nothing was taken of what was sent: not again at once.
                        tokio::time::sleep(Duration::from_millis(500)).await;
                    }
                    position = received;
                }
            }
        }
    }
}

/// Sends bytes from `position` on; `total` when they are the last.
async fn put_range(
    client: &Client,
    session: &Session,
    position: u64,
    bytes: Bytes,
    total: Option<u64>,
) -> Result<Reply, Cause> {
    let total = total.map_or("*".to_owned(), |total| total.to_string());
    let range = match bytes.len() as u64 {
        0 => format!("bytes */{total}"),
        length => format!("bytes {position}-{}/{total}", position + length - 1),
    };
    let request = client.http.put(&session.0).header(CONTENT_RANGE, range).header(CONTENT_LENGTH, bytes.len());
    let response = client.tokens.authorize(request).await?.body(bytes).timeout(CHUNK_TIMEOUT).send().await?;
    reply(response).await
}

/// Asks how much the server has.
async fn status(client: &Client, session: &Session) -> Result<Reply, Cause> {
    let request = client.http.put(&session.0).header(CONTENT_RANGE, "bytes */*").header(CONTENT_LENGTH, 0);
    let response = client.tokens.authorize(request).await?.timeout(CALL_TIMEOUT).send().await?;
    reply(response).await
}

async fn reply(response: Response) -> Result<Reply, Cause> {
    match response.status() {
        StatusCode::PERMANENT_REDIRECT => {
            let range = response.headers().get(RANGE).and_then(|value| value.to_str().ok()).unwrap_or("");
            received(range).map(Reply::Incomplete)
        }
        status if status.is_success() => {
            let text = response.text().await?;
            // A success that cannot be read is asked for again: the session answers with the job.
            serde_json::from_str(&text).map(|job| Reply::Complete(Box::new(job))).map_err(|error| {
                Cause::Unreadable(format!("{error} in {:?}", text.chars().take(100).collect::<String>()))
            })
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Cause::SessionLost),
        _ => Err(error_answer(response).await),
    }
}

/// `bytes=0-n` → n + 1; nothing → 0.
fn received(range: &str) -> Result<u64, Cause> {
    if range.is_empty() {
        return Ok(0);
    }
    let last = range.strip_prefix("bytes=0-").and_then(|last| last.parse::<u64>().ok());
    last.map(|last| last + 1).ok_or_else(|| Cause::Broken(format!("BigQuery answered 308 with the Range {range:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert!(matches!(received(""), Ok(0)));
        assert!(matches!(received("bytes=0-262143"), Ok(262_144)));
        assert!(received("bytes=5-9").is_err());
        assert!(received("bytes=0-x").is_err());
    }

    #[test]
    fn chunks_are_whole_units_of_the_protocol() {
        assert_eq!(CHUNK_BYTES % (256 << 10), 0);
    }
}
