//! The request id of local work, which has no exchange that checks it.

use bankchannel::{CallOptions, Result};

/// Runs local work of a call with this request id: checks the id first, and adds it to the context of an error.
///
/// # Errors
/// `input.invalid_field` for `request_id`; those of the work.
pub fn with_request_id<T>(request_id: Option<String>, work: impl FnOnce() -> Result<T>) -> Result<T> {
    if request_id.is_none() {
        // Making options costs more than many a computation.
        return work();
    }
    let options = CallOptions { request_id, ..CallOptions::default() };
    options.check_request_id().and_then(|()| work()).map_err(|error| options.add_request_id(error))
}
