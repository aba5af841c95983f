//! Reads the environment and collects every fault.

use std::collections::HashMap;
use std::ffi::OsString;

use crate::config::byte_order_mark::without_mark;
use crate::config::faults::Fault;
use crate::config::parsers::Invalid;
use crate::config::variables::{self, About, Default, Mark, Variable};
use crate::quotation::is_quoted;

/// A name with a larger edit distance is not a typo.
const LARGEST_TYPO: usize = 3;

/// Names with these prefixes are probably meant for this program.
const OUR_PREFIXES: [&str; 3] = ["MYSQL_", "BIGQUERY_", "TABLE"];

/// Reads variables and collects the faults. The values may be secrets, so there is no `Debug`.
pub(super) struct Reader {
    values: HashMap<&'static str, String>,
    pub(super) faults: Vec<Fault>,
    /// Unknown names with one of our prefixes: probably typos.
    unknown: Vec<String>,
}

impl Reader {
    /// Keeps the known variables of the environment. An empty one counts as unset.
    pub(super) fn new(environment: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut reader = Self { values: HashMap::new(), faults: Vec::new(), unknown: Vec::new() };
        for (name, value) in environment {
            let Ok(name) = name.into_string() else { continue };
            match variables::ALL.iter().find(|about| about.name == name) {
                Some(about) => reader.take(about, value),
                None if OUR_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) => reader.unknown.push(name),
                None => {}
            }
        }
        reader
    }

    fn take(&mut self, about: &'static About, value: OsString) {
        let Ok(value) = value.into_string() else { return self.fault(about, "is not valid UTF-8") };
        let value = without_mark(&value);
        // A password may consist of spaces.
        if !value.is_empty() && (about.has(Mark::Secret) || !value.trim().is_empty()) {
            self.values.insert(about.name, value.to_owned());
        }
    }

    pub(super) fn fault(&mut self, about: &'static About, problem: impl Into<String>) {
        self.faults.push(Fault { variable: about.name, problem: problem.into(), example: about.example });
    }

    /// Two variables are set that exclude each other.
    pub(super) fn both_set(&mut self, first: &About, second: &'static About) {
        self.fault(second, format!("is set, and {} is set as well: unset one of them", first.name));
    }

    /// The text exactly as it is in the environment.
    pub(super) fn text<T>(&self, variable: &Variable<T>) -> Option<&str> {
        self.values.get(variable.about.name).map(String::as_str)
    }

    /// The value, or else the default. A missing required variable is a fault.
    pub(super) fn value<T>(&mut self, variable: &'static Variable<T>) -> Option<T> {
        match (self.values.get(variable.about.name).cloned(), variable.about.default) {
            (Some(text), _) => self.parse(variable, text.trim()),
            (None, Default::Value(text)) => self.parse(variable, text),
            (None, Default::Unset(_)) => None,
            (None, Default::Required) => {
                // A value that is not UTF-8 has its fault already.
                if !self.faults.iter().any(|fault| fault.variable == variable.about.name) {
                    self.fault(&variable.about, format!("is not set{}", self.typo_of(variable.about.name)));
                }
                None
            }
        }
    }

    fn parse<T>(&mut self, variable: &'static Variable<T>, text: &str) -> Option<T> {
        if is_quoted(text) {
            self.fault(&variable.about, "is in quotation marks, which are part of the value; remove them");
            return None;
        }
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

    /// `, but MYSQL_PASWORD is`, if an unknown variable with a similar name is set.
    pub(super) fn typo_of(&self, name: &str) -> String {
        let distance = |unknown: &&String| strsim::damerau_levenshtein(unknown, name);
        match self.unknown.iter().min_by_key(distance).filter(|unknown| distance(unknown) <= LARGEST_TYPO) {
            Some(typo) => format!(", but {typo} is"),
            None => String::new(),
        }
    }
}
