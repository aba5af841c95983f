//! Finds what BigQuery would change in a JSON document: it keeps the first of members with the same name, and stores numbers as INT64,
//! UINT64 or FLOAT64. Source: "Data types", JSON type.

use std::borrow::Cow;
use std::fmt;

use smallvec::SmallVec;

/// Every decimal number with so few digits is a different FLOAT64.
const SAFE_DIGITS: usize = 15;
/// No FLOAT64 has more significant digits.
const MOST_DIGITS: usize = 767;

/// Comparing so few names with each other is faster than sorting them.
const FEW_NAMES: usize = 8;

/// What BigQuery would change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change<'a> {
    /// Only the first of the members with this name would be kept.
    Repeated(Cow<'a, str>),
    /// This number would be rounded.
    Rounded(&'a str),
}

impl fmt::Display for Change<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated(name) => {
                write!(
                    formatter,
                    "has more than one member {name:?} in an object, and BigQuery would keep only the first"
                )
            }
            Self::Rounded(number) => write!(formatter, "has the number {number}, which BigQuery would round"),
        }
    }
}

/// The first change to a valid document; `None` if BigQuery keeps its content.
pub(super) fn change(document: &str) -> Option<Change<'_>> {
    scan::<true>(document)
}

/// The same for a document without repeated names.
pub(super) fn rounded(document: &str) -> Option<Change<'_>> {
    scan::<false>(document)
}

fn scan<const NAMES: bool>(document: &str) -> Option<Change<'_>> {
    let bytes = document.as_bytes();
    // The names of all open objects, and where those of each object begin. Most documents are small and need no allocation.
    let mut names: SmallVec<[Cow<'_, str>; 16]> = SmallVec::new();
    let mut objects: SmallVec<[usize; 16]> = SmallVec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = end_of_string(bytes, at);
                if NAMES && is_name(bytes, end) {
                    names.push(unescaped(document.get(at..end).unwrap_or_default()));
                }
                at = end;
                continue;
            }
            b'{' if NAMES => objects.push(names.len()),
            b'}' if NAMES => {
                let first = objects.pop().unwrap_or(0);
                if let Some(name) = repeated(names.get_mut(first..).unwrap_or_default()) {
                    return Some(Change::Repeated(name));
                }
                names.truncate(first);
            }
            b'-' | b'0'..=b'9' => {
                let end = end_of_number(bytes, at);
                let number = document.get(at..end).unwrap_or_default();
                if !is_exact(number) {
                    return Some(Change::Rounded(number));
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The position after the closing quotation mark.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Whether the string that ends here is the name of a member: a colon follows.
fn is_name(bytes: &[u8], end: usize) -> bool {
    let mut rest = bytes.iter().skip(end);
    rest.find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

/// The content of a string in quotation marks.
fn unescaped(quoted: &str) -> Cow<'_, str> {
    if quoted.contains('\\') {
        // A valid document has only valid strings.
        return Cow::Owned(serde_json::from_str(quoted).unwrap_or_default());
    }
    Cow::Borrowed(quoted.trim_matches('"'))
}

/// A name that occurs more than once.
fn repeated<'a>(names: &mut [Cow<'a, str>]) -> Option<Cow<'a, str>> {
    if names.len() <= FEW_NAMES {
        let mut rest = names.iter();
        while let Some(name) = rest.next() {
            if rest.as_slice().contains(name) {
                return Some(name.clone());
            }
        }
        return None;
    }
    names.sort_unstable();
    names.windows(2).find_map(|pair| match pair {
        [one, other] if one == other => Some(one.clone()),
        _ => None,
    })
}

fn end_of_number(bytes: &[u8], start: usize) -> usize {
    let part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    start + bytes.iter().skip(start).take_while(|byte| part(byte)).count()
}

/// Whether BigQuery keeps the number: as INT64 or UINT64, or as a FLOAT64 that has the same digits if it is written with as many.
fn is_exact(number: &str) -> bool {
    let has_exponent = || number.bytes().any(|byte| matches!(byte, b'e' | b'E'));
    if number.len() <= SAFE_DIGITS && !has_exponent() {
        return true;
    }
    if number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok() {
        return true;
    }
    let Ok(float) = number.parse::<f64>() else { return false };
    let (digits, exponent) = decimal(number);
    if digits.is_empty() || !float.is_finite() || digits.len() > MOST_DIGITS {
        return digits.is_empty();
    }
    decimal(&format!("{float:.*e}", digits.len() - 1)) == (digits, exponent)
}

