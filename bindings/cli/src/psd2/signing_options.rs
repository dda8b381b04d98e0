//! How requests are signed (NextGenPSD2 sheet §2.9): each option is a difference between banks that was seen.

use bankchannel::nextgen_psd2::model::{
    BodyDigest, CertificateForm, Dialect, HeaderEncoding, NameForm, SerialForm, SignatureAlgorithm, SigningOptions,
};
use bankchannel_foundation::{
    Boundary,
    model::{Dialect as Form, Object, Value, Writer, read_boundary},
};
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::names;
use crate::exit::Outcome;

const HEADING: &str = "How the bank wants it";

/// Adds the options.
pub(super) fn arguments(command: Command) -> Command {
    command
        .arg(dialect().help_heading(HEADING))
        .arg(named::<SignatureAlgorithm>("algorithm", "NAME", "The signature's algorithm [default: rsa-sha256]"))
        .arg(named::<BodyDigest>("digest", "NAME", "The hash of the Digest header [default: SHA-256]"))
        .arg(named::<SerialForm>("serial", "FORM", "The serial number in keyId [default: hex_upper]"))
        .arg(named::<NameForm>("issuer", "FORM", "The issuer's name in keyId [default: rfc2253]"))
        .arg(named::<HeaderEncoding>(
            "rfc2047",
            "WHEN",
            "Whether the Signature header is encoded as RFC 2047 has it [default: auto]",
        ))
        .arg(named::<CertificateForm>(
            "certificate-form",
            "FORM",
            "How TPP-Signature-Certificate is written [default: der_base64]",
        ))
        .arg(
            list("also-sign", "Headers to sign besides, in lower case; (request-target) may be among them; era only")
                .value_name("NAME,…"),
        )
        .arg(list("header-order", "The order of the signed headers; those left out follow").value_name("NAME,…"))
        .arg(flag("digest-lower-case", "Write the digest's name in lower case, sha-256="))
        .arg(flag("no-empty-digest", "No Digest header where there is no body; era only"))
        .arg(flag("spaced", "A space after each comma of the Signature header"))
}

/// `--dialect`.
pub(super) fn dialect() -> Arg {
    Arg::new("dialect")
        .long("dialect")
        .value_name("NAME")
        .value_parser(names::values::<Dialect>())
        .help("Whose rules the request follows [default: era]")
}

/// The options that were given.
pub(super) fn read(matches: &ArgMatches) -> Outcome<SigningOptions> {
    let flag = |name: &str| matches.get_flag(name).then_some(true);
    let list = |name: &str| matches.get_many::<String>(name).map(|names| names.cloned().collect());
    Ok(SigningOptions {
        dialect: names::one(matches, "dialect")?,
        algorithm: names::one(matches, "algorithm")?,
        digest: names::one(matches, "digest")?,
        digest_lower_case: flag("digest-lower-case"),
        digest_empty_body: flag("no-empty-digest").map(|_| false),
        extra_signed_headers: list("also-sign"),
        header_order: list("header-order"),
        serial: names::one(matches, "serial")?,
        issuer: names::one(matches, "issuer")?,
        certificate_form: names::one(matches, "certificate-form")?,
        encoding: names::one(matches, "rfc2047")?,
        spaced: flag("spaced"),
        self_verify: None,
    })
}

fn named<T: Boundary>(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).value_parser(names::values::<T>()).help_heading(HEADING).help(help)
}

fn list(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::Append).value_delimiter(',').help_heading(HEADING).help(help)
}

fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help_heading(HEADING).help(help)
}

/// These options, and what they leave out from others.
pub(super) fn or(given: SigningOptions, others: SigningOptions) -> Outcome<SigningOptions> {
    let written = |options: SigningOptions| match options.write(&mut Writer::new(Form::Boundary)) {
        Value::Object(fields) => fields,
        _ => Object::new(),
    };
    let mut merged = written(others);
    for (name, value) in written(given) {
        if !value.is_null() {
            merged.insert(name, value);
        }
    }
    Ok(read_boundary(Value::Object(merged))?)
}
