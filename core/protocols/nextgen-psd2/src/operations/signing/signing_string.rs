//! The signing string of a request (§2.4).

use bankchannel_foundation::{model::InlineBytes, prelude::*};

use crate::{
    declare,
    model::{GIVEN_REQUEST, GivenRequest},
    signing::{self, SignatureHeader},
};

/// The request and the signed headers.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SigningStringRequest {
    /// The request.
    #[boundary(flatten)]
    pub request: GivenRequest,
    /// The names of the signed headers in their order. Default: the headers in the request's Signature header.
    pub signed_headers: Option<Vec<String>>,
}

/// The signing string.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct SigningStringResponse {
    /// The signing string: its bytes need not be text.
    pub signing_string: InlineBytes,
    /// The names of its lines, in lower case.
    pub signed_headers: Vec<String>,
}

/// Build the signing string of a request.
///
/// One line for each signed header: its name in lower case, a colon, a space and the value without spaces around it.
/// Each line except the last ends in a line feed.
#[derive(Debug, Operation)]
#[operation(SigningStringRequest => SigningStringResponse)]
#[declaration(commands: COMMANDS, ..declare::local("nextgen_psd2.signing_string"))]
pub struct SigningString;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 signing-string signed.http | sha256sum
  bankchannel psd2 signing-string --headers date,digest,x-request-id request.http | openssl dgst -sha256 -sign key.pem | base64 -w0

The bytes are printed unchanged. There is no line end after the last line, because none is signed. With --json they are
base64.";

const COMMANDS: &[Command] = &[Command::named("signing-string").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[
        CommandField::value("signed_headers", "headers"),
        CommandField::content(GIVEN_REQUEST, "The request, signed or not; - for stdin"),
    ],
    output: CommandOutput::Bytes("signing_string"),
    ..CommandForm::new("Print the bytes that a request's signature covers")
})];

impl Local for SigningString {
    fn run(asked: SigningStringRequest, with: LocalContext<'_>) -> Result<SigningStringResponse, Error> {
        let request = asked.request.read(&with)?;
        let names = match asked.signed_headers {
            Some(names) => names.iter().map(|name| name.to_ascii_lowercase()).collect(),
            None => listed(&request)?,
        };
        let built =
            signing::signing_string(&names, &request).map_err(|fault| Error::invalid_field("signed_headers", fault))?;
        Ok(SigningStringResponse { signing_string: built.bytes.into(), signed_headers: names })
    }
}

/// The names that the request's own Signature header lists.
fn listed(request: &crate::http::Request) -> Result<Vec<String>, Error> {
    let refused = |why: String| Error::invalid_field("headers", why);
    let value = request.headers.get("signature").ok_or_else(|| {
        Error::invalid_field("signed_headers", "must be given: the request has no Signature header that lists them")
    })?;
    let text = signing::decode_rfc2047(value, true).map_err(|fault| refused(fault.to_string()))?.text;
    let header = SignatureHeader::parse(&text, signing::DuplicateParameters::Reject)
        .map_err(|fault| refused(fault.to_string()))?;
    Ok(header.signed_names())
}
