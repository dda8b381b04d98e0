//! Options of signing (§2.9), in the form for users.

use bankchannel_crypto::signature::Hash;
use bankchannel_foundation::{Error, model::Boundary};

use crate::{
    certificates::{CertForm, NameStyle},
    http::is_token,
    signing::{DigestAlgorithm, ParameterSeparator, Rfc2047Use, SerialStyle, SigningDialect, SigningProfile},
};

/// The rules that a request follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum Dialect {
    /// The portal of the Norwegian banks: `date` is signed, errors are `ERA-PSD2` objects.
    #[default]
    #[boundary("era")]
    Era,
    /// Plain Berlin Group, 1.3.4 or later: `date` must not be signed, errors are `tppMessages`.
    #[boundary("bg")]
    Bg,
}

impl From<Dialect> for SigningDialect {
    fn from(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Era => Self::Era,
            Dialect::Bg => Self::Bg,
        }
    }
}

/// The algorithm of a request's signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: the default.
    #[default]
    #[boundary("rsa-sha256")]
    RsaSha256,
    /// The same with SHA-512.
    #[boundary("rsa-sha512")]
    RsaSha512,
}

/// The hash algorithm of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum BodyDigest {
    /// SHA-256: the default.
    #[default]
    #[boundary("SHA-256")]
    Sha256,
    /// SHA-512: longer, and rarely required.
    #[boundary("SHA-512")]
    Sha512,
}

impl From<BodyDigest> for DigestAlgorithm {
    fn from(digest: BodyDigest) -> Self {
        match digest {
            BodyDigest::Sha256 => Self::Sha256,
            BodyDigest::Sha512 => Self::Sha512,
        }
    }
}

/// The form of a serial number in a key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum SerialForm {
    /// Upper-case hex without leading zeros: the default.
    #[default]
    #[boundary("hex_upper")]
    HexUpper,
    /// Lower-case hex without leading zeros.
    #[boundary("hex_lower")]
    HexLower,
    /// Upper-case hex with an even number of digits.
    #[boundary("hex_even")]
    HexEven,
    /// Decimal: a few banks require it.
    #[boundary("decimal")]
    Decimal,
}

impl From<SerialForm> for SerialStyle {
    fn from(form: SerialForm) -> Self {
        match form {
            SerialForm::HexUpper => Self::HexUpper,
            SerialForm::HexLower => Self::HexLower,
            SerialForm::HexEven => Self::HexEven,
            SerialForm::Decimal => Self::Decimal,
        }
    }
}

/// The form of an issuer's name in a key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum NameForm {
    /// RFC 2253, the last part of the name first, other attribute types as numbers with hex values: the default.
    #[default]
    #[boundary("rfc2253")]
    Rfc2253,
    /// The same with `organizationIdentifier=` written out.
    #[boundary("rfc2253_named")]
    Rfc2253Named,
    /// In the order of the certificate.
    #[boundary("forward")]
    Forward,
    /// RFC 2253 with `%20` for each space.
    #[boundary("pct20")]
    Pct20,
}

impl From<NameForm> for NameStyle {
    fn from(form: NameForm) -> Self {
        match form {
            NameForm::Rfc2253 => Self::Rfc2253,
            NameForm::Rfc2253Named => Self::Rfc2253Named,
            NameForm::Forward => Self::Forward,
            NameForm::Pct20 => Self::Pct20,
        }
    }
}

/// The form of the certificate in its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum CertificateForm {
    /// Base64 of the DER form: the default.
    #[default]
    #[boundary("der_base64")]
    DerBase64,
    /// PEM on one line, markers included.
    #[boundary("pem_one_line")]
    PemOneLine,
    /// Base64 of the whole PEM text.
    #[boundary("base64_pem")]
    Base64Pem,
}

impl From<CertificateForm> for CertForm {
    fn from(form: CertificateForm) -> Self {
        match form {
            CertificateForm::DerBase64 => Self::DerBase64,
            CertificateForm::PemOneLine => Self::PemOneLine,
            CertificateForm::Base64Pem => Self::Base64Pem,
        }
    }
}

/// The RFC 2047 encoding of the Signature header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
#[non_exhaustive]
pub enum HeaderEncoding {
    /// Encoded if the header is not plain ASCII: the default.
    #[default]
    #[boundary("auto")]
    Auto,
    /// Always encoded.
    #[boundary("always")]
    Always,
    /// Never encoded. An issuer's name outside ASCII is then sent as bare UTF-8, which most banks refuse.
    #[boundary("never")]
    Never,
}

