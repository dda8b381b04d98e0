//! The third party's own request, which the hub hands on: verified, and compared with what the hub has read (§7).

use bankchannel_foundation::{Boundary, model::Value};

use crate::{
    class::{Class, of_connector as class},
    envelope::Verifier,
};

/// What stands before the JWT.
const SCHEME: &str = "bearer ";
/// The fields that count in [`ClientJwtMode::Enforce`]; every other difference is a warning, as the reference's own examples differ.
const ENFORCED: [&str; 4] = ["redirect_url", "scopes", "consent_period_days", "credentials"];
/// The members of `credentials` that say how a customer is to be authenticated: both sides have words of their own for it.
const TYPES: [&str; 2] = ["type", "authorization_type"];

/// What a JWT of a third party is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum ClientJwtMode {
    /// It is not looked at.
    Off,
    /// What is wrong with it is a warning: the default.
    #[default]
    Warn,
    /// A request whose JWT does not verify, or says another thing, is refused.
    Enforce,
}

/// What came of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Compared {
    /// What is wrong and refuses the request.
    pub refused: Option<(&'static Class, String)>,
    /// What is odd and does not.
    pub warnings: Vec<String>,
}

impl Compared {
    /// With one more thing that is wrong: the first refuses, where that is wanted.
    fn add(&mut self, refuses: bool, class: &'static Class, text: String) {
        if refuses && self.refused.is_none() {
            self.refused = Some((class, text));
        } else {
            self.warnings.push(text);
        }
    }
}

/// Verifies a third party's JWT at an instant, and compares what it says with `client_payload`. `admitted` are the scopes of the third
/// party at Salt Edge.
#[must_use]
pub fn compare(
    verifier: &Verifier,
    jwt: &str,
    payload: Option<&Value<'_>>,
    admitted: Option<&[String]>,
    mode: ClientJwtMode,
    now_s: i64,
) -> Compared {
    let mut compared = Compared::default();
    if mode == ClientJwtMode::Off {
        return compared;
    }
    let enforced = mode == ClientJwtMode::Enforce;
    let bare = jwt.get(..SCHEME.len()).filter(|scheme| scheme.eq_ignore_ascii_case(SCHEME));
    let bare = bare.map_or(jwt, |scheme| &jwt[scheme.len()..]);
    let opened = verifier.open(bare, now_s).or_else(|refusal| {
        // It may have run out on its way: said, and not refused (§7, 4).
        if *refusal.class != class::JWT_EXPIRED_SIGNATURE {
            return Err(refusal);
        }
        compared.warnings.push(format!("client_jwt: {}", refusal.text));
        verifier.open_expired(bare)
    });
    let signed = match opened {
        Ok(signed) => Value::Object(signed),
        Err(refusal) => {
            compared.add(enforced, refusal.class, format!("client_jwt: {}", refusal.text));
            return compared;
        }
    };
    if let Some(shown) = payload.and_then(|payload| payload.get("data")) {
        differences(&signed, shown, enforced, &mut compared);
    }
    if let (Some(admitted), Some(Value::Array(asked))) = (admitted, signed.get("scopes")) {
        let is_admitted = |scope: &Value<'_>| admitted.iter().any(|own| scope.as_str() == Some(own));
        if !asked.iter().all(is_admitted) {
            let text = "client_jwt asks for scopes that the third party is not admitted to";
            compared.add(enforced, &class::WRONG_REQUEST_FORMAT, text.to_owned());
        }
    }
    compared
}

/// Compares field by field what both have; values are not repeated.
fn differences(signed: &Value<'_>, shown: &Value<'_>, enforced: bool, compared: &mut Compared) {
    for (name, value) in shown.as_object().into_iter().flat_map(|object| object.iter()) {
        let Some(own) = signed.get(name).filter(|own| !is_same(name, own, value)) else { continue };
        let known = ENFORCED.iter().find(|known| **known == name);
        let is_type = name == "credentials" && !differs_in_answers(own, value);
        let shown_name = known.copied().or_else(|| bankchannel_foundation::shown::member(name)).unwrap_or("(a member)");
        let text = format!("client_jwt and client_payload differ in {shown_name}");
        compared.add(enforced && known.is_some() && !is_type, &class::WRONG_REQUEST_FORMAT, text);
    }
}

/// The order of scopes does not matter.
fn is_same(name: &str, one: &Value<'_>, other: &Value<'_>) -> bool {
    match (name, one, other) {
        ("scopes", Value::Array(one), Value::Array(other)) => {
            one.iter().all(|scope| other.contains(scope)) && other.iter().all(|scope| one.contains(scope))
        }
        _ => one == other,
    }
}

/// Whether an answer of the customer's that both have is not the same, the ways to authenticate aside.
fn differs_in_answers(one: &Value<'_>, other: &Value<'_>) -> bool {
    let answers =
        one.as_object().into_iter().flat_map(|object| object.iter()).filter(|(name, _)| !TYPES.contains(name));
    answers.into_iter().any(|(name, value)| other.get(name).is_some_and(|other| other != value))
}
