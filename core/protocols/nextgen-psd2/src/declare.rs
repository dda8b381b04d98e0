//! Short forms for the declarations of this protocol.

use bankchannel_foundation::{
    operation::{Ask, OperationKind},
    prelude::*,
};

use crate::{PROTOCOL, errors};

/// The command group of all its operations.
const SUBJECT: &str = "psd2";

/// A client's time limit, in seconds.
const TIMEOUT_S: u32 = 30;

/// The failure statuses of a bank's answers (§3.2, §5).
const FAILURES: &[u16] = &[400, 401, 403, 404, 405, 406, 408, 409, 413, 415, 429, 431, 500, 503];

/// The errors of any signed request.
pub(crate) const SIGNED: &[&ErrorRow] = &[
    &errors::SIGNATURE_REFUSED,
    &errors::CERTIFICATE_REFUSED,
    &errors::ROLE_REFUSED,
    &errors::TIMESTAMP_REFUSED,
    &errors::FORMAT_REFUSED,
    &errors::SERVICE_REFUSED,
    &errors::RESOURCE_UNKNOWN,
    &errors::REFUSED,
    &errors::BANK_FAILED,
];

/// The errors of a request that names a customer.
pub(crate) const FOR_CUSTOMER: &[&ErrorRow] = &[
    &errors::SIGNATURE_REFUSED,
    &errors::CERTIFICATE_REFUSED,
    &errors::ROLE_REFUSED,
    &errors::TIMESTAMP_REFUSED,
    &errors::FORMAT_REFUSED,
    &errors::PSU_REFUSED,
    &errors::SERVICE_REFUSED,
    &errors::RESOURCE_UNKNOWN,
    &errors::REFUSED,
    &errors::BANK_FAILED,
    &errors::LINK_REFUSED,
];

/// The errors of a request that names or uses a consent.
pub(crate) const WITH_CONSENT: &[&ErrorRow] = &[
    &errors::SIGNATURE_REFUSED,
    &errors::CERTIFICATE_REFUSED,
    &errors::ROLE_REFUSED,
    &errors::TIMESTAMP_REFUSED,
    &errors::FORMAT_REFUSED,
    &errors::PSU_REFUSED,
    &errors::CONSENT_NEEDED,
    &errors::CONSENT_UNKNOWN,
    &errors::CONSENT_INVALID,
    &errors::ACCESS_EXCEEDED,
    &errors::SERVICE_REFUSED,
    &errors::RESOURCE_UNKNOWN,
    &errors::REFUSED,
    &errors::BANK_FAILED,
    &errors::LINK_REFUSED,
];

/// The dialects that have an operation.
pub(crate) const ERA: &[&str] = &["era"];
/// See [`ERA`].
pub(crate) const BG: &[&str] = &["bg"];
/// See [`ERA`].
pub(crate) const BOTH: &[&str] = &["era", "bg"];

/// The role for reading accounts.
pub(crate) const AISP: &[&str] = &["AISP"];
/// The roles of which one is enough.
pub(crate) const AISP_OR_PISP: &[&str] = &["AISP", "PISP"];

/// The declaration of a local operation.
pub(crate) const fn local(name: &'static str) -> Declaration {
    Declaration::new(OperationKind::Local, PROTOCOL, SUBJECT, name)
}

/// The declaration of an exchange.
pub(crate) const fn exchange(name: &'static str) -> Declaration {
    Declaration {
        // A client without a key asks for each signature.
        asks: &[Ask::Signature { of: None }],
        ..Declaration::new(OperationKind::Exchange, PROTOCOL, SUBJECT, name)
    }
}

/// The route of a signed request.
pub(crate) const fn route(wire_name: &'static str, method: Method, path: &'static str, success: u16) -> Route {
    Route {
        wire_name,
        method,
        path,
        parameters: match method {
            Method::Get | Method::Delete => Parameters::Query,
            Method::Post | Method::Put => Parameters::Body,
        },
        success,
        failures: FAILURES,
        // A request that leads to a question to the customer must not be repeated.
        repeat: match method {
            Method::Get | Method::Delete => Repeat::Safe,
            Method::Post | Method::Put => Repeat::Never,
        },
        audited: !matches!(method, Method::Get),
        timeout_s: TIMEOUT_S,
        request_content: None,
        response_content: None,
    }
}
