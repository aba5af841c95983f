//! A run that ended: its exit code and the lines it logged.

use serde_json::Value;

/// A run that ended.
#[derive(Debug)]
pub struct Finished {
    pub code: Option<i32>,
    pub log: String,
    pub errors: String,
}

impl Finished {
    /// All lines; each must be a JSON object.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in line {line}"));
        self.log.lines().map(parse).collect()
    }

    /// The lines of one event.
    pub fn events(&self, event: &str) -> Vec<Value> {
        self.lines().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// The one line of an event.
    pub fn event(&self, event: &str) -> Value {
        let mut events = self.events(event);
        assert_eq!(events.len(), 1, "{event} in\n{}", self.log);
        events.remove(0)
    }

    /// The message of the one line of an event.
    pub fn message(&self, event: &str) -> String {
        self.event(event)["message"].as_str().unwrap().to_owned()
    }

    /// What `plan --json` printed.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.log).unwrap()
    }

    pub fn succeeded(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.log, self.errors);
        self
    }

    pub fn failed(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.log, self.errors);
        self
    }
}
