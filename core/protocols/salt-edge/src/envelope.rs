//! The envelope of every request in both directions: a JWT, signed with RS256, with `data`, `exp` and optionally `iss`
//! (§1.4, §6.1).

use std::fmt;

use bankchannel_crypto::{
    jws::{self, CompactJws},
    signature::{Hash, SigningKey, VerifyingKey},
};
use bankchannel_foundation::{
    json::{self, JsonFault},
    model::{Object, Value},
};

use serde_json::Number;

use crate::class::{RefusedRequest, of_connector as class};

/// The maximum length of a JWT in bytes, as it must fit into a request's header.
pub const MAX_BYTES: usize = 32 * 1024;
/// The default tolerance for clock differences, in seconds.
pub const LEEWAY_S: u32 = 30;
/// The default validity of a JWT that is signed here, in seconds.
pub const LIFETIME_S: i64 = 60;
/// The default issuer: Salt Edge.
pub const ISSUER: &str = "priora.saltedge.com";

/// The maximum nesting depth of header and payload.
const MAX_DEPTH: usize = 32;
/// The latest accepted time in seconds: integers up to this one are exact in every language.
const MAX_SECOND: u64 = 1 << 53;
/// The accepted key sizes, in bits (RFC 7518 §3.3; larger keys cost too much time).
pub const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The minimum size of a third party's key if short keys are allowed, in bits; the reference uses such a key.
const SHORT_BITS: usize = 1024;
const HEADER: &[u8] = br#"{"alg":"RS256"}"#;

/// The required value of `iss`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequiredIssuer {
    /// Any value.
    Any,
    /// This value, if there is an `iss` at all.
    Named(String),
}

/// Verifies envelopes.
#[derive(Debug, Clone)]
pub struct EnvelopeVerifier {
    keys: Vec<VerifyingKey>,
    /// The required issuer.
    pub issuer: RequiredIssuer,
    /// How long after `exp` an envelope is still accepted, in seconds.
    pub leeway_s: u32,
}

/// The reason why keys cannot be used for verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfitKeys {
    /// No key was given.
    None,
    /// A key with an unsuitable size.
    Size {
        /// Its size in bits.
        bits: usize,
        /// The minimum size in bits.
        least: usize,
    },
}

impl fmt::Display for UnfitKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("there is no key to verify with"),
            Self::Size { bits, least } => write!(f, "a key has {bits} bits, and must have {least} to {}", BITS.end()),
        }
    }
}

impl std::error::Error for UnfitKeys {}

/// An envelope whose signature was verified.
#[derive(Debug)]
pub struct OpenedEnvelope {
    /// The member `data`.
    pub data: Object<'static>,
    /// The end of its validity, in Unix seconds.
    pub exp: Option<i64>,
    /// When it was issued, in Unix seconds, if it says so.
    pub iat: Option<i64>,
    /// The refusal if it has expired.
    pub expired: Option<RefusedRequest>,
}

impl EnvelopeVerifier {
    /// A verifier of Salt Edge's requests, with the default issuer and leeway. The keys are Salt Edge's: one, or two
    /// while it changes from the old to the new.
    ///
    /// # Errors
    /// [`UnfitKeys`]: an unusable key is a mistake on this side, which the peer could not explain.
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, UnfitKeys> {
        if keys.is_empty() {
            return Err(UnfitKeys::None);
        }
        fit(&keys, *BITS.start())?;
        Ok(Self { keys, issuer: RequiredIssuer::Named(ISSUER.to_owned()), leeway_s: LEEWAY_S })
    }

    /// The same for a third party's envelope: any issuer is accepted, and with `short_keys` also keys of 1024 bits
    /// (§7).
    ///
    /// # Errors
    /// [`UnfitKeys`].
    pub fn of_third_party(keys: Vec<VerifyingKey>, short_keys: bool) -> Result<Self, UnfitKeys> {
        if keys.is_empty() {
            return Err(UnfitKeys::None);
        }
        let least = if short_keys { SHORT_BITS } else { *BITS.start() };
        fit(&keys, least)?;
        Ok(Self { keys, issuer: RequiredIssuer::Any, leeway_s: LEEWAY_S })
    }

    /// The same with another issuer and leeway, as far as given.
    #[must_use]
    pub fn with(mut self, issuer: Option<String>, leeway_s: Option<u32>) -> Self {
        if let Some(issuer) = issuer {
            self.issuer = RequiredIssuer::Named(issuer);
        }
        self.leeway_s = leeway_s.unwrap_or(self.leeway_s);
        self
    }

