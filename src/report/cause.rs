//! The cause of a library's error.

use std::error::Error;

/// The innermost error. The layers above it add nothing but "failed".
pub fn root_cause(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
