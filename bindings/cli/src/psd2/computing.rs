//! Commands that run one local operation, and print one part of its response.

use bankchannel::{
    Content,
    message::{MAX_BODY, MAX_HEAD},
    nextgen_psd2::{ComputeDigestRequest, DecodeHeaderRequest, SigningStringRequest},
};
use bankchannel_foundation::model::Boundary as _;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Map, Value, json};

use super::GROUP;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::GroupCommand,
    options::{
        add_common, certificates,
        fields::{FieldOption, FieldOptions},
        file_argument, format, read_bytes, read_text,
    },
    output::{self, Format},
};

/// The largest header value that is read from stdin, in bytes: more than a header may have.
const MAX_HEADER: u64 = 64 * 1024;
const ARGUMENT: &str = "input";

/// A command for one local operation.
pub(crate) struct Computing {
    name: &'static str,
    operation: &'static str,
    about: &'static str,
    examples: &'static str,
    input: Input,
    options: FieldOptions,
    /// Shows the response.
    show: fn(Value, Format) -> CommandOutcome,
}

/// The meaning of the argument.
enum Input {
    /// A file of at most this many bytes, and the help: the content.
    File(usize, &'static str),
    /// A file with a certificate, or with the value of its header: the field `certificate`.
    Certificate,
    /// This field, and the help: the text itself.
    Text(&'static str, &'static str),
}

pub(crate) const COMPUTING: &[Computing] = &[
    Computing {
        name: "signing-string",
        operation: "nextgen_psd2.signing_string",
        about: "Print the bytes that a request's signature covers",
        examples: "Examples:
  bankchannel psd2 signing-string signed.http | sha256sum
  bankchannel psd2 signing-string --headers date,digest,x-request-id request.http | openssl dgst -sha256 -sign key.pem | base64 -w0

The bytes are printed unchanged. There is no line end after the last line, because none is signed. With --json they are
base64.",
        input: Input::File(MAX_HEAD + MAX_BODY, "The request, signed or not; - for stdin"),
        options: FieldOptions::new(SigningStringRequest::SHAPE, &[FieldOption::value("signed_headers", "headers")]),
        show: show_signing_string,
    },
    Computing {
        name: "key-id",
        operation: "nextgen_psd2.inspect_certificate",
        about: "Print a certificate's key id in every style that banks use",
        examples: "Examples:
  bankchannel psd2 key-id certs/tpp1-qseal.pem
  bankchannel psd2 key-id --json qseal.pem | jq -r '.key_ids[0].key_id'

The first style is the usual one. The two names of a style are values for `sign --serial` and `sign --issuer`.",
        input: Input::Certificate,
        options: FieldOptions::NONE,
        show: show_key_ids,
    },
    Computing {
        name: "inspect",
        operation: "nextgen_psd2.inspect_certificate",
        about: "Show a third party's certificate: roles, authorisation, issuer, validity",
        examples: "Examples:
  bankchannel psd2 inspect certs/tpp1-qseal.pem
  bankchannel psd2 inspect --json - < qwac.pem | jq .roles

The command checks neither the issuer's signature nor the validity time: `verify` does. For key ids see
`bankchannel psd2 key-id`.",
        input: Input::Certificate,
        options: FieldOptions::NONE,
        show: show_certificate,
    },
    Computing {
        name: "digest",
        operation: "nextgen_psd2.compute_digest",
        about: "Print the Digest header's value for a body",
        examples: "Examples:
  bankchannel psd2 digest body.json
  printf '%s' \"$BODY\" | bankchannel psd2 digest -

Every byte counts: if the line end that an editor adds after the last line is sent, it is part of the body.",
        input: Input::File(MAX_BODY, "The body alone, without headers; - for stdin"),
        options: FieldOptions::new(
            ComputeDigestRequest::SHAPE,
            &[FieldOption::value("digest", "digest"), FieldOption::value("digest_lower_case", "lower-case")],
        ),
        show: |response, format| show_text(&response, "value", format),
    },
    Computing {
        name: "encode-header",
        operation: "nextgen_psd2.encode_header",
        about: "Encode a Signature header that is not plain ASCII, by RFC 2047",
        examples: "Examples:
  bankchannel psd2 encode-header 'keyId=\"SN=1,CA=CN=Tromsø CA\",…'
  bankchannel psd2 encode-header - < value.txt

`sign` does this by itself when it is necessary.",
        input: Input::Text("text", "The complete value of the header; - for stdin"),
        options: FieldOptions::NONE,
        show: |response, format| show_text(&response, "value", format),
    },
    Computing {
        name: "decode-header",
        operation: "nextgen_psd2.decode_header",
        about: "Decode a Signature header that was encoded by RFC 2047",
        examples: "Examples:
  bankchannel psd2 decode-header '=?utf-8?B?a2V5SWQ9?='
  bankchannel psd2 decode-header --lenient - < value.txt

A value that is not encoded is printed unchanged.",
        input: Input::Text("value", "The value of the header; - for stdin"),
        options: FieldOptions::new(DecodeHeaderRequest::SHAPE, &[FieldOption::value("lenient", "lenient")]),
        show: show_decoded,
    },
];

impl GroupCommand for Computing {
    fn group(&self) -> &'static str {
        GROUP
    }

