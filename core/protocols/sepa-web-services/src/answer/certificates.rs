//! The particulars of answers of a certificate service (§5.2 to §5.5).

use bankchannel_crypto::x509::{Certificate, CertificateRequest};
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    model::{Object, Value},
};
use bankchannel_xml::{TreeElement, XmlTree, decode_message};

use crate::{
    codec::certificates_of,
    errors,
    profile::BankFamily,
    verify::{VerificationRules, base64_text},
};

/// The most certificates of an answer that are looked at for a path.
const MOST: usize = 20;

/// What an answer of a certificate service must fit.
#[derive(Debug, Clone, Copy)]
pub struct CertificateExpectation<'e> {
    /// The form of the bank's messages.
    pub family: BankFamily,
    /// The request for a certificate, if there is one.
    pub request: Option<&'e CertificateRequest>,
}

impl CertificateExpectation<'_> {
    /// The rules with the certificates of the answer as authorities that may stand in a path. None of them is trusted by
    /// that: a path must still end at an anchor.
    pub(super) fn rules(self, message: &[u8], rules: &VerificationRules) -> VerificationRules {
        let mut rules = VerificationRules { family: Some(self.family), ..rules.clone() };
        rules.intermediates.extend(given(message, rules.charset.as_deref()).into_iter().take(MOST));
        rules
    }

    /// The certificate for the key of the request: of several, the one that can be used, and longest.
    ///
    /// # Errors
    /// `sepa_web_services.certificate_not_ours`: what became of the request is not known.
    /// `sepa_web_services.certificate_unfit`, if none for that key can be used.
    pub(super) fn own_of(self, fields: &Object<'_>, at_s: i64) -> Result<Option<Certificate>> {
        let Some(request) = self.request else { return Ok(None) };
        let found = texts(fields).filter_map(|text| certificates_of(text).ok()).flatten();
        let mut ours: Vec<Certificate> = found.filter(|one| request.is_answered_by(one)).collect();
        // One that begins later is kept, and used from then on.
        ours.sort_by_key(|one| (one.why_unfit_to_sign(at_s).is_none(), one.not_before_s() <= at_s, one.not_after_s()));
        let Some(own) = ours.pop() else {
            let text = "the bank's answer has no certificate for the key of the request";
            let error = Error::because(&errors::CERTIFICATE_NOT_OURS, text);
            return Err(error.with_retryable(false).with_outcome(CallOutcome::Unknown));
        };
        match own.why_unfit_to_sign(at_s) {
            None => Ok(Some(own)),
            Some(why) => {
                let text = format!("the certificate {} that the bank has issued {why}", own.serial_hex());
                let error = Error::because(&errors::CERTIFICATE_UNFIT, text).with("not_after", own.expires_text());
                let error = error.with("authenticated", true);
                Err(error.with_retryable(false).with_outcome(CallOutcome::Accepted))
            }
        }
    }

    /// What to do about a code, where it means something else than for files.
    pub(super) fn advice(self, number: Option<u32>) -> Option<&'static str> {
        self.request?;
        match (self.family, number) {
            (BankFamily::Op, Some(26)) => Some(
                "OP answers 26 to almost every request that it does not like: it does not say that the code has ended. Do not \
                 send it again before you have compared it: first the eight digits of the agreement, then the eight that came \
                 apart; in the wrong order they lock the registration.",
            ),
            (BankFamily::Nordea, Some(33)) => Some(
                "The name in the request is not that of the agreement. The bank's text may have the right one: let a person \
                 confirm it, then make another request for the same key and send it with the same code.",
            ),
            (BankFamily::Nordea, Some(34)) => {
                Some("The activation code is not right, was used, or has ended: order a new one.")
            }
            (_, Some(30)) => Some("The transfer key is not right, was used, or has ended: order a new one."),
            _ => None,
        }
    }
}

/// Whether an unverified message has a certificate for the key of a request.
#[must_use]
pub fn names_certificate_of(request: &CertificateRequest, message: &[u8]) -> bool {
    given(message, None).iter().any(|one| request.is_answered_by(one))
}

/// The texts of the certificates in an answer.
fn texts<'f>(fields: &'f Object<'_>) -> impl Iterator<Item = &'f str> {
    let items = match fields.get("Certificates") {
        Some(Value::Array(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(|item| item.as_object()?.get("Certificate")?.as_str())
}

/// The certificates in the document of a message that is not verified yet.
fn given(message: &[u8], charset: Option<&str>) -> Vec<Certificate> {
    fn in_document(document: &[u8]) -> Option<Vec<Certificate>> {
        let text = decode_message(document, None).ok()?;
        let tree = XmlTree::read(&text).ok()?;
        let lists = tree.root().children().filter(|one| one.local() == "Certificates");
        let leaves = lists.flat_map(TreeElement::children).flat_map(TreeElement::children);
        let leaves = leaves.filter(|one| one.local() == "Certificate").filter_map(TreeElement::text);
        Some(leaves.take(MOST).filter_map(|text| certificates_of(text).ok()).flatten().collect())
    }
    let inside = || {
        let text = decode_message(message, charset).ok()?;
        let tree = XmlTree::read(&text).ok()?;
        let carrier = tree.root().and_inside().find(|one| one.local() == "ApplicationResponse")?;
        in_document(&base64_text(carrier.text()?)?)
    };
    inside().unwrap_or_default()
}
