//! Parses BigQuery's answers: bounded in size, JSON on success, any text on failure.

use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::RETRY_AFTER;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::bigquery::error::{Answer, ErrorKind};
use crate::bigquery::types::job::ErrorProto;

/// How many characters of an unknown answer an error shows.
const LONGEST_EXCERPT: usize = 200;
/// Answers longer than this are cut. Even a table with 10,000 columns and the longest descriptions fits.
const LONGEST_ANSWER: usize = 32 << 20;

/// The JSON of an error answer. Source: "Error messages", REST API; `errors` may be missing.
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
    /// Google's name for the status, such as `PERMISSION_DENIED`.
    #[serde(default)]
    status: String,
}

/// The parsed JSON of a success, or the error.
pub(super) async fn json<T: DeserializeOwned>(response: Response) -> Result<T, ErrorKind> {
    match response.status().is_success() {
        true => Ok(serde_json::from_str(&text(response).await?)?),
        false => Err(error(response).await),
    }
}

/// Parses an error answer.
pub(super) async fn error(response: Response) -> ErrorKind {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| retry_delay(value.to_str().ok()?));
    let body = text(response).await.unwrap_or_default();
    ErrorKind::Answer(Answer { retry_after, ..parse(status, &body) })
}

/// The body as text, cut at `LONGEST_ANSWER`, so that no other server at this address can fill the memory.
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

/// `Retry-After`: seconds, or an HTTP date.
fn retry_delay(value: &str) -> Option<Duration> {
    match value.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        // A date in the past means no delay.
        Err(_) => Some(httpdate::parse_http_date(value).ok()?.duration_since(SystemTime::now()).unwrap_or_default()),
    }
}

/// The body may be BigQuery's JSON, HTML or empty.
fn parse(status: u16, body: &str) -> Answer {
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
        assert_eq!(retry_delay("7"), Some(Duration::from_secs(7)));
        let later = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(3600));
        assert!(retry_delay(&later).is_some_and(|wait| wait > Duration::from_secs(3500)));
        assert_eq!(retry_delay("Wed, 21 Oct 2015 07:28:00 GMT"), Some(Duration::ZERO));
        assert_eq!(retry_delay("soon"), None);
        assert_eq!(retry_delay("-1"), None);
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
            assert_eq!(parse(403, body).to_string(), expected);
        }
    }
}