/// The significant digits of a number, and the exponent of the first one.
fn decimal(number: &str) -> (String, i64) {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let mantissa = mantissa.trim_start_matches('-');
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all = [before, after].concat();
    let digits = all.trim_start_matches('0');
    let (places, zeros) = (before.len() as i64, (all.len() - digits.len()) as i64);
    // An exponent beyond i64 makes the FLOAT64 0 or infinite, and then the digits differ.
    let exponent = exponent.parse::<i64>().unwrap_or(0).saturating_add(places - zeros - 1);
    (digits.trim_end_matches('0').to_owned(), exponent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn changed(document: &str) -> String {
        assert!(serde_json::from_str::<serde::de::IgnoredAny>(document).is_ok(), "{document}");
        change(document).map_or(String::new(), |change| change.to_string())
    }

    #[test]
    fn members_of_one_object_have_different_names() {
        for document in [
            "{}",
            r#"{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 2}]}"#,
            r#"{"a": "a", "b": "a", "A": ":", "\"a\"": "{\"a\": 1, \"a\": 2}"}"#,
            r#"{"": {"": [null, {}]}, "\\": "\\", "\\\\": 1}"#,
            r#"[{"a" : 1}, {"a"	: 1}]"#,
        ] {
            assert_eq!(changed(document), "", "{document}");
        }
        let sentence = |name: &str| {
            format!("has more than one member {name:?} in an object, and BigQuery would keep only the first")
        };
        for (document, name) in [
            (r#"{"a": 1, "a": 1}"#, "a"),
            (r#"{"a": {"b": 1, "c": [{}], "b" : 2}}"#, "b"),
            (r#"{"\u0061": 1, "b": 2, "a": 3}"#, "a"),
            (r#"[{"x": {"y": {"y": 1}}, "é": "\"", "é": 1}]"#, "é"),
            (r#"{"": 1, "": 2}"#, ""),
            (r#"{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7, "h": 8, "b": 9}"#, "b"),
        ] {
            assert_eq!(changed(document), sentence(name), "{document}");
        }
        let many: Vec<String> = (0..100).map(|number| format!("\"k{}\": 1", number % 99)).collect();
        assert_eq!(changed(&format!("{{{}}}", many.join(","))), sentence("k0"));
    }

    #[test]
    fn numbers_are_not_rounded() {
        for number in [
            "0",
            "-0",
            "0.0",
            "-0.0",
            "0e999",
            "0.000000000000000000000",
            "1.0",
            "1.50000000000000000000000",
            "0.1",
            "67.174118",
            "9223372036854775807",
            "-9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "1e22",
            "1E+300",
            "1.7976931348623157e308",
            "5e-324",
            "4.9406564584124654e-324",
            "123456789012345",
            "0.10000000000000001",
            "0.30000000000000004",
            "100000000000000000000000",
            "9007199254740993",
            "1e-7",
            "12345678.12345678",
        ] {
            assert_eq!(changed(&format!("[{number}, \"{number}1\"]")), "", "{number}");
        }
        for number in [
            "18446744073709551617",
            "-9223372036854775809",
            "0.123456789012345678901234567890",
            "1e400",
            "-1e400",
            "1e-400",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "9007199254740993.5",
            "123456789012345678901234567890",
            "3.14159265358979323846",
        ] {
            let expected = format!("has the number {number}, which BigQuery would round");
            assert_eq!(changed(&format!("{{\"a\": {number}}}")), expected);
        }
        let long = format!("0.{}", "123456789".repeat(20_000));
        assert!(changed(&long).ends_with("which BigQuery would round"));
    }

    proptest! {
        #[test]
        fn every_number_of_64_bits_is_kept(float: f64, signed: i64, unsigned: u64) {
            let float = if float.is_finite() { float } else { 0.0 };
            for number in [format!("{float:?}"), format!("{float:e}"), format!("{float:.16e}"), signed.to_string(), unsigned.to_string()] {
                prop_assert_eq!(change(&number), None);
                prop_assert_eq!(rounded(&number), None);
            }
        }

        #[test]
        fn any_text_is_scanned_to_its_end(text: String) {
            let _ = change(&text);
        }
    }
}
