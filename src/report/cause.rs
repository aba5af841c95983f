//! The cause of a library's error.

use std::error::Error;

/// What is at the bottom of it; the layers above say only that they failed.
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