    /// Opens an envelope and returns its `data`. Checks in this order: format, algorithm, signature, `exp`, `iss`,
    /// `data`.
    ///
    /// # Errors
    /// A refusal at one of the steps 4 to 8. Until the signature is verified, only the header is read.
    pub fn open(&self, jwt: &str, now_s: i64) -> Result<Object<'static>, RefusedRequest> {
        self.open_unless(jwt, now_s, Err).map(|opened| opened.data)
    }

    /// The same, but accepts an expired envelope and returns the refusal for it together with the content. A missing or
    /// invalid `exp` is still refused.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_expired(&self, jwt: &str, now_s: i64) -> Result<OpenedEnvelope, RefusedRequest> {
        let mut expired = None;
        let mut opened = self.open_unless(jwt, now_s, |refusal| {
            expired = Some(refusal);
            Ok(())
        })?;
        opened.expired = expired;
        Ok(opened)
    }

    /// `late` decides about an expired envelope.
    fn open_unless(
        &self,
        jwt: &str,
        now_s: i64,
        late: impl FnOnce(RefusedRequest) -> Result<(), RefusedRequest>,
    ) -> Result<OpenedEnvelope, RefusedRequest> {
        let unreadable = |text: String| RefusedRequest::new(&class::JWT_DECODE_ERROR, 4, text);
        if jwt.len() > MAX_BYTES {
            return Err(unreadable(format!("the JWT has {} bytes, more than {MAX_BYTES}", jwt.len())));
        }
        let compact = CompactJws::split(jwt).map_err(|why| unreadable(format!("the JWT cannot be read: {why}")))?;
        check_header(&compact.header)?;
        // A short key is only present if it was allowed.
        let verifies = |key: &VerifyingKey| match BITS.contains(&key.bits()) {
            true => compact.verify(key, Hash::Sha256),
            false => compact.verify_short(key),
        };
        if !self.keys.iter().any(verifies) {
            let text = "the signature does not match the other side's key, or the signed data was changed";
            return Err(RefusedRequest::new(&class::JWT_VERIFICATION_ERROR, 5, text));
        }
        let mut claims = object(&compact.payload, "payload")?;
        if let Some(refusal) = self.check_time(claims.get("exp"), now_s)? {
            late(refusal)?;
        }
        self.check_issuer(claims.get("iss"))?;
        let second = |name| match claims.get(name) {
            Some(Value::Number(number)) => number.as_u64().and_then(|second| i64::try_from(second).ok()),
            _ => None,
        };
        let (exp, iat) = (second("exp"), second("iat"));
        match claims.remove("data").map(Value::into_owned) {
            Some(Value::Object(data)) => Ok(OpenedEnvelope { data, exp, iat, expired: None }),
            found => {
                let text = format!("data must be an object, and is {}", kind(found.as_ref()));
                Err(RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 8, text))
            }
        }
    }

    /// The refusal for an expired envelope.
    fn check_time(&self, exp: Option<&Value<'_>>, now_s: i64) -> Result<Option<RefusedRequest>, RefusedRequest> {
        let refused = |text: String| Err(RefusedRequest::new(&class::JWT_EXPIRED_SIGNATURE, 6, text));
        let whole = |number: &Number| number.as_u64().filter(|second| *second <= MAX_SECOND);
        let second = match exp {
            Some(Value::Number(number)) => whole(number).and_then(|second| i64::try_from(second).ok()),
            None => return refused("exp is missing: give the end of the request's validity in Unix seconds".into()),
            _ => None,
        };
        let Some(second) = second else {
            return refused(format!("exp must be a whole number of Unix seconds, 0 to {MAX_SECOND}"));
        };
        let late_s = now_s.saturating_sub(second.saturating_add(self.leeway_s.into()));
        if late_s >= 0 {
            let leeway_s = self.leeway_s;
            let text =
                format!("the JWT expired at {second}, and now it is {now_s}; {leeway_s} s of leeway are allowed");
            return Ok(Some(RefusedRequest::new(&class::JWT_EXPIRED_SIGNATURE, 6, text)));
        }
        Ok(None)
    }

    fn check_issuer(&self, iss: Option<&Value<'_>>) -> Result<(), RefusedRequest> {
        let RequiredIssuer::Named(issuer) = &self.issuer else { return Ok(()) };
        match iss {
            None => Ok(()),
            Some(Value::String(found)) if *found == *issuer => Ok(()),
            Some(_) => {
                Err(RefusedRequest::new(&class::JWT_DECODE_ERROR, 7, format!("iss must be {issuer}, or left out")))
            }
        }
    }
}

