//! Where log lines go.

use std::io::{self, IsTerminal as _, Write};

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For a sync, which prints only logs.
    Stdout,
    /// For a command that prints a result to stdout.
    Stderr,
}

impl Output {
    pub(super) fn open(self) -> Box<dyn Write> {
        match self {
            Self::Stdout => Box::new(io::stdout().lock()),
            Self::Stderr => Box::new(io::stderr().lock()),
        }
    }

    /// Whether the output is a terminal.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }
}
