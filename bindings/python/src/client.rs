//! A client handle, and local operations.

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_bridge::{self as bridge, Content, Error, operations, row};
use bytes::Bytes;
use pyo3::{
    prelude::*,
    pybacked::PyBackedBytes,
    types::{PyBytes, PyDict, PyString},
};

use crate::{
    errors::raised,
    given,
    interpreter::with_room,
    plan::{self, Plan},
};

/// A client handle.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct Client(Mutex<Option<bridge::BridgeClient>>);

#[pymethods]
impl Client {
    /// Makes a client of a protocol from its settings; with `env`, missing settings come from the environment.
    #[new]
    #[pyo3(signature = (protocol, settings, env=false))]
    fn new(py: Python<'_>, protocol: &str, settings: &Bound<'_, PyDict>, env: bool) -> PyResult<Self> {
        let mut settings = given::fields(settings, operations::settings_shape(protocol))
            .map_err(|refused| refused.raised(py, |error| error))?;
        settings.insert("protocol", protocol.to_owned());
        let make = if env { bridge::BridgeClient::from_env } else { bridge::BridgeClient::new };
        let made = py.detach(|| make(settings.into()));
        made.map(|client| Self(Mutex::new(Some(client)))).map_err(|error| raised(py, &error))
    }

    /// Runs a local operation synchronously.
    #[pyo3(signature = (name, request, typed=true, content=None, content_path=None, request_id=None))]
    #[allow(clippy::too_many_arguments)] // one keyword each on the Python side
    fn local<'py>(
        &self,
        py: Python<'py>,
        name: &Bound<'py, PyString>,
        request: &Bound<'py, PyDict>,
        typed: bool,
        content: Option<PyBackedBytes>,
        content_path: Option<PathBuf>,
        request_id: Option<String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let client = self.open().map_err(|error| match name.to_str() {
            Ok(name) => raised(py, &placed(error, name)),
            Err(error) => error,
        })?;
        compute(py, Some(&client), name, request, typed, (content, content_path), request_id)
    }

    /// The time limit of an exchange in seconds if the call has none; `None` for operations without a limit.
    fn limit(&self, name: &str) -> Option<f64> {
        self.open().ok()?.limit(name).map(|limit| limit.as_secs_f64())
    }

    /// The settings that may be shown, as names and texts; `None` for a closed client.
    fn described(&self) -> Option<Vec<(&'static str, String)>> {
        self.open().ok().map(|client| client.described())
    }

    /// Closes it; its connections are closed when the calls that use them have ended.
    fn close(&self) {
        let closed = self.place().take();
        drop(closed);
    }
}

impl Client {
    /// The client, unless it was closed.
    pub(crate) fn open(&self) -> Result<bridge::BridgeClient, Error> {
        self.place().clone().ok_or_else(|| Error::because(&row::CLOSED, "this client was closed"))
    }

    // Locked and released with the interpreter's lock held, so a fork never finds it locked.
    fn place(&self) -> MutexGuard<'_, Option<bridge::BridgeClient>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a local operation synchronously, without a client.
#[pyfunction]
#[pyo3(signature = (name, request, typed=true, content=None, content_path=None))]
pub(crate) fn local<'py>(
    py: Python<'py>,
    name: &Bound<'py, PyString>,
    request: &Bound<'py, PyDict>,
    typed: bool,
    content: Option<PyBackedBytes>,
    content_path: Option<PathBuf>,
) -> PyResult<Bound<'py, PyAny>> {
    compute(py, None, name, request, typed, (content, content_path), None)
}

/// A row as one line of JSON with its line end.
#[pyfunction]
pub(crate) fn line<'py>(
    py: Python<'py>,
    name: &str,
    field: &str,
    row: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyBytes>> {
    let value = given::row(field, row, plan::item_shape(name, field))
        .map_err(|refused| refused.raised(py, |error| placed(error, name)))?;
    let mut text = value.to_json();
    text.push('\n');
    Ok(PyBytes::new(py, text.as_bytes()))
}

fn compute<'py>(
    py: Python<'py>,
    client: Option<&bridge::BridgeClient>,
    name: &Bound<'py, PyString>,
    request: &Bound<'py, PyDict>,
    typed: bool,
    content: (Option<PyBackedBytes>, Option<PathBuf>),
    request_id: Option<String>,
) -> PyResult<Bound<'py, PyAny>> {
    let text = name.to_str()?;
    let fault = |error: Error| raised(py, &placed(error, text));
    let content = given_content(content.0, content.1);
    let plan = Plan::find(py, name)?;
    let request = given::fields(request, operations::request_shape(text))
        .map_err(|refused| refused.raised(py, |error| placed(error, text)))?;
    let work = || match client {
        Some(client) => client.local(text, request.into(), content),
        None => bridge::local(text, request.into(), content),
    };
    let answered = py.detach(|| bridge::with_request_id(request_id, work));
    let answer = answered.map_err(fault)?;
    with_room(py, || plan::answer(py, answer, plan.as_ref(), typed, None))
}

/// The content of a request that is carried out at once.
pub(crate) fn given_content(bytes: Option<PyBackedBytes>, path: Option<PathBuf>) -> Option<Content> {
    // Python's bytes never change, so they are borrowed, not copied.
    bytes.map(|bytes| Content::Bytes(Bytes::from_owner(bytes))).or_else(|| path.map(Content::from))
}

/// Adds the operation's name to an error that was found before it began.
pub(crate) fn placed(error: Error, name: &str) -> Error {
    match plan::declared(name) {
        Some(name) if error.operation().is_none() => error.in_operation(name),
        _ => error,
    }
}
