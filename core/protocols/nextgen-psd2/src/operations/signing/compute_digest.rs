//! The Digest header of a body (§2.3).

use std::io::Read;

use bankchannel_foundation::{Boundary, Content, Declaration, Error, Local, LocalContext, Operation, error::row};

use crate::{
    declare,
    http::MAX_BODY,
    model::BodyDigest,
    signing::{DigestAlgorithm, digest_header},
};

/// The body.
#[derive(Debug, Clone, Boundary)]
pub struct ComputeDigestRequest {
    /// The body's bytes, exactly as they will be sent; left out, there is no body.
    pub content: Option<Content>,
    /// The hash; SHA-256 when left out.
    pub digest: Option<BodyDigest>,
    /// Whether the hash's name is written in lower case, `sha-256=`; a few banks want it.
    pub digest_lower_case: Option<bool>,
}

/// The header.
#[derive(Debug, Clone, Boundary)]
pub struct ComputeDigestResponse {
    /// The header's value, such as `SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=`.
    pub value: String,
}

/// The Digest header of a body.
#[derive(Debug)]
pub struct ComputeDigest;

impl Operation for ComputeDigest {
    type Request = ComputeDigestRequest;
    type Response = ComputeDigestResponse;
    const DECLARATION: Declaration = declare::local(
        "nextgen_psd2.compute_digest",
        "Compute the Digest header of a body",
        "The hash covers the body's bytes as they are sent: a line end at the end, or a body that is serialised twice, breaks it.",
        &[],
    );
}

impl Local for ComputeDigest {
    fn run(request: ComputeDigestRequest, mut with: LocalContext<'_>) -> Result<ComputeDigestResponse, Error> {
        let mut body = Vec::new();
        if let Some(content) = request.content {
            let source = with.take_content(content)?;
            let read = source.take(MAX_BODY as u64 + 1).read_to_end(&mut body);
            read.map_err(|why| Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")))?;
            if body.len() > MAX_BODY {
                let why = "the body of a request has at most 1 MiB";
                return Err(Error::because(&row::TOO_LARGE, why).with("limit_bytes", MAX_BODY));
            }
        }
        let algorithm = DigestAlgorithm::from(request.digest.unwrap_or_default());
        Ok(ComputeDigestResponse { value: digest_header(algorithm, &body, request.digest_lower_case.unwrap_or(false)) })
    }
}
