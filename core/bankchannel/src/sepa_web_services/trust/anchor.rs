//! An anchor of trust, as it is listed, and when its end is near.

use bankchannel_crypto::{digest, x509::NameStyle};
use bankchannel_foundation::{
    model::{Boundary, Timestamp},
    shown,
};

use super::{TrustedAnchor, WARN_DAYS};

const DAY_S: i64 = 86_400;

/// Where an anchor comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BankAnchorSource {
    /// The bank's profile: with the library, or your own.
    Profile,
    /// The settings `trusted` and `trusted_file`.
    Setting,
    /// The folder `anchors_dir`.
    Folder,
}

/// A certificate authority that a bank's signers must lead to.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankAnchor {
    /// Its name, such as `CN=OP-Pohjola Root CA,C=FI`.
    pub subject: String,
    /// SHA-256 of the certificate, hex: compare it with what the bank publishes.
    pub sha256: String,
    /// From when on it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
    /// Where it comes from.
    pub source: BankAnchorSource,
    /// Its file, if it has one.
    pub file: Option<String>,
    /// The days that are left, from ninety on; 0 once it has ended.
    pub days_left: Option<u32>,
}

impl BankAnchor {
    pub(in super::super) fn from_trusted(anchor: &TrustedAnchor, now_s: i64) -> Self {
        let certificate = &anchor.certificate;
        let left = certificate.not_after_s() - now_s;
        Self {
            subject: certificate.subject().to_text(NameStyle::Rfc2253),
            sha256: digest::hex(&certificate.sha256()),
            not_before: Timestamp::from_ms(certificate.not_before_s() * 1000),
            not_after: Timestamp::from_ms(certificate.not_after_s() * 1000),
            source: anchor.source,
            file: anchor.file.as_deref().map(|file| shown::path(file).to_string()),
            days_left: (left <= WARN_DAYS * DAY_S).then(|| u32::try_from(left.max(0) / DAY_S).unwrap_or_default()),
        }
    }
}

/// The anchors whose end is near or over, unless another one of the same name holds longer.
pub(in super::super) fn ending(anchors: &[TrustedAnchor], now_s: i64) -> impl Iterator<Item = &TrustedAnchor> {
    let ends_soon = move |one: &TrustedAnchor| one.certificate.not_after_s() - now_s <= WARN_DAYS * DAY_S;
    let is_followed = move |one: &TrustedAnchor| {
        let follows = |other: &TrustedAnchor| {
            other.certificate.subject_der() == one.certificate.subject_der()
                && other.certificate.not_before_s() <= now_s
                && !ends_soon(other)
        };
        anchors.iter().any(follows)
    };
    anchors.iter().filter(move |one| ends_soon(one) && !is_followed(one))
}

/// The warning about an anchor that expires soon or has expired.
pub(in super::super) fn warning(anchor: &TrustedAnchor, now_s: i64) -> String {
    let shown = BankAnchor::from_trusted(anchor, now_s);
    let (name, end) = (&shown.subject, shown.not_after.as_str());
    if anchor.certificate.not_after_s() < now_s {
        format!(
            "the trusted authority {name} has ended on {end}: answers under it are refused. Add the bank's new one with \
             add_anchor"
        )
    } else {
        format!(
            "the trusted authority {name} ends on {end}, in {} days: answers under it will be refused then. Add the bank's \
             new one with add_anchor",
            shown.days_left.unwrap_or_default()
        )
    }
}
