//! Issued certificates read back with the requested content, and `openssl` accepts them.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use super::super::vectors::{CA1, KEY, NOW_S};
use super::super::{CertificateFault, CertificateHash, KeyUsage, Psd2Certificate, Psd2Role, QcType, trusted_issuer};
use super::*;

static AUTHORITY: LazyLock<TestAuthority> =
    LazyLock::new(|| TestAuthority::create(&AuthorityOptions::new("Sandbox QSEAL CA 9", NOW_S)).unwrap());

fn options(kind: CertificateKind) -> IssueOptions {
    IssueOptions { key: NewCertificateKey::Given(Zeroizing::new(KEY.to_owned())), ..IssueOptions::new(kind, NOW_S) }
}

fn with(defects: &[PlantedDefect]) -> Certificate {
    AUTHORITY.issue(&IssueOptions { defects: defects.to_vec(), ..options(CertificateKind::Qseal) }).unwrap().certificate
}

#[test]
fn a_seal_as_it_was_ordered() {
    let order = IssueOptions {
        roles: vec![Psd2Role::Ic],
        country: "DE".to_owned(),
        authority: "BAFIN".to_owned(),
        authorisation_number: "12-3".to_owned(),
        nca_name: "Bundesanstalt für Tests".to_owned(),
        serial: Some(vec![0xd2, 0xb0]),
        ..options(CertificateKind::Qseal)
    };
    let issued = AUTHORITY.issue(&order).unwrap();
    let certificate = &issued.certificate;
    assert_eq!(certificate.serial(), [0xd2, 0xb0]);
    assert_eq!((certificate.not_before_s(), certificate.not_after_s()), (order.not_before_s, order.not_after_s));
    let authorisation = certificate.authorisation().unwrap();
    assert_eq!((authorisation.nca_id(), authorisation.number), ("DE-BAFIN".to_owned(), "12-3".to_owned()));
    let read = certificate.qc().unwrap().unwrap();
    assert!(read.compliance && read.oddities.is_empty() && read.types == [QcType::Eseal]);
    let psd2 = read.psd2.as_ref().unwrap();
    assert_eq!((&psd2.roles[..], psd2.nca_id.as_str()), (&[Psd2Role::Ic][..], "DE-BAFIN"));
    assert_eq!(psd2.nca_name, "Bundesanstalt für Tests");
    let usage = KeyUsage { digital_signature: true, non_repudiation: true, ..KeyUsage::default() };
    assert_eq!(certificate.key_usage(), Some(usage));
    assert!(!certificate.is_ca());
    assert!(certificate.is_issued_by(AUTHORITY.certificate()));
    assert_eq!(trusted_issuer([AUTHORITY.certificate()], NOW_S), Ok(AUTHORITY.certificate()));
    assert_eq!(issued.private_key_pem.as_str(), KEY);
}

#[test]
fn a_connection_certificate() {
    let certificate = AUTHORITY.issue(&options(CertificateKind::Qwac)).unwrap().certificate;
    assert_eq!(certificate.qc().unwrap().unwrap().types, [QcType::Web]);
    assert!(certificate.key_usage().unwrap().key_encipherment);
}

#[test]
fn defects() {
    assert!(with(&[PlantedDefect::NoQc]).qc().unwrap().is_none());
    let bare = with(&[PlantedDefect::BareQc]);
    let bare = bare.qc().unwrap().unwrap();
    assert!(bare.psd2.is_some() && bare.oddities.len() == 1);
    let wrong = with(&[PlantedDefect::WrongRoleOid]);
    let wrong = wrong.qc().unwrap().unwrap();
    assert!(wrong.oddities.iter().all(|oddity| oddity.text.contains("disagree")) && wrong.oddities.len() == 2);
    assert_eq!(wrong.psd2.unwrap().roles, [Psd2Role::Ic, Psd2Role::Ai]);
    assert!(with(&[PlantedDefect::Expired]).not_after_s() < NOW_S);
    assert!(with(&[PlantedDefect::NotYet]).not_before_s() > NOW_S);
    assert!(with(&[PlantedDefect::CaTrue]).is_ca());
    let unnamed = with(&[PlantedDefect::NoOrgId, PlantedDefect::NoQc]);
    assert!(unnamed.organization_identifier().is_none() && unnamed.qc().unwrap().is_none());
    let sha1 = with(&[PlantedDefect::Sha1]);
    assert_eq!(sha1.signature_hash(), CertificateHash::Other("1.2.840.113549.1.1.5".into()));
    assert!(!sha1.is_issued_by(AUTHORITY.certificate()));
    let ec =
        AUTHORITY.issue(&IssueOptions { key: NewCertificateKey::EcP256, ..options(CertificateKind::Qseal) }).unwrap();
    assert!(ec.certificate.key().unwrap_err().0.contains("not an RSA key"));
    let mut names: Vec<&str> = PlantedDefect::ALL.iter().map(|defect| defect.name()).collect();
    names.dedup();
    assert_eq!(names.len(), PlantedDefect::ALL.len());
}

#[test]
fn an_authority_that_was_stored_issues_again() {
    let again = TestAuthority::from_pem(&AUTHORITY.certificate().to_pem(), &AUTHORITY.private_key_pem()).unwrap();
    let issued = again.issue(&options(CertificateKind::Qseal)).unwrap();
    assert!(issued.certificate.is_issued_by(AUTHORITY.certificate()));
    assert_eq!(issued.certificate.issuer_der(), AUTHORITY.certificate().subject_der());
    let other = super::super::vectors::certificate(CA1).to_pem();
    let refused = |certificate: &str, key: &str| TestAuthority::from_pem(certificate, key).unwrap_err();
    assert!(refused(&other, KEY).0.contains("not that of"));
    assert!(refused(&issued.certificate_pem, KEY).0.contains("CA:TRUE"));
    let shown = format!("{issued:?} {again:?}");
    assert!(!shown.contains("PRIVATE"), "{shown}");
}

#[test]
fn orders_that_cannot_be() {
    type Change = fn(&mut IssueOptions);
    let changes: [Change; 9] = [
        |order| order.common_name = "a\nb".to_owned(),
        |order| order.country = "no".to_owned(),
        |order| order.nca_name.clear(),
        |order| order.serial = Some(vec![0]),
        |order| order.serial = Some(vec![1; 21]),
        |order| order.not_after_s = order.not_before_s - 1,
        |order| order.not_before_s = -1,
        |order| order.key = NewCertificateKey::Rsa(1024),
        |order| order.dns_names = vec!["ø".to_owned()],
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut order = options(CertificateKind::Qwac);
        change(&mut order);
        let refused: Result<IssuedCertificate, CertificateFault> = AUTHORITY.issue(&order);
        assert!(refused.is_err(), "{index}");
    }
}
