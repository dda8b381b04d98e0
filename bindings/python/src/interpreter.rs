//! Values of each interpreter of the process: servers such as mod_wsgi run every application in an interpreter
//! of its own, with classes of its own. And the room that an interpreter gets for an error.

#![allow(unsafe_code)] // PyO3 wraps neither an interpreter's number nor its recursion limit: this is the one place that asks.

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

    /// Drops the object of this interpreter; the next use makes another.
    pub(crate) fn forget(&self, py: Python<'_>) {
        let interpreter = number(py);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = all.iter().position(|(of, _)| *of == interpreter);
        let dropped = at.map(|at| all.swap_remove(at));
        // Freed after the lock: Python may run in it.
        drop(all);
        drop(dropped);
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

/// The calls that the making of a result or an error needs, with the import of its module.
const ROOM: i32 = 200;

/// Works with some more room below the recursion limit: a program that is near it gets the result of its call, or the
/// error of it, in place of a `RecursionError` that says nothing of a payment.
pub(crate) fn with_room<T>(_attached: Python<'_>, work: impl FnOnce() -> T) -> T {
    /// Takes back exactly the added part: others may add the same meanwhile.
    struct Room(i32);
    impl Drop for Room {
        fn drop(&mut self) {
            change_limit(-self.0);
        }
    }
    // SAFETY: this thread is attached to an interpreter, as the token proves; the function only reads.
    let limit = unsafe { ffi::Py_GetRecursionLimit() };
    let room = Room(ROOM.min(i32::MAX.saturating_sub(limit)));
    change_limit(room.0);
    work()
}

/// Changes the recursion limit of the interpreter that runs here.
fn change_limit(by: i32) {
    // SAFETY: `with_room` is called by a thread that is attached to an interpreter; both functions only read and set a number.
    unsafe { ffi::Py_SetRecursionLimit(ffi::Py_GetRecursionLimit().saturating_add(by)) }
}

/// The number of the interpreter that runs here.
fn number(_attached: Python<'_>) -> i64 {
    // SAFETY: this thread is attached to an interpreter, as the token proves; both functions only read.
    unsafe { ffi::PyInterpreterState_GetID(ffi::PyInterpreterState_Get()) }
}
