//! How what was read becomes the destination: a strategy for each mode of a plan, all behind one seam.
//!
//! A strategy has four steps, which `publication` picks by the mode:
//!
//! 1. `earlier`: what an earlier attempt of the same execution has published is not published twice.
//! 2. `begin`: opens an upload under a job id that is always the same. Nothing has happened to the destination.
//! 3. `complete`: once the last chunk has passed its gate, waits for the job and checks what it did.
//! 4. `settle`: sets what the job could not carry. The rows are there; a failure is logged, and undoes nothing.

pub mod publication;
pub mod publisher;
mod replace;
