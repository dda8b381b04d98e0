//! Verifies a message of a bank or of a customer.

use std::sync::Arc;

use bankchannel_crypto::legacy_cipher::SessionKeyOpener;
use bankchannel_crypto::rsa::RsaPrivateKey;
use bankchannel_foundation::prelude::*;

use crate::{
    errors, operations,
    profile::{self, BankEnvironment, ChannelProfile, certificates},
    verify::{self, DocumentRecipient, ExaminedMessage, MAX_MESSAGE, MessageVerdict, VerificationRules},
};

/// A message, and the rules for its checks.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct VerifyMessageRequest {
    /// The message's bytes: a SOAP envelope, or the document inside of one.
    pub content: Content,
    /// The bank, such as `nordea`: its authorities are trusted, and its answers must be signed by it.
    pub bank: Option<String>,
    /// A profile of your own in place of `bank`.
    pub profile: Option<ChannelProfile>,
    /// Which of the bank's environments. Default: `production`.
    pub environment: Option<BankEnvironment>,
    /// Certificates of authorities that are trusted too, as PEM text, one after the other.
    pub trusted: Option<String>,
    /// The instant of the check. Default: now.
    pub at: Option<Timestamp>,
    /// Whether SHA-1 is permitted, which is broken. Default: as the bank's profile says, otherwise not.
    pub allow_sha1: Option<bool>,
    /// Whether only digests and values are computed, under the certificate in the message, whatever its age, issuer and
    /// methods, and wherever the signature is. Default: false.
    pub signatures_only: Option<bool>,
    /// The charset of the HTTP header that came with the message, for a message that declares none.
    pub charset: Option<String>,
    /// The private key that decrypts the document, as PEM text, RSA of 2048 bits or more: at Danske Bank that of the
    /// encryption certificate.
    pub decryption_key: Option<Secret>,
    /// The passphrase of that key, if it is encrypted.
    pub decryption_passphrase: Option<Secret>,
}

/// Verify a message of SEPA Web Services.
///
/// Makes the checks that a client makes on a bank's answer, offline: the envelope's signature and that of the document
/// inside, their coverage, the time, the certificates' paths to the bank's authorities, and that the bank signed and
/// not another customer of the same authority. Requests can be verified as well, with the authority of their
/// certificates in `trusted`. An encrypted document is decrypted with `decryption_key`. A message that is refused is an answer, not an error. Not checked: revocation, and
/// whether an answer belongs to a request, for there is none.
#[derive(Debug, Operation)]
#[operation(VerifyMessageRequest => MessageVerdict)]
#[declaration(
    takes_time: true,
    commands: COMMANDS,
    ..operations::local("sepa_web_services.verify_message", "verification")
)]
#[errors(errors::{CERTIFICATE_UNUSABLE, KEY_UNUSABLE, UNKNOWN_PROFILE, MESSAGE_TOO_LARGE})]
pub struct VerifyMessage;

const EXAMPLES: &str = "Examples:
  bankchannel sepa verify --bank nordea answer.xml
  bankchannel sepa verify --ca authority.pem --allow sha1 --at 2021-06-01T12:00:00Z --json - < old-answer.xml
  bankchannel sepa verify --signatures-only request.xml
  bankchannel sepa verify --ca authority.pem --decryption-key encryption.key answer.xml

Exit code 0 when the message is valid, 1 when it is refused. An answer holds for some minutes: give the time at which it
arrived with --at. Not checked: revocation, and whether an answer belongs to a request.";

