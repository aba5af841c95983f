//! The resumable upload: a session, its chunks, and resuming at the offset that the server reports.
//!
//! Source: "Upload files to BigQuery, resumable upload" and "Resumable uploads" of the Google API media upload protocol.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, LOCATION, RANGE};
use reqwest::{Response, StatusCode, Url};

use crate::bigquery::action::Action;
use crate::bigquery::answer;
use crate::bigquery::client::{CALL_TIMEOUT, Client};
use crate::bigquery::error::{Answer, Error, ErrorKind};
use crate::bigquery::types::job::{Job, JobRequest};
use crate::retry::{Budget, Retry};

/// The size of a chunk: a multiple of 256 KiB, as the protocol requires. A chunk stays in memory until BigQuery acknowledges it,
/// while the next one fills; the two take half of a sync's memory.
pub const CHUNK_BYTES: usize = 16 << 20;

/// Enough for one chunk at 0.5 Mbit/s.
const CHUNK_TIMEOUT: Duration = Duration::from_secs(270);
/// For canceling a session, which is optional: the server drops an unused session within a week.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// An upload in progress. The destination does not change before `finish`.
pub struct Upload<'a> {
    client: &'a Client,
    /// The destination, for logs and errors.
    table: String,
    job_id: String,
    /// A secret, because this URL alone allows writing to the session: no `Debug`.
    session: Url,
    /// Bytes that the server has acknowledged.
    acknowledged: u64,
    is_finishing: bool,
    /// Whether the most recent chunk took more than one request.
    was_resent: bool,
}

/// The answer to a PUT.
enum Reply {
    /// The server has this many bytes and expects more.
    Incomplete(u64),
    /// The file is complete; this is its load job.
    Complete(Box<Job>),
}

impl Client {
    /// Starts a session for the job with this id, which loads the file into the table.
    pub async fn begin_upload(&self, table: &str, job_id: String, job: &JobRequest) -> Result<Upload<'_>, Error> {
        let table = self.qualified(table);
        let mut url = self.base.clone();
        url.set_path(&format!("upload/bigquery/v2/projects/{}/jobs", self.project));
        url.set_query(Some("uploadType=resumable"));
        let call = self.call(Action::StartUpload { table: table.clone() }, Budget::TABLE);
        let session = call.run(|| async {
            let request = self.http.post(url.clone()).header("X-Upload-Content-Type", "application/octet-stream");
            let request = self.tokens.authorize(request.json(job)).await?;
            let response = request.timeout(CALL_TIMEOUT).send().await?;
            if !response.status().is_success() {
                return Err(answer::error(response).await);
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            let session = location.and_then(|location| Url::parse(location).ok());
            session.ok_or_else(|| ErrorKind::unreadable("it has no Location header"))
        });
        Ok(Upload {
            client: self,
            session: session.await?,
            table,
            job_id,
            acknowledged: 0,
            is_finishing: false,
            was_resent: false,
        })
    }
}

impl Upload<'_> {
    /// True as soon as the last chunk may have arrived, so that the destination may change.
    pub fn is_finishing(&self) -> bool {
        self.is_finishing
    }

    /// Sends a chunk that is not the last one. Its size is a multiple of 256 KiB.
    pub async fn send(&mut self, chunk: Bytes) -> Result<(), Error> {
        let action = self.action(&chunk);
        match self.put(&action, chunk, false).await? {
            None => Ok(()),
            Some(_) => Err(Error::once(action, ErrorKind::EarlyEnd)),
        }
    }

    /// Sends the last chunk, which may be empty. This starts the load job.
    pub async fn finish(&mut self, chunk: Bytes) -> Result<Job, Error> {
        self.is_finishing = true;
        let action = self.action(&chunk);
        let sent = match self.put(&action, chunk, true).await {
            // The server may drop a complete session at any time. If only the answer was lost, the job exists.
            Err(lost) if self.was_resent && is_gone(lost.kind()) => {
                match self.client.existing_job(&self.job_id, Budget::START).await {
                    Ok(job) => return Ok(job),
                    Err(error) if matches!(error.kind(), ErrorKind::NotVisibleYet(_)) => return Err(lost),
                    Err(error) => return Err(error),
                }
            }
            sent => sent?,
        };
        sent.ok_or_else(|| Error::once(action, ErrorKind::NoJob))
    }

    /// Cancels the session, on a best-effort basis. The destination does not change.
    pub async fn cancel(&self) {
        let request = self.client.http.delete(self.session.clone()).header(CONTENT_LENGTH, 0);
        let Ok(request) = self.client.tokens.authorize(request).await else { return };
        let _ = request.timeout(CANCEL_TIMEOUT).send().await;
    }

    fn action(&self, chunk: &Bytes) -> Action {
        let start = self.acknowledged;
        Action::UploadBytes { table: self.table.clone(), start, end: start + chunk.len() as u64 }
    }

    /// Sends a chunk, resuming at the server's offset, until the server has all of it.
    async fn put(&mut self, action: &Action, bytes: Bytes, last: bool) -> Result<Option<Job>, Error> {
        let (start, end) = (self.acknowledged, self.acknowledged + bytes.len() as u64);
        let mut chunk = Chunk {
            client: self.client,
            session: &self.session,
            bytes,
            start,
            end,
            last,
            position: start,
            requests: 0,
            is_offset_unknown: false,
        };
        let mut retry = Retry::new(Budget::MIDDLE);
        loop {
            let advance = match chunk.advance().await {
                Ok(advance) => advance,
                Err(kind) => {
                    self.was_resent = chunk.requests > 1;
                    let waited = retry.failed(action, kind).await;
                    waited.map_err(|failed| Error::tried(action.clone(), failed))?;
                    continue;
                }
            };
            retry.succeeded(action);
            match advance {
                // Progress resets the retry budget.
                Advance::Further => retry = Retry::new(Budget::MIDDLE),
                Advance::Accepted => {
                    self.acknowledged = end;
                    return Ok(None);
                }
                Advance::Complete(job) => return Ok(Some(*job)),
            }
        }
    }
}

