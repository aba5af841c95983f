//! `TABLES`: names, patterns, exclusions, and options per table.

mod choice;
mod json;
pub mod options;

pub use choice::Choice;

use crate::mysql::catalog::{Listed, NameCase};
use crate::quotation::is_quoted;
use crate::work::request::TableRequest;
use crate::work::selection::json::Item;

/// `TABLES`, parsed and checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Named tables, in the order of the list.
    pub named: Vec<TableRequest>,
    /// Patterns of tables to copy.
    includes: Vec<String>,
    /// Patterns and names of tables that no pattern may include.
    excludes: Vec<String>,
    /// The tables of `--table`; empty for all.
    only: Vec<String>,
    text: String,
}

impl Selection {
    /// Parses the value of `TABLES`: a list with commas or line breaks between the names, or a JSON array if it starts with `[`.
    ///
    /// ```
    /// use mysql_bigquery_sync::work::selection::Selection;
    ///
    /// let selection = Selection::parse("orders, shop_*, !shop_tmp_*").unwrap();
    /// assert_eq!(selection.named[0].name, "orders");
    /// assert!(selection.has_patterns());
    /// assert!(Selection::parse(r#"[{"name": "orders", "were": "id > 5"}]"#).unwrap_err().contains("were"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut selection = Self { text: text.trim().to_owned(), ..Self::default() };
        for item in items(text.trim())? {
            match item {
                Item::Table(table) => selection.named.push(*table),
                Item::Text(name) => {
                    let (exclude, name) = match name.strip_prefix('!') {
                        Some(rest) => (true, rest.trim()),
                        None => (false, name.as_str()),
                    };
                    if name.is_empty() {
                        return Err("contains an empty name".into());
                    }
                    match (exclude, is_pattern(name)) {
                        (false, false) => selection.named.push(TableRequest::named(name)),
                        (false, true) => selection.includes.push(name.to_owned()),
                        (true, _) => selection.excludes.push(name.to_owned()),
                    }
                }
            }
        }
        if selection.named.is_empty() && selection.includes.is_empty() {
            if selection.excludes.is_empty() {
                return Err("names no table (for all tables, unset it or set it to *)".into());
            }
            // Only exclusions: they apply to all tables.
            selection.includes.push("*".to_owned());
        }
        // What is wrong on every server is said before one is asked.
        selection.choose(NameCase::Sensitive, &[])?;
        Ok(selection)
    }

    /// True if the list of tables must come from the server.
    pub fn has_patterns(&self) -> bool {
        !self.includes.is_empty()
    }

    /// Only the tables of `--table`, each with its options in the list.
    pub fn narrowed(self, names: &[String]) -> Result<Self, String> {
        if names.is_empty() {
            return Ok(self);
        }
        let narrowed = Self { only: names.to_vec(), ..self };
        // Whether case matters is known later. What no server would accept is refused now.
        let listed = names.iter().map(|name| Listed { name: name.clone(), is_view: false });
        narrowed.choose(NameCase::Insensitive, &listed.collect::<Vec<_>>())?;
        Ok(narrowed)
    }

    /// How many tables there are at most, if that does not depend on the server.
    pub fn at_most(&self) -> Option<usize> {
        match (self.only.is_empty(), self.has_patterns()) {
            (true, true) => None,
            (true, false) => Some(self.named.len()),
            // A table may have several entries.
            (false, _) => Some(self.named.len().max(1) * self.only.len()),
        }
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.only.is_empty() {
            true => formatter.write_str(&self.text),
            false => formatter.write_str(&self.only.join(",")),
        }
    }
}

/// A name of the list, unless it is written in another tool's form. A table that is really named so needs the JSON form.
fn bare(name: &str) -> Result<Item, String> {
    if let Some(rest) = name.strip_prefix("- ") {
        return Err(format!("has the entry {name:?}, which looks like a line of a YAML list; write {}", rest.trim()));
    }
    if is_quoted(name) {
        return Err(format!("has {name} in quotation marks; remove them"));
    }
    Ok(Item::Text(name.to_owned()))
}

/// Whether an entry of the list is a pattern.
fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?'])
}