/// The text after `Bearer` and a space; `None` for text that does not start so.
#[must_use]
pub fn after_bearer(text: &str) -> Option<&str> {
    text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, jwt)| jwt)
}

/// Checks that all keys have a size from `least` up to the maximum.
fn fit(keys: &[VerifyingKey], least: usize) -> Result<(), UnfitKeys> {
    match keys.iter().map(VerifyingKey::bits).find(|bits| !(least..=*BITS.end()).contains(bits)) {
        Some(bits) => Err(UnfitKeys::Size { bits, least }),
        None => Ok(()),
    }
}

/// Signs an envelope around data. `exp` is in Unix seconds; there is no `iss`.
///
/// # Errors
/// The key fails to sign.
pub fn sign(data: Object<'_>, exp: i64, key: &SigningKey) -> bankchannel_crypto::Result<String> {
    UnsignedEnvelope::new(&Value::Object(data).to_json(), exp).signed(key)
}

/// An envelope without its signature, for keys that are kept elsewhere.
pub struct UnsignedEnvelope(String);

impl UnsignedEnvelope {
    /// An envelope around `data`, which is the text of a JSON object. `exp` is in Unix seconds.
    #[must_use]
    pub fn new(data: &str, exp: i64) -> Self {
        Self::issued(data, exp, None)
    }

    /// The same with the issuer in `iss`, if given.
    #[must_use]
    pub fn issued(data: &str, exp: i64, issuer: Option<&str>) -> Self {
        let payload = match issuer {
            None => format!("{{\"data\":{data},\"exp\":{exp}}}"),
            Some(issuer) => {
                let issuer = Value::String(issuer.into()).to_json();
                format!("{{\"data\":{data},\"exp\":{exp},\"iss\":{issuer}}}")
            }
        };
        Self(jws::signing_input(HEADER, payload.as_bytes()))
    }

    /// Signs with a local key and returns the JWT.
    ///
    /// # Errors
    /// The key fails to sign.
    pub fn signed(self, key: &SigningKey) -> bankchannel_crypto::Result<String> {
        let signature = key.sign_pkcs1(Hash::Sha256, self.bytes())?;
        Ok(self.complete(&signature))
    }

    /// The bytes to sign with RS256.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Adds the signature and returns the JWT.
    #[must_use]
    pub fn complete(self, signature: &[u8]) -> String {
        jws::with_signature(self.0, signature)
    }
}

// Shows no content: it may hold a token.
bankchannel_foundation::redacted_debug!(UnsignedEnvelope);

/// Checks that the header names the one algorithm and no critical extensions (RFC 7515 §4.1.11).
fn check_header(header: &[u8]) -> Result<(), RefusedRequest> {
    let header = object(header, "header")?;
    if !matches!(header.get("alg"), Some(Value::String(name)) if name == "RS256") {
        return Err(RefusedRequest::new(&class::JWT_INCORRECT_ALGORITHM, 4, "the header's alg must be RS256"));
    }
    if header.get("crit").is_some() {
        let text = "the header's crit asks for extensions; none is understood here";
        return Err(RefusedRequest::new(&class::JWT_DECODE_ERROR, 4, text));
    }
    Ok(())
}

fn object<'a>(text: &'a [u8], what: &str) -> Result<Object<'a>, RefusedRequest> {
    let refused = |why: &str| RefusedRequest::new(&class::JWT_DECODE_ERROR, 4, format!("the JWT's {what} {why}"));
    match json::parse(text, MAX_DEPTH) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(other) => Err(refused(&format!("must be a JSON object, and is {}", kind(Some(&other))))),
        Err(JsonFault::DuplicateKey) => Err(refused("has the same member twice")),
        Err(JsonFault::TooDeep) => Err(refused(&format!("is nested deeper than {MAX_DEPTH}"))),
        Err(JsonFault::Syntax(place)) => Err(refused(&format!("is not JSON in UTF-8 ({place})"))),
    }
}

fn kind(value: Option<&Value<'_>>) -> &'static str {
    match value {
        None => "left out",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "true or false",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}
