//! Signs a request (§2).

use bankchannel_crypto::random::uuid_v4;
use bankchannel_foundation::{model::InlineBytes, prelude::*};

use super::prepare_signature::{header_fields, sign_fault};
use crate::{
    declare, errors,
    model::{GIVEN_REQUEST, GivenRequest, HeaderField, SigningOptions, cached, holder},
    signing,
};

/// The request and the key.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignRequestRequest {
    /// The request.
    #[boundary(flatten)]
    pub request: GivenRequest,
    /// The QSEAL certificate as PEM text. Default: the client's own certificate.
    pub certificate: Option<String>,
    /// The certificate's private key as PEM text, PKCS#8 or PKCS#1. Default: the client's own key, also in
    /// a token.
    pub private_key: Option<Secret>,
    /// The passphrase, if the private key given here is encrypted.
    pub passphrase: Option<Secret>,
    /// The signing of requests.
    #[boundary(profile)]
    pub signing: Option<SigningOptions>,
}

/// The signed request's headers.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SignRequestResponse {
    /// All header fields to send, in this order: the given ones and the added ones.
    pub headers: Vec<HeaderField>,
    /// The signing string.
    pub signing_string: InlineBytes,
    /// The key id of the signature.
    pub key_id: String,
}

/// Sign a request to a bank.
///
/// Adds `Date`, `Digest` and `X-Request-ID` if missing, and the headers `Signature` and `TPP-Signature-Certificate`.
/// `PSU-ID`, `PSU-Corporate-ID` and `TPP-Redirect-URI` are signed if present. Send the headers and the body byte for
/// byte as returned here, and sign again for each attempt: a bank refuses a request id that it has seen. Works for
/// any NextGenPSD2 request, not only for those of this library.
#[derive(Debug, Operation)]
#[operation(SignRequestRequest => SignRequestResponse)]
#[declaration(commands: COMMANDS, takes_time: true, ..declare::local("nextgen_psd2.sign_request"))]
#[errors(errors::{CERTIFICATE_UNUSABLE, KEY_UNUSABLE, TOKEN_FAILED})]
pub struct SignRequest;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 sign --private-key certs/tpp1-qseal.key --certificate certs/tpp1-qseal.pem request.http > signed.http
  bankchannel psd2 sign --private-key tpp.p12 --passphrase-file p12.pass request.http > signed.http
  bankchannel psd2 sign --pkcs11-module /usr/lib/softhsm/libsofthsm2.so --pkcs11-token tpp --pkcs11-key qseal \\
    --certificate qseal.pem request.http > signed.http
  bankchannel psd2 sign --private-key qseal.key --certificate qseal.pem --dialect bg --explain - < request.http > signed.http
  bankchannel psd2 sign --private-key qseal.key --certificate qseal.pem --json request.http | jq -r .signing_string | base64 -d

The command adds Date, Digest and X-Request-ID if they are missing, and signs PSU-ID, PSU-Corporate-ID and
TPP-Redirect-URI if they are present. Head lines end in CRLF; no byte of the body is changed. Send both unchanged,
and sign again for each attempt.";

const COMMANDS: &[Command] = &[Command::named("sign").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[CommandField::content(GIVEN_REQUEST, "The request; - for stdin")],
    ..CommandForm::new("")
})];

impl Local for SignRequest {
    fn run(asked: SignRequestRequest, with: LocalContext<'_>) -> Result<SignRequestResponse, Error> {
        let mut profile = asked.signing.unwrap_or_default().profile()?;
        let request = asked.request.read(&with)?;
        let holder = holder::certificate_holder(&with);
        let given = asked.certificate.map(|pem| cached::certificate("certificate", &pem, &with)).transpose()?;
        let certificate = match (&given, holder) {
            (Some(given), _) => Some(&**given),
            (None, Some(holder)) => holder.certificate()?,
            (None, None) => None,
        };
        let certificate = certificate.ok_or_else(|| holder::missing("certificate", "a request is signed with one"))?;
        let key =
            asked.private_key.map(|pem| cached::private_key(&pem, asked.passphrase.as_ref(), &with)).transpose()?;
        let spki_der = match (&key, holder) {
            (Some(key), _) => Some(key.spki_der()),
            (None, Some(holder)) => holder.spki_der()?,
            (None, None) => None,
        };
        let spki_der = spki_der.ok_or_else(|| {
            holder::missing("private_key", "give it, or give the client a private_key, a keystore_file or pkcs11")
        })?;
        if spki_der != certificate.spki_der() {
            let why = "the private key does not belong to the certificate";
            let is_device = key.is_none() && holder.is_some_and(holder::CertificateHolder::is_device);
            let field = if is_device { "pkcs11" } else { "private_key" };
            return Err(Error::because(&errors::KEY_UNUSABLE, why).with("field", field));
        }
        let id = uuid_v4();
        let prepared = signing::prepare(request, certificate, &profile, with.clock.now_s(), &id).map_err(sign_fault)?;
        profile.self_verify |= key.is_none() && holder.is_some_and(holder::CertificateHolder::is_device);
        let (hash, text) = (profile.signature_hash, &prepared.signing_string.bytes);
        let signature = match (&key, holder) {
            (None, Some(holder)) => holder.sign(hash, text)?,
            (key, _) => key.as_ref().and_then(|key| key.sign_pkcs1(hash, text).ok()).ok_or_else(|| {
                Error::because(&errors::KEY_UNUSABLE, "the key cannot sign").with("field", "private_key")
            })?,
        };
        let (request, signed) = prepared.complete(&signature, certificate, &profile).map_err(sign_fault)?;
        Ok(SignRequestResponse {
            headers: header_fields(request.headers)?,
            signing_string: signed.signing_string.bytes.into(),
            key_id: signed.key_id,
        })
    }
}