/// The fields of the commands that examine a message.
pub(super) const GIVEN: &[CommandField] = &[
    CommandField::value("bank", "bank")
        .help("The bank, such as nordea: its authorities are trusted, and its answers must be signed by it"),
    CommandField::value("profile", "profile"),
    CommandField::value("environment", "environment"),
    CommandField::files(
        "trusted",
        "ca",
        FileForm::Certificates,
        "Certificates of trusted authorities: one or several as PEM, or one as DER; may be given several times",
    ),
    CommandField::value("at", "at").help("The instant of the check, such as 2026-03-03T10:15:30Z [default: now]"),
    CommandField::value("signatures_only", "signatures-only"),
    CommandField::value("charset", "charset"),
    CommandField::file(
        "decryption_key",
        "decryption-key",
        FileForm::Text,
        "The private key that decrypts the document, PEM",
    ),
    CommandField::file(
        "decryption_passphrase",
        "decryption-passphrase-file",
        FileForm::Text,
        "The passphrase of that key, in a file",
    ),
    CommandField {
        input: CommandInput::Word("sha1"),
        placeholder: "METHOD",
        help: "Permit a method that is broken; may be given several times",
        ..CommandField::value("allow_sha1", "allow")
    },
    CommandField::content(FileForm::Content, "The message: an envelope, or the document inside of one; - for stdin"),
];

const COMMANDS: &[Command] = &[Command::named("verify").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: GIVEN,
    meanwhile: "verifying the message",
    ..CommandForm::new("Verify a message of a bank: exit 0 when it is valid, 1 when it is refused")
})];

impl Local for VerifyMessage {
    fn run(asked: VerifyMessageRequest, with: LocalContext<'_>) -> Result<MessageVerdict, Error> {
        asked.examine(&with, false).map(|examined| examined.verdict)
    }
}

/// Who decrypts the document, if a key was given.
fn recipients(key: Option<&Secret>, passphrase: Option<&Secret>) -> Result<Vec<DocumentRecipient>, Error> {
    let Some(pem) = key else {
        return match passphrase {
            Some(_) => Err(Error::invalid_field("decryption_passphrase", "is of no use without decryption_key")),
            None => Ok(Vec::new()),
        };
    };
    let unusable = |why: String| Error::because(&errors::KEY_UNUSABLE, why).with("field", "decryption_key");
    let passphrase = passphrase.map(|given| given.expose().trim_end_matches(['\r', '\n']));
    let key = RsaPrivateKey::from_pem_under(pem.expose(), passphrase)
        .map_err(|fault| unusable(fault.naming_opener("decryption_passphrase")))?;
    let opener = SessionKeyOpener::new(&key).map_err(|fault| unusable(fault.to_string()))?;
    Ok(vec![DocumentRecipient { certificate: None, opener: Arc::new(opener) }])
}

impl VerifyMessageRequest {
    /// Examines the message.
    ///
    /// # Errors
    /// Those of [`VerifyMessage`], for input that cannot be used.
    pub(super) fn examine(self, with: &LocalContext<'_>, explains: bool) -> Result<ExaminedMessage, Error> {
        let bank = match (self.bank.as_deref(), self.profile) {
            (Some(_), Some(_)) => return Err(Error::invalid_field("profile", "cannot be given together with bank")),
            (Some(name), None) => Some(profile::named(name)?.clone()),
            (None, own) => own.map(ChannelProfile::resolved).transpose()?,
        };
        let mut rules = VerificationRules {
            at_s: self.at.as_ref().map_or_else(|| with.clock.now_s(), |at| at.as_ms().div_euclid(1000)),
            anchors: certificates("trusted", self.trusted.as_deref())?,
            allows_sha1: self.allow_sha1.unwrap_or_default(),
            signatures_only: self.signatures_only.unwrap_or_default(),
            charset: self.charset,
            decrypts_any: true,
            recipients: recipients(self.decryption_key.as_ref(), self.decryption_passphrase.as_ref())?,
            ..VerificationRules::default()
        };
        if let Some(bank) = bank {
            rules.anchors.extend(bank.anchors_of(self.environment.unwrap_or_default())?);
            rules.intermediates = bank.intermediates()?;
            rules.allows_sha1 = self.allow_sha1.or(bank.allows_sha1_answers).unwrap_or_default();
            rules.signers = Some(bank.signers.unwrap_or_default());
            rules.family = bank.family;
        }
        let message = with.whole_content(self.content, MAX_MESSAGE)?;
        if message.len() > MAX_MESSAGE {
            let text = format!("the message has more than {MAX_MESSAGE} bytes");
            return Err(Error::because(&errors::MESSAGE_TOO_LARGE, text).with("limit_bytes", MAX_MESSAGE));
        }
        Ok(verify::examine(message, &rules, explains))
    }
}
