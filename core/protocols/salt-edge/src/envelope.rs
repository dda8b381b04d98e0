//! The envelope of every request in both directions: a JWT, signed with RS256, of `data`, `exp` and maybe `iss` (§1.4, §6.1).

use std::fmt;

use bankchannel_crypto::{
    jws::{self, Compact},
    signature::{Hash, SigningKey, VerifyingKey},
};
use bankchannel_foundation::{
    json::{self, JsonFault},
    model::{Object, Value},
};

use serde_json::Number;

use crate::class::{Refusal, of_connector as class};

/// The longest JWT that is read, bytes: what the header of a request may hold.
pub const MAX_BYTES: usize = 32 * 1024;
/// How far the clocks of two sides may differ, in seconds, where nothing else is said.
pub const LEEWAY_S: u32 = 30;
/// How long what is signed here is good, in seconds.
pub const LIFETIME_S: i64 = 60;
/// Who signs for Salt Edge, where nothing else is said.
pub const ISSUER: &str = "priora.saltedge.com";

/// The deepest nesting of header and payload.
const MAX_DEPTH: usize = 32;
/// The last second that may be named: whole numbers are exact up to there in every language.
const MAX_SECOND: u64 = 1 << 53;
/// The sizes of keys whose signatures count, bits (RFC 7518 §3.3; beyond, they cost too much).
pub const BITS: std::ops::RangeInclusive<usize> = 2048..=8192;
/// The same where a third party's key may be as short as that of the reference.
const SHORT_BITS: usize = 1024;
const HEADER: &[u8] = br#"{"alg":"RS256"}"#;

/// Whose word `iss` must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Issuer {
    /// Anybody's.
    Any,
    /// This one's, where there is an `iss` at all.
    Named(String),
}

/// Verifies envelopes.
#[derive(Debug, Clone)]
pub struct Verifier {
    keys: Vec<VerifyingKey>,
    /// Who must have issued it.
    pub issuer: Issuer,
    /// How much later than `exp` it may arrive, in seconds.
    pub leeway_s: u32,
}

/// Why keys are none to verify with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfitKeys {
    /// There are none.
    None,
    /// One has so many bits.
    Size {
        /// How many.
        bits: usize,
        /// How many it must have at least.
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

impl Verifier {
    /// A verifier of what Salt Edge sends, with the usual issuer and leeway. The keys are the other side's: one, or two while it
    /// changes from the old to the new.
    ///
    /// # Errors
    /// [`UnfitKeys`]: a key that verifies nothing is a mistake on this side, which the other could not explain.
    pub fn new(keys: Vec<VerifyingKey>) -> Result<Self, UnfitKeys> {
        if keys.is_empty() {
            return Err(UnfitKeys::None);
        }
        fit(&keys, *BITS.start())?;
        Ok(Self { keys, issuer: Issuer::Named(ISSUER.to_owned()), leeway_s: LEEWAY_S })
    }

    /// The same for a third party's envelope: nobody's name is wanted in `iss`, and where `short_keys` is set, keys of 1024 bits
    /// count too (§7).
    ///
    /// # Errors
    /// [`UnfitKeys`].
    pub fn of_third_party(keys: Vec<VerifyingKey>, short_keys: bool) -> Result<Self, UnfitKeys> {
        if keys.is_empty() {
            return Err(UnfitKeys::None);
        }
        let least = if short_keys { SHORT_BITS } else { *BITS.start() };
        fit(&keys, least)?;
        Ok(Self { keys, issuer: Issuer::Any, leeway_s: LEEWAY_S })
    }

    /// The same with another issuer and leeway, each where it is given.
    #[must_use]
    pub fn with(mut self, issuer: Option<String>, leeway_s: Option<u32>) -> Self {
        if let Some(issuer) = issuer {
            self.issuer = Issuer::Named(issuer);
        }
        self.leeway_s = leeway_s.unwrap_or(self.leeway_s);
        self
    }

    /// The `data` of an envelope, when all of it is right at this moment: form, algorithm, signature, `exp`, `iss`, `data`, in that
    /// order.
    ///
    /// # Errors
    /// A refusal at one of the steps 4 to 8. Before the signature has held, nothing but the header is read.
    pub fn open(&self, jwt: &str, now_s: i64) -> Result<Object<'static>, Refusal> {
        self.open_unless(jwt, now_s, Err)
    }

    /// The same for one that may have expired: what is said of that stands beside the `data`. An `exp` that is none is refused all
    /// the same.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_expired(&self, jwt: &str, now_s: i64) -> Result<(Object<'static>, Option<Refusal>), Refusal> {
        let mut expired = None;
        let data = self.open_unless(jwt, now_s, |refusal| {
            expired = Some(refusal);
            Ok(())
        })?;
        Ok((data, expired))
    }

    /// `late` says what becomes of one that has expired.
    fn open_unless(
        &self,
        jwt: &str,
        now_s: i64,
        late: impl FnOnce(Refusal) -> Result<(), Refusal>,
    ) -> Result<Object<'static>, Refusal> {
        let unreadable = |text: String| Refusal::new(&class::JWT_DECODE_ERROR, 4, text);
        if jwt.len() > MAX_BYTES {
            return Err(unreadable(format!("the JWT has {} bytes, more than {MAX_BYTES}", jwt.len())));
        }
        let compact = Compact::split(jwt).map_err(|why| unreadable(format!("the JWT cannot be read: {why}")))?;
        check_header(&compact.header)?;
        // A short key is only here where it was let in.
        let verifies = |key: &VerifyingKey| match BITS.contains(&key.bits()) {
            true => compact.verify(key, Hash::Sha256),
            false => compact.verify_short(key),
        };
        if !self.keys.iter().any(verifies) {
            let text = "the signature does not match the other side's key, or the signed data was changed";
            return Err(Refusal::new(&class::JWT_VERIFICATION_ERROR, 5, text));
        }
        let mut claims = object(&compact.payload, "payload")?;
        if let Some(refusal) = self.check_time(claims.get("exp"), now_s)? {
            late(refusal)?;
        }
        self.check_issuer(claims.get("iss"))?;
        match claims.remove("data").map(Value::into_owned) {
            Some(Value::Object(data)) => Ok(data),
            found => {
                let text = format!("data must be an object, and is {}", kind(found.as_ref()));
                Err(Refusal::new(&class::WRONG_REQUEST_FORMAT, 8, text))
            }
        }
    }

    /// What is said of an `exp` that is over.
    fn check_time(&self, exp: Option<&Value<'_>>, now_s: i64) -> Result<Option<Refusal>, Refusal> {
        let refused = |text: String| Err(Refusal::new(&class::JWT_EXPIRED_SIGNATURE, 6, text));
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
            return Ok(Some(Refusal::new(&class::JWT_EXPIRED_SIGNATURE, 6, text)));
        }
        Ok(None)
    }

    fn check_issuer(&self, iss: Option<&Value<'_>>) -> Result<(), Refusal> {
        let Issuer::Named(issuer) = &self.issuer else { return Ok(()) };
        match iss {
            None => Ok(()),
            Some(Value::String(found)) if *found == *issuer => Ok(()),
            Some(_) => Err(Refusal::new(&class::JWT_DECODE_ERROR, 7, format!("iss must be {issuer}, or left out"))),
        }
    }
}