/// The signing of requests. The defaults suit the banks of the dialect. Banks differ, and each member here is a
/// difference that was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct SigningOptions {
    /// The bank's dialect. Default: `era`.
    pub dialect: Option<Dialect>,
    /// The signature's algorithm. Default: `rsa-sha256`.
    pub algorithm: Option<SignatureAlgorithm>,
    /// The digest's algorithm. Default: `SHA-256`.
    pub digest: Option<BodyDigest>,
    /// Whether the digest's name is written in lower case, `sha-256=`.
    pub digest_lower_case: Option<bool>,
    /// Whether a request without a body has the digest of an empty body. Default: true. Dialect `era` only.
    pub digest_empty_body: Option<bool>,
    /// Additional headers to sign, in lower case; `(request-target)` may be among them. Dialect `era` only.
    pub extra_signed_headers: Option<Vec<String>>,
    /// The order of the signed headers. Headers that are not in the list follow.
    pub header_order: Option<Vec<String>>,
    /// The form of the serial number in the key id.
    pub serial: Option<SerialForm>,
    /// The form of the issuer's name in the key id.
    pub issuer: Option<NameForm>,
    /// The form of the certificate in its header.
    pub certificate_form: Option<CertificateForm>,
    /// The encoding of the Signature header.
    pub encoding: Option<HeaderEncoding>,
    /// Whether a space follows each comma in the Signature header.
    pub spaced: Option<bool>,
    /// Whether `sign_request` verifies a signature by a local key before it returns the signature. Default: true. A
    /// signature from a token or made elsewhere is always verified, and so is every signature that the client sends.
    pub self_verify: Option<bool>,
}

/// The maximum number of names in a list of headers.
const MAX_NAMES: usize = 32;

impl SigningOptions {
    /// The signing profile for these options.
    ///
    /// # Errors
    /// `input.invalid_field` for an invalid header name, or for a header that cannot be signed additionally.
    pub fn profile(&self) -> Result<SigningProfile, Error> {
        let names = |field: &str, names: &Option<Vec<String>>| {
            let names = names.clone().unwrap_or_default();
            let good =
                |name: &String| name == "(request-target)" || (is_token(name) && *name == name.to_ascii_lowercase());
            if names.len() > MAX_NAMES || !names.iter().all(good) {
                return Err(Error::invalid_field(field, "must be at most 32 header names in lower case"));
            }
            Ok(names)
        };
        let extra_signed_headers = names("extra_signed_headers", &self.extra_signed_headers)?;
        if let Some(first) = extra_signed_headers.first() {
            let refused = |why: &str| Err(Error::invalid_field("extra_signed_headers", why));
            if self.dialect.unwrap_or_default() == Dialect::Bg {
                return refused(&format!("{first}: the dialect bg has a closed list of signed headers"));
            }
            if extra_signed_headers.iter().any(|name| name == "signature") {
                return refused("signature: it cannot cover itself");
            }
        }
        let header_order = names("header_order", &self.header_order)?;
        Ok(SigningProfile {
            dialect: self.dialect.unwrap_or_default().into(),
            signature_hash: match self.algorithm.unwrap_or_default() {
                SignatureAlgorithm::RsaSha256 => Hash::Sha256,
                SignatureAlgorithm::RsaSha512 => Hash::Sha512,
            },
            digest_algorithm: self.digest.unwrap_or_default().into(),
            digest_lower_case: self.digest_lower_case.unwrap_or(false),
            digest_empty_body: self.digest_empty_body.unwrap_or(true),
            extra_signed_headers,
            header_order: (!header_order.is_empty()).then_some(header_order),
            serial_style: self.serial.unwrap_or_default().into(),
            name_style: self.issuer.unwrap_or_default().into(),
            cert_form: self.certificate_form.unwrap_or_default().into(),
            rfc2047: match self.encoding.unwrap_or_default() {
                HeaderEncoding::Auto => Rfc2047Use::Auto,
                HeaderEncoding::Always => Rfc2047Use::Always,
                HeaderEncoding::Never => Rfc2047Use::Never,
            },
            param_separator: match self.spaced {
                Some(true) => ParameterSeparator::CommaSpace,
                _ => ParameterSeparator::Comma,
            },
            self_verify: self.self_verify.unwrap_or(true),
        })
    }
}
