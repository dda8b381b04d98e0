//! Errors become exceptions: ordinary Python classes, found by category.

use bankchannel_bridge::Error;
use pyo3::{exceptions::PyRuntimeError, prelude::*};

/// The exception of an error, with all its details.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let made = py
        .import("bankchannel._errors")
        .and_then(|module| module.getattr("from_json")?.call1((error.to_json().to_string(),)));
    match made {
        Ok(exception) => PyErr::from_value(exception),
        // The package around this module is missing or broken: say what there is to say.
        Err(_) => PyRuntimeError::new_err(error.to_string()),
    }
}
