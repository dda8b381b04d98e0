//! Turns errors into exceptions: ordinary Python classes, found by category.

use std::panic::{AssertUnwindSafe, catch_unwind};

use bankchannel_bridge::Error;
use pyo3::{
    exceptions::{PyMemoryError, PyRecursionError, PyRuntimeError},
    intern,
    prelude::*,
    types::PyTuple,
};

use crate::{
    interpreter::with_room,
    plan::{self, Plan},
};

/// The exception of an error, with all its details.
pub(crate) fn raised(py: Python<'_>, error: &Error) -> PyErr {
    raised_by(py, error, None, false)
}

/// The same for an error of an operation: the finished part has the form of the call's response.
///
/// If a signal handler raises meanwhile, its exception is the result, and that of the error is its cause. A shortage of
/// memory that has passed hides nothing.
pub(crate) fn raised_by(py: Python<'_>, error: &Error, plan: Option<&Bound<'_, Plan>>, typed: bool) -> PyErr {
    let (mut interrupt, mut short) = (None, None);
    for _ in 0..ATTEMPTS {
        let made = with_room(py, || catch_unwind(AssertUnwindSafe(|| exception_of(py, error, plan, typed))));
        // Where memory is short, PyO3 panics.
        let made = made.unwrap_or_else(|_| Err(PyMemoryError::new_err(())));
        match (made, interrupt.take()) {
            (Ok(made), None) => return PyErr::from_value(made),
            (Ok(made), Some(interrupt)) => return caused(py, interrupt, PyErr::from_value(made)),
            (Err(why), first) if is_short(py, &why) => (interrupt, short) = (first, Some(why)),
            (Err(why), first) => interrupt = Some(first.unwrap_or(why)),
        }
    }
    let interrupt = interrupt.or(short);
    // The package around this module is missing or broken: raise the error's text.
    let text = PyRuntimeError::new_err(error.to_string());
    text.set_cause(py, interrupt);
    text
}

/// A handler interrupts at most once per signal; what fails as often as this is not interrupted but broken.
const ATTEMPTS: usize = 16;

/// Whether an exception says that memory or stack are used up.
fn is_short(py: Python<'_>, why: &PyErr) -> bool {
    why.is_instance_of::<PyMemoryError>(py) || why.is_instance_of::<PyRecursionError>(py)
}

/// Calls a function of the package with some more room below the recursion limit: it makes an error.
#[pyfunction]
#[pyo3(signature = (function, *arguments))]
pub(crate) fn in_room<'py>(
    function: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    with_room(function.py(), || function.call1(arguments))
}

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
