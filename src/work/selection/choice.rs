//! Which tables `TABLES` and `--table` choose, by the rule by which the server compares names.

use std::collections::{HashMap, HashSet};

use wildmatch::WildMatch;

use crate::mysql::catalog::{Listed, NameCase};
use crate::work::request::TableRequest;
use crate::work::selection::{Selection, is_pattern};

/// The tables of an execution. No table is both named and found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Choice {
    /// Those that `TABLES` or `--table` names, in this order.
    pub named: Vec<TableRequest>,
    /// Those that a pattern matches, in the server's order.
    pub found: Vec<TableRequest>,
}

impl Selection {
    /// The tables. `listed` has the server's tables and views; without patterns it may be empty.
    pub fn choose(&self, case: NameCase, listed: &[Listed]) -> Result<Choice, String> {
        let rules = Rules::new(self, case);
        let named = rules.named(listed)?;
        if !self.only.is_empty() {
            return Ok(Choice { named: rules.narrowed(&self.only, named, listed)?, found: Vec::new() });
        }
        let tables = listed.iter().filter(|listed| !listed.is_view);
        let found = tables.filter(|listed| rules.finds(&listed.name)).map(|listed| TableRequest::named(&listed.name));
        Ok(Choice { named, found: found.collect() })
    }
}

/// A selection, prepared for one rule of comparing names.
struct Rules<'a> {
    selection: &'a Selection,
    case: NameCase,
    includes: Vec<WildMatch>,
    excludes: Vec<WildMatch>,
    names: HashSet<String>,
}

impl<'a> Rules<'a> {
    fn new(selection: &'a Selection, case: NameCase) -> Self {
        let compiled = |patterns: &[String]| patterns.iter().map(|text| WildMatch::new(&case.fold(text))).collect();
        Self {
            selection,
            case,
            includes: compiled(&selection.includes),
            excludes: compiled(&selection.excludes),
            names: selection.named.iter().map(|table| case.fold(&table.name)).collect(),
        }
    }

    /// Whether a pattern includes the table, no exclusion matches it, and it has no entry of its own.
    fn finds(&self, name: &str) -> bool {
        let name = self.case.fold(name);
        let any = |patterns: &[WildMatch]| patterns.iter().any(|pattern| pattern.matches(&name));
        any(&self.includes) && !any(&self.excludes) && !self.names.contains(&name)
    }

    /// The named tables, checked.
    fn named(&self, listed: &[Listed]) -> Result<Vec<TableRequest>, String> {
        let mut seen = HashSet::new();
        let mut destinations: HashMap<String, &str> = HashMap::new();
        let mut named = Vec::new();
        let on_server: HashMap<String, &str> =
            listed.iter().map(|listed| (self.case.fold(&listed.name), listed.name.as_str())).collect();
        for table in &self.selection.named {
            // A plain name that is repeated is a mistake. Copy the table once.
            let plain = *table == TableRequest::named(&table.name);
            if plain && !seen.insert(self.case.fold(&table.name)) {
                continue;
            }
            let mut excluded = self.selection.excludes.iter().filter(|name| !is_pattern(name));
            if let Some(name) = excluded.find(|name| self.case.same(name, &table.name)) {
                return Err(format!("names {:?} and excludes it with \"!{name}\"", table.name));
            }
            let folded = self.case.fold(&table.name);
            let name = on_server.get(&folded).map_or(folded.as_str(), |name| name);
            let destination = table.destination(name)?;
            if let Some(other) = destinations.insert(destination.clone(), &table.name) {
                return Err(format!(
                    "has two entries for the destination table {destination:?}, {other} and {}: give one of them a different \
                     \"destination\"",
                    table.name
                ));
            }
            named.push(table.clone());
        }
        Ok(named)
    }

