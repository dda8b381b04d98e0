//! A call that is resumed by its caller.

use std::{
    path::PathBuf,
    sync::{Mutex, TryLockError},
    time::Duration,
};

use bankchannel_bridge::{self as bridge, Error, Event, How, Reply, Secret, Take, row};
use bytes::Bytes;
use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    pybacked::PyBackedBytes,
    types::{PyBytes, PyTuple},
};

use crate::{Cancel, Client, errors::raised};

/// How long Python is left waiting at a time: Ctrl-C is heard after this at the latest.
const SLICE: Duration = Duration::from_millis(50);

/// A running call; one thread at a time resumes it.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct Call(Mutex<bridge::Call>);

#[pymethods]
impl Call {
    /// Begins a call. Of a request's content and a response's destination at most one form each is given.
    #[new]
    #[pyo3(signature = (client, name, request, *, timeout_ms=-1, cancel=None, content=None, content_path=None,
                        content_pieces=false, destination_path=None, replace=false, destination_pieces=false))]
    #[allow(clippy::too_many_arguments)] // one keyword each on the Python side
    fn new(
        py: Python<'_>,
        client: &Client,
        name: &str,
        request: &str,
        timeout_ms: i64,
        cancel: Option<&Cancel>,
        content: Option<PyBackedBytes>,
        content_path: Option<PathBuf>,
        content_pieces: bool,
        destination_path: Option<PathBuf>,
        replace: bool,
        destination_pieces: bool,
    ) -> Self {
        let how = How {
            timeout_ms,
            cancel: cancel.map(|token| token.0.clone()).unwrap_or_default(),
            content: match (content, content_path) {
                // Python's bytes never change, so they are lent, not copied.
                (Some(bytes), _) => Take::Bytes(Bytes::from_owner(bytes)),
                (None, Some(path)) => Take::Path(path),
                (None, None) if content_pieces => Take::Pieces,
                (None, None) => Take::Default,
            },
            destination: match destination_path {
                Some(path) if replace => Take::Replace(path),
                Some(path) => Take::Path(path),
                None if destination_pieces => Take::Pieces,
                None => Take::Default,
            },
        };
        // An operation that only computes is carried out in here, so the lock is released here too.
        let client = client.0.clone();
        Self(Mutex::new(py.detach(|| bridge::Call::begin(&client, name, request.as_bytes(), how))))
    }

    /// Gives a reply (`go`, `answer`, `piece`, `end`, `fail`) and waits for what comes next: `("response", json, content)`,
    /// `("ask", kind, text, choices, secret)`, `("want_piece",)` or `("piece", bytes)`. A failure is raised.
    #[pyo3(signature = (reply, data=None))]
    fn resume<'py>(
        &self,
        py: Python<'py>,
        reply: &str,
        data: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let reply = reply_of(reply, data)?;
        let mut guard = match self.0.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(raised(py, &Error::invalid_field("call", "is being resumed by another thread")));
            }
        };
        let call: &mut bridge::Call = &mut guard;
        call.reply(reply).map_err(|error| raised(py, &error))?;
        loop {
            if let Some(event) = py.detach(|| call.wait(SLICE)) {
                return told(py, event);
            }
            if let Err(interrupt) = py.check_signals() {
                call.cancel();
                return Err(interrupt);
            }
        }
    }

    /// Cancels this call, from any thread.
    fn cancel(&self) {
        // Whoever holds the lock is waiting for the call: its own token reaches it. This one is for a call at rest.
        if let Ok(call) = self.0.try_lock() {
            call.cancel();
        }
    }
}

fn reply_of(reply: &str, data: Option<Bound<'_, PyAny>>) -> PyResult<Reply> {
    Ok(match (reply, data) {
        ("go", None) => Reply::Go,
        ("end", None) => Reply::End,
        ("answer", Some(text)) => Reply::Answer(Secret::new(text.extract::<String>()?)),
        ("piece", Some(bytes)) => Reply::Piece(Bytes::from_owner(bytes.extract::<PyBackedBytes>()?)),
        ("fail", None) => Reply::Fail(Error::because(&row::CANCELLED, "the caller's own code failed")),
        _ => return Err(PyValueError::new_err("no such reply")),
    })
}

fn told(py: Python<'_>, event: Event) -> PyResult<Bound<'_, PyTuple>> {
    match event {
        Event::Response { json, content } => {
            ("response", json, content.map(|bytes| PyBytes::new(py, &bytes))).into_pyobject(py)
        }
        Event::Failed(error) => Err(raised(py, &error)),
        Event::Ask(question) => {
            let secret = question.secret.as_ref().map(Secret::expose);
            ("ask", question.kind, question.text, question.choices, secret).into_pyobject(py)
        }
        Event::WantPiece => ("want_piece",).into_pyobject(py),
        Event::Piece(bytes) => ("piece", PyBytes::new(py, &bytes)).into_pyobject(py),
    }
}
