//! Short forms for the common parts of this protocol's routes.

use bankchannel_foundation::{error::joined_rows, operation::OperationKind, prelude::*};

use crate::{PROTOCOL, errors};

/// The client's time limit (§8.1).
const TIMEOUT_S: u32 = 30;
/// The client's time limit for calls in which the service waits up to 60 s for a bank (§6.9).
const BANK_TIMEOUT_S: u32 = 90;

/// Error statuses of a public route.
const PUBLIC_FAILURES: &[u16] = &[400, 408, 413, 429, 500, 503, 507];
/// Error statuses of a route that needs a session.
const SESSION_FAILURES: &[u16] = &[400, 401, 403, 408, 413, 429, 500, 503, 507];
/// Error statuses of a route that calls a bank.
const BANK_FAILURES: &[u16] = &[400, 401, 403, 408, 413, 429, 500, 502, 503, 504, 507];

/// Errors of every route that needs a session.
pub(crate) const SESSION_ERRORS: &[&ErrorRow] = &[
    &errors::NOT_LOGGED_IN,
    &errors::SESSION_EXPIRED,
    &errors::SESSION_REFUSED,
    &errors::ACCOUNT_DISABLED,
    &errors::NOT_VERIFIED,
    &errors::API_KEY_REFUSED,
    &errors::USER_UNKNOWN,
];
/// Errors of a route that is limited to one mode.
pub(crate) const MODE_ERRORS: &[&ErrorRow] = &joined_rows::<8>(&[SESSION_ERRORS, &[&errors::MODE_REFUSED]]);
/// Errors of a route that is limited to the API key's owner.
pub(crate) const OWNER_ERRORS: &[&ErrorRow] = &joined_rows::<9>(&[MODE_ERRORS, &[&errors::OWNER_ONLY]]);
/// Errors of a route that calls a bank.
pub(crate) const BANK_ERRORS: &[&ErrorRow] = &[
    &errors::BANK_UNKNOWN,
    &errors::NO_BANK_CHANNEL,
    &errors::BANK_REFUSED,
    &errors::BANK_UNAVAILABLE,
    &errors::ENTITLEMENT,
];

/// The declaration of an exchange.
pub(crate) const fn exchange(name: &'static str, subject: &'static str) -> Declaration {
    Declaration::new(OperationKind::Exchange, PROTOCOL, subject, name)
}

/// The declaration of a local operation.
pub(crate) const fn local(name: &'static str, subject: &'static str) -> Declaration {
    Declaration::new(OperationKind::Local, PROTOCOL, subject, name)
}

/// A route without a session.
pub(crate) const fn public(wire_name: &'static str, method: Method, path: &'static str) -> Route {
    Route {
        wire_name,
        method,
        path,
        parameters: parameters(method),
        success: 200,
        failures: PUBLIC_FAILURES,
        repeat: repeat(method),
        audited: !matches!(method, Method::Get),
        timeout_s: TIMEOUT_S,
        request_content: None,
        response_content: None,
    }
}

/// A route that needs a session.
pub(crate) const fn session(wire_name: &'static str, method: Method, path: &'static str) -> Route {
    Route { failures: SESSION_FAILURES, ..public(wire_name, method, path) }
}

/// Adds the failures of a bank call to a route.
pub(crate) const fn at_bank(route: Route) -> Route {
    Route { failures: BANK_FAILURES, timeout_s: BANK_TIMEOUT_S, ..route }
}

const fn parameters(method: Method) -> Parameters {
    match method {
        Method::Get => Parameters::Query,
        Method::Post | Method::Put | Method::Delete => Parameters::Body,
    }
}

/// §8.1: a GET may be repeated, anything else only after a 429.
const fn repeat(method: Method) -> Repeat {
    match method {
        Method::Get => Repeat::Safe,
        Method::Post | Method::Put | Method::Delete => Repeat::AfterRateLimit,
    }
}
