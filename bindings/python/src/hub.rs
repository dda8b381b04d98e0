//! The place where events of an event loop's calls arrive.
//!
//! ```text
//!   our runtime ── push(ticket, event) ──► list ── one byte, if the list was empty ──► socket ──► the loop reads
//! ```
//!
//! The loop watches the socket like any other, and takes everything that has arrived. So none of our threads ever
//! enters the interpreter, and many answers wake the loop once. For a loop that watches no sockets, a thread of Python's
//! waits at it.

use std::{
    io::{self, Read, Write},
    net::Shutdown,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use bankchannel_bridge::CallEvent;
use pyo3::{
    exceptions::PyOSError,
    prelude::*,
    types::{PyBool, PyList},
};

use crate::{
    call::Running,
    platform::{self, Socket},
};

/// The place where events of an event loop's calls arrive.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct EventHub {
    arrivals: Arc<Arrivals>,
    readable: Socket,
    is_waited_at: AtomicBool,
}

/// Events that were not taken yet.
pub(crate) struct Arrivals {
    list: Mutex<Vec<Arrival>>,
    wake: Socket,
}

struct Arrival {
    ticket: u64,
    event: CallEvent,
    of: Arc<Running>,
}

#[pymethods]
impl EventHub {
    #[new]
    fn new() -> PyResult<Self> {
        let made = platform::pair().and_then(|(readable, wake)| {
            readable.set_nonblocking(true)?;
            wake.set_nonblocking(true)?;
            Ok((readable, wake))
        });
        let (readable, wake) = made.map_err(|why| PyOSError::new_err(why.to_string()))?;
        let arrivals = Arc::new(Arrivals { list: Mutex::default(), wake });
        Ok(Self { arrivals, readable, is_waited_at: AtomicBool::new(false) })
    }

    /// The socket's number, for the loop to watch.
    fn fileno(&self) -> i64 {
        platform::number(&self.readable)
    }

    /// In place of the loop's watching: waits for events. False once `stop` was called. From its first call on only it reads the socket.
    fn wait(&self, py: Python<'_>) -> PyResult<bool> {
        py.detach(|| {
            if !self.is_waited_at.swap(true, Ordering::Relaxed) {
                self.readable.set_nonblocking(false)?;
            }
            loop {
                match (&self.readable).read(&mut [0; 64]) {
                    Ok(read) => return Ok(read > 0),
                    Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
                    Err(why) => return Err(why),
                }
            }
        })
        .map_err(|why: io::Error| PyOSError::new_err(why.to_string()))
    }

    /// Ends `wait`.
    fn stop(&self) {
        let _ = self.arrivals.wake.shutdown(Shutdown::Write);
    }

    /// Takes all events: `(ticket, whether it failed, result or error, log)` each.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        // The bytes first: a later event writes its own byte.
        if !self.is_waited_at.load(Ordering::Relaxed) {
            let mut bytes = [0; 64];
            while matches!((&self.readable).read(&mut bytes), Ok(read) if read == bytes.len()) {}
        }
        let arrived = std::mem::take(&mut *self.arrivals.list());
        let taken = PyList::empty(py);
        for Arrival { ticket, event, of } in arrived {
            let log = of.log(py)?;
            let (failed, what) = match of.event_object(py, event) {
                Ok(result) => (false, result),
                Err(error) => (true, error.into_value(py).into_bound(py).into_any()),
            };
            taken.append((ticket, PyBool::new(py, failed), what, log))?;
        }
        Ok(taken)
    }
}

impl EventHub {
    pub(crate) fn arrivals(&self) -> Arc<Arrivals> {
        Arc::clone(&self.arrivals)
    }
}

impl Arrivals {
    pub(crate) fn push(&self, ticket: u64, event: CallEvent, of: Arc<Running>) {
        let mut list = self.list();
        list.push(Arrival { ticket, event, of });
        if list.len() == 1 {
            // A full socket wakes the loop as well; a closed one has no reader.
            let _ = (&self.wake).write(&[0]);
        }
    }

    fn list(&self) -> MutexGuard<'_, Vec<Arrival>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
