//! Tests that dependencies between modules point downwards, and that files have no circular dependencies.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::config::variables::ALL;
use crate::documents::path;

/// The modules from top to bottom. A module may use those of later lines, but not those of its own line.
const ORDER: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["commands"],
    &["config"],
    &["sync"],
    &["publish"],
    &["plan"],
    &["work"],
    &["hints"],
    &["mapping"],
    &["avro"],
    &["bigquery", "mysql"],
    &["google_auth"],
    &["retry"],
    &["telemetry"],
    &["report"],
];

/// Files of tests and of generated documents may use everything.
const TESTS: &[&str] = &["documents", "modules", "tests", "page", "arbitrary"];

/// A file's module path, such as `mysql::rows`. The file `mysql/mod.rs` is `mysql`.
type Module = String;

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The module and the code of every file, without tests and comments.
fn sources() -> BTreeMap<Module, String> {
    let root = path("src");
    let module = |file: &Path| {
        let relative = file.strip_prefix(&root).unwrap().with_extension("");
        let parts = relative.iter().map(|part| part.to_str().unwrap()).filter(|part| *part != "mod");
        parts.collect::<Vec<_>>().join("::")
    };
    let sources = files(&root).into_iter().map(|file| (module(&file), code(&std::fs::read_to_string(&file).unwrap())));
    let is_test = |module: &Module| module.rsplit("::").next().is_some_and(|last| TESTS.contains(&last));
    sources.filter(|(module, _)| module != "lib" && !is_test(module)).collect()
}

/// The text without comments and without the tests at its end.
fn code(text: &str) -> String {
    let (text, _) = text.split_once("#[cfg(test)]\nmod tests {").unwrap_or((text, ""));
    text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code)).collect::<Vec<_>>().join("\n")
}

/// All paths of the crate in the text. Groups are expanded: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (at, _) in text.match_indices("crate::").chain(text.match_indices("super::")) {
        let before = text[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || "_:".contains(c)) {
            continue;
        }
        paths.extend(expand("", &text[at..]));
    }
    paths
}

/// The paths at the start of a text.
fn expand(prefix: &str, text: &str) -> Vec<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let path = format!("{prefix}{}", &text[..end]);
    if !text[end..].starts_with('{') || !path.ends_with("::") {
        return vec![path.trim_end_matches(':').to_owned()];
    }
    let (mut depth, mut start, mut found) = (0, end + 1, Vec::new());
    for (at, c) in text[end..].char_indices().map(|(at, c)| (at + end, c)) {
        match c {
            '{' => depth += 1,
            ',' | '}' if depth == 1 => {
                let item = text[start..at].trim();
                if !item.is_empty() {
                    found.extend(expand(&path, item));
                }
                start = at + 1;
            }
            _ => {}
        }
        if c == '}' {
            depth -= 1;
            if depth == 0 {
                break;
            }
        }
    }
    found
}

/// The path from the crate's root, for a path that is used in the module `from`.
fn absolute(from: &str, path: &str) -> String {
    let mut base: Vec<&str> = from.split("::").collect();
    if let Some(rest) = path.strip_prefix("crate::") {
        return rest.to_owned();
    }
    let mut rest = path;
    while let Some(above) = rest.strip_prefix("super::") {
        base.pop();
        rest = above;
    }
    base.push(rest);
    base.join("::")
}

/// The file that defines the path's item. Follows re-exports.
fn target(sources: &BTreeMap<Module, String>, path: &str, depth: u8) -> Option<Module> {
    let mut parts: Vec<&str> = path.split("::").filter(|part| !part.is_empty()).collect();
    let mut rest = Vec::new();
    while !parts.is_empty() && !sources.contains_key(&parts.join("::")) {
        rest.push(parts.pop()?);
    }
    let module = parts.join("::");
    let text = sources.get(&module)?;
    let name = rest.last();
    if let (Some(name), true) = (name, depth > 0) {
        for statement in text.split(';').filter_map(|statement| statement.split_once("pub use ")) {
            for exported in expand("", statement.1.trim()) {
                if exported.ends_with(&format!("::{name}")) {
                    let exported =
                        exported.strip_prefix("crate::").map_or(format!("{module}::{exported}"), str::to_owned);
                    return target(sources, &exported, depth - 1);
                }
            }
        }
    }
    Some(module)
}

/// The other files that each file uses.
fn dependencies() -> BTreeMap<Module, BTreeSet<Module>> {
    let sources = sources();
    let of = |module: &Module, text: &String| {
        let used = paths(text).into_iter().map(|path| absolute(module, &path));
        used.chain(children(&sources, module, text))
            .filter_map(|path| target(&sources, &path, 3))
            .filter(|used| used != module)
            .collect()
    };
    sources.iter().map(|(module, text)| (module.clone(), of(module, text))).collect()
}

