//! Slow statements, which a test interrupts.

use std::time::Duration;

use super::place::Place;
use super::run::Run;

/// How often `until` checks, and how many times.
const PAUSE: Duration = Duration::from_millis(50);
const LOOKS: u32 = 1200;

impl Place {
    /// A sync of one table whose statement sleeps at each row.
    pub fn slow_sync(&self, table: &str, seconds_per_row: f64) -> Run {
        self.sync().tables(&format!(r#"[{{"name": "{table}", "where": "SLEEP({seconds_per_row}) = 0"}}]"#))
    }

    /// Waits for the slow sync's statement, which starts shortly after `table_started`, and returns its connection.
    pub fn slow_statement(&self) -> String {
        until(|| !self.slow_statements().is_empty());
        self.slow_statements()
    }

    /// The connections that run such statements now, one per line.
    pub fn slow_statements(&self) -> String {
        self.sql(
            "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND INFO LIKE '%SLEEP(%' \
             AND ID <> CONNECTION_ID()",
        )
    }
}

/// Waits until the condition holds.
pub fn until(holds: impl Fn() -> bool) {
    for _ in 0..LOOKS {
        if holds() {
            return;
        }
        std::thread::sleep(PAUSE);
    }
    panic!("still waiting after {:?}", PAUSE * LOOKS);
}
