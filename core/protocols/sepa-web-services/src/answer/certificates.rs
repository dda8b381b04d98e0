//! The particulars of answers of a certificate service (§5.2 to §5.5).

use bankchannel_crypto::x509::{Certificate, CertificateRequest};
use bankchannel_foundation::{
    CallOutcome, Error, Result,
    message::decode_base64,
    model::{Object, Value},
};
use bankchannel_xml::{TreeElement, XmlTree, decode_message};

use crate::{
    codec::{BANK_ENCRYPTION, BANK_ROOT, BANK_SIGNING, CERTIFICATE_ELEMENTS, certificates_of},
    errors,
    profile::{BankFamily, SignatureLevel},
    verify::{VerificationRules, is_pki_document},
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
    /// The request for the certificate of the key that decrypts, if there is one.
    pub encryption_request: Option<&'e CertificateRequest>,
}

/// The certificates that an answer has for the keys of a request.
#[derive(Debug, Clone, Default)]
pub struct CertificatesOfAnswer {
    /// Of the key that signs.
    pub signing: Option<Certificate>,
    /// Of the key that decrypts.
    pub encryption: Option<Certificate>,
}

/// The key of a certificate: its use, and when it is unfit.
type ExpectedKeyUse = (&'static str, fn(&Certificate, i64) -> Option<&'static str>);

impl CertificateExpectation<'_> {
    /// The rules with the certificates of the answer as authorities that may stand in a path. None of them is trusted by
    /// that: a path must still end at an anchor.
    pub(super) fn rules(self, message: &[u8], rules: &VerificationRules) -> VerificationRules {
        let mut rules = VerificationRules { family: Some(self.family), ..rules.clone() };
        rules.intermediates.extend(given(message, rules.charset.as_deref()).into_iter().take(MOST));
        rules
    }

    /// The certificates for the keys of the request: of several, the one that can be used, and longest.
    ///
    /// # Errors
    /// `sepa_web_services.certificate_not_ours`: what became of the request is not known.
    /// `sepa_web_services.certificate_unfit`, if none for a key can be used.
    pub(super) fn own_of(self, fields: &Object<'_>, at_s: i64) -> Result<CertificatesOfAnswer> {
        let found = texts(fields).filter_map(|text| certificates_of(text).ok()).flatten().collect::<Vec<_>>();
        let own = |request: Option<&CertificateRequest>, purpose| {
            request.map(|request| Self::own(&found, request, purpose, at_s)).transpose()
        };
        Ok(CertificatesOfAnswer {
            signing: own(self.request, ("key of the request", Certificate::why_unfit_to_sign))?,
            encryption: own(self.encryption_request, ("key that decrypts", Certificate::why_unfit_to_encrypt))?,
        })
    }

    fn own(
        found: &[Certificate],
        request: &CertificateRequest,
        (key, why_unfit): ExpectedKeyUse,
        at_s: i64,
    ) -> Result<Certificate> {
        let mut ours: Vec<&Certificate> = found.iter().filter(|one| request.is_answered_by(one)).collect();
        // One that begins later is kept, and used from then on.
        ours.sort_by_key(|one| (why_unfit(one, at_s).is_none(), one.not_before_s() <= at_s, one.not_after_s()));
        let Some(own) = ours.pop() else {
            let text = format!("the bank's answer has no certificate for the {key}");
            let error = Error::because(&errors::CERTIFICATE_NOT_OURS, text);
            return Err(error.with_retryable(false).with_outcome(CallOutcome::Unknown));
        };
        match why_unfit(own, at_s) {
            None => Ok(own.clone()),
            Some(why) => {
                let text = format!("the certificate {} that the bank has issued {why}", own.serial_hex());
                let error = Error::because(&errors::CERTIFICATE_UNFIT, text).with("not_after", own.expires_text());
                let error = error.with("authenticated", true);
                Err(error.with_retryable(false).with_outcome(CallOutcome::Accepted))
            }
        }
    }

    /// Whether the bank's own certificates in an answer of Danske's may be used: a public client that does not look takes any
    /// customer's for the bank's. Its root must be trusted already, the signing certificate that it names be one of
    /// its signers, as that of the answer is, and that for encryption issued by the root itself.
    ///
    /// # Errors
    /// `sepa_web_services.answer_not_trusted`.
    pub(super) fn check_bank_own(self, fields: &Object<'_>, rules: &VerificationRules) -> Result<()> {
        let refused = |why: &str| {
            let error = Error::because(&errors::ANSWER_NOT_TRUSTED, why.to_owned());
            Err(error.with("authenticated", false).with_outcome(CallOutcome::Unknown))
        };
        let named = |name| named_certificate(fields, name);
        if let Some(encryption) = named(BANK_ENCRYPTION) {
            let (Some(root), Some(signing)) = (named(BANK_ROOT), named(BANK_SIGNING)) else {
                return refused("the bank's answer does not name its root and its signing certificate");
            };
            if !rules.anchors.contains(&root) {
                return refused(
                    "the bank names a root that is not trusted here: compare its fingerprint with what the bank publishes, \
                     then add it with add_anchor",
                );
            }
            // It may be the next one already, while the present one still signs.
            if let Err(why) = rules.is_bank(&signing, SignatureLevel::Document) {
                return refused(&format!("the bank names a signing certificate that is not its own: {why}"));
            }
            let is_of_root = rules.anchors.iter().any(|anchor| encryption.is_issued_by(anchor));
            if !is_of_root || encryption.not_before_s() > rules.at_s {
                return refused(
                    "the bank's certificate for encryption was not issued by its root, or does not hold yet",
                );
            }
            let unfit = encryption.why_unfit_to_encrypt(rules.at_s).map(str::to_owned);
            let revoked = || rules.revocation_lists.iter().find_map(|applied| applied.list.why_revoked(&encryption));
            if let Some(why) = unfit.or_else(revoked) {
                return refused(&format!("the bank's certificate for encryption {why}"));
            }
        }
        Ok(())
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
            (BankFamily::Danske, Some(20)) => Some(
                "Customer or PIN are not right, or the PIN was used: after four wrong tries the bank locks it. Compare both \
                 with the bank's letter before another try; a PIN that was used once is to be ordered anew.",
            ),
            (BankFamily::Danske, _) => None,
            (_, Some(30)) => Some("The transfer key is not right, was used, or has ended: order a new one."),
            _ => None,
        }
    }
}

/// The bank's certificate for encryption in a believed answer of Danske's.
#[must_use]
pub fn bank_encryption_certificate(fields: &Object<'_>) -> Option<Certificate> {
    named_certificate(fields, BANK_ENCRYPTION)
}

/// The certificate with this name in an answer.
fn named_certificate(fields: &Object<'_>, name: &str) -> Option<Certificate> {
    let Some(Value::Array(items)) = fields.get("Certificates") else { return None };
    let mut items = items.iter().filter_map(Value::as_object);
    let found = items.find(|item| item.get("Name").and_then(Value::as_str) == Some(name))?;
    certificates_of(found.get("Certificate")?.as_str()?).ok()?.into_iter().next()
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
        if let Some(document) = tree.root().and_inside().find(|one| is_pki_document(*one)) {
            let leaves = document.children().filter(|one| CERTIFICATE_ELEMENTS.contains(&one.local()));
            let texts = leaves.filter_map(TreeElement::text).take(MOST);
            return Some(texts.filter_map(|text| certificates_of(text).ok()).flatten().collect());
        }
        let carrier = tree.root().and_inside().find(|one| one.local() == "ApplicationResponse")?;
        in_document(&decode_base64(carrier.text()?).ok()?)
    };
    inside().unwrap_or_default()
}
