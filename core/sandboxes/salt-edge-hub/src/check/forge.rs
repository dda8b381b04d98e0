//! Requests with a single error.

use bankchannel_crypto::{
    digest::hmac_sha256,
    jws::{signing_input, with_signature},
    signature::{Hash, SigningKey},
};
use bankchannel_foundation::clock::Clock as _;

use super::{
    super::requests::MadeRequest,
    checker::{CheckLook, ConnectorChecker, failed},
};

/// The usual header.
pub(super) const RS256: &str = r#"{"alg":"RS256"}"#;
/// The lifetime of a forged request, in seconds.
const LIFETIME_S: i64 = 60;

impl MadeRequest {
    /// The request without a header.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
        self
    }

    /// The request with the value of a header replaced.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        let mut changed = self.without(name);
        changed.headers.push((name.to_owned(), value.to_owned()));
        changed
    }

    /// The request with an additional header.
    pub(super) fn and(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The request with another JWT.
    pub(super) fn with_jwt(self, jwt: &str) -> Self {
        self.with("Authorization", &format!("Bearer {jwt}"))
    }
}

impl ConnectorChecker<'_> {
    pub(super) fn now_s(&self) -> i64 {
        self.hub.clock.now_s()
    }

    /// A valid envelope around this data.
    pub(super) fn payload(&self, data: &str) -> String {
        format!("{{\"data\":{data},\"exp\":{}}}", self.now_s() + LIFETIME_S)
    }

    /// A JWT with this header and payload, signed with RS256 and Salt Edge's key, whatever the header specifies.
    pub(super) fn forged(&self, header: &str, payload: &str) -> CheckLook<String> {
        signed(header, payload, &self.hub.keys.hub_key, Hash::Sha256)
    }

    /// The same, signed with the third party's key instead of Salt Edge's.
    pub(super) fn by_a_stranger(&self, payload: &str) -> CheckLook<String> {
        signed(RS256, payload, &self.hub.keys.third_party_key, Hash::Sha256)
    }

    /// The same, signed with another hash.
    pub(super) fn with_sha512(&self, payload: &str) -> CheckLook<String> {
        signed(r#"{"alg":"RS512"}"#, payload, &self.hub.keys.hub_key, Hash::Sha512)
    }

    /// HS256 with the public key as secret: accepted by verifiers that let the header choose the algorithm.
    pub(super) fn with_hmac(&self, payload: &str) -> CheckLook<String> {
        let pem = std::fs::read(&self.hub.keys.hub_public_key_file).unwrap_or_default();
        let input = signing_input(br#"{"alg":"HS256"}"#, payload.as_bytes());
        let mac = hmac_sha256(&pem, &[input.as_bytes()]);
        Ok(with_signature(input, &mac))
    }
}

/// `alg: none`, with an empty signature.
pub(super) fn unsigned(payload: &str) -> String {
    with_signature(signing_input(br#"{"alg":"none"}"#, payload.as_bytes()), b"")
}

fn signed(header: &str, payload: &str, key: &SigningKey, hash: Hash) -> CheckLook<String> {
    let input = signing_input(header.as_bytes(), payload.as_bytes());
    match key.sign_pkcs1(hash, input.as_bytes()) {
        Ok(signature) => Ok(with_signature(input, &signature)),
        Err(why) => failed(format!("the hub's key does not sign: {why}")),
    }
}
