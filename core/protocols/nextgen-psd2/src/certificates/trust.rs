//! The trusted authority that issued a certificate (V17, S-01).

use super::{Certificate, Fault, NameStyle};

/// Finds the anchor that issued `leaf`: it has the issuer's name, its key made the signature, it is an authority that
/// may sign certificates, and it is within its validity.
///
/// A chain has these two certificates and no more, so every path length of an anchor allows it.
///
/// # Errors
/// [`Fault`] with the reason that came closest.
pub fn find_anchor<'a>(leaf: &Certificate, anchors: &'a [Certificate], now_s: i64) -> Result<&'a Certificate, Fault> {
    let mut namesakes = anchors.iter().filter(|anchor| leaf.names_issuer(anchor)).peekable();
    if namesakes.peek().is_none() {
        let issuer = leaf.issuer().to_text(NameStyle::Rfc2253Named);
        return Err(Fault(format!("no trusted authority is named {issuer}")));
    }
    let mut closest = "a trusted authority has the issuer's name, but its key did not sign this certificate";
    for anchor in namesakes.filter(|anchor| leaf.is_signed_by(anchor)) {
        match unfit_anchor(anchor, now_s) {
            None => return Ok(anchor),
            Some(why) => closest = why,
        }
    }
    Err(closest.into())
}

/// Why an anchor cannot vouch for anything; `None` when it can.
#[must_use]
pub fn unfit_anchor(anchor: &Certificate, now_s: i64) -> Option<&'static str> {
    if !anchor.is_ca() {
        return Some("the issuer's certificate is not an authority's (CA:TRUE is missing)");
    }
    if !anchor.key_usage().is_some_and(|usage| usage.key_cert_sign) {
        return Some("the issuer's key may not sign certificates (keyCertSign is missing)");
    }
    if now_s < anchor.not_before_s() {
        return Some("the issuer's certificate is not yet valid");
    }
    (now_s > anchor.not_after_s()).then_some("the issuer's certificate has expired")
}

#[cfg(test)]
#[path = "trust_tests.rs"]
mod tests;
