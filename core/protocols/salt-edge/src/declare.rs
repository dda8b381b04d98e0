//! Short forms for the declarations of both protocols.

use bankchannel_foundation::{
    operation::{Ask, OperationKind},
    prelude::*,
};

use crate::{connector, hub};

/// A client's time limit, in seconds.
const TIMEOUT_S: u32 = 30;
/// The failure statuses of a connector's answers (§6.1, §6.3).
const CONNECTOR_FAILURES: &[u16] = &[400, 401, 404, 405, 429, 431, 500, 503];
/// The failure statuses of the hub's answers (§3.7).
const HUB_FAILURES: &[u16] = &[400, 401, 404, 405, 406, 413, 429, 500, 503];

/// An exchange that the hub starts.
pub(crate) const fn of_hub(subject: &'static str, name: &'static str) -> Declaration {
    Declaration {
        errors: hub::errors::ANSWERED,
        ..Declaration::new(OperationKind::Exchange, hub::PROTOCOL, subject, name)
    }
}

/// An exchange that a connector starts.
pub(crate) const fn of_connector(subject: &'static str, name: &'static str) -> Declaration {
    Declaration {
        // A client without a key asks for each signature.
        asks: &[Ask::Signature { of: None }],
        ..Declaration::new(OperationKind::Exchange, connector::PROTOCOL, subject, name)
    }
}

/// A local operation of a connector.
pub(crate) const fn local(subject: &'static str, name: &'static str) -> Declaration {
    Declaration::new(OperationKind::Local, connector::PROTOCOL, subject, name)
}

/// A route that a connector serves.
pub(crate) const fn to_connector(wire_name: &'static str, method: Method, path: &'static str, repeat: Repeat) -> Route {
    route(wire_name, method, path, repeat, CONNECTOR_FAILURES)
}

/// A route that the hub serves.
pub(crate) const fn to_hub(wire_name: &'static str, method: Method, path: &'static str, repeat: Repeat) -> Route {
    route(wire_name, method, path, repeat, HUB_FAILURES)
}

const fn route(
    wire_name: &'static str,
    method: Method,
    path: &'static str,
    repeat: Repeat,
    failures: &'static [u16],
) -> Route {
    Route {
        wire_name,
        method,
        path,
        // They are sent in the JWT, whatever the method.
        parameters: Parameters::Body,
        success: 200,
        failures,
        repeat,
        audited: !matches!(method, Method::Get),
        timeout_s: TIMEOUT_S,
        request_content: None,
        response_content: None,
    }
}
