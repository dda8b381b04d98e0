//! The third party's own request, which the hub forwards: verified, and compared with the hub's reading of it (§7).

use bankchannel_foundation::{
    model::{Boundary, Object, Value},
    shown,
};

use crate::{
    class::{FailureClass, of_connector as class},
    envelope::{EnvelopeVerifier, after_bearer},
};

/// The fields whose difference refuses a request with [`ClientJwtMode::Enforce`]. Every other difference is a warning,
/// since the reference's own examples differ.
const ENFORCED: [&str; 4] = ["redirect_url", "scopes", "consent_period_days", "credentials"];
/// The members of `credentials` that name the authentication method: the two sides use different names for it.
const TYPES: [&str; 2] = ["type", "authorization_type"];

/// With [`ClientJwtMode::Enforce`]: how long after its `exp`, and after its `iat` if it has one, a JWT still counts, in
/// seconds. Salt Edge may forward it late.
pub const AGE_MAX_S: i64 = 15 * 60;

/// The strictness for a third party's JWT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum ClientJwtMode {
    /// The JWT is not checked.
    Off,
    /// A fault of the JWT is a warning.
    #[default]
    Warn,
    /// The request is refused if its JWT does not verify, if the third party is not admitted to the scopes, or if the
    /// JWT differs from the request in an important field.
    Enforce,
}

/// The result of the comparison.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ComparedJwt {
    /// The fault that refuses the request.
    pub refused: Option<(&'static FailureClass, String)>,
    /// Faults that do not refuse it.
    pub warnings: Vec<String>,
    /// The `exp` of the third party's JWT, if it verifies.
    pub ends_at_s: Option<i64>,
}

impl ComparedJwt {
    /// Adds a fault. The first fault refuses the request if `refuses` is set; the others are warnings.
    fn add(&mut self, refuses: bool, class: &'static FailureClass, text: String) {
        if refuses && self.refused.is_none() {
            self.refused = Some((class, text));
        } else {
            self.warnings.push(text);
        }
    }
}

/// The options for checking a third party's JWT.
#[derive(Debug, Clone, Copy)]
pub struct JwtComparison<'a> {
    /// The strictness.
    pub mode: ClientJwtMode,
    /// With [`ClientJwtMode::Enforce`]: whether an expired JWT refuses the request.
    pub strict_expiry: bool,
    /// The scopes of the third party at Salt Edge, if known.
    pub admitted: Option<&'a [String]>,
    /// The current time.
    pub now_s: i64,
}

/// Verifies a third party's JWT and compares its content with `client_payload`.
#[must_use]
pub fn compare(verifier: &EnvelopeVerifier, jwt: &str, payload: &Value<'_>, how: JwtComparison<'_>) -> ComparedJwt {
    let mut compared = ComparedJwt::default();
    if how.mode == ClientJwtMode::Off {
        return compared;
    }
    let enforced = how.mode == ClientJwtMode::Enforce;
    let signed = match verifier.open_expired(after_bearer(jwt).unwrap_or(jwt), how.now_s) {
        Ok(opened) => {
            let is_old = [opened.exp, opened.iat].iter().flatten().any(|at| how.now_s - at > AGE_MAX_S);
            if let Some(refusal) = opened.expired {
                // It may have expired in transit (§7, 4).
                let refuses = enforced && (how.strict_expiry || is_old);
                compared.add(refuses, refusal.class, format!("client_jwt: {}", refusal.text));
            } else if is_old {
                let text = format!("client_jwt: iat is more than {AGE_MAX_S} s ago");
                compared.add(enforced, &class::JWT_EXPIRED_SIGNATURE, text);
            }
            compared.ends_at_s = opened.exp;
            Value::Object(opened.data)
        }
        Err(refusal) => {
            compared.add(enforced, refusal.class, format!("client_jwt: {}", refusal.text));
            return compared;
        }
    };
    match payload.get("data").and_then(Value::as_object) {
        Some(shown) => differences(&signed, shown, enforced, &mut compared),
        None => {
            let text = "client_payload has no data: nothing was compared".to_owned();
            compared.add(enforced, &class::WRONG_REQUEST_FORMAT, text);
        }
    }
    if let Some(admitted) = how.admitted {
        let is_admitted = |scope: &Value<'_>| admitted.iter().any(|own| scope.as_str() == Some(own));
        for (whose, said) in [("client_jwt", Some(&signed)), ("client_payload", payload.get("data"))] {
            let asked = said.and_then(|said| said.get("scopes"));
            let fits = match asked {
                None => true,
                Some(Value::Array(asked)) => asked.iter().all(is_admitted),
                Some(_) => false,
            };
            if !fits {
                let text = format!("{whose} asks for scopes that the third party is not admitted to");
                compared.add(enforced, &class::WRONG_REQUEST_FORMAT, text);
            }
        }
    }
    compared
}

/// Compares field by field, without repeating values. A field that the third party has not signed is a difference, too.
fn differences(signed: &Value<'_>, shown: &Object<'_>, enforced: bool, compared: &mut ComparedJwt) {
    for (name, value) in shown.iter() {
        let known = ENFORCED.iter().find(|known| **known == name).copied();
        let shown_name = known.or_else(|| shown::member(name)).unwrap_or("(a member)");
        let Some(own) = signed.get(name) else {
            let text = format!("client_payload has {shown_name}, and client_jwt has not");
            compared.add(enforced && known.is_some() && !is_blank(value), &class::WRONG_REQUEST_FORMAT, text);
            continue;
        };
        if is_same(name, own, value) {
            continue;
        }
        let is_type = name == "credentials" && !differs_in_answers(own, value);
        let text = format!("client_jwt and client_payload differ in {shown_name}");
        compared.add(enforced && known.is_some() && !is_type, &class::WRONG_REQUEST_FORMAT, text);
    }
}

/// Whether two members are equal; the order of members and of scopes is ignored, and a number equals its text.
fn is_same(name: &str, one: &Value<'_>, other: &Value<'_>) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) if name == "scopes" => {
            one.iter().all(|scope| other.contains(scope)) && other.iter().all(|scope| one.contains(scope))
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same("", one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(name, value, other)))
        }
        (Value::Number(number), Value::String(text)) | (Value::String(text), Value::Number(number)) => {
            number.to_string() == *text
        }
        (one, other) => one == other,
    }
}

/// Whether a member says nothing.
fn is_blank(value: &Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Object(members) => members.iter().all(|(name, value)| TYPES.contains(&name) || is_blank(value)),
        _ => false,
    }
}

/// Whether the customer's answers differ, apart from the authentication method. An answer that only the third party has
/// signed is a warning.
fn differs_in_answers(signed: &Value<'_>, shown: &Value<'_>) -> bool {
    let (Some(signed), Some(shown)) = (signed.as_object(), shown.as_object()) else { return true };
    let mut answers = shown.iter().filter(|(name, _)| !TYPES.contains(name));
    answers.any(|(name, value)| match signed.get(name) {
        Some(own) => !is_same(name, own, value),
        None => !is_blank(value),
    })
}
