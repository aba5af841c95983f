//! The resumable upload: a session, chunks, and going on from where the server says it is.
//!
//! Source: "Upload files to BigQuery, resumable upload" and "Resumable uploads" of the Google API media upload protocol.

use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};
use std::time::Duration;

use bytes::Bytes;
use gcp_bigquery_client::model::job::Job;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE};
use reqwest::{Response, StatusCode};

use crate::bigquery::Client;
use crate::bigquery::client::CALL_TIMEOUT;
use crate::bigquery::error::{Cause, Error, error_answer, text};
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
        let session = retrying(&format!("{doing}: starting the upload"), Budget::TABLE, || async {
            let request = self.http.post(&url).header("X-Upload-Content-Type", "application/octet-stream").json(job);
            let response = self.tokens.authorize(request).await?.timeout(CALL_TIMEOUT).send().await?;
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
            match (response.status().is_success(), location) {
                (true, Some(location)) => Ok(Session(location)),
                (true, None) => Err(Cause::Unreadable("it has no Location of the session".into())),
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
            Err(lost) if matches!(lost.cause, Cause::SessionLost { may_be_complete: true }) => {
                match client.known_job(doing, job_id, Budget::START).await {
                    Ok(job) => return Ok(job),
                    Err(Error { cause: Cause::Unknown(_), .. }) => return Err(lost),
                    Err(error) => return Err(error),
                }
            }
            sent => sent?,
        };
        sent.ok_or_else(|| {
            Error::once(doing, Cause::Broken("BigQuery has every byte and did not start the job".into()))
        })
    }

    /// Sends a chunk from wherever the server is in it, until the server has all of it.
    async fn put(&mut self, client: &Client, doing: &str, bytes: Bytes, last: bool) -> Result<Option<Job>, Error> {
        let (start, end) = (self.acknowledged, self.acknowledged + bytes.len() as u64);
        let doing = format!("{doing}: uploading bytes {start} to {end}");
        let chunk = Chunk {
            client,
            session: &self.session,
            bytes,
            start,
            end,
            last,
            position: AtomicU64::new(start),
            requests: AtomicU32::new(0),
            unsure: AtomicBool::new(false),
        };
        // Whoever makes progress has the whole budget again.
        loop {
            match retrying(&doing, Budget::MIDDLE, || chunk.advance()).await? {
                Advance::Further => {}
                Advance::Taken => {
                    self.acknowledged = end;
                    return Ok(None);
                }
                Advance::Complete(job) => return Ok(Some(*job)),
            }
        }
    }
}

/// A chunk that is being sent, over as many requests as it takes.
struct Chunk<'a> {
    client: &'a Client,
    session: &'a Session,
    bytes: Bytes,
    /// Its place in the file.
    start: u64,
    end: u64,
    last: bool,
    /// How far the server is.
    position: AtomicU64,
    requests: AtomicU32,
    /// After an error nobody knows what arrived: the server is asked before anything is sent again.
    unsure: AtomicBool,
}

/// How far a chunk has come.
enum Advance {
    /// The server has more of it than before.
    Further,
    /// All of it.
    Taken,
    /// The whole file, and this is its job.
    Complete(Box<Job>),
}

impl Chunk<'_> {
    async fn advance(&self) -> Result<Advance, Cause> {
        let before = self.position.load(Relaxed);
        if self.unsure.load(Relaxed) {
            let reply = self.answer(status(self.client, self.session)).await?;
            if let Some(advance) = self.take(reply)? {
                return Ok(advance);
            }
            if self.position.load(Relaxed) > before {
                return Ok(Advance::Further);
            }
        }
        let position = self.position.load(Relaxed);
        let rest = self.bytes.slice(usize::try_from(position - self.start).unwrap_or(0)..);
        self.unsure.store(true, Relaxed);
        let total = self.last.then_some(self.end);
        let reply = self.answer(put_range(self.client, self.session, position, rest, total)).await?;
        self.unsure.store(false, Relaxed);
        if let Some(advance) = self.take(reply)? {
            return Ok(advance);
        }
        if self.position.load(Relaxed) > before { Ok(Advance::Further) } else { Err(Cause::NothingTaken) }
    }

    async fn answer(&self, request: impl Future<Output = Result<Reply, Cause>>) -> Result<Reply, Cause> {
        let earlier = self.requests.fetch_add(1, Relaxed) > 0;
        match request.await {
            Err(Cause::SessionLost { .. }) => Err(Cause::SessionLost { may_be_complete: self.last && earlier }),
            other => other,
        }
    }

    /// What an answer means; `None` when the server waits for more of this chunk.
    fn take(&self, reply: Reply) -> Result<Option<Advance>, Cause> {
        match reply {
            Reply::Complete(job) => Ok(Some(Advance::Complete(job))),
            Reply::Incomplete(received) if received < self.start || received > self.end => {
                Err(Cause::Astray { received, start: self.start, end: self.end })
            }
            Reply::Incomplete(received) if received == self.end && !self.last => Ok(Some(Advance::Taken)),
            Reply::Incomplete(received) => {
                self.position.store(received, Relaxed);
                Ok(None)
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
            let text = text(response).await?;
            // A success that cannot be read is asked for again: the session answers with the job.
            match serde_json::from_str::<Job>(&text) {
                Ok(job) if job.job_reference.is_some() => Ok(Reply::Complete(Box::new(job))),
                Ok(_) => Err(Cause::Unreadable("it is no job".into())),
                Err(error) => {
                    Err(Cause::Unreadable(format!("{error} in {:?}", text.chars().take(100).collect::<String>())))
                }
            }
        }
        StatusCode::NOT_FOUND | StatusCode::GONE => Err(Cause::SessionLost { may_be_complete: false }),
        _ => Err(error_answer(response).await),
    }
}

/// `bytes=0-n` → n + 1; nothing → 0.
fn received(range: &str) -> Result<u64, Cause> {
    if range.is_empty() {
        return Ok(0);
    }
    let last = range.strip_prefix("bytes=0-").and_then(|last| last.parse::<u64>().ok());
    let after = last.and_then(|last| last.checked_add(1));
    after.ok_or_else(|| Cause::Unreadable(format!("308 with the Range {range:?}")))
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
