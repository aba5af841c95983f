//! PEM text as it arrives in an environment: with line breaks, or with what became of them.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// The start of every PEM section. Source: RFC 7468.
const BEGIN: &str = "-----BEGIN ";
/// The end of the line that starts or ends a section.
const DASHES: &str = "-----";

/// Whether the text is PEM rather than the path of a file.
pub(super) fn is_pem(text: &str) -> bool {
    text.contains(BEGIN)
}

/// The text with its line breaks restored, if they arrived as `\n` or as spaces.
pub(super) fn with_line_breaks(text: &str) -> String {
    let text = text.replace("\\r\\n", "\n").replace("\\n", "\n").replace("\r\n", "\n");
    text.split_inclusive('\n').map(split_line).collect()
}

/// Puts the parts of a section on lines of their own, if they are all on one line.
fn split_line(line: &str) -> String {
    let Some((before, rest)) = line.split_once(BEGIN) else { return line.to_owned() };
    let Some((label, body)) = rest.split_once(DASHES).filter(|(_, body)| !body.trim().is_empty()) else {
        return line.to_owned();
    };
    let mut lines = format!("{before}{BEGIN}{label}{DASHES}\n");
    let (body, after) = match body.split_once("-----END ") {
        Some((body, after)) => (body, Some(after)),
        None => (body, None),
    };
    for part in body.split_whitespace() {
        lines.push_str(part);
        lines.push('\n');
    }
    if let Some(after) = after {
        let (label, after) = after.split_once(DASHES).unwrap_or((after, ""));
        lines.push_str(&format!("-----END {label}{DASHES}\n"));
        lines.push_str(&split_line(after.trim_start()));
    }
    lines
}

/// Why the text has no certificate that can be read. The text is never quoted, because a private key may be in it.
pub(super) fn certificate_problem(text: &str) -> Option<&'static str> {
    let mut certificates = 0;
    for certificate in CertificateDer::pem_slice_iter(text.as_bytes()) {
        if certificate.is_err() {
            return Some("a certificate in it is damaged: a line is missing, or a character is not base64");
        }
        certificates += 1;
    }
    match certificates {
        0 if text.contains("BEGIN TRUSTED CERTIFICATE") || text.contains("BEGIN X509 CERTIFICATE") => {
            Some("its certificate is in a form of OpenSSL's own; convert it with `openssl x509 -in FILE -out NEW_FILE`")
        }
        0 if text.contains("PRIVATE KEY") => Some("it has a private key and no certificate"),
        0 => Some("it has no certificate"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nTUlJ\nQw==\n-----END CERTIFICATE-----\n";

    #[test]
    fn line_breaks_are_restored() {
        let two = format!("{PEM}{PEM}");
        let comment = format!("the CA of 2026\n{PEM}");
        for text in [
            PEM.to_owned(),
            PEM.replace('\n', "\r\n"),
            PEM.replace('\n', "\\n"),
            PEM.replace('\n', "\\r\\n"),
            PEM.trim().replace('\n', " "),
            two.trim().replace('\n', " "),
            two.trim().replace('\n', "\\n"),
            comment.clone(),
        ] {
            let restored = with_line_breaks(&text);
            assert_eq!(certificate_problem(&restored), None, "{text:?} {restored:?}");
            let expected = CertificateDer::pem_slice_iter(restored.as_bytes()).filter(Result::is_ok).count();
            assert_eq!(expected, restored.matches(BEGIN).count(), "{text:?}");
        }
        assert_eq!(with_line_breaks(&comment), comment);
    }

    #[test]
    fn a_problem_quotes_nothing() {
        let cases = [
            (PEM.replace("TUlJ", "TUl!"), "damaged"),
            (PEM.replace("-----END CERTIFICATE-----", ""), "damaged"),
            (PEM.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), "openssl x509"),
            (PEM.replace("CERTIFICATE", "PRIVATE KEY"), "a private key and no certificate"),
        ];
        for (text, expected) in cases {
            let problem = certificate_problem(&text).unwrap();
            assert!(problem.contains(expected) && !problem.contains("TUl"), "{text:?}: {problem}");
        }
    }
}
