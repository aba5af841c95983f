//! `TABLES`: names, patterns, exclusions, and options per table.

mod json;
pub mod options;

use std::collections::{HashMap, HashSet};

use wildmatch::WildMatch;

use crate::work::request::TableRequest;
use crate::work::selection::json::Item;

/// `TABLES`, parsed and checked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Selection {
    /// Named tables, in the order of the list.
    pub named: Vec<TableRequest>,
    includes: Vec<WildMatch>,
    excludes: Vec<WildMatch>,
    text: String,
}

impl Selection {
    /// Parses the value of `TABLES`: a comma-separated list, or a JSON array if it starts with `[`.
    ///
    /// ```
    /// use mysql_bigquery_sync::work::selection::Selection;
    ///
    /// let selection = Selection::parse("orders, shop_*, !shop_tmp_*").unwrap();
    /// assert_eq!(selection.named[0].name, "orders");
    /// assert!(selection.matches("shop_users") && !selection.matches("shop_tmp_1"));
    /// assert!(Selection::parse(r#"[{"name": "orders", "were": "id > 5"}]"#).unwrap_err().contains("were"));
    /// ```
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut selection = Self { text: text.trim().to_owned(), ..Self::default() };
        let mut excluded_names = Vec::new();
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
                    match (exclude, name.contains(['*', '?'])) {
                        (false, false) => selection.named.push(TableRequest::named(name)),
                        (false, true) => selection.includes.push(WildMatch::new(name)),
                        (true, wild) => {
                            selection.excludes.push(WildMatch::new(name));
                            if !wild {
                                excluded_names.push(name.to_owned());
                            }
                        }
                    }
                }
            }
        }
        if selection.named.is_empty() && selection.includes.is_empty() {
            if selection.excludes.is_empty() {
                return Err("names no table (for all tables, unset it or set it to *)".into());
            }
            // Only exclusions: they apply to all tables.
            selection.includes.push(WildMatch::new("*"));
        }
        selection.check(&excluded_names)?;
        Ok(selection)
    }

    fn check(&mut self, excluded_names: &[String]) -> Result<(), String> {
        let mut seen = HashSet::new();
        // A plain name that is repeated is a mistake. Copy the table once.
        self.named.retain(|table| *table != TableRequest::named(&table.name) || seen.insert(table.name.clone()));
        let mut destinations = HashMap::new();
        for table in &self.named {
            if excluded_names.contains(&table.name) {
                return Err(format!("names {0:?} and excludes it with \"!{0}\"", table.name));
            }
            let destination = table.destination(&table.name)?;
            if let Some(other) = destinations.insert(destination.clone(), &table.name) {
                return Err(format!(
                    "has two entries for the destination table {destination:?}, {other} and {}: give one of them a different \
                     \"destination\"",
                    table.name
                ));
            }
        }
        Ok(())
    }

    /// True if the list of tables must come from the server.
    pub fn has_patterns(&self) -> bool {
        !self.includes.is_empty()
    }

    /// True if a pattern includes this table, no exclusion matches it, and it is not a named table.
    pub fn matches(&self, name: &str) -> bool {
        self.includes.iter().any(|pattern| pattern.matches(name))
            && !self.excludes.iter().any(|pattern| pattern.matches(name))
            && !self.named.iter().any(|table| table.name == name)
    }

    /// Only the tables in `names`, each with its options in the list.
    pub fn narrowed(self, names: &[String]) -> Result<Self, String> {
        if names.is_empty() {
            return Ok(self);
        }
        let mut named: Vec<TableRequest> = Vec::new();
        for name in names {
            let known = self.named.iter().filter(|table| table.name == *name).cloned();
            let before = named.len();
            named.extend(known);
            if named.len() == before {
                if !self.matches(name) {
                    return Err(format!("--table {name}: TABLES ({}) does not include this table", self.text));
                }
                named.push(TableRequest::named(name));
            }
        }
        named.dedup();
        Ok(Self { named, text: names.join(","), ..Self::default() })
    }
}

impl std::fmt::Display for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn items(text: &str) -> Result<Vec<Item>, String> {
    if text.starts_with('{') {
        return Err("is a JSON object; put it in an array: [{…}]".into());
    }
    if !text.starts_with('[') {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        return Ok(names.map(|name| Item::Text(name.to_owned())).collect());
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

    #[test]
    fn a_list_keeps_its_order_and_ignores_spaces_and_repeats() {
        let selection = Selection::parse(" users, orders ,users,, products ").unwrap();
        assert_eq!(names(&selection), ["users", "orders", "products"]);
        assert!(!selection.has_patterns());
    }

    #[test]
    fn patterns_include_and_exclude() {
        let cases: &[(&str, &str, bool)] = &[
            ("*", "users", true),
            ("shop_*", "shop_users", true),
            ("shop_*", "users", false),
            ("user?", "users", true),
            ("user?", "user", false),
            ("*,!tmp_*", "tmp_1", false),
            ("*,!tmp_*", "users", true),
            ("!tmp_*", "users", true),
            ("!tmp_*", "tmp_x", false),
            ("!users", "users", false),
            ("users,*", "users", false), // taken by its name
            ("users,o*", "orders", true),
        ];
        for (tables, name, expected) in cases {
            assert_eq!(Selection::parse(tables).unwrap().matches(name), *expected, "{tables} {name}");
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
        assert!(selection.matches("log_new") && !selection.matches("log_old"));
    }

    #[test]
    fn faults_say_what_is_wrong() {
        let cases: &[(&str, &str)] = &[
            ("users,!users", "excludes it"),
            ("!", "empty name"),
            (",", "names no table"),
            ("[]", "names no table"),
            ("{\"name\":\"a\"}", "put it in an array"),
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

    #[test]
    fn narrowing_keeps_options_and_refuses_other_tables() {
        let selection = Selection::parse(r#"[{"name":"orders","where":"id > 5"},"t_*"]"#).unwrap();
        let narrowed = selection.clone().narrowed(&["orders".into(), "t_1".into()]).unwrap();
        assert_eq!(names(&narrowed), ["orders", "t_1"]);
        assert_eq!(narrowed.named[0].filter.as_deref(), Some("id > 5"));
        assert!(!narrowed.has_patterns());
        assert!(selection.narrowed(&["users".into()]).unwrap_err().contains("does not include"));
    }
}
