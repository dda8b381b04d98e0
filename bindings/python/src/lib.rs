//! The Python extension module `bankchannel._native`: thin over the bridge.
//!
//! The package around it gives people typed methods; here are a client, a call that is resumed, a token that
//! cancels, and a server. No Python code runs on a thread of ours, and no lock of Python's is held while waiting.

mod call;
mod errors;
mod server;

use bankchannel_bridge as bridge;
use pyo3::prelude::*;

use crate::errors::raised;

/// A client handle.
#[pyclass(frozen, module = "bankchannel._native")]
struct Client(bridge::Client);

#[pymethods]
impl Client {
    /// Makes a client of a protocol from its settings as JSON.
    #[new]
    fn new(py: Python<'_>, protocol: &str, settings: &str) -> PyResult<Self> {
        // There is one protocol yet; the name is asked for so that callers need not change when there are more.
        if protocol != "ws-channel" {
            return Err(raised(py, &bridge::Error::invalid_field("protocol", "must be `ws-channel`")));
        }
        bridge::Client::new(settings.as_bytes()).map(Self).map_err(|error| raised(py, &error))
    }
}

/// Stops calls, from any thread.
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

    /// Whether it was cancelled.
    #[getter]
    fn cancelled(&self) -> bool {
        self.0.is_cancelled()
    }
}

/// The catalogue as JSON text.
#[pyfunction]
fn catalogue() -> String {
    bridge::catalogue_json()
}

/// The native half of the package.
#[pymodule(name = "_native")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Client>()?;
    module.add_class::<Cancel>()?;
    module.add_class::<call::Call>()?;
    module.add_class::<server::Server>()?;
    module.add_function(wrap_pyfunction!(catalogue, module)?)?;
    module.add("VERSION", bridge::VERSION)?;
    module.add("ABI_VERSION", bridge::ABI_VERSION)
}
