//! The environment as text, and every fault that turns up while it is read.

use std::collections::HashMap;
use std::ffi::OsString;

use crate::config::faults::Fault;
use crate::config::parsers::Invalid;
use crate::config::variables::{self, About, Default, Mark, Variable};

/// A name further away than this is not a typing mistake.
const LARGEST_TYPO: usize = 3;

/// Names in the environment that start like this are likely meant for this program.
const OUR_PREFIXES: [&str; 3] = ["MYSQL_", "BIGQUERY_", "TABLE"];

/// Reads variables and collects the faults. The values may be secrets, so there is no `Debug`.
pub(super) struct Reader {
    values: HashMap<&'static str, String>,
    pub(super) faults: Vec<Fault>,
    /// Names in the environment that look like ours and are not: the likely typing mistakes.
    strangers: Vec<String>,
}

impl Reader {
    /// Takes the known variables out of the environment. Empty means unset.
    pub(super) fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut reader = Self { values: HashMap::new(), faults: Vec::new(), strangers: Vec::new() };
        for (name, value) in environment {
            let Ok(name) = name.into_string() else { continue };
            match variables::ALL.iter().find(|about| about.name == name) {
                Some(about) => reader.take(about, value),
                None if OUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => reader.strangers.push(name),
                None => {}
            }
        }
        reader
    }

    fn take(&mut self, about: &'static About, value: OsString) {
        match value.into_string() {
            Ok(value) if value.is_empty() => {}
            // Blanks may be a password.
            Ok(value) if value.trim().is_empty() && !about.has(Mark::Secret) => {}
            Ok(value) => {
                self.values.insert(about.name, value);
            }
            Err(_) => self.fault(about, "is not valid UTF-8"),
        }
    }

    pub(super) fn fault(&mut self, about: &'static About, problem: impl Into<String>) {
        self.faults.push(Fault { variable: about.name, problem: problem.into(), example: about.example });
    }

    /// The text exactly as it is in the environment.
    pub(super) fn text<T>(&self, variable: &Variable<T>) -> Option<&str> {
        self.values.get(variable.about.name).map(String::as_str)
    }

    /// The value, or else the default; a required variable that is not set is a fault.
    pub(super) fn value<T>(&mut self, variable: &'static Variable<T>) -> Option<T> {
        match (self.values.get(variable.about.name).cloned(), variable.about.default) {
            (Some(text), _) => self.parse(variable, text.trim()),
            (None, Default::Value(text)) => self.parse(variable, text),
            (None, Default::Unset(_)) => None,
            (None, Default::Required) => {
                // One that is there and cannot be read has its fault already.
                if !self.faults.iter().any(|fault| fault.variable == variable.about.name) {
                    self.fault(&variable.about, format!("is not set{}", self.typo_of(variable.about.name)));
                }
                None
            }
        }
    }

    fn parse<T>(&mut self, variable: &'static Variable<T>, text: &str) -> Option<T> {
        match (variable.parse)(text) {
            Ok(value) => Some(value),
            Err(Invalid::Because(problem)) => {
                self.fault(&variable.about, problem);
                None
            }
            Err(Invalid::Unexpected) => {
                let value = if variable.about.has(Mark::Secret) { "invalid".to_owned() } else { format!("{text:?}") };
                self.fault(&variable.about, format!("is {value}; expected {}", variable.about.expected));
                None
            }
        }
    }

    /// ", but MYSQL_PASWORD is" where an unknown variable of nearly the same name is set.
    pub(super) fn typo_of(&self, name: &str) -> String {
        let distance = |stranger: &&String| strsim::damerau_levenshtein(stranger, name);
        match self.strangers.iter().min_by_key(distance).filter(|stranger| distance(stranger) <= LARGEST_TYPO) {
            Some(stranger) => format!(", but {stranger} is"),
            None => String::new(),
        }
    }
}
