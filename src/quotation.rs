//! Quotation marks around a value, which a shell would have removed and other programs keep.

/// The marks: a value that begins with the first and ends with the second is in quotation marks.
const MARKS: [(char, char); 5] = [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('‘', '’')];

/// Whether the text is in quotation marks, as `docker --env-file` leaves them.
pub fn is_quoted(text: &str) -> bool {
    let mut rest = text.chars();
    match (rest.next(), rest.next_back()) {
        (Some(first), Some(last)) => MARKS.contains(&(first, last)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_in_pairs() {
        for text in ["\"a\"", "'a'", "''", "`a`", "“a”"] {
            assert!(is_quoted(text), "{text}");
        }
        for text in ["", "'", "a", "'a", "a'", "\"a'", "o'brien"] {
            assert!(!is_quoted(text), "{text}");
        }
    }
}
