//! A third party with test certificates, and the checks of its bank.

use bankchannel::{
    message::Request,
    nextgen_psd2::{MakeCertificatesRequest, MakeCertificatesResponse, NextGenPsd2, NextGenPsd2Settings},
};
use bankchannel_nextgen_psd2::{
    certificates::Certificate,
    signing::SigningDialect,
    verify::{Policy, RequestVerifier, VerifiedRequest},
};
use serde_json::{Value, json};

use crate::support::{Seen, Server};

/// The certificates of a third party, made once for all tests.
pub(crate) fn made() -> &'static MakeCertificatesResponse {
    static MADE: std::sync::OnceLock<MakeCertificatesResponse> = std::sync::OnceLock::new();
    MADE.get_or_init(|| {
        let maker = NextGenPsd2::new(NextGenPsd2Settings::default()).unwrap();
        let request: MakeCertificatesRequest = maker.complete(json!({})).unwrap();
        maker.make_certificates(request).unwrap()
    })
}

/// Settings for this bank, changed by these members; null removes a setting.
pub(crate) fn settings(base_url: &str, more: Value) -> Value {
    let made = made();
    let mut settings = json!({
        "base_url": base_url,
        "certificate": made.qseal_certificate,
        "private_key": made.qseal_key.expose(),
    });
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            settings.as_object_mut().unwrap().remove(name);
        } else {
            settings[name] = value.clone();
        }
    }
    settings
}

pub(crate) fn client(server: &Server) -> NextGenPsd2 {
    client_with(server, json!({}))
}

pub(crate) fn client_with(server: &Server, more: Value) -> NextGenPsd2 {
    NextGenPsd2::from_json(settings(&server.base_url, more)).unwrap()
}

/// The result of a bank's checks of a request that has arrived.
pub(crate) fn checked(seen: &Seen, dialect: SigningDialect) -> VerifiedRequest {
    let mut text = seen.head.clone().into_bytes();
    text.extend_from_slice(b"\r\n\r\n");
    text.extend_from_slice(&seen.body);
    let request = Request::parse(&text).unwrap();
    let authority = Certificate::from_pem(&made().authority_certificate).unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    RequestVerifier::new(vec![authority]).verify(&request, &Policy::at(i64::try_from(now).unwrap(), dialect))
}
