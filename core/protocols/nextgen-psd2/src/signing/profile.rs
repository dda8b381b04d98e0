//! A service's requirements for a signature: the options of §2.9 that concern signing.

use bankchannel_crypto::signature::Hash;

use super::{digest::DigestAlgorithm, serial::SerialStyle};
use crate::certificates::{CertForm, NameStyle};

/// The set of signed headers, and its strictness (§2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SigningDialect {
    /// The two operations of the banks and their siblings: `date` is signed, additional headers are allowed.
    #[default]
    Era,
    /// Plain Berlin Group, version 1.3.4 and later: the list is closed and does not contain `date`.
    Bg,
}

/// When the value of `Signature` is encoded as an RFC 2047 word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rfc2047Use {
    /// If it has characters outside ASCII.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never: characters outside ASCII are sent as bare UTF-8, which most services refuse.
    Never,
}

/// The separator of the parameters of `Signature`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ParameterSeparator {
    /// `,`
    #[default]
    Comma,
    /// `, `
    CommaSpace,
}

impl ParameterSeparator {
    /// The separator's text.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Comma => ",",
            Self::CommaSpace => ", ",
        }
    }
}

/// The signing options for one service. The defaults match the two banks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningProfile {
    /// The dialect, which decides the signed headers.
    pub dialect: SigningDialect,
    /// The hash of the signature: `rsa-sha256` or `rsa-sha512`.
    pub signature_hash: Hash,
    /// The algorithm of `Digest`.
    pub digest_algorithm: DigestAlgorithm,
    /// Whether `Digest` names its algorithm in lower case.
    pub digest_lower_case: bool,
    /// Whether a request without a body has a `Digest`. In the dialect `Bg` every request has one.
    pub digest_empty_body: bool,
    /// Additional headers to sign, in the dialect `Era` only; `(request-target)` may be among them.
    pub extra_signed_headers: Vec<String>,
    /// The order of the signed headers; headers that are not in it follow in the usual order (§2.2).
    pub header_order: Option<Vec<String>>,
    /// The format of the serial number in `keyId`.
    pub serial_style: SerialStyle,
    /// The format of the issuer in `keyId`.
    pub name_style: NameStyle,
    /// The format of the certificate.
    pub cert_form: CertForm,
    /// When `Signature` is encoded.
    pub rfc2047: Rfc2047Use,
    /// The separator of the parameters of `Signature`.
    pub param_separator: ParameterSeparator,
    /// Whether [`sign`](super::sign) verifies the finished signature before it returns it (S8).
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
