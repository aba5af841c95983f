//! Hints for missing access tokens.

use crate::google_auth::{self, Origin};

/// What to do about missing credentials. `None` if the error already says it.
pub(super) fn token(error: &google_auth::Error) -> Option<&'static str> {
    match error.origin() {
        Origin::Variable(_) => None,
        Origin::WellKnown(_) => Some("run `gcloud auth application-default login` again"),
        Origin::Metadata => Some(
            "on a laptop run `gcloud auth application-default login`; on Cloud Run check the job's service account",
        ),
    }
}
