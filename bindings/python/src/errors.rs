//! Turns errors into exceptions: ordinary Python classes, found by category.

use bankchannel_bridge::Error;
use pyo3::{exceptions::PyRuntimeError, intern, prelude::*};

use crate::plan::{self, Plan};

/// The exception of an error, with all its details.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    raised_by(py, error, None, false)
}

/// The same for an error of an operation: what the call had finished has the form of its response.
pub(crate) fn raised_by(py: Python<'_>, error: &Error, plan: Option<&Bound<'_, Plan>>, typed: bool) -> PyErr {
    let made = py.import(intern!(py, "bankchannel._errors")).and_then(|module| {
        let details = plan::plain(py, error.to_json_without_response().into())?;
        let exception = module.getattr(intern!(py, "from_details"))?.call1((details,))?;
        if let Some(partial) = error.partial_response_value() {
            let partial = plan::answer(py, partial.clone(), plan, typed, None)?;
            exception.setattr(intern!(py, "partial_response"), partial)?;
        }
        Ok(exception)
    });
    match made {
        Ok(exception) => PyErr::from_value(exception),
        // The package around this module is missing or broken: raise the error's text.
        Err(_) => PyRuntimeError::new_err(error.to_string()),
    }
}
