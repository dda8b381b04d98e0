//! An embedded counterpart.

use std::{
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use bankchannel_bridge::{self as bridge, Error, row};
use pyo3::{
    prelude::*,
    pybacked::PyBackedBytes,
    types::{PyDict, PyString},
};

use crate::{
    at_exit::remove_folders_at_exit,
    client::given_content,
    errors::raised,
    given,
    interpreter::with_room,
    plan::{self, Plan},
};

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

    /// Carries out a declared order; the answer is of the classes of its declaration, and `None` if it says nothing.
    #[pyo3(signature = (name, request, content=None, content_path=None))]
    fn order<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
        request: &Bound<'py, PyDict>,
        content: Option<PyBackedBytes>,
        content_path: Option<PathBuf>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let text = name.to_str()?;
        let entry =
            bridge::BridgeServer::declared_order(text).ok_or_else(|| raised(py, &bridge::unknown_operation(text)))?;
        let in_order = |error: Error| error.in_operation(entry.declaration.name);
        let request =
            given::fields(request, Some(entry.request)).map_err(|refused| refused.raised(py, in_order))?.into();
        let content = given_content(content, content_path);
        let answer = py.detach(|| self.with(|server| server.order(entry, request, content))?.wait());
        let answer = answer.map_err(|error| raised(py, &error))?;
        if entry.response.fields().is_empty() {
            return Ok(py.None().into_bound(py));
        }
        let plan = Plan::find(py, name)?;
        with_room(py, || plan::answer(py, answer, plan.as_ref(), true, None))
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
