//! Turns errors into exceptions: ordinary Python classes, found by category.

use bankchannel_bridge::Error;
use pyo3::{exceptions::PyRuntimeError, intern, prelude::*};

use crate::plan;

/// The exception of an error, with all its details.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    let made = py.import(intern!(py, "bankchannel._errors")).and_then(|module| {
        let details = plan::plain(py, error.to_json().into())?;
        module.getattr(intern!(py, "from_details"))?.call1((details,))
    });
    match made {
        Ok(exception) => PyErr::from_value(exception),
        // The package around this module is missing or broken: raise the error's text.
        Err(_) => PyRuntimeError::new_err(error.to_string()),
    }
}
