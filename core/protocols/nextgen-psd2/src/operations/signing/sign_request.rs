//! Signs a request (§2).

use bankchannel_crypto::random::uuid_v4;
use bankchannel_foundation::{
    Boundary, Content, Declaration, Error, Local, LocalContext, Operation, Secret, error::Row,
};
use data_encoding::BASE64;

use super::prepare_signature::{header_fields, sign_fault};
use crate::{
    declare, errors,
    model::{Given, HeaderField, SigningOptions, kept},
    signing,
};

/// What to sign with what.
#[derive(Debug, Clone, Boundary)]
pub struct SignRequestRequest {
    /// With `method`: the body, exactly as it will be sent. Without it: the whole request as text.
    pub content: Option<Content>,
    /// The HTTP method.
    pub method: Option<String>,
    /// The path with its query, as it stands on the request line.
    pub target: Option<String>,
    /// The header fields in their order. `Date`, `Digest` and `X-Request-ID` are added where they are missing.
    pub headers: Option<Vec<HeaderField>>,
    /// The QSEAL certificate as PEM text.
    #[boundary(profile)]
    pub certificate: String,
    /// Its private key as PEM text: PKCS#8 or PKCS#1.
    #[boundary(profile)]
    pub private_key: Secret,
    /// Opens a private key that is encrypted.
    #[boundary(profile)]
    pub passphrase: Option<Secret>,
    /// How requests are signed.
    #[boundary(profile)]
    pub signing: Option<SigningOptions>,
}

/// The signed request's headers.
#[derive(Debug, Clone, Boundary)]
pub struct SignRequestResponse {
    /// All header fields to send, in this order: those given and those added.
    pub headers: Vec<HeaderField>,
    /// What was signed, in base64.
    pub signing_string: String,
    /// The key id of the signature.
    pub key_id: String,
}

/// Signs a request.
#[derive(Debug)]
pub struct SignRequest;

/// What signing may fail with.
pub(super) const ERRORS: &[&Row] = &[&errors::CERTIFICATE_UNUSABLE, &errors::KEY_UNUSABLE];

impl Operation for SignRequest {
    type Request = SignRequestRequest;
    type Response = SignRequestResponse;
    const DECLARATION: Declaration = declare::local(
        "nextgen_psd2.sign_request",
        "Sign a request to a bank",
        "Adds what is missing of `Date`, `Digest` and `X-Request-ID`, and the headers `Signature` and `TPP-Signature-Certificate`. \
         `PSU-ID`, `PSU-Corporate-ID` and `TPP-Redirect-URI` are signed when they are given. Send the headers and the body byte for \
         byte as they are here, and sign anew for each attempt: a bank refuses a request id that it has seen. Works for any \
         NextGenPSD2 request, not only for those of this library.",
        ERRORS,
    );
}

impl Local for SignRequest {
    fn run(asked: SignRequestRequest, mut with: LocalContext<'_>) -> Result<SignRequestResponse, Error> {
        let profile = asked.signing.unwrap_or_default().profile()?;
        let given =
            Given { content: asked.content, method: asked.method, target: asked.target, headers: asked.headers };
        let request = given.read(&mut with)?;
        let certificate = kept::certificate("certificate", &asked.certificate, &with)?;
        let key = kept::private_key(&asked.private_key, asked.passphrase.as_ref(), &with)?;
        if key.spki_der() != certificate.spki_der() {
            let why = "the private key does not belong to the certificate";
            return Err(Error::because(&errors::KEY_UNUSABLE, why).with("field", "private_key"));
        }
        let id = uuid_v4();
        let (request, signed) =
            signing::sign(request, &certificate, &key, &profile, with.clock.now_s(), &id).map_err(sign_fault)?;
        Ok(SignRequestResponse {
            headers: header_fields(&request)?,
            signing_string: BASE64.encode(&signed.signing_string.bytes),
            key_id: signed.key_id,
        })
    }
}
