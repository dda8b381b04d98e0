//! The first half of signing with a key that is kept elsewhere (§2.1, S1–S4).

use bankchannel_crypto::random::uuid_v4;
use bankchannel_foundation::{model::InlineBytes, prelude::*};

use crate::{
    declare, errors,
    http::{self, Header, Headers},
    model::{GivenRequest, HeaderField, SigningOptions, cached},
    signing::{self, SignFault, algorithm_name},
};

/// The request to sign.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PrepareSignatureRequest {
    /// The request.
    #[boundary(flatten)]
    pub request: GivenRequest,
    /// The QSEAL certificate as PEM text.
    #[boundary(profile)]
    pub certificate: String,
    /// The signing of requests.
    #[boundary(profile)]
    pub signing: Option<SigningOptions>,
}

/// The data for the holder of the key to sign.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct PrepareSignatureResponse {
    /// The HTTP method, for `attach_signature`.
    pub method: String,
    /// The request target, for `attach_signature`: the path with its query.
    pub target: String,
    /// The header fields so far, in their order. Give them to `attach_signature` unchanged.
    pub headers: Vec<HeaderField>,
    /// The signing string: RSASSA-PKCS1-v1_5 over these bytes.
    pub signing_string: InlineBytes,
    /// The hash of the signing string by the algorithm's hash: for a device that takes a hash. It must not
    /// be hashed again.
    pub hash: InlineBytes,
    /// `rsa-sha256` or `rsa-sha512`.
    pub algorithm: String,
}

/// Prepare a signature for a key that is elsewhere.
///
/// For a private key in a security module, a smart card or another process. Adds `Date`, `Digest` and `X-Request-ID`
/// if missing. Sign `signing_string` there, or `hash`, and give the signature to `attach_signature` with the body,
/// the options, and method, target and headers exactly as returned here.
#[derive(Debug, Operation)]
#[operation(PrepareSignatureRequest => PrepareSignatureResponse)]
#[declaration(..declare::local("nextgen_psd2.prepare_signature"))]
#[errors(errors::{CERTIFICATE_UNUSABLE, KEY_UNUSABLE})]
pub struct PrepareSignature;

impl Local for PrepareSignature {
    fn run(asked: PrepareSignatureRequest, with: LocalContext<'_>) -> Result<PrepareSignatureResponse, Error> {
        let profile = asked.signing.unwrap_or_default().profile()?;
        let request = asked.request.read(&with)?;
        let certificate = cached::certificate("certificate", &asked.certificate, &with)?;
        let id = uuid_v4();
        let prepared =
            signing::prepare(request, &certificate, &profile, with.clock.now_s(), &id).map_err(sign_fault)?;
        Ok(PrepareSignatureResponse {
            method: prepared.request.method,
            target: prepared.request.target,
            headers: header_fields(prepared.request.headers)?,
            signing_string: prepared.signing_string.bytes.clone().into(),
            hash: profile.signature_hash.digest(&prepared.signing_string.bytes).into(),
            algorithm: algorithm_name(profile.signature_hash).to_owned(),
        })
    }
}

/// Converts a signing failure to an error that names the header.
pub(crate) fn sign_fault(fault: SignFault) -> Error {
    match &fault.header {
        Some(name) => Error::invalid_field(&format!("headers.{name}"), &fault.why),
        None => Error::invalid_field("signing", &fault.why),
    }
}

/// The headers in their boundary form.
pub(crate) fn header_fields(headers: Headers) -> Result<Vec<HeaderField>, Error> {
    let field = |Header { name, value }: Header| {
        let trimmed = value.slice_ref(http::trim(&value));
        drop(value);
        let value = String::from_utf8(trimmed.into())
            .map_err(|_| Error::invalid_field(&format!("headers.{name}"), "must be ASCII or UTF-8"))?;
        Ok(HeaderField { name, value })
    };
    headers.into_iter().map(field).collect()
}
