//! Why no token could be fetched, in words that cannot contain a secret.
//!
//! The text of a library's error is not used: it may quote a key, a token, or an answer that repeats one.

use std::error::Error;
use std::io;

/// How an error text of the client library introduces the server's answer.
const BODY: &str = "body=<";
/// The longest error code that is printed. RFC 6749's are shorter.
const LONGEST_CODE: usize = 40;

/// The cause, from the parts of the error whose text is known to be harmless.
pub(super) fn describe(error: &(dyn Error + 'static)) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(code) = code(&error.to_string()) {
            parts.push(format!("its error code is {code}{}", advice(&code)));
        }
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            parts.insert(0, request(error));
        } else if let Some(error) = error.downcast_ref::<io::Error>().filter(|error| error.get_ref().is_none()) {
            parts.push(error.kind().to_string());
        }
        next = error.source();
    }
    parts.dedup();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Where the request went, and how it ended.
fn request(error: &reqwest::Error) -> String {
    let host = error.url().and_then(|url| url.host_str()).unwrap_or("the server");
    let proxy = proxy(error.url().map_or("https", |url| url.scheme()));
    match error.status() {
        Some(status) => format!("{host} answered {}", status.as_u16()),
        None if error.is_timeout() => format!("{host} did not answer in time{proxy}"),
        None if error.is_connect() => format!("no connection to {host}{proxy}"),
        None => format!("the request to {host} failed{proxy}"),
    }
}

/// The variable that sends such a request through a proxy. Its value may have a password.
fn proxy(scheme: &str) -> String {
    let names = match scheme {
        "http" => ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"],
        _ => ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"],
    };
    let set = names.into_iter().find(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()));
    set.map_or_else(String::new, |name| format!(" through the proxy of {name}"))
}

/// The error code of an answer, such as `invalid_grant` (RFC 6749) or `PERMISSION_DENIED` (Google's APIs).
fn code(text: &str) -> Option<String> {
    let body = text.split_once(BODY)?.1;
    let body = &body[..=body.rfind('}')?];
    let json: serde_json::Value = serde_json::from_str(body).ok()?;
    let error = json.get("error")?;
    let code = error.as_str().or_else(|| error.get("status")?.as_str())?;
    let allowed = |c: char| c.is_ascii_alphabetic() || c == '_';
    (code.len() <= LONGEST_CODE && code.chars().all(allowed)).then(|| code.to_owned())
}

fn advice(code: &str) -> &'static str {
    match code {
        "invalid_grant" => " (the key or the login was revoked or has expired, or the clock of this machine is wrong)",
        "invalid_client" | "unauthorized_client" => " (the client or the account was deleted or disabled)",
        "PERMISSION_DENIED" => " (the account lacks a role)",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Text(&'static str, #[source] Option<io::Error>);

    #[test]
    fn only_harmless_parts_are_quoted() {
        let file = Text("secret", Some(io::Error::from(io::ErrorKind::NotFound)));
        assert_eq!(describe(&file).as_deref(), Some("entity not found"));
        let parsing = Text("secret", Some(io::Error::other("secret")));
        assert_eq!(describe(&parsing), None);
        let answer =
            Text("no token, body=<{\"error\": \"invalid_grant\", \"error_description\": \"secret\"}> but", None);
        let text = describe(&answer).unwrap();
        assert!(text.starts_with("its error code is invalid_grant (the key or the login was revoked"), "{text}");
        for body in ["no token, body=<{\"error\": \"a secret\"}>", "body=<<html>secret}>", "body=<", "body=<}"] {
            assert_eq!(code(body), None, "{body}");
        }
        let google = "body=<{\"error\": {\"code\": 403, \"status\": \"PERMISSION_DENIED\"}}>";
        assert_eq!(code(google).as_deref(), Some("PERMISSION_DENIED"));
    }
}
