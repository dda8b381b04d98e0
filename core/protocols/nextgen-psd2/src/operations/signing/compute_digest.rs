//! The Digest header of a body (§2.3).

use bankchannel_foundation::prelude::*;

use crate::{
    declare,
    http::MAX_BODY,
    model::{BodyDigest, read_content},
    signing::{DigestAlgorithm, digest_header},
};

/// The body.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ComputeDigestRequest {
    /// The body's bytes, exactly as sent. If absent, there is no body.
    pub content: Option<Content>,
    /// The hash algorithm. Default: SHA-256.
    pub digest: Option<BodyDigest>,
    /// Whether the hash's name is in lower case, `sha-256=`; a few banks require it.
    pub digest_lower_case: Option<bool>,
}

/// The header.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ComputeDigestResponse {
    /// The header's value, such as `SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=`.
    pub value: String,
}

/// Compute the Digest header of a body.
///
/// The hash covers the body's bytes as they are sent: a line break at the end, or a body that is serialised twice,
/// breaks it.
#[derive(Debug, Operation)]
#[operation(ComputeDigestRequest => ComputeDigestResponse)]
#[declaration(commands: COMMANDS, ..declare::local("nextgen_psd2.compute_digest"))]
pub struct ComputeDigest;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 digest body.json
  printf '%s' \"$BODY\" | bankchannel psd2 digest -

Every byte counts: if the line end that an editor adds after the last line is sent, it is part of the body.";

const COMMANDS: &[Command] = &[Command::named("digest").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[
        CommandField::value("digest", "digest"),
        CommandField::value("digest_lower_case", "lower-case"),
        CommandField::content(FileForm::HeldContent(MAX_BODY as u64), "The body alone, without headers; - for stdin"),
    ],
    output: CommandOutput::Text("value"),
    ..CommandForm::new("Print the Digest header's value for a body")
})];

impl Local for ComputeDigest {
    fn run(request: ComputeDigestRequest, with: LocalContext<'_>) -> Result<ComputeDigestResponse, Error> {
        let body = read_content(request.content, MAX_BODY, &with)?;
        let algorithm = DigestAlgorithm::from(request.digest.unwrap_or_default());
        Ok(ComputeDigestResponse { value: digest_header(algorithm, &body, request.digest_lower_case.unwrap_or(false)) })
    }
}
