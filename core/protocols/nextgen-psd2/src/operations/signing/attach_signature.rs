//! The second half of signing with a key that is kept elsewhere (§2.1, S6–S7).

use bankchannel_crypto::random::uuid_v4;
use bankchannel_foundation::{model::InlineBytes, prelude::*};

use super::prepare_signature::{PrepareSignature, header_fields, sign_fault};
use crate::{
    declare,
    model::{GivenRequest, HeaderField, SigningOptions, cached},
    signing,
};

/// The prepared request and its signature.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AttachSignatureRequest {
    /// The body alone, even if `prepare_signature` had the whole request.
    pub content: Option<Content>,
    /// The HTTP method from `prepare_signature`.
    pub method: String,
    /// The request target from `prepare_signature`: the path with its query.
    pub target: String,
    /// The header fields from `prepare_signature`.
    pub headers: Vec<HeaderField>,
    /// The signature.
    pub signature: InlineBytes,
    /// The QSEAL certificate as PEM text.
    #[boundary(profile)]
    pub certificate: String,
    /// The signing of requests.
    #[boundary(profile)]
    pub signing: Option<SigningOptions>,
}

/// The signed request's headers.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AttachSignatureResponse {
    /// All header fields to send, in this order.
    pub headers: Vec<HeaderField>,
    /// The key id of the signature.
    pub key_id: String,
}

/// Attach a signature that was made elsewhere.
///
/// First verifies the signature with the certificate's key, so that a wrong signature fails here and not at the bank.
#[derive(Debug, Operation)]
#[operation(AttachSignatureRequest => AttachSignatureResponse)]
#[declaration(..declare::local("nextgen_psd2.attach_signature"))]
#[errors(..PrepareSignature::DECLARATION.errors)]
pub struct AttachSignature;

impl Local for AttachSignature {
    fn run(asked: AttachSignatureRequest, with: LocalContext<'_>) -> Result<AttachSignatureResponse, Error> {
        let profile = asked.signing.unwrap_or_default().profile()?;
        let given = GivenRequest {
            content: asked.content,
            method: Some(asked.method),
            target: Some(asked.target),
            headers: Some(asked.headers),
        };
        let request = given.read(&with)?;
        let certificate = cached::certificate("certificate", &asked.certificate, &with)?;
        // All headers are already present, so nothing is added.
        let id = uuid_v4();
        let prepared =
            signing::prepare(request, &certificate, &profile, with.clock.now_s(), &id).map_err(sign_fault)?;
        let key_id = prepared.key_id.clone();
        let finished = prepared.finish(&asked.signature, &certificate, &profile);
        let request = finished.map_err(|fault| match fault.header.as_deref() {
            Some("Signature") => Error::invalid_field(
                "signature",
                format!("{}: sign the bytes of `signing_string` with PKCS#1 v1.5, hashed once", fault.why),
            ),
            _ => sign_fault(fault),
        })?;
        Ok(AttachSignatureResponse { headers: header_fields(request.headers)?, key_id })
    }
}
