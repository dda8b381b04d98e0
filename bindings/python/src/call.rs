//! A call that is resumed by its caller: on a thread that waits, or for an event loop.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::{
    Cancel,
    client::{Client, placed},
    errors::{caused, raised, raised_by},
    given,
    hub::EventHub,
    interpreter::with_room,
    plan::{self, Plan},
    received::Received,
};
use bankchannel_bridge::{
    self as bridge, CallEvent, CallParameters, CallReply, ContentTransfer, Error, LogLevel, LogRecord, Secret, Value,
    operations, row,
};
use bytes::Bytes;
use pyo3::{
    IntoPyObjectExt,
    exceptions::PyValueError,
    intern,
    prelude::*,
    pybacked::PyBackedBytes,
    types::{PyBytes, PyDict, PyString, PyTuple},
};

/// The longest wait of the main thread at a time: Ctrl-C is noticed after this at the latest.
const SLICE: Duration = Duration::from_millis(50);

/// The number of such waits that an interrupted call gets to report its outcome.
const ENDING: u32 = 100;

/// A running call; one thread at a time resumes it.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct Call(Arc<Running>);

/// A call, and the form of its answer.
pub(crate) struct Running {
    // Taken out while a thread waits for it.
    call: Mutex<Option<bridge::BridgeCall>>,
    cancel: bridge::Cancel,
    /// The process that began it.
    process: u32,
    name: Py<PyString>,
    plan: Option<Py<Plan>>,
    typed: bool,
    destination: Option<PathBuf>,
    /// Bytes of content that were sent piece by piece.
    written: AtomicU64,
    /// Its end, once it has been told.
    ended: OnceLock<CallEnd>,
    /// Its result, once it has been made: an interrupt may come before the caller has it.
    result: OnceLock<Py<PyAny>>,
}

/// The end of a call.
enum CallEnd {
    Succeeded,
    Failed(Error),
}

