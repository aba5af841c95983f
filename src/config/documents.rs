//! Generates documents from the declarations of variables and table options: docs/configuration.md, the README's short
//! table, and terraform/tests/variables.json, the variables that the Terraform module may set.

use serde_json::json;

use crate::config::variables::{ALL, About, Default, Group, Mark};
use crate::documents::{is, shows, table};
use crate::work::selection::options::{OPTIONS, TableOption};

fn row(about: &About) -> Vec<String> {
    let default = match about.default {
        Default::Value(text) => format!("`{text}`"),
        Default::Required | Default::Unset(_) => about.default_text().to_owned(),
    };
    vec![format!("`{}`", about.name), default, about.meaning.to_owned()]
}

/// All variables by group, with an example each.
fn variables() -> String {
    let group = |group: Group| {
        let rows = ALL.iter().filter(|about| about.group == group).map(|about| {
            let mut row = row(about);
            row.push(format!("`{}`", about.example));
            row
        });
        format!("\n### {}\n\n{}", group.title(), table(&["variable", "default", "meaning", "example"], rows))
    };
    Group::ALL.map(group).concat() + "\n"
}

fn common() -> String {
    let rows = ALL.iter().filter(|about| about.has(Mark::Common)).map(|about| row(about));
    table(&["variable", "default", "meaning"], rows)
}

/// A row per option, and below it one for each of its parts, such as `columns.include`.
fn options() -> String {
    fn rows(prefix: &str, options: &[TableOption]) -> Vec<Vec<String>> {
        let rows = options.iter().flat_map(|option| {
            let name = format!("{prefix}{}", option.name);
            let examples: Vec<String> = option.examples.iter().map(|example| format!("`{example}`")).collect();
            let kind = option.kind.title().to_owned();
            let row = vec![format!("`{name}`"), kind, option.meaning.to_owned(), examples.join(", ")];
            std::iter::once(row).chain(rows(&format!("{name}."), option.parts))
        });
        rows.collect()
    }
    table(&["option", "type", "meaning", "example"], rows("", OPTIONS))
}

fn parts(options: &'static [TableOption]) -> Vec<&'static str> {
    options.iter().flat_map(|option| std::iter::once(option.name).chain(parts(option.parts))).collect()
}

fn contract() -> String {
    let names = |wanted: fn(&About) -> bool| -> Vec<&str> {
        ALL.iter().filter(|about| about.group != Group::Platform && wanted(about)).map(|about| about.name).collect()
    };
    let mut nested: Vec<&str> = OPTIONS.iter().flat_map(|option| parts(option.parts)).collect();
    nested.sort_unstable();
    let contract = json!({
        "about": "What the program reads. Made by `make generate` from src/config/variables.rs and src/work/selection/options.rs.",
        "variables": names(|about| !about.has(Mark::Local) && !about.has(Mark::Secret)),
        "secrets": names(|about| about.has(Mark::Secret)),
        "local_only": names(|about| about.has(Mark::Local)),
        "table_options": OPTIONS.iter().map(|option| option.name).collect::<Vec<_>>(),
        "nested_options": nested,
    });
    format!("{contract:#}\n")
}

#[test]
fn the_page_shows_the_variables() {
    shows("docs/configuration.md", &[("variables", variables()), ("table options", options())]);
}

#[test]
fn the_page_shows_the_common_variables() {
    assert_eq!(ALL.iter().filter(|about| about.has(Mark::Common)).count(), 10);
    shows("README.md", &[("variables", common())]);
}

#[test]
fn the_page_shows_the_variables_to_terraform() {
    is("terraform/tests/variables.json", &contract());
}
