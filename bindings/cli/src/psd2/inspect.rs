//! `psd2 inspect`: what a certificate of a third party is, and what it allows.

use bankchannel::nextgen_psd2::operations::certificates::inspect_certificate::InspectCertificateRequest;
use bankchannel_foundation::model::write_boundary;
use clap::{ArgMatches, Command};

use super::{certificates, client};
use crate::{
    exit::Outcome,
    options::{add_common, format},
    output::Format,
};

/// What stands in the table of a person only where there is some of it, and what `key-id` shows.
const LISTS: &[&str] = &["types", "roles", "kinds", "warnings"];

const EXAMPLES: &str = "Examples:
  bankchannel psd2 inspect certs/tpp1-qseal.pem
  bankchannel psd2 inspect --json - < qwac.pem | jq .roles

Nothing of it is checked, neither the issuer's signature nor the time: `verify` does that. Key ids: `bankchannel psd2 key-id`.";

/// The command.
pub(super) fn command() -> Command {
    add_common(Command::new("inspect"))
        .about("Show what a certificate of a third party is: roles, authorisation, issuer, validity")
        .after_help(EXAMPLES)
        .arg(certificates::argument())
}

/// Shows it.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let certificate = certificates::text(matches)?;
    let mut shown = write_boundary(client()?.inspect_certificate(InspectCertificateRequest { certificate })?);
    let format = format(matches);
    if let (Format::Table, Some(members)) = (format, shown.as_object_mut()) {
        members.remove("key_ids");
        members.retain(|name, value| {
            !LISTS.contains(&name.as_str()) || value.as_array().is_some_and(|list| !list.is_empty())
        });
    }
    format.show(&shown);
    Ok(())
}