#[pymethods]
impl Call {
    /// Begins a call. At most one form of a request's content and one of a response's destination are given.
    #[new]
    #[pyo3(signature = (client, name, request, *, typed=true, timeout_ms=None, cancel=None, log=false, content=None,
                        content_path=None, content_pieces=false, destination_path=None, replace=false,
                        destination_pieces=false, progress=false, request_id=None, asks_nobody=false, retries=None, with_response=false,
                        hooks=false, traceparent=None))]
    #[allow(clippy::too_many_arguments)] // one keyword each on the Python side
    fn new(
        py: Python<'_>,
        client: &Client,
        name: &Bound<'_, PyString>,
        request: &Bound<'_, PyDict>,
        typed: bool,
        timeout_ms: Option<i64>,
        cancel: Option<&Cancel>,
        log: bool,
        content: Option<PyBackedBytes>,
        content_path: Option<PathBuf>,
        content_pieces: bool,
        destination_path: Option<PathBuf>,
        replace: bool,
        destination_pieces: bool,
        progress: bool,
        request_id: Option<String>,
        asks_nobody: bool,
        retries: Option<u32>,
        with_response: bool,
        hooks: bool,
        traceparent: Option<String>,
    ) -> PyResult<Self> {
        let text = name.to_str()?;
        let fault = |error: Error| raised(py, &placed(error, text));
        let client = client.open().map_err(fault)?;
        // Before anything is sent: a package whose types do not match this library could not return a success.
        let plan = Plan::find(py, name)?.map(Bound::unbind);
        let request = given::fields(request, operations::request_shape(text))
            .map_err(|refused| refused.raised(py, |error| placed(error, text)))?;
        // The call's own token: cancelling it must not cancel everything else that uses the caller's token.
        let cancel = cancel.map(|token| token.0.child_token()).unwrap_or_default();
        let parameters = CallParameters {
            timeout_ms: timeout_ms.unwrap_or(-1),
            cancel: Some(cancel.clone()),
            content: match (content, content_path) {
                // Python's bytes never change, so they are borrowed, not copied.
                (Some(bytes), _) => ContentTransfer::Bytes(Bytes::from_owner(bytes)),
                (None, Some(path)) => ContentTransfer::Path(path),
                (None, None) if content_pieces => ContentTransfer::Pieces,
                (None, None) => ContentTransfer::Default,
            },
            destination: match destination_path.clone() {
                Some(path) if replace => ContentTransfer::Replace(path),
                Some(path) => ContentTransfer::Path(path),
                None if destination_pieces => ContentTransfer::Pieces,
                None => ContentTransfer::Default,
            },
            log,
            progress,
            hooks,
            request_id,
            asks_nobody,
            retries,
            with_response,
            traceparent,
        };
        // It only begins: releasing the interpreter's lock would cost more than it gains.
        let call = bridge::BridgeCall::begin(&client, text, request.into(), parameters);
        Ok(Self(Arc::new(Running {
            call: Mutex::new(Some(call)),
            cancel,
            process: std::process::id(),
            name: name.clone().unbind(),
            plan,
            typed,
            destination: destination_path,
            written: AtomicU64::new(0),
            ended: OnceLock::new(),
            result: OnceLock::new(),
        })))
    }

    /// Gives a reply (`go`, `answer`, `piece`, `end`, `fail`) and waits for the next event: the result, or one of the
    /// tuples `("ask", kind, text, choices, secret, signature, request)`, `("want_piece",)`, `("piece", bytes)` and
    /// `("progress", text, (direction, bytes, total), (step, steps, file, files), fraction)`. A failure is raised. `watch` is for the main thread, which checks for
    /// Ctrl-C.
    #[pyo3(signature = (reply, data=None, watch=true))]
    fn resume<'py>(
        &self,
        py: Python<'py>,
        reply: &str,
        data: Option<Bound<'py, PyAny>>,
        watch: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reply = reply_of(reply, data)?;
        let mut taken = TakenCall(&self.0, Some(self.0.take().map_err(|error| raised(py, &error))?));
        let Some(call) = taken.1.as_mut() else { return Err(PyValueError::new_err("no call")) };
        if !watch {
            let event = py.detach(|| call.resume(reply)).map_err(|error| raised(py, &error))?;
            return self.0.event_object(py, event);
        }
        call.reply(reply).map_err(|error| raised(py, &error))?;
        loop {
            if let Some(event) = py.detach(|| call.wait(SLICE)) {
                return self.0.event_object(py, event);
            }
            if let Err(interrupt) = py.check_signals() {
                return Err(self.0.interrupted(py, call, interrupt));
            }
        }
    }

    /// Gives a reply and returns at once; the next event arrives in the hub, under this ticket.
    #[pyo3(signature = (hub, ticket, reply, data=None))]
    fn resume_in(
        &self,
        py: Python<'_>,
        hub: &EventHub,
        ticket: u64,
        reply: &str,
        data: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let reply = reply_of(reply, data)?;
        let runtime = bridge::runtime().map_err(|error| raised(py, &error))?;
        let mut call = self.0.take().map_err(|error| raised(py, &error))?;
        let (running, arrivals) = (Arc::clone(&self.0), hub.arrivals());
        runtime.spawn(async move {
            let event = call.resume_async(reply).await.unwrap_or_else(CallEvent::Failed);
            running.give_back(call);
            arrivals.push(ticket, event, running);
        });
        Ok(())
    }

    /// Cancels this call, from any thread. In a forked child it does nothing.
    fn cancel(&self) {
        self.0.cancel();
    }

    /// The error that tells how the call ended, for an exception of the caller's that has hidden it; `None` if it has not
    /// ended.
    fn ending<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let Some(ended) = self.0.ended.get() else { return Ok(None) };
        let error = match ended {
            CallEnd::Succeeded => after_success(),
            CallEnd::Failed(error) => error.clone(),
        };
        let ending = self.0.placed(py, error).into_value(py).into_bound(py).into_any();
        if let Some(result) = self.0.result.get() {
            ending.setattr(intern!(py, "partial_response"), result)?;
        }
        Ok(Some(ending))
    }

    /// The answers to the call's exchanges so far, as dicts.
    fn exchanges<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let taken = self.0.place().as_ref().map(bridge::BridgeCall::take_exchanges).unwrap_or_default();
        plan::plain(py, bridge::exchanges_json(&taken).into())
    }

    /// The log records since the last call: levels as numbers of `logging`, texts, and the facts in them.
    fn log<'py>(&self, py: Python<'py>) -> PyResult<Vec<LogEntry<'py>>> {
        self.0.log(py)
    }
}

