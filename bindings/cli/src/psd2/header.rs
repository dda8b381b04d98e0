//! `psd2 encode-header`, `decode-header`: a Signature header as RFC 2047 encodes it, and back.

use bankchannel::nextgen_psd2::operations::signing::{
    decode_header::DecodeHeaderRequest, encode_header::EncodeHeaderRequest,
};
use bankchannel_foundation::model::write_boundary;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::client;
use crate::{
    exit::Outcome,
    options::{add_common, format, read_text},
    output::{self, Format},
};

/// The largest value that is read from stdin, in bytes: more than a header may have.
const MAX: u64 = 64 * 1024;

/// The command that encodes.
pub(super) fn encode_command() -> Command {
    add_common(Command::new("encode-header"))
        .about("Encode a Signature header that is not plain ASCII, as RFC 2047 has it")
        .after_help("Examples:\n  bankchannel psd2 encode-header 'keyId=\"SN=1,CA=CN=Tromsø CA\",…'\n  bankchannel psd2 encode-header - < value.txt\n\n`sign` does this by itself where it is needed.")
        .arg(value("The whole value of the header; - for stdin"))
}

/// Encodes.
pub(super) fn encode(matches: &ArgMatches) -> Outcome {
    let response = client()?.encode_header(EncodeHeaderRequest { text: given(matches)? })?;
    match format(matches) {
        Format::Json => output::json(&write_boundary(response)),
        Format::Table => output::line(&response.value),
    }
    Ok(())
}

/// The command that decodes.
pub(super) fn decode_command() -> Command {
    add_common(Command::new("decode-header"))
        .about("Decode a Signature header that was encoded as RFC 2047 has it")
        .after_help("Examples:\n  bankchannel psd2 decode-header '=?utf-8?B?a2V5SWQ9?='\n  bankchannel psd2 decode-header --lenient - < value.txt\n\nA value that is not encoded comes back as it is.")
        .arg(
            Arg::new("lenient")
                .long("lenient")
                .action(ArgAction::SetTrue)
                .help("Accept what only some banks accept, with a warning: Q encoding, bytes outside ASCII"),
        )
        .arg(value("The value of the header; - for stdin"))
}

/// Decodes.
pub(super) fn decode(matches: &ArgMatches) -> Outcome {
    let request = DecodeHeaderRequest { value: given(matches)?, lenient: Some(matches.get_flag("lenient")) };
    let response = client()?.decode_header(request)?;
    match format(matches) {
        Format::Json => output::json(&write_boundary(response)),
        Format::Table => {
            response.warnings.iter().for_each(|warning| output::note(&format!("warning: {warning}")));
            output::line(&response.text);
        }
    }
    Ok(())
}

fn value(help: &'static str) -> Arg {
    Arg::new("value").value_name("VALUE").required(true).help(help)
}

/// The value; from stdin without the line end that a file has after it.
fn given(matches: &ArgMatches) -> Outcome<String> {
    let text = matches.get_one::<String>("value").map(String::as_str).unwrap_or_default();
    if text != "-" {
        return Ok(text.to_owned());
    }
    Ok(read_text("VALUE", "-", MAX)?.trim_end_matches(['\r', '\n']).to_owned())
}
