//! Where log lines go.

use std::io::{self, IsTerminal as _, Write};

/// Where log lines go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// For a sync, whose logs are all that it prints.
    Stdout,
    /// For a command that prints something else.
    Stderr,
}

impl Output {
    pub(super) fn open(self) -> Box<dyn Write> {
        match self {
            Self::Stdout => Box::new(io::stdout().lock()),
            Self::Stderr => Box::new(io::stderr().lock()),
        }
    }

    /// Whether a person reads along.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Stdout => io::stdout().is_terminal(),
            Self::Stderr => io::stderr().is_terminal(),
        }
    }
}
