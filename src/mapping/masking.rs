//! `MASK`: the masks of all columns whose names match a pattern, and the key of the mask `hmac`.

use std::collections::BTreeMap;

use wildmatch::WildMatch;

use crate::mapping::columns::same;
use crate::mapping::mask::Mask;
use crate::mapping::mask_key::MaskKey;

/// The masks of all tables.
#[derive(Debug, Clone, Default)]
pub struct Masking {
    /// `MASK`.
    pub patterns: Vec<Pattern>,
    /// `MASK_KEY` or `MASK_KEY_FILE`.
    pub key: Option<MaskKey>,
}

/// A pattern of `MASK`, such as `*.password*`, with its mask.
#[derive(Debug, Clone)]
pub struct Pattern {
    /// As it is written.
    pub text: String,
    /// The mask of the columns that it matches.
    pub mask: Mask,
    /// The patterns of the table and of the column. Several if the text has several dots, because names may contain dots.
    parts: Vec<(WildMatch, WildMatch)>,
}

impl Masking {
    /// The mask of a column. A mask of the table's own options wins; of several patterns, the one that hides most.
    pub fn of(&self, table: &str, column: &str, own: &[(String, Mask)]) -> Option<Mask> {
        let own = own.iter().find(|(name, _)| same(name, column)).map(|(_, mask)| *mask);
        own.or_else(|| {
            let (table, column) = (table.to_lowercase(), column.to_lowercase());
            self.patterns.iter().filter(|pattern| pattern.matches(&table, &column)).map(|pattern| pattern.mask).max()
        })
    }

    /// The patterns that match none of these columns, which are pairs of a table and a column.
    pub fn unused(&self, columns: &[(String, String)]) -> Vec<&Pattern> {
        let columns: Vec<(String, String)> =
            columns.iter().map(|(table, column)| (table.to_lowercase(), column.to_lowercase())).collect();
        let matches = |pattern: &&Pattern| columns.iter().any(|(table, column)| pattern.matches(table, column));
        self.patterns.iter().filter(|pattern| !matches(pattern)).collect()
    }
}

impl Pattern {
    /// Parses the value of `MASK`: a JSON object of patterns and masks.
    ///
    /// ```
    /// use mysql_bigquery_sync::mapping::masking::Pattern;
    ///
    /// let patterns = Pattern::parse_all(r#"{"*.password*": "drop"}"#).unwrap();
    /// assert_eq!(patterns[0].text, "*.password*");
    /// assert!(Pattern::parse_all(r#"{"password": "drop"}"#).is_err());
    /// ```
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let masks: BTreeMap<String, String> = serde_json::from_str(text)
            .map_err(|error| format!("is not a JSON object of patterns and masks: {error}"))?;
        masks.into_iter().map(|(text, mask)| Self::parse(text.trim(), &mask)).collect()
    }

    fn parse(text: &str, mask: &str) -> Result<Self, String> {
        let mask = mask.parse().map_err(|problem| format!("has a fault at {text:?}: {problem}"))?;
        let folded = text.to_lowercase();
        let parts: Vec<(WildMatch, WildMatch)> = folded
            .match_indices('.')
            .filter_map(|(at, _)| folded.split_at_checked(at))
            .filter_map(|(table, rest)| Some((table, rest.strip_prefix('.')?)))
            .filter(|(table, column)| !table.is_empty() && !column.is_empty())
            .map(|(table, column)| (WildMatch::new(table), WildMatch::new(column)))
            .collect();
        if parts.is_empty() {
            return Err(format!(
                "has the pattern {text:?}, which is not TABLE.COLUMN; write \"*.column\" for all tables"
            ));
        }
        Ok(Self { text: text.to_owned(), mask, parts })
    }

    /// Whether it matches a column. All names are in lower case: MySQL ignores the case of columns, and the case of a table
    /// must not decide whether a value is hidden.
    fn matches(&self, table: &str, column: &str) -> bool {
        self.parts.iter().any(|(of_table, of_column)| of_table.matches(table) && of_column.matches(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masking(text: &str) -> Masking {
        Masking { patterns: Pattern::parse_all(text).unwrap(), key: None }
    }

    #[test]
    fn patterns_ignore_case_and_the_strictest_mask_wins() {
        let masking = masking(r#"{"*.Password*": "drop", "users.*": "last4", "*.email": "hmac", "a.b.c?": "null"}"#);
        let of = |table, column| masking.of(table, column, &[]);
        assert_eq!(of("t", "PASSWORD_HASH"), Some(Mask::Drop));
        assert_eq!(of("Users", "password"), Some(Mask::Drop));
        assert_eq!(of("users", "Email"), Some(Mask::Hmac));
        assert_eq!(of("users", "phone"), Some(Mask::Last4));
        assert_eq!(of("orders", "phone"), None);
        assert_eq!(of("passwords", "id"), None, "the pattern of a column does not match a table");
        for (table, column) in [("a", "b.c1"), ("A.b", "c2")] {
            assert_eq!(of(table, column), Some(Mask::Null), "{table} {column}");
        }
        assert_eq!(masking.of("users", "EMAIL", &[("email".into(), Mask::Last4)]), Some(Mask::Last4));
    }

    #[test]
    fn a_pattern_that_matches_nothing_is_found() {
        let masking = masking(r#"{"*.mailbox": "hmac", "*.email": "hmac", "user.*": "null"}"#);
        let columns = [("Users".to_owned(), "EMail".to_owned())];
        let unused: Vec<&str> = masking.unused(&columns).iter().map(|pattern| &*pattern.text).collect();
        assert_eq!(unused, ["*.mailbox", "user.*"]);
    }

    #[test]
    fn faults_say_what_is_wrong() {
        for (text, expected) in [
            ("drop", "not a JSON object"),
            (r#"{"password": "drop"}"#, "not TABLE.COLUMN"),
            (r#"{".password": "drop"}"#, "not TABLE.COLUMN"),
            (r#"{"*.a": "md5"}"#, "\"md5\" is not a mask; the masks are hmac"),
        ] {
            let error = Pattern::parse_all(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
