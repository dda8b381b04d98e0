//! A bank as data: a profile that is shipped, or one of the user's own that replaces or extends it.

mod certificates;
mod sandbox;
mod shipped;

use bankchannel_banks::{BankChannelId, BankSource, KnownBank, find, read_file};
use bankchannel_crypto::{cbc::CbcCipher, legacy_cipher, x509::Certificate};
use bankchannel_foundation::{
    Error,
    model::{Boundary, over, read_boundary},
};
use bankchannel_iso20022::rules::ProfileOptions;

pub use certificates::{BankCodeForm, CertificateNamePart, CertificateNameRule};
pub use sandbox::{is_of_sandbox, sandbox_of};
pub use shipped::{named, names};

use crate::{
    errors,
    request::{CertificateCommand, FileCommand, ID_LENGTH, REQUEST_ID_MOST},
};

/// The banks that have one form of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BankFamily {
    /// Nordea.
    #[boundary("nordea")]
    Nordea,
    /// OP.
    #[boundary("op")]
    Op,
    /// Banks on the platform of Samlink, and those that kept its messages.
    #[boundary("samlink")]
    Samlink,
    /// Danske Bank: documents are encrypted in both directions.
    #[boundary("danske")]
    Danske,
}

impl BankFamily {
    /// Whether the certificate service signs the envelopes of its answers (§3). Where it does not, the document alone
    /// counts, and a certificate shows by its key to which request it belongs.
    #[must_use]
    pub fn signs_certificate_answers(self) -> bool {
        !matches!(self, Self::Op | Self::Danske)
    }
}

/// Which of a bank's two environments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum BankEnvironment {
    /// Real payments: the default.
    #[default]
    #[boundary("production")]
    Production,
    /// The bank's test environment for customers.
    #[boundary("test")]
    Test,
}

/// Whether requests name a `TargetId`, the part of an agreement that files belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum TargetIdRule {
    /// Every request for files names one.
    #[boundary("required")]
    Required,
    /// It may be given.
    #[boundary("optional")]
    Optional,
    /// The bank has none.
    #[boundary("unused")]
    Unused,
}

/// Which files are compressed before they are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum CompressionRule {
    /// Every file.
    #[boundary("required")]
    Required,
    /// Only XML files may be.
    #[boundary("xml_files")]
    XmlFiles,
    /// None.
    #[boundary("none")]
    None,
}

/// The cipher with which documents to a bank are encrypted (XML Encryption); their keys are encrypted with RSA (PKCS#1 v1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum DocumentEncryptionCipher {
    /// AES with a key of 256 bits, CBC.
    #[default]
    #[boundary("aes256_cbc")]
    Aes256Cbc,
    /// Triple DES, CBC: only for a bank that takes nothing else.
    #[boundary("tripledes_cbc")]
    TripleDesCbc,
}

impl From<DocumentEncryptionCipher> for CbcCipher {
    fn from(cipher: DocumentEncryptionCipher) -> Self {
        match cipher {
            DocumentEncryptionCipher::Aes256Cbc => Self::AES_256,
            DocumentEncryptionCipher::TripleDesCbc => legacy_cipher::TRIPLE_DES,
        }
    }
}

/// The kind of a bank's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum BankFileKind {
    /// Payments to be sent: pain.001.
    #[boundary("payment")]
    Payment,
    /// What became of payments: pain.002.
    #[boundary("status_report")]
    StatusReport,
    /// Statements of past days: camt.053.
    #[boundary("statement")]
    Statement,
    /// Single credits and debits: camt.054.
    #[boundary("notification")]
    Notification,
    /// The current day: camt.052.
    #[boundary("report")]
    Report,
}

/// The bank's names for a kind of file.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankFileType {
    /// The kind.
    pub kind: BankFileKind,
    /// The bank's file types, such as `NDCORPAYS`; case matters.
    pub codes: Vec<String>,
}

/// The addresses of a service.
#[derive(Debug, Clone, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub struct ServiceUrls {
    /// The address for real payments.
    pub production: Option<String>,
    /// The address of the test environment; left out if it is not known or is the same.
    pub test: Option<String>,
}

