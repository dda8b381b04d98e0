//! What a supervisor is told that started the service, such as systemd by a unit with `Type=notify`.

use std::{io, time::Duration};

use serde_json::Value;

use crate::{output, platform::SupervisorSocket};

/// For the supervisor's timer to be later than the service's own.
const SLACK: Duration = Duration::from_secs(10);

/// The supervisor, if there is one that wants to be told.
pub(super) struct Supervisor(Option<SupervisorSocket>);

impl Supervisor {
    /// The one of this process. To be called before the first thread is started: then no program that the service starts
    /// takes the supervisor for its own.
    pub(super) fn of_process() -> Self {
        Self(SupervisorSocket::take().unwrap_or_else(|why| {
            cannot(&why);
            None
        }))
    }

    /// The service answers, at the addresses of its readiness line.
    pub(super) fn tell_ready(&self, readiness: &Value) {
        let at = readiness.get("base_url").and_then(Value::as_str).map(|url| format!("\nSTATUS=Serving at {url}"));
        self.tell(&format!("READY=1{}", at.unwrap_or_default()));
    }

    /// The service stops, which takes this long at most: so much time the supervisor gives it, whatever its own limit is.
    pub(super) fn tell_stopping(&self, longest: Duration) {
        let (seconds, limit) = (longest.as_secs(), (longest + SLACK).as_micros());
        self.tell(&format!(
            "STOPPING=1\nEXTEND_TIMEOUT_USEC={limit}\nSTATUS=Stopping: requests in flight are finished, for {seconds} s at most"
        ));
    }

    fn tell(&self, message: &str) {
        if let Some(Err(why)) = self.0.as_ref().map(|socket| socket.tell(message)) {
            cannot(&why);
        }
    }
}

fn cannot(why: &io::Error) {
    output::print_note(&format!("warning: the supervisor that NOTIFY_SOCKET names cannot be told: {why}"));
}
