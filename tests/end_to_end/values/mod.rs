//! Values: every type, at its edges and at random, arrives exactly or is refused by name.

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

/// The place's one table fails with a message that has all of the parts.
fn refused(place: &Place, variable: &str, parts: &[&str]) {
    let message = place.sync().with(variable, "error").run().failed(1).message("table_failed");
    for part in parts {
        assert!(message.contains(part), "{part} in {message}");
    }
}
