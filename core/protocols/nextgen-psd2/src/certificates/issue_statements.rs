//! Encodes the extensions of a qualified certificate (§7.1).

use bankchannel_crypto::asn1::{encode, tag};

use super::Psd2Role;
use super::issue_options::{CertificateKind, IssueOptions, PlantedDefect};
use super::qc::{COMPLIANCE, PSD2, ROLE, TYPE};

/// Policies of qualified certificates of legal persons, 0.4.0.194112.1: seals (1) and web sites (4).
const POLICY: &[u8] = b"\x04\x00\x8b\xec\x40\x01";

/// The value of certificatePolicies.
pub(super) fn policies(kind: CertificateKind) -> Vec<u8> {
    let arc = match kind {
        CertificateKind::Qseal => 1,
        CertificateKind::Qwac => 4,
    };
    sequence(&[sequence(&[oid(POLICY, Some(arc))])])
}

/// The value of qcStatements.
pub(super) fn statements(options: &IssueOptions) -> Vec<u8> {
    let psd2 = psd2(options);
    if options.defects.contains(&PlantedDefect::BareQc) {
        return psd2;
    }
    let kind = match options.kind {
        CertificateKind::Qseal => 2,
        CertificateKind::Qwac => 3,
    };
    let types = sequence(&[oid(TYPE, None), sequence(&[oid(TYPE, Some(kind))])]);
    sequence(&[sequence(&[oid(COMPLIANCE, None)]), types, psd2])
}

fn psd2(options: &IssueOptions) -> Vec<u8> {
    let wrong = options.defects.contains(&PlantedDefect::WrongRoleOid);
    let role = |role: &Psd2Role| {
        let arc = if wrong { role.arc() % 4 + 1 } else { role.arc() };
        sequence(&[oid(ROLE, Some(arc)), utf8(role.name())])
    };
    let roles: Vec<Vec<u8>> = options.roles.iter().map(role).collect();
    let info = sequence(&[sequence(&roles), utf8(&options.nca_name), utf8(&options.nca_id())]);
    sequence(&[oid(PSD2, None), info])
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

fn utf8(text: &str) -> Vec<u8> {
    encode(tag::UTF8, text.as_bytes())
}

/// An object identifier, with one more arc if given.
fn oid(prefix: &[u8], arc: Option<u8>) -> Vec<u8> {
    encode(tag::OID, &[prefix, arc.as_slice()].concat())
}
