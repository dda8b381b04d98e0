//! `psd2 key-id`: the key id of a certificate in every style that banks want.

use bankchannel::nextgen_psd2::operations::certificates::inspect_certificate::InspectCertificateRequest;
use bankchannel_foundation::model::write_boundary;
use clap::{ArgMatches, Command};
use serde_json::json;

use super::{certificates, client};
use crate::{
    exit::Outcome,
    options::{add_common, format},
    output::{self, Format},
};

const EXAMPLES: &str = "Examples:
  bankchannel psd2 key-id certs/tpp1-qseal.pem
  bankchannel psd2 key-id --json qseal.pem | jq -r '.key_ids[0].key_id'

The first is the usual one. The names of a style are those of `sign --serial` and `sign --issuer`.";

/// The command.
pub(super) fn command() -> Command {
    add_common(Command::new("key-id"))
        .about("Print a certificate's key id in every style that banks want")
        .after_help(EXAMPLES)
        .arg(certificates::argument())
}

/// Prints them.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let certificate = certificates::text(matches)?;
    let found = client()?.inspect_certificate(InspectCertificateRequest { certificate })?;
    let forms = write_boundary(found.key_ids);
    if format(matches) == Format::Json {
        output::json(&json!({ "key_ids": forms }));
        return Ok(());
    }
    for form in forms.as_array().into_iter().flatten() {
        let text = |name: &str| form.get(name).and_then(|text| text.as_str()).unwrap_or_default();
        // A line each, unbroken: they are there to be copied.
        output::line(&format!("{:<9} {:<13} {}", text("serial"), text("issuer"), text("key_id")));
    }
    Ok(())
}
