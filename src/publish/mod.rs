//! Publishes a table: makes the rows that were read the destination's. Each mode has its own strategy.
//!
//! A strategy has four steps; `publication` calls those of the table's mode:
//!
//! 1. `earlier`: finds out whether an earlier attempt of the same execution published the table.
//! 2. `begin`: starts an upload under a fixed job id. The destination does not change.
//! 3. `complete`: after the last chunk, waits for the job and checks its result.
//! 4. `settle`: sets the properties that the job cannot set. A failure is only logged, because the rows are loaded.

pub mod publication;
pub mod publisher;
mod replace;