/// Which signature of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub enum SignatureLevel {
    /// That of the SOAP message, by WS-Security.
    #[boundary("soap")]
    Soap,
    /// That of the document inside.
    #[boundary("document")]
    Document,
    /// Either.
    #[boundary("any")]
    Any,
}

/// The certificates with which a bank signs its answers. The authority behind them may also issue certificates to
/// customers, so the path alone does not show a bank.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankSignerPattern {
    /// The signature that they make.
    pub level: SignatureLevel,
    /// A part of the common name (CN) of their subject.
    pub common_name_contains: String,
    /// Whether the common name is that and no more. Default: false; say true where it is known as a whole, so that no
    /// customer of the same authority can have it in a longer name.
    pub is_whole_name: Option<bool>,
    /// Whether an anchor itself has issued it. Default: false; say true where the authorities between issue the certificates
    /// of customers, so that none of these is taken for the bank's.
    pub is_issued_by_anchor: Option<bool>,
}

impl BankSignerPattern {
    /// Whether a certificate with this common name is of them.
    #[must_use]
    pub fn is_of(&self, common_name: &str) -> bool {
        match self.is_whole_name {
            Some(true) => common_name == self.common_name_contains,
            _ => common_name.contains(&self.common_name_contains),
        }
    }
}

/// The certificate authorities behind a bank's signatures.
#[derive(Debug, Clone, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub struct TrustAnchors {
    /// Of real payments: certificates as PEM text, one after the other.
    pub production: Option<String>,
    /// Of the test environment.
    pub test: Option<String>,
}

/// The known facts of one bank, and how its channel is used.
///
/// Fields that are left out are those of the bank that `extends` names, apart from `other_names`, `bics`, `channel_ids` and
/// `sources`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub struct ChannelProfile {
    /// The profile's name, such as `nordea`.
    pub name: Option<String>,
    /// The shipped profile whose values hold where this one has none.
    pub extends: Option<String>,
    /// The bank's name for people.
    pub bank: Option<String>,
    /// Further names that it is found by.
    pub other_names: Option<Vec<String>>,
    /// Its BICs, of 8 characters.
    pub bics: Option<Vec<String>>,
    /// Its ids on channels that many banks share, such as the WS Channel.
    pub channel_ids: Option<Vec<BankChannelId>>,
    /// How it deviates from the common rules of payments: the files sent to it are checked by them.
    pub payments: Option<ProfileOptions>,
    /// The form of its messages.
    pub family: Option<BankFamily>,
    /// The addresses of its file service.
    pub file_url: Option<ServiceUrls>,
    /// The addresses of its certificate service.
    pub certificate_url: Option<ServiceUrls>,
    /// The addresses of the revocation list of the authority that issues the certificates with which it signs.
    pub crl_url: Option<ServiceUrls>,
    /// The `ReceiverId` of requests, mostly the bank's BIC.
    pub receiver_id: Option<String>,
    /// Whether requests name a `TargetId`.
    pub target_id: Option<TargetIdRule>,
    /// The operations that the bank offers. Default: all of the file service.
    pub operations: Option<Vec<FileCommand>>,
    /// The operations that its certificate service offers. Default: none.
    pub certificate_operations: Option<Vec<CertificateCommand>>,
    /// The form of its codes for a first certificate.
    pub certificate_code: Option<BankCodeForm>,
    /// The name in requests for certificates, its parts in their order.
    pub certificate_subject: Option<Vec<CertificateNameRule>>,
    /// From so many days before its end on a certificate is renewed. Default: 60. One that lives for less than twice as
    /// many days is renewed from half of its life on.
    pub renew_before_days: Option<u32>,
    /// Why that many.
    pub renew_reason: Option<String>,
    /// Whether a certificate is of no use once the next one was issued. Default: no.
    pub supersedes_at_once: Option<bool>,
    /// Whether every list names a status. Default: no.
    pub requires_status: Option<bool>,
    /// Whether every list and download names the type of the files. Default: no.
    pub requires_file_type: Option<bool>,
    /// Which files are compressed.
    pub compression: Option<CompressionRule>,
    /// The name of the compression, GZIP (RFC 1952) in each case: `GZIP` or `RFC1952`.
    pub compression_method: Option<String>,
    /// Whether documents are encrypted, for the bank and for the customer, and with which cipher those to the bank are. Left
    /// out: they are not. What comes from the bank says itself how it is encrypted.
    pub document_encryption: Option<DocumentEncryptionCipher>,
    /// The value of the HTTP header `SOAPAction`, without its quotes. Default: empty, as the banks' descriptions of the
    /// service have it.
    pub soap_action: Option<String>,
    /// Largest file that the bank takes, bytes before compression.
    pub max_file_bytes: Option<u64>,
    /// Largest compressed file that the bank takes, bytes.
    pub max_packed_bytes: Option<u64>,
    /// The status under which files that were fetched before are listed: `DLD` or `DOWNLOADED`.
    pub status_downloaded: Option<String>,
    /// Its file types.
    pub file_types: Option<Vec<BankFileType>>,
    /// The certificates with which it signs.
    pub signers: Option<Vec<BankSignerPattern>>,
    /// Whether it may still sign with SHA-1, which is broken. Requests are never signed with it.
    pub allows_sha1_answers: Option<bool>,
    /// The authorities that are trusted.
    pub anchors: Option<TrustAnchors>,
    /// Authorities between an anchor and a signer, as PEM text: they are used for a path, never trusted by themselves.
    pub intermediates: Option<String>,
    /// Where this comes from, and since when it is known.
    pub sources: Option<Vec<BankSource>>,
}

