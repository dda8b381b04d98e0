//! The client certificate of the TLS connection (V22).

use super::*;
use crate::certificates::NewCertificateKey;

/// V22: a fault of the connection's certificate has the same code as for a signing certificate.
#[test]
fn the_tls_certificate_is_checked_as_the_signing_one() {
    let party = party();
    let good = party.signed(request());
    let issued = |authority: &TestAuthority, change: fn(&mut IssueOptions)| {
        let mut options = IssueOptions::new(CertificateKind::Qwac, NOW);
        change(&mut options);
        authority.issue(&options).unwrap().certificate
    };
    let found = |tls: &Certificate, change: fn(&mut Policy, &Certificate)| {
        let mut policy = Policy { tls_client: Some(tls.clone()), ..policy(&good) };
        change(&mut policy, tls);
        let verified = party.verifier().verify(&good, &policy);
        let check = verified.checks.iter().find(|check| check.rule.id == "V22").unwrap();
        assert_eq!(verified.is_valid(), check.status != CheckStatus::Failed, "{}", check.text);
        (check.status, check.code)
    };
    let (own, stranger) = (&party.authority, &authority());
    let sound = issued(own, |_| {});
    assert_eq!(found(&sound, |_, _| {}), (CheckStatus::Ok, "CERTIFICATE_INVALID"));
    for (tls, code) in [
        (issued(own, |options| options.kind = CertificateKind::Qseal), "CERTIFICATE_INVALID"),
        (issued(own, |options| options.defects = vec![PlantedDefect::Expired]), "CERTIFICATE_EXPIRED"),
        (issued(own, |options| options.defects = vec![PlantedDefect::NotYet]), "CERTIFICATE_INVALID"),
        (issued(own, |options| options.defects = vec![PlantedDefect::NoQc]), "CERTIFICATE_INVALID"),
        (issued(own, |options| options.defects = vec![PlantedDefect::NoOrgId]), "CERTIFICATE_INVALID"),
        (issued(own, |options| options.defects = vec![PlantedDefect::CaTrue]), "CERTIFICATE_INVALID"),
        (issued(own, |options| options.defects = vec![PlantedDefect::Sha1]), "CERTIFICATE_INVALID"),
        (issued(stranger, |_| {}), "CERTIFICATE_INVALID"),
    ] {
        assert_eq!(found(&tls, |_, _| {}), (CheckStatus::Failed, code));
    }
    assert_eq!(
        found(&sound, |policy, tls| policy.revoked = [of_list(tls)].into()),
        (CheckStatus::Failed, "CERTIFICATE_REVOKED")
    );
    assert_eq!(
        found(&sound, |policy, tls| policy.blocked = [of_list(tls)].into()),
        (CheckStatus::Failed, "CERTIFICATE_BLOCKED")
    );
    // Other kinds of keys are left to TLS.
    let elliptic = issued(own, |options| options.key = NewCertificateKey::EcP256);
    assert_eq!(found(&elliptic, |_, _| {}).0, CheckStatus::Ok);
    // Without a type: the modes of V20.
    let untyped = issued(own, |options| options.defects = vec![PlantedDefect::BareQc]);
    assert_eq!(found(&untyped, |policy, _| policy.mode = VerificationMode::Strict).0, CheckStatus::Failed);
    assert_eq!(found(&untyped, |_, _| {}).0, CheckStatus::Warning);
}

fn of_list(certificate: &Certificate) -> ListedCertificate {
    ListedCertificate::Certificate { serial: certificate.serial().to_vec(), issuer: certificate.issuer().clone() }
}
