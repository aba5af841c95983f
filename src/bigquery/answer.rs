//! Reads answers: bounded in size, JSON where it is promised, and an error whatever it looks like.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bigquery::error::{Answer, ErrorKind};
use crate::bigquery::types::job::ErrorProto;

/// The longest piece of an unknown answer that is worth a log line.
const LONGEST_EXCERPT: usize = 200;
/// A table of ten thousand columns with the longest descriptions is shorter.
const LONGEST_ANSWER: usize = 32 << 20;

/// BigQuery's JSON of an error answer. Source: "Error messages", REST API; `errors` may be missing there.
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorContent,
}

#[derive(Deserialize)]
struct ErrorContent {
    #[serde(default)]
    message: String,
    #[serde(default)]
    errors: Vec<ErrorProto>,
    /// Google's own word for the status, such as `PERMISSION_DENIED`.
    #[serde(default)]
    status: String,
}

/// What a request was answered with: the JSON of a success, or the error.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, ErrorKind> {
    match response.status().is_success() {
        true => Ok(serde_json::from_str(&text(response).await?)?),
        false => Err(error(response).await),
    }
}

/// The error in an answer that is one.
pub(super) async fn error(response: Response) -> ErrorKind {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| after(value.to_str().ok()?));
    let body = text(response).await.unwrap_or_default();
    ErrorKind::Answer(Answer { retry_after, ..read(status, &body) })
}

/// The body as text, as far as an answer of the API can be long: whatever answers in its place fills no memory.
pub(super) async fn text(mut response: Response) -> Result<String, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        body.extend_from_slice(&piece);
        if body.len() > LONGEST_ANSWER {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&body).into_owned())
}

/// `Retry-After`: seconds, or a date of HTTP.
fn after(value: &str) -> Option<Duration> {
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A date that is past: at once.
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).unwrap_or_default()),
    }
}

/// The body may be BigQuery's JSON, HTML or nothing.
fn read(status: u16, body: &str) -> Answer {
    let parsed: Option<ErrorBody> = serde_json::from_str(body).ok();
    let (reason, message) = match parsed {
        Some(ErrorBody { error }) => {
            let reason = error.errors.into_iter().find_map(|error| error.reason).unwrap_or(error.status);
            (reason, error.message)
        }
        None => {
            let excerpt: String =
                body.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST_EXCERPT).collect();
            (String::new(), if excerpt.is_empty() { "an empty answer".into() } else { excerpt })
        }
    };
    Answer { status, reason, message, retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(after("7"), Some(Duration::from_secs(7)));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        assert!(after(&later).is_some_and(|wait| wait > Duration::from_secs(3500)));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-1"), None);
    }

    #[test]
    fn an_answer_is_json_or_html_or_nothing() {
        let json = r#"{"error": {"message": "no", "errors": [{"reason": "accessDenied"}]}}"#;
        for (body, expected) in [
            (json, "BigQuery answered 403 accessDenied: no"),
            (r#"{"error": {"code": 403, "message": "no"}}"#, "BigQuery answered 403: no"),
            (
                r#"{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}"#,
                "BigQuery answered 403 PERMISSION_DENIED: no",
            ),
            ("<html>\n  <b>busy</b>", "BigQuery answered 403: <html> <b>busy</b>"),
            ("", "BigQuery answered 403: an empty answer"),
            ("{}", "BigQuery answered 403: {}"),
        ] {
            assert_eq!(read(403, body).to_string(), expected);
        }
    }
}
