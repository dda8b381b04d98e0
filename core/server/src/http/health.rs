//! `GET /healthz` and `GET /readyz`, for supervisors and load balancers: without authentication, outside the base path,
//! answered from memory.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use http::{Method, Request, Response, StatusCode, header};
use serde_json::json;

use super::{
    answer::{self, AnswerBody},
    observed::ObservedRequest,
};

/// Whether the process responds at all.
pub(super) const HEALTH: &str = "/healthz";
/// Whether the server should receive requests.
const READINESS: &str = "/readyz";

/// Whether a server should receive requests.
#[derive(Debug, Default)]
pub struct ServerReadiness {
    draining: AtomicBool,
    outgrown: AtomicBool,
    fault: Mutex<Option<&'static str>>,
}

impl ServerReadiness {
    /// Marks the server as about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Sets or clears the dependency that is missing (`storage`, `full`, `database`).
    pub fn set_fault(&self, fault: Option<&'static str>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Sets whether a newer program has brought the data to a version that this one cannot use (`schema`).
    pub fn set_outgrown(&self, is_outgrown: bool) {
        let text =
            "a newer program has brought the data to a version that this one cannot use: not ready; stop this one";
        if is_outgrown && !self.outgrown.swap(true, Ordering::AcqRel) {
            tracing::error!(target: "bankchannel::life", "{text}");
        } else if !is_outgrown {
            self.outgrown.store(false, Ordering::Release);
        }
    }

    /// The dependency that is missing.
    pub fn fault(&self) -> Option<&'static str> {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server should receive requests.
    pub fn is_ready(&self) -> bool {
        self.reason().is_none()
    }

    /// Why the server should not receive requests.
    fn reason(&self) -> Option<&'static str> {
        if self.draining.load(Ordering::Acquire) {
            return Some("draining");
        }
        let outgrown = self.outgrown.load(Ordering::Acquire).then_some("schema");
        self.fault().or(outgrown)
    }
}

/// The response to a request for one of the two paths; `None` for any other path.
pub fn answer<B>(request: &Request<B>, readiness: &ServerReadiness) -> Option<Response<AnswerBody>> {
    let path = request.uri().path();
    if path != HEALTH && path != READINESS {
        return None;
    }
    if let Some(observed) = ObservedRequest::of(request.extensions()) {
        observed.note(|facts| {
            facts.operation = if path == HEALTH { "healthz" } else { "readyz" };
            facts.is_probe = true;
        });
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut refused = answer::empty(StatusCode::METHOD_NOT_ALLOWED);
        refused.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("GET, HEAD"));
        return Some(refused);
    }
    let (status, body) = match readiness.reason().filter(|_| path == READINESS) {
        None if path == READINESS => (StatusCode::OK, json!({ "ready": true })),
        None => (StatusCode::OK, json!({ "alive": true })),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, json!({ "ready": false, "reason": reason })),
    };
    Some(answer::json(status, body.to_string()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_server_is_alive_while_it_is_not_ready() {
        let readiness = ServerReadiness::default();
        let status = |method: &str, path: &str| {
            let request = Request::builder().method(method).uri(path).body(()).unwrap();
            answer(&request, &readiness).map(|answer| answer.status().as_u16())
        };
        assert_eq!((status("GET", HEALTH), status("HEAD", READINESS)), (Some(200), Some(200)));
        assert_eq!(
            (status("POST", HEALTH), status("GET", "/v2/healthz"), status("GET", "/readyz/")),
            (Some(405), None, None)
        );
        readiness.set_fault(Some("storage"));
        assert_eq!((status("GET", HEALTH), status("GET", READINESS)), (Some(200), Some(503)));
        readiness.set_fault(None);
        assert_eq!(status("GET", READINESS), Some(200));
        readiness.set_outgrown(true);
        assert_eq!((readiness.reason(), status("GET", READINESS)), (Some("schema"), Some(503)));
        readiness.set_fault(Some("database"));
        assert_eq!(readiness.reason(), Some("database"), "what is away comes first");
        readiness.set_fault(None);
        readiness.set_outgrown(false);
        assert_eq!(status("GET", READINESS), Some(200));
        readiness.drain();
        assert_eq!((status("GET", HEALTH), status("GET", READINESS)), (Some(200), Some(503)));
    }
}
