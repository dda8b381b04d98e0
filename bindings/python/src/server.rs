//! An embedded counterpart.

use std::sync::{Mutex, PoisonError};

use bankchannel_bridge as bridge;
use pyo3::prelude::*;

use crate::errors::raised;

/// A running server. It stops when it is closed or collected.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct Server(Mutex<bridge::Server>);

#[pymethods]
impl Server {
    /// Starts a counterpart with its options as JSON.
    #[new]
    fn new(py: Python<'_>, kind: &str, options: &str) -> PyResult<Self> {
        py.detach(|| bridge::Server::start(kind, options.as_bytes()))
            .map(|server| Self(Mutex::new(server)))
            .map_err(|error| raised(py, &error))
    }

    /// What its readiness line says, as JSON.
    fn info(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).info()).map_err(|error| raised(py, &error))
    }

    /// Stops it.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.0.lock().unwrap_or_else(PoisonError::into_inner).stop()).map_err(|error| raised(py, &error))
    }
}
