//! A customer behind a URL: the user's own program, which signs in and answers on the bank's page.

use std::time::{Duration, Instant};

use bankchannel_foundation::{
    Error, Result,
    message::{Body, Headers, OutRequest},
};
use bankchannel_transport::{TlsSettings, Transport, TransportSettings};
use serde_json::json;

use super::ActingCustomer;

/// The time limit for its action on a page.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The maximum size of an answer, in bytes: it may forward a page of the bank. Only its status counts.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// Posts `{"url"}` to `URL/approve` or `URL/deny`; a status of 200 to 299 means success. HTTPS, or HTTP on loopback;
/// `ca_file` has additional certificate authorities to trust.
///
/// # Errors
/// `configuration.invalid` for the URL.
pub(super) fn at_url(url: &str, ca_file: Option<&str>) -> Result<Box<ActingCustomer>> {
    let tls = TlsSettings { ca_file: ca_file.map(Into::into), ..TlsSettings::default() };
    let settings = TransportSettings {
        base_url: url.to_owned(),
        tls,
        max_answer_bytes: MAX_ANSWER,
        ..TransportSettings::default()
    };
    let transport = Transport::new(&settings).map_err(|why| Error::invalid_setting("psu_url", why.message()))?;
    Ok(Box::new(move |page, approves| {
        let transport = transport.clone();
        Box::pin(async move { post(&transport, &page, approves).await })
    }))
}

async fn post(transport: &Transport, page: &str, approves: bool) -> Result<(), String> {
    let target = if approves { "/approve" } else { "/deny" }.to_owned();
    let body = Body::json_text(json!({ "url": page }).to_string());
    let message = OutRequest { method: "POST".to_owned(), target, headers: Headers::default(), body };
    match transport.once(&message, &[], Some(Instant::now() + TIMEOUT)).await {
        Ok(answer) if (200..300).contains(&answer.status) => Ok(()),
        Ok(answer) => Err(format!("psu_url answered with status {}", answer.status)),
        Err(why) => Err(format!("psu_url: {why}")),
    }
}
