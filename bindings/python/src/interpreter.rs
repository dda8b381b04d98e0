//! What is kept for each interpreter of the process: servers such as mod_wsgi run every application in an interpreter
//! of its own, with classes of its own.

#![allow(unsafe_code)] // PyO3 does not wrap the number of an interpreter: this is the one place that asks for it.

use std::sync::{Mutex, PoisonError};

use pyo3::{ffi, prelude::*, types::PyType};

/// An object of Python's for each interpreter. What an interpreter has left behind stays, as its number is not given
/// again.
pub(crate) struct PerInterpreter<T>(Mutex<Vec<(i64, Py<T>)>>);

impl<T> PerInterpreter<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The object of this interpreter; made at the first use.
    pub(crate) fn get_or_make<'py>(
        &self,
        py: Python<'py>,
        make: impl FnOnce() -> PyResult<Bound<'py, T>>,
    ) -> PyResult<Bound<'py, T>> {
        let interpreter = number(py);
        if let Some(found) = self.find(py, interpreter) {
            return Ok(found);
        }
        // Python may run in it: no lock is held.
        let made = make()?;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.push((interpreter, made.clone().unbind()));
        Ok(made)
    }

    // Locked and released with the interpreter's lock held, so a fork never finds it locked.
    fn find<'py>(&self, py: Python<'py>, interpreter: i64) -> Option<Bound<'py, T>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|(of, _)| *of == interpreter).map(|(_, object)| object.bind(py).clone())
    }
}

impl PerInterpreter<PyType> {
    /// The class of this name in this interpreter.
    pub(crate) fn import<'py>(&self, py: Python<'py>, module: &str, name: &str) -> PyResult<Bound<'py, PyType>> {
        self.get_or_make(py, || Ok(py.import(module)?.getattr(name)?.cast_into()?))
    }
}

/// The number of the interpreter that runs here.
fn number(_attached: Python<'_>) -> i64 {
    // SAFETY: this thread is attached to an interpreter, as the token proves; both functions only read.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) }
}
