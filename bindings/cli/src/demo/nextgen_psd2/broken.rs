//! A request with a signature that is wrong in one byte: the digest's name in the wrong case, a common client mistake.

use std::path::Path;

use bankchannel::{
    CancellationToken, Clock as _, Secret, SystemClock,
    message::{Headers, Request},
    nextgen_psd2::{
        certificates::Certificate,
        signing::{self, ParameterSeparator, SignatureHeader, SigningDialect, SigningProfile},
    },
};
use bankchannel_crypto::{random::uuid_v4, signature::SigningKey, unlocked_private_key};
use bankchannel_foundation::message::{Body, InResponse, OutRequest};
use bankchannel_transport::{ContentSink, TlsSettings, Transport, TransportSettings};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::customer::plan;
use crate::{CommandFailure, CommandOutcome};

/// The third party's files.
pub(super) struct Files<'a> {
    pub(super) certificates: &'a Path,
    pub(super) ca_file: &'a Path,
}

impl Files<'_> {
    fn read(&self, name: &str) -> CommandOutcome<String> {
        let path = self.certificates.join(name);
        std::fs::read_to_string(&path).map_err(|why| CommandFailure::usage(format!("{}: {why}", path.display())))
    }
}

/// Sends one to the bank and returns its answer.
pub(super) async fn send(base_url: &str, files: &Files<'_>) -> CommandOutcome<InResponse> {
    let failed = |why: String| CommandFailure::usage(format!("the broken request: {why}"));
    let certificate =
        Certificate::from_pem(&files.read("tpp1-qseal.pem")?).map_err(|fault| failed(fault.to_string()))?;
    let key = SigningKey::from_pem(&files.read("tpp1-qseal.key")?, None).map_err(|fault| failed(fault.to_string()))?;
    let identity = Secret::new(format!(
        "{}\n{}",
        files.read("tpp1-qwac.pem")?,
        unlocked_private_key(&files.read("tpp1-qwac.key")?, None).map_err(|fault| failed(fault.to_string()))?.as_str()
    ));
    let settings = TransportSettings {
        base_url: base_url.to_owned(),
        tls: TlsSettings {
            ca_file: Some(files.ca_file.to_owned()),
            client_identity: Some(identity),
            only_ca_file: true,
        },
        ..TransportSettings::default()
    };
    let request = signed_wrongly(&certificate, &key).map_err(failed)?;
    let body = Body::literal(request.body.clone());
    let message = OutRequest { target: "/v1/user/verification".to_owned(), ..request.with_body(body) };
    let transport = Transport::new(&settings)?;
    Ok(transport.exchange(&message, plan(&CancellationToken::new(), &mut ContentSink::memory(0), &mut None)).await?)
}

/// Signs a text with `sha-256=` although the header has `SHA-256=`.
fn signed_wrongly(certificate: &Certificate, key: &SigningKey) -> Result<Request, String> {
    let profile = SigningProfile { dialect: SigningDialect::Era, ..SigningProfile::default() };
    let mut headers = Headers::default();
    headers.push("Content-Type", "application/json");
    headers.push("Accept", "application/json");
    let body = r#"{"PSU-ID":"psu-7f3a91","PSUPersonalIdentifier":"nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8="}"#;
    let request = Request {
        method: "POST".to_owned(),
        target: "/api/v1/user/verification".to_owned(),
        headers,
        body: body.into(),
    };
    let now_s = SystemClock::default().now_s();
    let prepared =
        signing::prepare(request, certificate, &profile, now_s, &uuid_v4()).map_err(|fault| fault.to_string())?;
    let right = String::from_utf8(prepared.signing_string.bytes).map_err(|why| why.to_string())?;
    let wrong = right.replace("digest: SHA-256=", "digest: sha-256=");
    let signature = key.sign_pkcs1(profile.signature_hash, wrong.as_bytes()).map_err(|fault| fault.to_string())?;
    let header = SignatureHeader {
        key_id: prepared.key_id,
        algorithm: Some("rsa-sha256".to_owned()),
        headers: Some(prepared.names),
        signature: STANDARD.encode(signature),
    };
    let mut request = prepared.request;
    request.headers.set("Signature", header.to_text(ParameterSeparator::Comma.text()));
    Ok(request)
}