/// A log record: its level, its text and its facts.
pub(crate) type LogEntry<'py> = (u8, String, Bound<'py, PyAny>);

/// Puts a call back on every path.
struct TakenCall<'a>(&'a Running, Option<bridge::BridgeCall>);

impl Drop for TakenCall<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.1.take() {
            self.0.give_back(call);
        }
    }
}

impl Running {
    fn place(&self) -> MutexGuard<'_, Option<bridge::BridgeCall>> {
        self.call.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Result<bridge::BridgeCall, Error> {
        self.place().take().ok_or_else(|| Error::invalid_field("call", "is being resumed by another thread"))
    }

    fn cancel(&self) {
        // In a forked child the token may be locked for ever by a thread of the parent.
        if self.process == std::process::id() {
            self.cancel.cancel();
        }
    }

    fn give_back(&self, call: bridge::BridgeCall) {
        *self.place() = Some(call);
    }

    pub(crate) fn log<'py>(&self, py: Python<'py>) -> PyResult<Vec<LogEntry<'py>>> {
        let records = self.place().as_ref().map(bridge::BridgeCall::drain_log).unwrap_or_default();
        let entry = |record: LogRecord| {
            let fields = plan::plain(py, serde_json::Value::Object(record.fields_json()).into())?;
            Ok((python_level(record.level), record.line.text, fields))
        };
        records.into_iter().map(entry).collect()
    }

    /// Ends a call because a signal handler raised an exception: the outcome of the call is the cause of that
    /// exception.
    fn interrupted(&self, py: Python<'_>, call: &mut bridge::BridgeCall, interrupt: PyErr) -> PyErr {
        self.cancel();
        for _ in 0..ENDING {
            let ended = match py.detach(|| call.wait(SLICE)) {
                Some(CallEvent::Failed(error)) => error,
                Some(CallEvent::Response { value, .. }) => after_success().with_partial_response_value(value),
                // It asked just before: it ends after any reply.
                Some(event) => {
                    let reply = match event {
                        CallEvent::Piece(_) | CallEvent::Progress(_) | CallEvent::Exchange(_) => CallReply::Go,
                        _ => CallReply::Fail(Error::new(&row::CANCELLED)),
                    };
                    match call.reply(reply) {
                        Ok(()) => continue,
                        Err(error) => error,
                    }
                }
                None => match py.check_signals() {
                    Ok(()) => continue,
                    // A second interrupt ends the wait.
                    Err(again) => return caused(py, again, self.placed(py, unknown())),
                },
            };
            return caused(py, interrupt, self.placed(py, ended));
        }
        caused(py, interrupt, self.placed(py, unknown()))
    }

    /// An event in Python: the result, a tuple, or an exception.
    pub(crate) fn event_object<'py>(&self, py: Python<'py>, event: CallEvent) -> PyResult<Bound<'py, PyAny>> {
        let tuple = match event {
            CallEvent::Response { value, content } => {
                let _ = self.ended.set(CallEnd::Succeeded);
                let result = with_room(py, || self.answered(py, value, content))?;
                let _ = self.result.set(result.clone().unbind());
                return Ok(result);
            }
            CallEvent::Failed(error) => {
                let _ = self.ended.set(CallEnd::Failed(error.clone()));
                return Err(self.placed(py, error));
            }
            CallEvent::Ask(question) => {
                let secret = question.secret.as_ref().map(Secret::expose);
                let signature = question
                    .signature
                    .as_ref()
                    .map(|asked| (asked.algorithm, PyBytes::new(py, &asked.digest), &asked.key_fingerprint));
                let request = question.request.as_ref().map(Value::to_json);
                ("ask", question.kind, &question.text, &question.choices, secret, signature, request).into_pyobject(py)
            }
            CallEvent::WantPiece => ("want_piece",).into_pyobject(py),
            CallEvent::Piece(bytes) => {
                self.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
                ("piece", copied(py, &bytes)?).into_pyobject(py)
            }
            CallEvent::Exchange(stage) => {
                ("exchange", plan::plain(py, bridge::exchange_json(&stage).into())?).into_pyobject(py)
            }
            CallEvent::Progress(progress) => {
                let direction = progress.direction.map(bridge::ProgressDirection::as_str);
                let moved = (direction, progress.bytes, progress.total);
                let parts = (progress.step, progress.steps, progress.file, progress.files);
                ("progress", progress.text, moved, parts, progress.fraction).into_pyobject(py)
            }
        };
        tuple.map(Bound::<PyTuple>::into_any)
    }

    /// The exception of an error of this call.
    fn placed(&self, py: Python<'_>, error: Error) -> PyErr {
        let error = placed(error, self.name.bind(py).to_str().unwrap_or_default());
        raised_by(py, &error, self.plan.as_ref().map(|plan| plan.bind(py)), self.typed)
    }

    fn answered<'py>(
        &self,
        py: Python<'py>,
        answer: Value<'static>,
        content: Option<Bytes>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let plan = self.plan.as_ref().map(|plan| plan.bind(py));
        // Python's bytes own their memory: this is the only copy.
        let data = content.map(|bytes| copied(py, &bytes).map(Bound::unbind)).transpose()?;
        let received = |said: Option<u64>| {
            let data = data.as_ref().map(|data| data.bind(py).clone());
            let size = match &data {
                Some(data) => data.as_bytes().len() as u64,
                None => said.unwrap_or_else(|| self.written.load(Ordering::Relaxed)),
            };
            Received::from_parts(size, self.destination.clone(), data).into_py_any(py)
        };
        plan::answer(py, answer, plan, self.typed, Some(&received))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // Dropping the token locks it too.
            std::mem::forget(std::mem::take(&mut self.cancel));
        }
    }
}

