//! What is wrong with the configuration.

use std::fmt;

/// One thing that is wrong with a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong; never the value of a secret.
    pub problem: String,
    /// A valid value.
    pub example: &'static str,
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(formatter, "the configuration has {count} fault{}:", if count == 1 { "" } else { "s" })?;
        for Fault { variable, problem, example } in &self.0 {
            write!(formatter, "\n  {variable} {problem}; example: {variable}={example}")?;
        }
        Ok(())
    }
}
