//! What a service wants of a signature: the options of §2.9 that touch signing.

use bankchannel_crypto::signature::Hash;

use super::{digest::DigestAlgorithm, serial::SerialStyle};
use crate::certificates::{CertForm, NameStyle};

/// Which headers are signed, and how strictly (§2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SigningDialect {
    /// The two operations of the banks and their siblings: `date` is signed, further headers may be.
    #[default]
    Era,
    /// Plain Berlin Group, version 1.3.4 and later: the list is closed and has no `date`.
    Bg,
}

/// When the value of `Signature` is wrapped as an RFC 2047 word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rfc2047Use {
    /// Where it has letters beyond ASCII.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: letters beyond ASCII go out as bare UTF-8, which most services refuse.
    Never,
}

/// What stands between the parameters of `Signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParameterSeparator {
    /// `,`
    #[default]
    Comma,
    /// `, `
    CommaSpace,
}

impl ParameterSeparator {
    /// The text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::CommaSpace => ", ",
        }
    }
}

/// How to sign for one service. The default is what the two banks want.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningProfile {
    /// Which headers are signed.
    pub dialect: SigningDialect,
    /// The hash of the signature: `rsa-sha256` or `rsa-sha512`.
    pub signature_hash: Hash,
    /// The algorithm of `Digest`.
    pub digest_algorithm: DigestAlgorithm,
    /// Whether `Digest` names its algorithm in lower case.
    pub digest_lower_case: bool,
    /// Whether a request without a body has a `Digest`. In the dialect `Bg` every request has one.
    pub digest_empty_body: bool,
    /// Further headers to sign, in the dialect `Era` only; `(request-target)` may be among them.
    pub extra_signed_headers: Vec<String>,
    /// The order of the signed headers; those that it does not name follow in the usual order (§2.2).
    pub header_order: Option<Vec<String>>,
    /// How the serial number is written in `keyId`.
    pub serial_style: SerialStyle,
    /// How the issuer is written in `keyId`.
    pub name_style: NameStyle,
    /// How the certificate is written.
    pub cert_form: CertForm,
    /// When `Signature` is wrapped.
    pub rfc2047: Rfc2047Use,
    /// What stands between the parameters of `Signature`.
    pub param_separator: ParameterSeparator,
    /// Whether [`sign`](super::sign) verifies the finished signature before it gives it out (S8).
    pub self_verify: bool,
}

impl Default for SigningProfile {
    fn default() -> Self {
        Self {
            dialect: SigningDialect::Era,
            signature_hash: Hash::Sha256,
            digest_algorithm: DigestAlgorithm::Sha256,
            digest_lower_case: false,
            digest_empty_body: true,
            extra_signed_headers: Vec::new(),
            header_order: None,
            serial_style: SerialStyle::HexUpper,
            name_style: NameStyle::Rfc2253,
            cert_form: CertForm::DerBase64,
            rfc2047: Rfc2047Use::Auto,
            param_separator: ParameterSeparator::Comma,
            self_verify: true,
        }
    }
}