/// Python's own bytes. Without the memory for them this fails, as in a program's own code.
fn copied<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, bytes.len(), |memory| {
        memory.copy_from_slice(bytes);
        Ok(())
    })
}

/// The end of a call that was interrupted too late.
fn after_success() -> Error {
    let message = "the call was interrupted after it had succeeded: do not repeat it";
    Error::because(&row::CANCELLED, message).with_outcome(bridge::CallOutcome::Accepted)
}

/// The end of a call that was not waited for.
fn unknown() -> Error {
    let message =
        "the call was interrupted, and its end was not waited for: find out what the peer has before a repeat";
    Error::because(&row::CANCELLED, message).with_outcome(bridge::CallOutcome::Unknown)
}

fn reply_of(reply: &str, data: Option<Bound<'_, PyAny>>) -> PyResult<CallReply> {
    Ok(match (reply, data) {
        ("go", None) => CallReply::Go,
        ("end", None) => CallReply::End,
        ("answer", Some(text)) => CallReply::Answer(Secret::new(text.extract::<String>()?)),
        ("piece", Some(bytes)) => CallReply::Piece(Bytes::from_owner(bytes.extract::<PyBackedBytes>()?)),
        ("fail", None) => CallReply::Fail(Error::because(&row::CANCELLED, "the caller's own code failed")),
        _ => return Err(PyValueError::new_err("no such reply")),
    })
}

fn python_level(level: LogLevel) -> u8 {
    match level {
        LogLevel::Debug => 10,
        LogLevel::Info => 20,
        LogLevel::Warning => 30,
    }
}