    /// Only the tables in `only`, each once.
    fn narrowed(
        &self,
        only: &[String],
        named: Vec<TableRequest>,
        listed: &[Listed],
    ) -> Result<Vec<TableRequest>, String> {
        let mut seen = HashSet::new();
        let mut chosen = Vec::new();
        for name in only.iter().filter(|name| seen.insert(self.case.fold(name))) {
            let before = chosen.len();
            chosen.extend(named.iter().filter(|table| self.case.same(&table.name, name)).cloned());
            if chosen.len() > before {
                continue;
            }
            if !self.finds(name) {
                return Err(format!("--table {name}: TABLES ({}) does not include this table", self.selection.text));
            }
            if listed.iter().any(|listed| listed.is_view && self.case.same(&listed.name, name)) {
                return Err(format!(
                    "--table {name}: this is a view, and patterns in TABLES ({}) match tables only: add its name to TABLES",
                    self.selection.text
                ));
            }
            chosen.push(TableRequest::named(name));
        }
        Ok(chosen)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use NameCase::{Insensitive, Sensitive};

    fn listed(names: &[&str]) -> Vec<Listed> {
        let listed =
            |name: &&str| Listed { name: name.trim_end_matches(" view").to_owned(), is_view: name.ends_with(" view") };
        names.iter().map(listed).collect()
    }

    /// The names of the chosen tables, named ones first.
    fn choose(tables: &str, only: &[&str], case: NameCase, existing: &[&str]) -> Result<Vec<String>, String> {
        let only: Vec<String> = only.iter().map(|name| (*name).to_owned()).collect();
        let choice = Selection::parse(tables)?.narrowed(&only)?.choose(case, &listed(existing))?;
        Ok(choice.named.into_iter().chain(choice.found).map(|table| table.name).collect())
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
            ("user*,!Users", "users", true),
            ("o*", "orders view", false),
        ];
        for (tables, name, expected) in cases {
            let chosen = choose(tables, &[], Sensitive, &[name]).unwrap();
            assert_eq!(!chosen.is_empty(), *expected, "{tables} {name}");
        }
    }

    #[test]
    fn names_follow_the_servers_rule() {
        let cases: &[(&str, NameCase, &[&str], &[&str])] = &[
            ("*,!Cards", Sensitive, &["cards", "users"], &["cards", "users"]),
            ("*,!Cards", Insensitive, &["cards", "users"], &["users"]),
            ("*,!CARD*", Insensitive, &["cards", "users"], &["users"]),
            ("Users,*", Insensitive, &["cards", "users"], &["Users", "cards"]),
            ("Users,users", Insensitive, &["users"], &["Users"]),
            ("Users,users", Sensitive, &["Users", "users"], &["Users", "users"]),
            ("User*", Insensitive, &["users"], &["users"]),
            ("User*", Sensitive, &["users"], &[]),
            (r#"[{"name":"Clients","columns":{"exclude":["secret"]}},"*"]"#, Insensitive, &["clients"], &["Clients"]),
            ("ÄPFEL,*", Insensitive, &["äpfel"], &["ÄPFEL"]),
        ];
        for (tables, case, existing, expected) in cases {
            assert_eq!(choose(tables, &[], *case, existing).unwrap(), *expected, "{tables} {case:?}");
        }
    }

    #[test]
    fn contradictions_follow_the_servers_rule() {
        let cases: &[(&str, &str)] = &[
            ("Users,!users", "names \"Users\" and excludes it with \"!users\""),
            (r#"[{"name":"Users","where":"id > 1"},"users"]"#, "two entries for the destination table \"users\""),
        ];
        for (tables, expected) in cases {
            assert!(choose(tables, &[], Sensitive, &["users"]).is_ok(), "{tables}");
            let error = choose(tables, &[], Insensitive, &["users"]).unwrap_err();
            assert!(error.contains(expected), "{tables}: {error}");
        }
    }

    #[test]
    fn narrowing_keeps_options_and_refuses_other_tables() {
        const TABLES: &str = r#"[{"name":"orders","where":"id > 5"},"t_*","!t_old"]"#;
        let existing = ["orders", "t_1", "t_view view"];
        let narrowed = |only: &[&str]| choose(TABLES, only, Sensitive, &existing);
        assert_eq!(narrowed(&["t_1", "orders", "t_1"]).unwrap(), ["t_1", "orders"]);
        let selection = Selection::parse(TABLES).unwrap().narrowed(&["orders".into()]).unwrap();
        let choice = selection.choose(Sensitive, &listed(&existing)).unwrap();
        assert_eq!(choice.named[0].filter.as_deref(), Some("id > 5"));
        for (name, expected) in [
            ("users", "does not include this table"),
            ("t_old", "does not include this table"),
            ("T_1", "does not include this table"),
            ("t_view", "add its name to TABLES"),
        ] {
            let error = narrowed(&[name]).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
        assert_eq!(choose(TABLES, &["Orders", "T_1"], Insensitive, &existing).unwrap(), ["orders", "T_1"]);
    }
}
