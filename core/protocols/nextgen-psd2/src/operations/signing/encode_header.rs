//! RFC 2047 encoding of a Signature header (§2.6).

use bankchannel_foundation::prelude::*;

use crate::{declare, operations::signing::MAX_HEADER_LINE, signing};

/// The maximum length of the text, in bytes (§2.6: 8 KiB decoded).
const MAX_TEXT: usize = 8 * 1024;

/// The header as text.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EncodeHeaderRequest {
    /// The whole value of the Signature header.
    pub text: String,
}

/// The header as it is sent.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct EncodeHeaderResponse {
    /// One encoded-word, `=?utf-8?B?…?=`, of any length.
    pub value: String,
}

/// Encode a Signature header that is not plain ASCII.
///
/// The value becomes one encoded-word of RFC 2047. Signing does this automatically if needed.
#[derive(Debug, Operation)]
#[operation(EncodeHeaderRequest => EncodeHeaderResponse)]
#[declaration(commands: COMMANDS, ..declare::local("nextgen_psd2.encode_header"))]
pub struct EncodeHeader;

const EXAMPLES: &str = "Examples:
  bankchannel psd2 encode-header 'keyId=\"SN=1,CA=CN=Tromsø CA\",…'
  bankchannel psd2 encode-header - < value.txt

`sign` does this by itself when it is necessary.";

const COMMANDS: &[Command] = &[Command::named("encode-header").with_examples(EXAMPLES).with_form(&CommandForm {
    fields: &[CommandField::argument(
        "text",
        "VALUE",
        CommandInput::Line(MAX_HEADER_LINE),
        "The complete value of the header; - for stdin",
    )],
    output: CommandOutput::Text("value"),
    ..CommandForm::new("Encode a Signature header that is not plain ASCII, by RFC 2047")
})];

impl Local for EncodeHeader {
    fn run(request: EncodeHeaderRequest, _: LocalContext<'_>) -> Result<EncodeHeaderResponse, Error> {
        if request.text.len() > MAX_TEXT || request.text.chars().any(char::is_control) {
            return Err(Error::invalid_field("text", "must have at most 8 KiB and no control characters"));
        }
        Ok(EncodeHeaderResponse { value: signing::encode_rfc2047(&request.text) })
    }
}
