//! A certificate in all formats that programs print, and malformed ones.
#![allow(clippy::unwrap_used)]

use bankchannel_foundation::clock::FixedClock;

use super::*;
use crate::certificates::vectors::exchanged;
use crate::certificates::{
    AuthorityOptions, CertForm, CertificateKind, IssueOptions, PlantedDefect, TestAuthority, certificate_header,
};

const NOW_S: i64 = 1_772_532_930;

fn inspect(text: &str) -> Result<InspectCertificateResponse, Error> {
    let clock = FixedClock::at_ms(NOW_S * 1000);
    let with = LocalContext::new(&clock);
    InspectCertificate::run(InspectCertificateRequest { certificate: text.to_owned() }, with)
}

fn certificate() -> Certificate {
    let authority = TestAuthority::create(&AuthorityOptions::new("Root", NOW_S)).unwrap();
    authority
        .issue(&IssueOptions { serial: Some(vec![0x0a]), ..IssueOptions::new(CertificateKind::Qseal, NOW_S) })
        .unwrap()
        .certificate
}

#[test]
fn every_form_is_read() {
    let certificate = certificate();
    let (pem, line) = (certificate.to_pem(), certificate_header(&certificate, CertForm::DerBase64));
    let one_line = certificate_header(&certificate, CertForm::PemOneLine);
    let wrapped = pem.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\n");
    for (text, warnings) in [
        (pem.clone(), 0),
        (pem.replace('\n', "\r\n"), 0),
        (format!("\nsubject=x\n{pem}"), 0),
        (line.clone(), 0),
        (format!("{line}\n"), 0),
        (format!(" {line}\r\n\n"), 0),
        (wrapped.clone(), 1),
        (format!("{wrapped}\n"), 1),
        (one_line.clone(), 1),
        (format!("{one_line}\n"), 1),
    ] {
        let read = inspect(&text).unwrap();
        assert_eq!((read.serial.as_str(), read.warnings.len()), ("A", warnings), "{text}");
    }
    let refused = inspect("no\ncertificate\n").unwrap_err();
    assert_eq!(refused.code(), "nextgen_psd2.certificate_unusable");
}

#[test]
fn oddities_are_told() {
    let sound = certificate();
    let zero = exchanged(&sound, b"\x02\x01\x0a\x30", b"\x02\x01\x00\x30");
    assert_eq!(inspect(&zero.to_pem()).unwrap().serial, "0");
    // keyUsage, which is critical, is replaced by nameConstraints.
    let constrained = exchanged(&sound, b"\x06\x03\x55\x1d\x0f\x01\x01\xff", b"\x06\x03\x55\x1d\x1e\x01\x01\xff");
    let warnings = inspect(&constrained.to_pem()).unwrap().warnings;
    assert!(warnings.len() == 1 && warnings[0].contains("2.5.29.30"), "{warnings:?}");
    // The modulus is replaced by a negative number.
    let modulus = sound.spki_der().windows(4).find(|part| part.starts_with(b"\x02\x82\x01\x01")).unwrap().to_vec();
    let damaged = exchanged(&sound, &[&modulus[..], b"\0"].concat(), &[&modulus[..], b"\xff"].concat());
    let read = inspect(&damaged.to_pem()).unwrap();
    assert!(read.key_bits.is_none() && read.warnings[0].contains("damaged"), "{:?}", read.warnings);
}

fn issued(change: impl FnOnce(&mut IssueOptions)) -> InspectCertificateResponse {
    let mut options = IssueOptions::new(CertificateKind::Qseal, NOW_S);
    change(&mut options);
    let authority = TestAuthority::create(&AuthorityOptions::new("Root", NOW_S)).unwrap();
    inspect(&authority.issue(&options).unwrap().certificate_pem).unwrap()
}

/// The same sentences that a bank's check V21 has.
#[test]
fn the_warnings_of_a_bank_are_told() {
    let one = |read: &InspectCertificateResponse, word: &str| {
        assert!(read.warnings.len() == 1 && read.warnings[0].contains(word), "{word}: {:?}", read.warnings);
    };
    let two = issued(|options| options.nca_id = Some("BE-NBB".to_owned()));
    one(&two, "the authority of organizationIdentifier is not that of the PSD2 statement");
    assert_eq!((two.authority_id.as_deref(), two.authorisation.unwrap().authority.as_str()), (Some("BE-NBB"), "FSA"));
    one(&issued(|options| options.nca_id = Some("FSA".to_owned())), "\"FSA\", is not of the form CC-AUTHORITY");
    let long = issued(|options| {
        options.authority = "FINANSTILSYNET".to_owned();
        options.nca_id = Some("NO-FSA".to_owned());
    });
    one(&long, "organizationIdentifier is not of the form PSDcc-AUTHORITY-NUMBER");
    one(&issued(|options| options.defects = vec![PlantedDefect::NoOrgId]), "has no organizationIdentifier");
    one(&issued(|options| options.defects = vec![PlantedDefect::NoQc]), "has no QCStatements");
    let wrong = issued(|options| options.defects = vec![PlantedDefect::WrongRoleOid]);
    assert!(wrong.warnings.len() == 2 && wrong.warnings.iter().all(|text| text.contains("disagree")), "{wrong:?}");
}

/// A third party's certificate that also says that it may issue others, as `openssl req -x509` makes it, has the
/// warnings of its statements; an authority's own has none.
#[test]
fn a_certificate_with_statements_is_judged_whatever_else_it_is() {
    let read = issued(|options| options.defects = vec![PlantedDefect::CaTrue, PlantedDefect::WrongRoleOid]);
    assert_eq!(read.warnings.iter().filter(|text| text.contains("disagree")).count(), 2, "{:?}", read.warnings);
    let authority = TestAuthority::create(&AuthorityOptions::new("Root", NOW_S)).unwrap();
    assert!(inspect(&authority.certificate().to_pem()).unwrap().warnings.is_empty());
}

/// A statement that cannot be read is named; the other statements are shown.
#[test]
fn a_broken_statement_is_named() {
    let sound = certificate();
    let unreadable = exchanged(&sound, b"\x0c\x06NO-FSA", b"\x02\x06NO-FSA");
    let read = inspect(&unreadable.to_pem()).unwrap();
    assert_eq!((read.types.as_slice(), read.roles.len()), (&["eseal".to_owned()][..], 0));
    assert!(read.warnings.len() == 1 && read.warnings[0].contains("PSD2 statement (0.4.0.19495.2)"), "{read:?}");
    let (role, tagged) =
        (b"\x30\x11\x06\x07\x04\x00\x81\x98\x27\x01\x03", b"\xa0\x11\x06\x07\x04\x00\x81\x98\x27\x01\x03");
    let read = inspect(&exchanged(&sound, role, tagged).to_pem()).unwrap();
    assert_eq!((read.types.len(), read.roles), (1, vec!["PSP_AI".to_owned(), "PSP_PI".to_owned()]));
    assert!(read.warnings.len() == 1 && read.warnings[0].contains("explicit tag"), "{:?}", read.warnings);
}
