//! The Python extension module `bankchannel._native`: a thin layer over the bridge.
//!
//! The package around it provides typed methods; this crate has a client, a call that is resumed, the place where
//! events of an event loop's calls arrive, a cancellation token, a server, and the results. No Python code runs on our
//! threads, and no lock of Python's is held while waiting.

#[path = "../../at_exit.rs"]
mod at_exit;
mod building;
mod call;
mod client;
mod errors;
mod given;
mod hub;
mod interpreter;
mod lazy;
mod marked;
mod moments;
mod plan;
mod platform;
mod received;
mod record;
mod server;

use std::{ffi::OsString, path::PathBuf};

use bankchannel_bridge as bridge;
use pyo3::{
    exceptions::{PyOSError, PyTypeError},
    prelude::*,
};

/// Cancels calls, from any thread: pass it to a call as `cancel=`.
#[pyclass(frozen, module = "bankchannel._native")]
struct Cancel(bridge::Cancel);

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self(bridge::Cancel::new())
    }

    /// Cancels every call that was given this token, now and later.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// A copy could not be cancelled with it.
    #[allow(clippy::unused_self)] // Python calls it as a method
    fn __reduce__(&self) -> PyResult<()> {
        let why = "cannot pickle or copy Cancel: it belongs to its process; make one in each process";
        Err(PyTypeError::new_err(why))
    }

    /// Whether it was cancelled.
    #[getter]
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// The catalogue.
#[pyfunction]
fn catalogue(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
    plan::plain(py, bridge::operations::catalogue().into())
}

/// Whether an operation is local.
#[pyfunction]
fn is_local(name: &str) -> bool {
    bankchannel_bridge::operations::is_local(name)
}

/// Writes a secret into a new file that only its owner can read.
///
/// # Errors
/// `OSError`, as of `open`.
#[pyfunction]
fn save_secret(py: Python<'_>, path: PathBuf, text: &str) -> PyResult<()> {
    py.detach(|| bridge::save_secret(&path, text)).map_err(|why| match why.raw_os_error() {
        Some(code) => {
            let said = why.to_string();
            let words = said.split(" (os error").next().unwrap_or(&said).to_owned();
            // The last number is for Windows, where the first one follows from it.
            PyOSError::new_err((code, words, path.into_os_string(), code))
        }
        None => why.into(),
    })
}

/// Runs the command `bankchannel` and returns its exit code. It watches signals itself, and may end the process.
#[pyfunction]
fn run_command(py: Python<'_>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| bankchannel_command::run_command_in_library(arguments))
}

/// The native half of the package.
#[pymodule(name = "_native")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<client::Client>()?;
    module.add_class::<Cancel>()?;
    module.add_class::<call::Call>()?;
    module.add_class::<hub::EventHub>()?;
    module.add_class::<server::Server>()?;
    module.add_class::<record::Record>()?;
    module.add_class::<received::Received>()?;
    module.add_function(wrap_pyfunction!(catalogue, module)?)?;
    module.add_function(wrap_pyfunction!(is_local, module)?)?;
    module.add_function(wrap_pyfunction!(save_secret, module)?)?;
    module.add_function(wrap_pyfunction!(run_command, module)?)?;
    module.add_function(wrap_pyfunction!(plan::question, module)?)?;
    module.add_function(wrap_pyfunction!(plan::answer_text, module)?)?;
    module.add_function(wrap_pyfunction!(errors::in_room, module)?)?;
    module.add_function(wrap_pyfunction!(client::local, module)?)?;
    module.add_function(wrap_pyfunction!(client::line, module)?)?;
    module.add("VERSION", bridge::VERSION)?;
    module.add("ABI_VERSION", bridge::ABI_VERSION)
}
