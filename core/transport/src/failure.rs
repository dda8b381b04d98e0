//! The meaning of a failed attempt: the party at fault, and how far it came.

use std::{error::Error as _, sync::atomic::Ordering};

use bankchannel_foundation::{CallOutcome, Error, error::row};

use crate::{network::AttemptProgress, proxies::ProxyName};

/// The error of a request without an answer, to a server at this address.
pub(crate) fn sending(
    error: reqwest::Error,
    progress: &AttemptProgress,
    (address, proxy): (&str, Option<&ProxyName>),
) -> Error {
    // The URL contains e-mail addresses and phone numbers.
    let error = error.without_url();
    let causes = causes(&error);
    if let Some(given) = own(&error) {
        // The content could not be read to its end, so the end of the body was never written: no server accepts a
        // truncated body as a whole one, and sending it again is safe.
        return given.with_outcome(CallOutcome::NotSent);
    }
    if error.is_connect() {
        let row = if is_tls(&error) { &row::TLS_FAILED } else { &row::CONNECT_FAILED };
        let made = match proxy {
            Some(proxy) => {
                Error::because(row, format!("{} {} ({address}: {causes})", row.text, told_by(proxy, &causes)))
                    .with("proxy", &proxy.address)
            }
            None => Error::because(row, format!("{} ({address}: {causes})", row.text)),
        };
        return made.with("address", address).with_outcome(CallOutcome::NotSent).with_source(error);
    }
    if error.is_builder() {
        return Error::because(&row::CONFIGURATION, format!("the request cannot be built: {causes}"))
            .with_outcome(CallOutcome::NotSent)
            .with_source(error);
    }
    // A truncated body is never accepted as a whole one, whatever broke the connection.
    let outcome = if progress.whole.load(Ordering::SeqCst) { CallOutcome::Unknown } else { CallOutcome::NotSent };
    if error.is_timeout() {
        return silent(address).with_outcome(outcome).with_source(error);
    }
    // In TLS 1.3, a client certificate is requested after the handshake: its refusal shows up as a lost connection.
    let row = if is_tls(&error) { &row::TLS_FAILED } else { &row::CONNECTION_LOST };
    Error::because(row, format!("{} ({address}: {causes})", row.text))
        .with("address", address)
        .with_outcome(outcome)
        .with_source(error)
}

/// The error of a server that says nothing for longer than `read_timeout_s`.
fn silent(address: &str) -> Error {
    Error::because(&row::TIMED_OUT, format!("{address} was silent for longer than read_timeout_s"))
        .with("address", address)
}

/// The proxy's part in a connection that could not be made, although it opened the way before. Of a refusal the
/// HTTP library tells 407 alone.
fn told_by(ProxyName { address, source, .. }: &ProxyName, causes: &str) -> String {
    if causes.contains("proxy authorization required") {
        format!("The proxy {address} of {source} asks for a user and a password, or for others (status 407).")
    } else if causes.contains("tunnel error: unsuccessful") {
        format!("The proxy {address} of {source} opened no way to the server: it refuses, or does not reach it.")
    } else {
        format!("The way was through the proxy {address} of {source}.")
    }
}

/// The error of an answer of the server at this address that was cut off.
pub(crate) fn receiving(error: reqwest::Error, success: bool, address: &str) -> Error {
    let error = error.without_url();
    let outcome = if success { CallOutcome::Accepted } else { CallOutcome::Unknown };
    if error.is_timeout() {
        return silent(address).with_outcome(outcome).with_source(error);
    }
    let text = format!("the connection to {address} broke during the answer ({})", causes(&error));
    Error::because(&row::CONNECTION_LOST, text).with("address", address).with_outcome(outcome).with_source(error)
}

/// The chain of causes on one line, without URLs.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut parts: Vec<String> = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if parts.last() != Some(&text) {
            parts.push(text);
        }
        cause = inner.source();
    }
    parts.join(": ")
}

fn chain<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source())
}

fn is_tls(error: &reqwest::Error) -> bool {
    chain(error)
        .any(|cause| cause.is::<rustls::Error>() || cause.downcast_ref::<std::io::Error>().is_some_and(holds_tls))
}

/// The source of an I/O error is that of its inner error, so the inner one must be checked itself; it may be an I/O
/// error again.
fn holds_tls(error: &std::io::Error) -> bool {
    error.get_ref().is_some_and(|inner| {
        inner.is::<rustls::Error>() || inner.downcast_ref::<std::io::Error>().is_some_and(holds_tls)
    })
}

/// An error of our own that passed through the HTTP library: for example, an unreadable file.
fn own(error: &reqwest::Error) -> Option<Error> {
    chain(error).find_map(|cause| cause.downcast_ref::<Error>().cloned())
}