impl ChannelProfile {
    /// The profile in the file of a user's own bank.
    ///
    /// # Errors
    /// Why it cannot be used: a phrase that follows the name of the file.
    pub fn from_file(path: &str) -> Result<Self, String> {
        read_boundary(read_file(path)?).map_err(|error: Error| error.message().to_owned())
    }

    /// Why this cannot be the id of a customer or a sender at the bank, if something of its ids is known.
    #[must_use]
    pub fn why_no_id(&self, id: &str) -> Option<&'static str> {
        let has_six = id.chars().count() == ID_LENGTH;
        (self.family == Some(BankFamily::Danske) && !has_six).then_some("must have six characters at this bank")
    }

    /// Longest id of a message that the bank's services take, characters.
    #[must_use]
    pub fn request_id_most(&self) -> usize {
        if self.family == Some(BankFamily::Danske) { REQUEST_ID_MOST } else { 35 }
    }

    /// Whether requests about files need a target id.
    #[must_use]
    pub fn needs_target(&self) -> bool {
        self.target_id == Some(TargetIdRule::Required)
    }

    /// The bank's types of files of one kind.
    #[must_use]
    pub fn file_types_of(&self, kind: BankFileKind) -> Vec<String> {
        let known = self.file_types.iter().flatten().filter(|one| one.kind == kind);
        known.flat_map(|one| &one.codes).cloned().collect()
    }

    /// The bank's types of files that are fetched from it: all but payments, each once.
    #[must_use]
    pub fn file_types_to_fetch(&self) -> Vec<String> {
        let fetched = self.file_types.iter().flatten().filter(|one| one.kind != BankFileKind::Payment);
        let mut types: Vec<String> = Vec::new();
        for code in fetched.flat_map(|one| &one.codes) {
            if !types.contains(code) {
                types.push(code.clone());
            }
        }
        types
    }

    /// The profile, completed with the one that it extends.
    ///
    /// # Errors
    /// `sepa_web_services.unknown_profile` if it extends none that is shipped; `input.invalid_field` for a value that no
    /// request can carry.
    pub fn resolved(self) -> Result<Self, Error> {
        let is_plain = |one: u8| (0x20..0x7f).contains(&one) && !matches!(one, b'"' | b'\\');
        if self.soap_action.as_ref().is_some_and(|action| !action.bytes().all(is_plain)) {
            let why = "must be visible ASCII characters and blanks, without quotes and backslashes";
            return Err(Error::invalid_field("soap_action", why));
        }
        let Some(name) = self.extends.clone() else { return Ok(self) };
        named(&name)?;
        let base: Self = find(&name).map_or_else(|| Ok(Self::default()), KnownBank::read_as_base)?;
        let payments = match (self.payments.clone(), base.payments.clone()) {
            (Some(own), Some(base)) => Some(own.at_bank(base)?),
            (own, base) => own.or(base),
        };
        Ok(Self { payments, ..over(self, base)? })
    }

    /// The bank's name: of a profile without one, the profile's.
    #[must_use]
    pub fn bank_name(&self) -> Option<&str> {
        self.bank.as_deref().or(self.name.as_deref())
    }

    /// The address of the file service in an environment; `None` if the profile has none.
    #[must_use]
    pub fn file_url_of(&self, environment: BankEnvironment) -> Option<&str> {
        of_environment(self.file_url.as_ref()?, environment)
    }

    /// The address of the certificate service in an environment; `None` if the profile has none.
    #[must_use]
    pub fn certificate_url_of(&self, environment: BankEnvironment) -> Option<&str> {
        of_environment(self.certificate_url.as_ref()?, environment)
    }

    /// The address of the revocation list in an environment; `None` if the profile has none.
    #[must_use]
    pub fn crl_url_of(&self, environment: BankEnvironment) -> Option<&str> {
        of_environment(self.crl_url.as_ref()?, environment)
    }

    /// The trusted authorities of an environment.
    ///
    /// # Errors
    /// `sepa_web_services.certificate_unusable`.
    pub fn anchors_of(&self, environment: BankEnvironment) -> Result<Vec<Certificate>, Error> {
        let anchors = self.anchors.as_ref();
        let pem = anchors.and_then(|anchors| match environment {
            BankEnvironment::Production => anchors.production.as_deref(),
            BankEnvironment::Test => anchors.test.as_deref(),
        });
        certificates("profile.anchors", pem)
    }

    /// The authorities between an anchor and a signer.
    ///
    /// # Errors
    /// `sepa_web_services.certificate_unusable`.
    pub fn intermediates(&self) -> Result<Vec<Certificate>, Error> {
        certificates("profile.intermediates", self.intermediates.as_deref())
    }
}