/// A chunk in flight. It may take several requests.
struct Chunk<'a> {
    client: &'a Client,
    session: &'a Url,
    bytes: Bytes,
    /// Its first offset in the file.
    start: u64,
    /// The offset after its last byte.
    end: u64,
    last: bool,
    /// The server's offset.
    position: u64,
    requests: u32,
    /// After an error it is unknown what arrived: ask the server for its offset before sending again.
    is_offset_unknown: bool,
}

/// The progress of a chunk.
enum Advance {
    /// The server's offset moved, but does not cover the chunk yet.
    Further,
    /// The server has all of it.
    Accepted,
    /// The server has the whole file; this is its load job.
    Complete(Box<Job>),
}

impl Chunk<'_> {
    async fn advance(&mut self) -> Result<Advance, ErrorKind> {
        let before = self.position;
        if self.is_offset_unknown {
            let reply = self.ask().await?;
            if let Some(advance) = self.apply(reply)? {
                return Ok(advance);
            }
            if self.position > before {
                return Ok(Advance::Further);
            }
        }
        self.is_offset_unknown = true;
        let reply = self.send_rest().await?;
        self.is_offset_unknown = false;
        if let Some(advance) = self.apply(reply)? {
            return Ok(advance);
        }
        if self.position > before { Ok(Advance::Further) } else { Err(ErrorKind::NothingAccepted) }
    }

    /// Sends the bytes that the server does not have yet.
    async fn send_rest(&mut self) -> Result<Reply, ErrorKind> {
        let rest = self.bytes.slice(usize::try_from(self.position - self.start).unwrap_or(0)..);
        let total = if self.last { self.end.to_string() } else { "*".to_owned() };
        let range = match rest.len() as u64 {
            0 => format!("bytes */{total}"),
            length => format!("bytes {}-{}/{total}", self.position, self.position + length - 1),
        };
        self.put(range, rest, CHUNK_TIMEOUT).await
    }

    /// Asks the server for its offset.
    async fn ask(&mut self) -> Result<Reply, ErrorKind> {
        self.put("bytes */*".to_owned(), Bytes::new(), CALL_TIMEOUT).await
    }

    async fn put(&mut self, range: String, bytes: Bytes, timeout: Duration) -> Result<Reply, ErrorKind> {
        self.requests += 1;
        let request = self.client.http.put(self.session.clone());
        let request = request.header(CONTENT_RANGE, range).header(CONTENT_LENGTH, bytes.len());
        let request = self.client.tokens.authorize(request).await?.body(bytes);
        let response = request.timeout(timeout).send().await?;
        let kind = match reply(response).await {
            Err(kind) => kind,
            reply => return reply,
        };
        // The last chunk starts the job, so a 404 with a reason is about the job, not the session.
        Err(match &kind {
            ErrorKind::Answer(answer) if is_gone(&kind) && (!self.last || answer.reason.is_empty()) => {
                ErrorKind::SessionLost
            }
            _ => kind,
        })
    }

    /// What an answer means; `None` if the server expects more of this chunk.
    fn apply(&mut self, reply: Reply) -> Result<Option<Advance>, ErrorKind> {
        match reply {
            Reply::Complete(job) => Ok(Some(Advance::Complete(job))),
            Reply::Incomplete(received) if received < self.start || received > self.end => {
                Err(ErrorKind::OffsetMismatch { received, start: self.start, end: self.end })
            }
            Reply::Incomplete(received) if received == self.end && !self.last => Ok(Some(Advance::Accepted)),
            Reply::Incomplete(received) => {
                self.position = received;
                Ok(None)
            }
        }
    }
}

/// Whether the session, or an object that its job needs, does not exist.
fn is_gone(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::SessionLost | ErrorKind::Answer(Answer { status: 404 | 410, .. }))
}

async fn reply(response: Response) -> Result<Reply, ErrorKind> {
    if response.status() == StatusCode::PERMANENT_REDIRECT {
        let range = response.headers().get(RANGE).and_then(|value| value.to_str().ok()).unwrap_or("");
        return received(range).map(Reply::Incomplete);
    }
    // If a success cannot be parsed, the caller asks again and the session answers with the job.
    answer::json::<Job>(response).await.map(|job| Reply::Complete(Box::new(job)))
}

/// The number of bytes received: `bytes=0-n` → n + 1; no range → 0.
fn received(range: &str) -> Result<u64, ErrorKind> {
    if range.is_empty() {
        return Ok(0);
    }
    let last = range.strip_prefix("bytes=0-").and_then(|last| last.parse::<u64>().ok());
    let after = last.and_then(|last| last.checked_add(1));
    after.ok_or_else(|| ErrorKind::unreadable(format!("status 308 with Range header {range:?}")))
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
    fn chunk_size_is_a_multiple_of_256_kib() {
        assert_eq!(CHUNK_BYTES % (256 << 10), 0);
    }
}
