//! Documents that are generated from the code. `make generate` writes them; a stale one fails a test.
//!
//! `make generate` runs the tests whose names contain `the_page_shows`. Name every test that calls these functions so.

use std::path::{Path, PathBuf};

/// If this variable is set, the tests write the documents instead of comparing them.
const WRITE: &str = "WRITE_DOCS";

/// A file of the repository.
pub(crate) fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Asserts that the file shows each part between its markers, `<!-- name -->` and `<!-- /name -->`.
pub(crate) fn shows(name: &str, parts: &[(&str, String)]) {
    let page = std::fs::read_to_string(path(name)).unwrap();
    let rendered = parts.iter().fold(page, |page, (marker, part)| {
        let (start, end) = (format!("<!-- {marker} -->\n"), format!("<!-- /{marker} -->"));
        let (before, rest) = page.split_once(&start).unwrap_or_else(|| panic!("{name} lacks {start}"));
        let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{name} lacks {end}"));
        format!("{before}{start}{part}{end}{after}")
    });
    is(name, &rendered);
}

/// Asserts that this text is the whole file.
pub(crate) fn is(name: &str, rendered: &str) {
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path(name), rendered).unwrap();
        return;
    }
    let text = std::fs::read_to_string(path(name)).unwrap_or_default();
    assert!(text == rendered, "{name} is out of date: run `make generate`");
}

/// A Markdown table.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let row = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(header.len()));
    row(&header) + &rule + &rows.into_iter().map(|cells| row(&cells)).collect::<String>()
}
