//! Values: every type, at its limits and at random, arrives exactly, or its table fails with an error that names the value.

mod dates;
mod json;
mod large;
mod numbers;
mod overrides;
mod random;
mod shapes;
mod text;
mod types;
mod upload;
mod vectors;

use crate::support::Place;

/// The only table fails, and its error contains all parts.
fn refused(place: &Place, variable: &str, parts: &[&str]) {
    let message = place.sync().with(variable, "error").run().failed(1).message("table_failed");
    for part in parts {
        assert!(message.contains(part), "{part} in {message}");
    }
}