/// What follows `Bearer` and a space; `None` for text that does not begin so.
#[must_use]
pub fn after_bearer(text: &str) -> Option<&str> {
    text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, jwt)| jwt)
}

/// Whether all keys have so many bits at least, and not too many.
fn fit(keys: &[VerifyingKey], least: usize) -> Result<(), UnfitKeys> {
    match keys.iter().map(VerifyingKey::bits).find(|bits| !(least..=*BITS.end()).contains(bits)) {
        Some(bits) => Err(UnfitKeys::Size { bits, least }),
        None => Ok(()),
    }
}

/// Signs an envelope around data. `exp` is in Unix seconds; there is no `iss`.
///
/// # Errors
/// The key cannot sign.
pub fn sign(data: Object<'_>, exp: i64, key: &SigningKey) -> bankchannel_crypto::Result<String> {
    Unsigned::of(&Value::Object(data).to_json(), exp).signed(key)
}

/// An envelope that only lacks its signature: for keys that are elsewhere.
pub struct Unsigned(String);

impl Unsigned {
    /// An envelope around `data`, which is the text of a JSON object. `exp` is in Unix seconds.
    #[must_use]
    pub fn of(data: &str, exp: i64) -> Self {
        Self::issued(data, exp, None)
    }

    /// The same, saying in `iss` who signs, where that is said.
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

    /// The JWT, signed with a key that is here.
    ///
    /// # Errors
    /// The key cannot sign.
    pub fn signed(self, key: &SigningKey) -> bankchannel_crypto::Result<String> {
        let signature = key.sign_pkcs1(Hash::Sha256, self.bytes())?;
        Ok(self.complete(&signature))
    }

    /// What is signed, with RS256.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The JWT.
    #[must_use]
    pub fn complete(self, signature: &[u8]) -> String {
        jws::with_signature(self.0, signature)
    }
}

impl fmt::Debug for Unsigned {
    /// Nothing of it: it may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsigned").finish_non_exhaustive()
    }
}

/// The header names the one algorithm, and nothing that must be understood besides (RFC 7515 §4.1.11).
fn check_header(header: &[u8]) -> Result<(), Refusal> {
    let header = object(header, "header")?;
    if !matches!(header.get("alg"), Some(Value::String(name)) if name == "RS256") {
        return Err(Refusal::new(&class::JWT_INCORRECT_ALGORITHM, 4, "the header's alg must be RS256"));
    }
    if header.get("crit").is_some() {
        let text = "the header's crit asks for extensions; none is understood here";
        return Err(Refusal::new(&class::JWT_DECODE_ERROR, 4, text));
    }
    Ok(())
}

fn object<'a>(text: &'a [u8], what: &str) -> Result<Object<'a>, Refusal> {
    let refused = |why: &str| Refusal::new(&class::JWT_DECODE_ERROR, 4, format!("the JWT's {what} {why}"));
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
