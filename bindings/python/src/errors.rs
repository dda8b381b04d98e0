//! Turns errors into exceptions: ordinary Python classes, found by category.

use bankchannel_bridge::Error;
use pyo3::{exceptions::PyRuntimeError, intern, prelude::*};

use crate::plan::{self, Plan};

/// The exception of an error, with all its details.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    raised_by(py, error, None, false)
}

/// The same for an error of an operation: what the call had finished has the form of its response.
///
/// If a signal handler raises meanwhile, its exception is the result, and that of the error is its cause.
pub(crate) fn raised_by(py: Python<'_>, error: &Error, plan: Option<&Bound<'_, Plan>>, typed: bool) -> PyErr {
    let mut interrupt = None;
    for _ in 0..ATTEMPTS {
        match (exception_of(py, error, plan, typed), interrupt) {
            (Ok(made), None) => return PyErr::from_value(made),
            (Ok(made), Some(interrupt)) => return caused(py, interrupt, PyErr::from_value(made)),
            (Err(why), first) => interrupt = Some(first.unwrap_or(why)),
        }
    }
    // The package around this module is missing or broken: raise the error's text.
    let text = PyRuntimeError::new_err(error.to_string());
    text.set_cause(py, interrupt);
    text
}

/// A handler interrupts at most once per signal; what fails as often as this is not interrupted but broken.
const ATTEMPTS: usize = 16;

fn exception_of<'py>(
    py: Python<'py>,
    error: &Error,
    plan: Option<&Bound<'_, Plan>>,
    typed: bool,
) -> PyResult<Bound<'py, PyAny>> {
    let details = plan::plain(py, error.to_json_without_response().into())?;
    let module = py.import(intern!(py, "bankchannel._errors"))?;
    let exception = module.getattr(intern!(py, "from_details"))?.call1((details,))?;
    if let Some(partial) = error.partial_response_value() {
        let partial = plan::answer(py, partial.clone(), plan, typed, None)?;
        exception.setattr(intern!(py, "partial_response"), partial)?;
    }
    Ok(exception)
}

/// The caller's own exception, with this cause.
pub(crate) fn caused(py: Python<'_>, interrupt: PyErr, cause: PyErr) -> PyErr {
    interrupt.set_cause(py, Some(cause));
    interrupt
}