fn items(text: &str) -> Result<Vec<Item>, String> {
    if text.starts_with('{') {
        return Err("is a JSON object; put it in an array: [{…}]".into());
    }
    if !text.starts_with('[') {
        // A block of YAML or of a shell script has one name per line.
        let names = text.split([',', '\n', '\r']).map(str::trim).filter(|name| !name.is_empty());
        return names.map(bare).collect();
    }
    let values: Vec<serde_json::Value> =
        serde_json::from_str(text).map_err(|error| format!("starts with [ but is not a JSON array: {error}"))?;
    values.into_iter().enumerate().map(|(at, value)| json::item(at + 1, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::options::known_keys;
    use super::*;
    use crate::mapping::bigquery_type::BigQueryType;

    fn names(selection: &Selection) -> Vec<&str> {
        selection.named.iter().map(|table| table.name.as_str()).collect()
    }

    /// Named tables without repeats.
    fn chosen(text: &str) -> Vec<String> {
        let choice = Selection::parse(text).unwrap().choose(NameCase::Sensitive, &[]).unwrap();
        choice.named.into_iter().map(|table| table.name).collect()
    }

    #[test]
    fn a_list_keeps_its_order_and_ignores_spaces_and_repeats() {
        assert_eq!(chosen(" users, orders ,users,, products "), ["users", "orders", "products"]);
        assert!(!Selection::parse("users").unwrap().has_patterns());
    }

    #[test]
    fn a_list_may_have_one_name_per_line() {
        for text in ["users\norders\n", "users\r\norders\r\n", "\n users,\n orders\n"] {
            assert_eq!(names(&Selection::parse(text).unwrap()), ["users", "orders"], "{text:?}");
        }
    }

    #[test]
    fn json_has_names_patterns_and_options() {
        let text = r#"["users","log_*","!log_old",{"name":"orders","destination":"sales","columns":{"include":null,"exclude":["card"]},"where":"id > 5"},{"name":"x","destination":null,"types":{"n":null}},{"name":"y","types":{"b":" bool","T":"STRING"}}]"#;
        let selection = Selection::parse(text).unwrap();
        assert_eq!(names(&selection), ["users", "orders", "x", "y"]);
        assert_eq!(selection.named[1].destination.as_deref(), Some("sales"));
        assert_eq!(selection.named[1].columns.exclude, ["card"]);
        assert_eq!(selection.named[1].filter.as_deref(), Some("id > 5"));
        assert_eq!(selection.named[2], TableRequest::named("x"));
        assert_eq!(
            selection.named[3].columns.types,
            [("T".into(), BigQueryType::String), ("b".into(), BigQueryType::Bool)]
        );
        assert_eq!((selection.includes, selection.excludes), (vec!["log_*".to_owned()], vec!["log_old".to_owned()]));
    }

    #[test]
    fn faults_say_what_is_wrong() {
        let cases: &[(&str, &str)] = &[
            ("users,!users", "excludes it"),
            ("!", "empty name"),
            (",", "names no table"),
            ("[]", "names no table"),
            ("{\"name\":\"a\"}", "put it in an array"),
            ("\"users\",\"orders\"", "has \"users\" in quotation marks; remove them"),
            ("`users`", "in quotation marks; remove them"),
            ("- users\n- orders", "looks like a line of a YAML list; write users"),
            ("a.b,a_b", "two entries for the destination"),
            (r#"[{"name":"a*"}]"#, "a pattern takes no options"),
            (r#"[{"name":"a","destination":"b$20240101"}]"#, "not a table name"),
            (r#"[{"name":"a","destination":"other.a"}]"#, "without the dataset"),
            ("[1]", "entry 1 is 1"),
            (
                r#"[{"name":"a","types":{"x":"TEXT"}}]"#,
                "column x: \"TEXT\" is not a BigQuery type; the types are INT64, FLOAT64",
            ),
            (r#"[{"name":"a","types":{"x":"STRING","X":"BYTES"}}]"#, "X and x are the same column"),
            (r#"[{"name":"a","mask":{"x":"md5"}}]"#, "mask: column x: \"md5\" is not a mask; the masks are hmac"),
            (r#"[{"name":"a","mask":{"x":"hmac","X":"null"}}]"#, "X and x are the same column"),
            (r#"[{"name":"a","types":["x"]}]"#, "invalid type: sequence"),
            ("[\"a\"", "not a JSON array"),
            (r#"[{"name":"a","wher":"x"}]"#, "known keys are name, destination"),
            (r#"[{"name":"a","max_shrink_percent":101}]"#, "from 0 to 100"),
            (r#"[{"name":"a","read_connections":0}]"#, "from 1 to 64"),
            (r#"[{"name":"a","read_connections":65}]"#, "from 1 to 64"),
            (r#"[{"name":"a","partition_by":{"column":"c","granularity":"WEEK"}}]"#, "none of HOUR, DAY, MONTH, YEAR"),
            (
                r#"[{"name":"a","partition_by":{"column":"c","range":{"start":0,"end":10001,"interval":1}}}]"#,
                "more than the 10000 partitions",
            ),
            (
                r#"[{"name":"a","partition_by":{"column":"c","range":{"start":5,"end":5,"interval":1}}}]"#,
                "below its end",
            ),
            (r#"[{"name":"a","cluster_by":["b","c","d","e","f"]}]"#, "at most 4 columns"),
            (r#"[{"name":"a","cluster_by":["s","S"]}]"#, "cluster_by names the column S twice"),
            (r#"[{"destination":"a"}]"#, "missing field `name`"),
            (r#"[{"name":"a"},{"name":"b","destination":"a"}]"#, "two entries for the destination"),
        ];
        for (tables, expected) in cases {
            let error = Selection::parse(tables).unwrap_err();
            assert!(error.contains(expected), "{tables}: {error}");
        }
    }

    /// contract.json is generated from the Terraform module.
    #[test]
    fn the_terraform_module_writes_the_options_that_are_known() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../terraform/tests/contract.json")).unwrap();
        let keys = |list: &str| contract[list].as_array().unwrap().clone();
        let table_options = keys("table_options");
        let nested_options = keys("nested_options");
        for key in table_options.iter().chain(&nested_options) {
            assert!(known_keys().contains(key.as_str().unwrap()), "{key} is not in {}", known_keys());
        }
        let words = known_keys().split([',', ' ', '(', ')']).filter(|word| !word.is_empty()).count();
        assert_eq!(words, table_options.len() + nested_options.len());
    }
}
