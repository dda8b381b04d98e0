//! An embedded counterpart.

use std::sync::{Mutex, PoisonError};

use bankchannel_bridge::{self as bridge, Error, row};
use pyo3::{prelude::*, types::PyDict};

use crate::{at_exit::remove_folders_at_exit, errors::raised, given, plan};

/// A running server. It stops when it is closed or collected.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct Server {
    server: Mutex<bridge::BridgeServer>,
    process: u32,
}

#[pymethods]
impl Server {
    /// Starts a counterpart with its options.
    #[new]
    fn new(py: Python<'_>, kind: &str, options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let options = given::fields(options, bridge::BridgeServer::options_shape(kind))
            .map_err(|refused| refused.raised(py, |error| error))?
            .into();
        remove_folders_at_exit();
        py.detach(|| bridge::BridgeServer::start(kind, options))
            .map(|server| Self { server: Mutex::new(server), process: std::process::id() })
            .map_err(|error| raised(py, &error))
    }

    /// The content of its readiness line.
    fn info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let info = py.detach(|| self.with(|server| server.info())).map_err(|error| raised(py, &error))?;
        plan::plain(py, info)
    }

    /// Carries out an order of the control interface.
    fn control<'py>(&self, py: Python<'py>, order: &str, request: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyAny>> {
        let request = given::fields(request, None).map_err(|refused| refused.raised(py, |error| error))?.into();
        let answer = py.detach(|| self.with(|server| server.control(order, request))?.wait());
        plan::plain(py, answer.map_err(|error| raised(py, &error))?)
    }

    /// Stops it.
    fn stop(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| self.with(bridge::BridgeServer::stop)).map_err(|error| raised(py, &error))
    }
}

impl Server {
    fn with<T>(&self, work: impl FnOnce(&mut bridge::BridgeServer) -> Result<T, Error>) -> Result<T, Error> {
        if self.process != std::process::id() {
            // A thread of the parent may have held the lock at the fork.
            return Err(Error::new(&row::FORKED));
        }
        work(&mut self.server.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
