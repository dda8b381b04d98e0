//! Arbitrary changes of a signed request, and arbitrary headers.

use super::*;

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    /// T-142: a change of any byte of the Signature header, of a signed header or of the body is detected.
    #[test]
    fn any_changed_byte_is_found(place in 0usize..7, at: usize, by in 1u8..=255) {
        static PARTY: std::sync::OnceLock<(TestParty, Request)> = std::sync::OnceLock::new();
        let (party, good) = PARTY.get_or_init(|| {
            let party = party();
            let mut request = request();
            request.headers.push("PSU-ID", "psu-7f3a91");
            request.headers.push("TPP-Redirect-URI", "https://tpp.example/cb?state=1");
            let signed = party.signed(request);
            (party, signed)
        });
        let mut changed = good.clone();
        let name = ["date", "x-request-id", "psu-id", "tpp-redirect-uri", "digest", "signature", "body"][place];
        if name == "body" {
            let mut body = good.body.to_vec();
            let at = at % body.len();
            body[at] ^= by;
            changed.body = body.into();
            proptest::prop_assert_eq!(party.plain(&changed), "V28");
            return Ok(());
        }
        let mut value = good.headers.get(name).unwrap().to_vec();
        let at = at % value.len();
        value[at] ^= by;
        // Surrounding spaces are not part of a value.
        proptest::prop_assume!(crate::http::trim(&value) == value);
        changed.headers.set(name, value);
        let before = party.verifier().verify(good, &policy(good));
        let verified = party.verifier().verify(&changed, &policy(&changed));
        let same = verified.signature == before.signature && verified.signing_string == before.signing_string;
        proptest::prop_assert!(same || !verified.is_valid());
    }

    #[test]
    fn any_signature_header_is_answered(value: Vec<u8>) {
        let mut request = request();
        request.headers.push("Signature", value);
        let _ = RequestVerifier::default().verify(&request, &policy(&request));
    }
}
