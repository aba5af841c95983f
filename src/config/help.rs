//! The list of variables for `--help`.

use crate::config::variables::{ALL, About};

/// One line per variable.
pub fn variables() -> String {
    // A terminal does not render Markdown.
    let line = |about: &&About| {
        let meaning = about.meaning.replace('`', "");
        format!("  {:<23} {meaning} [{}]", about.name, about.default_text())
    };
    let lines: Vec<String> = ALL.iter().map(line).collect();
    format!(
        "Environment variables (an empty variable counts as unset; defaults are in brackets):\n{}",
        lines.join("\n")
    )
}
