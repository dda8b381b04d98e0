//! All signing options of a client, against all modes of a bank.

use super::*;
use crate::{
    certificates::{CertForm, NameStyle},
    signing::Rfc2047Use,
};
use proptest::prelude::*;

fn beyond_ascii() -> TestParty {
    let named = AuthorityOptions { organization: "Tromsø Trust AS".into(), ..AuthorityOptions::new("Nordlys", NOW) };
    party_of(TestAuthority::create(&named).unwrap(), &IssueOptions::new(CertificateKind::Qseal, NOW))
}

/// The first check that refuses, by the rules of §2.8 and §2.9; `ok` if there is none.
fn expected(profile: &SigningProfile, is_ascii: bool, mode: VerificationMode) -> &'static str {
    let lenient = mode == VerificationMode::Lenient;
    let by_rule = [
        ("V10", !profile.digest_empty_body && mode == VerificationMode::Strict),
        ("V11", profile.rfc2047 == Rfc2047Use::Never && !is_ascii && !lenient),
        ("V13", profile.cert_form != CertForm::DerBase64 && !lenient),
        ("V23", profile.name_style == NameStyle::Pct20 && !lenient),
    ];
    by_rule.iter().find(|(_, refused)| *refused).map_or("ok", |(id, _)| id)
}

/// T-144.
#[test]
fn every_combination_against_every_mode() {
    let mut refused = 0;
    for (party, is_ascii) in [(party(), true), (beyond_ascii(), false)] {
        for rfc2047 in [Rfc2047Use::Auto, Rfc2047Use::Always, Rfc2047Use::Never] {
            for name_style in [NameStyle::Rfc2253, NameStyle::Rfc2253Named, NameStyle::Forward, NameStyle::Pct20] {
                for cert_form in [CertForm::DerBase64, CertForm::PemOneLine, CertForm::Base64Pem] {
                    for digest_empty_body in [false, true] {
                        let profile = SigningProfile {
                            rfc2047,
                            name_style,
                            cert_form,
                            digest_empty_body,
                            ..SigningProfile::default()
                        };
                        let (signed, _) = sign(consents(), &party.certificate, &party.key, &profile, NOW, ID).unwrap();
                        for mode in [VerificationMode::Strict, VerificationMode::Normal, VerificationMode::Lenient] {
                            let verdict = party.verdict(&signed, |policy| policy.mode = mode);
                            assert_eq!(verdict, expected(&profile, is_ascii, mode), "{mode:?} {is_ascii} {profile:?}");
                            refused += usize::from(verdict != "ok");
                        }
                    }
                }
            }
        }
    }
    assert!((1..432).contains(&refused), "{refused} of 432");
}

/// T-049, T-052: forms that only the lenient mode accepts come with a warning.
#[test]
fn a_lenient_bank_says_what_it_overlooked() {
    let party = beyond_ascii();
    let bare = SigningProfile { rfc2047: Rfc2047Use::Never, ..SigningProfile::default() };
    let (bare, _) = sign(request(), &party.certificate, &party.key, &bare, NOW, ID).unwrap();
    let text = bare.headers.text("signature").unwrap();
    let quoted: String = text
        .bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("={byte:02X}") })
        .collect();
    let quoted = set(&bare, "Signature", &format!("=?utf-8?Q?{quoted}?="));
    for signed in [bare, quoted] {
        assert_eq!(party.plain(&signed), "V11");
        let verified = party.verifier().verify(&signed, &Policy { mode: VerificationMode::Lenient, ..policy(&signed) });
        assert!(verified.is_valid(), "{:?}", verified.refusal());
        assert!(verified.checks.iter().any(|check| check.rule.id == "V11" && check.status == CheckStatus::Warning));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// T-141: a bank accepts a request that is signed here.
    #[test]
    fn whatever_is_signed_is_valid(
        body: Vec<u8>,
        psu_id in proptest::option::of("[!-~]{1,256}"),
        corporate in proptest::option::of("[!-~]{1,256}"),
        redirect in proptest::option::of("https://tpp\\.example/[a-z0-9?=&/]{0,60}"),
        more in proptest::collection::vec(("x-[a-z]{1,12}", "[ -~]{0,40}"), 0..4),
        bits: (bool, bool, bool),
    ) {
        static PARTIES: std::sync::LazyLock<[TestParty; 2]> = std::sync::LazyLock::new(|| [party(), beyond_ascii()]);
        let (ascii, long, wrapped) = bits;
        let party = &PARTIES[usize::from(ascii)];
        let mut request = Request {
            method: "POST".into(),
            // Not an operation of a bank: its requirements for body and headers are tested elsewhere.
            target: "/api/v1/other".into(),
            headers: Default::default(),
            body: body.into(),
        };
        let conditional = [("PSU-ID", psu_id), ("PSU-Corporate-ID", corporate), ("TPP-Redirect-URI", redirect)];
        for (name, value) in conditional {
            if let Some(value) = value {
                request.headers.push(name, value);
            }
        }
        for (name, value) in more {
            request.headers.push(name, value);
        }
        let mut profile = SigningProfile::default();
        if long {
            profile.signature_hash = Hash::Sha512;
        }
        if wrapped {
            profile.rfc2047 = Rfc2047Use::Always;
        }
        let (signed, _) = sign(request, &party.certificate, &party.key, &profile, NOW, ID).unwrap();
        prop_assert_eq!(party.plain(&signed), "ok");
    }
}
