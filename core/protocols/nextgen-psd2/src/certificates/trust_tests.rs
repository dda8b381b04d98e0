//! Chains of the sheet's worked example, and of certificates made here.
#![allow(clippy::unwrap_used)]

use super::super::vectors::{CA1, CA2, LEAF1, LEAF2, NOW_S, certificate};
use super::super::{AuthorityOptions, Defect, IssueOptions, Kind, TestAuthority};
use super::*;

#[test]
fn both_leaves_find_their_authority() {
    let anchors = [certificate(CA1), certificate(CA2)];
    for (index, leaf) in [LEAF1, LEAF2].into_iter().enumerate() {
        let found = find_anchor(&certificate(leaf), &anchors, NOW_S).unwrap();
        assert_eq!(found, &anchors[index]);
    }
    let fault = find_anchor(&certificate(LEAF1), &anchors[1..], NOW_S).unwrap_err();
    assert!(fault.0.contains("CN=Sandbox QSEAL CA 1"), "{fault}");
    assert!(find_anchor(&certificate(LEAF1), &[], NOW_S).is_err());
}

#[test]
fn validity_of_the_authority() {
    let anchors = [certificate(CA1)];
    let leaf = certificate(LEAF1);
    assert!(find_anchor(&leaf, &anchors, anchors[0].not_before_s()).is_ok());
    assert!(find_anchor(&leaf, &anchors, anchors[0].not_after_s()).is_ok());
    for (now, word) in [(anchors[0].not_before_s() - 1, "not yet"), (anchors[0].not_after_s() + 1, "expired")] {
        assert!(find_anchor(&leaf, &anchors, now).unwrap_err().0.contains(word));
    }
}

/// T-066.
#[test]
fn a_namesake_does_not_vouch_and_does_not_hide_the_right_one() {
    let options = AuthorityOptions { organization_identifier: String::new(), ..AuthorityOptions::new("Same", NOW_S) };
    let (right, wrong) = (TestAuthority::create(&options).unwrap(), TestAuthority::create(&options).unwrap());
    let leaf = right.issue(&IssueOptions::new(Kind::Qseal, NOW_S)).unwrap().certificate;
    let wrong = wrong.certificate().clone();
    assert!(leaf.names_issuer(&wrong) && !leaf.is_issued_by(&wrong));
    assert!(find_anchor(&leaf, std::slice::from_ref(&wrong), NOW_S).unwrap_err().0.contains("did not sign"));
    let anchors = [wrong, right.certificate().clone()];
    assert_eq!(find_anchor(&leaf, &anchors, NOW_S).unwrap(), right.certificate());
}

#[test]
fn who_is_no_authority_does_not_vouch() {
    let authority = TestAuthority::create(&AuthorityOptions::new("Root", NOW_S)).unwrap();
    // CA:TRUE, but its key may sign no certificates.
    let options = IssueOptions { defects: vec![Defect::CaTrue], ..IssueOptions::new(Kind::Qseal, NOW_S) };
    let middle = authority.issue(&options).unwrap();
    let middle_authority = TestAuthority::from_pem(&middle.certificate_pem, &middle.private_key_pem).unwrap();
    let leaf = middle_authority.issue(&IssueOptions::new(Kind::Qseal, NOW_S)).unwrap().certificate;
    let fault = find_anchor(&leaf, &[middle.certificate], NOW_S).unwrap_err();
    assert!(fault.0.contains("keyCertSign"), "{fault}");
}