    fn name(&self) -> &'static str {
        self.name
    }

    fn command(&self) -> Command {
        add_common(Command::new(self.name))
            .about(self.about)
            .after_help(self.examples)
            .args(self.options.arguments())
            .arg(self.input.argument())
    }

    fn run(&self, matches: &ArgMatches) -> CommandOutcome {
        let mut request = self.options.read(matches)?;
        let content = self.input.read(matches, &mut request)?;
        let response = bankchannel::call_local(self.operation, Value::Object(request), content)?;
        (self.show)(response, format(matches))
    }
}

impl Input {
    fn argument(&self) -> Arg {
        match self {
            Self::File(_, help) => file_argument(ARGUMENT, help),
            Self::Certificate => file_argument(
                ARGUMENT,
                "A certificate as PEM or DER, or the value of a TPP-Signature-Certificate header; - for stdin",
            ),
            Self::Text(_, help) => Arg::new(ARGUMENT).required(true).value_name("VALUE").help(help),
        }
    }

    /// Reads the argument: into the request, or as its content.
    fn read(&self, matches: &ArgMatches, request: &mut Map<String, Value>) -> CommandOutcome<Option<Content>> {
        let given = matches.get_one::<String>(ARGUMENT).map(String::as_str).unwrap_or_default();
        let (field, text) = match *self {
            Self::File(max, _) => return Ok(Some(read_bytes("FILE", given, max as u64)?.into())),
            Self::Certificate => ("certificate", certificates::pem("FILE", given)?),
            // From stdin, without the line end at the end of a file.
            Self::Text(field, _) if given == "-" => {
                (field, read_text("VALUE", "-", MAX_HEADER)?.trim_end_matches(['\r', '\n']).to_owned())
            }
            Self::Text(field, _) => (field, given.to_owned()),
        };
        request.insert(field.to_owned(), Value::String(text));
        Ok(None)
    }
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn show_text(response: &Value, member: &str, format: Format) -> CommandOutcome {
    match format {
        Format::Json => output::json(response),
        Format::Table => output::line(text(response, member)),
    }
    Ok(())
}

fn show_signing_string(response: Value, format: Format) -> CommandOutcome {
    let bytes = STANDARD.decode(text(&response, "signing_string"));
    let bytes = bytes.map_err(|_| CommandFailure::usage("the signing string cannot be shown; try --json"))?;
    match format {
        Format::Json => output::json(&response),
        // On a terminal the exact bytes do not matter, and a request's control characters must not reach it.
        Format::Table if output::is_terminal() => output::line(&String::from_utf8_lossy(&bytes)),
        Format::Table => output::bytes(&bytes),
    }
    Ok(())
}

fn show_key_ids(response: Value, format: Format) -> CommandOutcome {
    if format == Format::Json {
        output::json(&json!({ "key_ids": response["key_ids"] }));
        return Ok(());
    }
    // One per line, not wrapped: they are meant to be copied.
    for form in list(&response, "key_ids") {
        output::line(&format!("{:<9} {:<13} {}", text(form, "serial"), text(form, "issuer"), text(form, "key_id")));
    }
    Ok(())
}

fn show_certificate(mut response: Value, format: Format) -> CommandOutcome {
    if let (Format::Table, Some(members)) = (format, response.as_object_mut()) {
        // Key ids have their own command.
        members.retain(|name, value| name != "key_ids" && value.as_array().is_none_or(|list| !list.is_empty()));
    }
    format.show(&response);
    Ok(())
}

fn show_decoded(response: Value, format: Format) -> CommandOutcome {
    if format == Format::Table {
        list(&response, "warnings")
            .filter_map(Value::as_str)
            .for_each(|warning| output::print_note(&format!("warning: {warning}")));
    }
    show_text(&response, "text", format)
}