/// The files of its own folder that a mod.rs file uses without `crate::` or `super::`.
fn children(sources: &BTreeMap<Module, String>, module: &str, text: &str) -> Vec<String> {
    let inside = format!("{module}::");
    let names = sources.keys().filter_map(|other| other.strip_prefix(&inside)).filter(|name| !name.contains("::"));
    let used = names.filter(|name| {
        let call = format!("{name}::");
        text.match_indices(&call).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let exported = text[..at].rsplit(';').next().is_some_and(|statement| statement.contains("pub use "));
            !exported && !before.is_some_and(|c| c.is_alphanumeric() || "_:{".contains(c))
        })
    });
    used.map(|name| format!("{inside}{name}")).collect()
}

fn layer(module: &str) -> usize {
    let top = module.split("::").next().unwrap();
    ORDER.iter().position(|line| line.contains(&top)).unwrap_or_else(|| panic!("modules.rs does not know {top}"))
}

#[test]
fn modules_use_only_modules_below_them() {
    let mut upwards = Vec::new();
    for (module, used) in dependencies() {
        let top = module.split("::").next().unwrap();
        for other in used.iter().filter(|other| other.split("::").next() != Some(top)) {
            if layer(other) <= layer(&module) {
                upwards.push(format!("{module} uses {other}"));
            }
        }
    }
    assert!(upwards.is_empty(), "dependencies that do not point downwards:\n{}", upwards.join("\n"));
}

#[test]
fn files_have_no_circular_dependencies() {
    let mut left = dependencies();
    // A file that uses none of the rest is in no circle.
    loop {
        let free: Vec<Module> = left
            .iter()
            .filter(|(_, used)| used.iter().all(|other| !left.contains_key(other)))
            .map(|(module, _)| module.clone())
            .collect();
        if free.is_empty() {
            break;
        }
        left.retain(|module, _| !free.contains(module));
    }
    // A file that none of the rest uses is in no circle either.
    loop {
        let used: BTreeSet<Module> = left.values().flatten().cloned().collect();
        let before = left.len();
        left.retain(|module, _| used.contains(module));
        if left.len() == before {
            break;
        }
    }
    let circle = |(module, used): (&Module, &BTreeSet<Module>)| {
        let used: Vec<&str> = used.iter().filter(|other| left.contains_key(*other)).map(String::as_str).collect();
        format!("{module} uses {}", used.join(", "))
    };
    let circles: Vec<String> = left.iter().map(circle).collect();
    assert!(circles.is_empty(), "files that use each other in a circle:\n{}", circles.join("\n"));
}

/// Below `hints` nobody gives advice. The mapping table is a part of the documentation, which names the policies.
const DOCUMENTATION: &[&str] = &["mapping::types", "mapping::overrides"];

#[test]
fn modules_below_hints_name_no_variable_grant_or_role() {
    let advice = |text: &str| {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        // These two are words of SQL as well.
        let variable =
            |word: &&str| !["SNAPSHOT", "TABLES"].contains(word) && ALL.iter().any(|about| about.name == *word);
        let variables = words.filter(variable).map(str::to_owned);
        let phrases = ["in TABLES", "SNAPSHOT=", "GRANT ", "roles/"].into_iter().filter(|phrase| text.contains(phrase));
        variables.chain(phrases.map(str::to_owned)).collect::<BTreeSet<String>>()
    };
    let below = |module: &str| layer(module) > layer("hints") && !DOCUMENTATION.contains(&module);
    let named: Vec<String> = sources()
        .iter()
        .filter(|(module, _)| below(module))
        .flat_map(|(module, text)| advice(text).into_iter().map(move |name| format!("{module} names {name}")))
        .collect();
    assert!(named.is_empty(), "advice that belongs into hints:\n{}", named.join("\n"));
}

#[test]
fn all_forms_of_use_are_parsed() {
    let text = "use crate::a::{b, c::{D, E}};\nuse super::f;\nlet x = crate::g::h();";
    assert_eq!(paths(text), ["crate::a::b", "crate::a::c::D", "crate::a::c::E", "crate::g::h", "super::f"]);
    assert_eq!(absolute("a::b", "super::c::D"), "a::c::D");
    assert_eq!(absolute("a::b", "crate::c"), "c");
}

#[test]
fn files_import_from_the_file_that_defines_a_thing() {
    let sources = sources();
    let mut detours = Vec::new();
    for (module, text) in &sources {
        for path in paths(text).into_iter().map(|path| absolute(module, &path)) {
            let (through, defined) = (target(&sources, &path, 0), target(&sources, &path, 3));
            // Other modules may use what a module re-exports; its own files may not.
            if through != defined && through.is_some_and(|through| module.starts_with(&format!("{through}::"))) {
                detours.push(format!("{module} uses {path}, which {} defines", defined.unwrap_or_default()));
            }
        }
    }
    assert!(detours.is_empty(), "imports through a re-export of one's own module:\n{}", detours.join("\n"));
}

#[test]
fn the_map_in_lib_rs_has_the_order() {
    let (_, map) = include_str!("lib.rs").split_once("```text\n").unwrap();
    let (map, _) = map.split_once("//! ```").unwrap();
    let map: Vec<&str> = map.lines().filter_map(|line| line.split_whitespace().nth(1)).collect();
    let order: Vec<&str> = ORDER.concat().into_iter().filter(|module| *module != "main").collect();
    assert_eq!(map, order);
}