fn of_environment(urls: &ServiceUrls, environment: BankEnvironment) -> Option<&str> {
    match environment {
        BankEnvironment::Production => urls.production.as_deref(),
        BankEnvironment::Test => urls.test.as_deref(),
    }
}

/// The certificates of a PEM text; none if there is no text.
///
/// # Errors
/// `sepa_web_services.certificate_unusable`, naming the field.
pub(crate) fn certificates(field: &str, pem: Option<&str>) -> Result<Vec<Certificate>, Error> {
    let Some(pem) = pem else { return Ok(Vec::new()) };
    Certificate::all_from_pem(pem)
        .map_err(|fault| Error::because(&errors::CERTIFICATE_UNUSABLE, fault.to_string()).with("field", field))
}

#[cfg(test)]
mod tests {
    use bankchannel_foundation::model::read_boundary;
    use bankchannel_iso20022::rules::ProfileOptions;
    use serde_json::json;

    use super::ChannelProfile;

    /// A file that names other rules means those, for a check before an upload as for a check of its own.
    #[test]
    fn the_base_of_a_users_own_bank_counts_in_place_of_the_bank_that_it_extends() {
        let payments = |file: serde_json::Value| {
            read_boundary::<ChannelProfile>(file).and_then(ChannelProfile::resolved).map(|bank| bank.payments)
        };
        let other: Result<ProfileOptions, _> = read_boundary(json!({"base": "aos2"}));
        assert!(other.is_ok());
        assert_eq!(payments(json!({"extends": "nordea", "payments": {"base": "aos2"}})).ok(), Some(other.ok()));
        let of_nordea = payments(json!({"extends": "nordea", "payments": {"days_back": 1}})).ok().flatten();
        assert!(of_nordea.is_some_and(|rules| rules.characters.is_some() && rules.days_back == Some(1)));
    }
}
