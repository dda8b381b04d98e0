//! Advice for a failed check that no hypothesis explains better.

/// The advice; empty if the check's own text is enough.
pub(super) fn advice(id: &str) -> &'static str {
    ROWS.iter().find(|(held, _)| *held == id).map_or("", |(_, advice)| advice)
}

const ROWS: [(&str, &str); 30] = [
    ("V01", "send a smaller request"),
    ("V02", "remove control characters and line breaks from the header values"),
    ("V03", "send each of these headers once"),
    ("V05", "send a fresh X-Request-ID with every request"),
    ("V06", "write X-Request-ID as a UUID"),
    ("V07", "sign the request and send the Signature header"),
    ("V08", "send the signing certificate in TPP-Signature-Certificate"),
    ("V09", "send Date and sign it"),
    ("V10", "send Digest, for an empty body too, and sign it"),
    ("V11", "RFC 2047-encode the whole Signature value once, as UTF-8 in base64, or not at all"),
    ("V12", "write keyId, algorithm, headers and signature once each, with double quotes"),
    ("V13", "send the base64 of the DER certificate in one line, without markers and without a chain"),
    ("V14", "use a certificate with an RSA key of 2048 to 8192 bits"),
    ("V15", "wait until the certificate is valid, or correct the clock"),
    ("V16", "use a certificate that has not expired"),
    ("V17", "use a certificate of an issuer that the bank trusts"),
    ("V18", "use a certificate that is not revoked"),
    ("V19", "ask the bank why the certificate is blocked"),
    ("V20", "use a certificate for electronic seals (QSEAL), whose key may sign, not one for TLS (QWAC)"),
    (
        "V21",
        "ask the certificate's issuer for one whose PSD2 statement and organizationIdentifier follow ETSI TS 119 495",
    ),
    ("V22", "use a QWAC and a QSEAL of the same organisation"),
    ("V23", "write keyId from the signing certificate: its serial number and its issuer's name"),
    ("V24", "sign with rsa-sha256 or rsa-sha512 and say so in `algorithm`"),
    ("V25", "list in `headers` each header that is sent and signed, once"),
    ("V26", "sign every header that the bank wants signed, and list it"),
    ("V27", "sign no other headers than those that the bank wants signed"),
    ("V28", "compute Digest over the very bytes of the body that are sent"),
    ("V29", "write the signature in standard base64 with padding; it is as long as the key"),
    ("V30", "sign the signing string below with the key of the certificate"),
    ("V31", "set the clock, and sign each request when it is sent"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::{RULES, V05, V31};

    #[test]
    fn the_checks_that_a_signature_can_fail_have_advice() {
        for rule in RULES.iter().filter(|rule| (&V05..=&V31).contains(rule)) {
            assert!(!advice(rule.id).is_empty(), "{}", rule.id);
        }
        assert_eq!(advice("V99"), "");
    }
}
