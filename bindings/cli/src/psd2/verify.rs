//! `psd2 verify`: exit 0 where a bank would go on with the request, 1 where it would not, and why.

use bankchannel::nextgen_psd2::{
    certificates::Certificate,
    explain,
    http::check_of,
    verify::{Check, Status, Verified},
};
use clap::{ArgMatches, Command};

use super::checking::{self, Checked};
use crate::{
    exit::{Failure, Outcome},
    options::format,
    output::{self, Format},
};

const EXAMPLES: &str = "Examples:
  bankchannel psd2 verify --ca certs/ca.pem signed.http
  bankchannel psd2 verify --ca bank-test-cas.pem --at 'Tue, 03 Mar 2026 10:15:30 GMT' --dialect bg --json - < signed.http

Exit code 0 when the request is valid, 1 when a bank would refuse it. --json prints the same object as `explain`.
Not checked: whether the request id was seen before, and the fields of the body.";

/// The command.
pub(super) fn command() -> Command {
    checking::arguments(Command::new("verify"))
        .about("Verify a signed request as a bank does: exit 0 when it is valid, 1 when it is refused")
        .after_help(EXAMPLES)
}

/// Verifies.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    let Checked { verified, explanation } = match checking::check(matches, None)? {
        Ok(checked) => checked,
        Err(fault) => {
            match format(matches) {
                Format::Json => output::json(&explain::unreadable(&fault)),
                Format::Table => {
                    output::line(&format!("REFUSED: {} (FORMAT_ERROR): {fault}", check_of(&fault).unwrap_or_default()))
                }
            }
            return Err(Failure::Told);
        }
    };
    match format(matches) {
        Format::Json => output::json(&explanation.to_json()),
        Format::Table => lines(&verified).iter().for_each(|line| output::line(line)),
    }
    if verified.is_valid() {
        return Ok(());
    }
    checking::note_without_ca(matches);
    output::note("`bankchannel psd2 explain` with the same arguments says why");
    Err(Failure::Told)
}

/// The verdict first; then what else does not hold, and what another bank may see differently.
fn lines(verified: &Verified) -> Vec<String> {
    let organization = verified.certificate.as_ref().and_then(Certificate::organization_identifier);
    let signer = organization.unwrap_or("an organisation that its certificate does not name");
    let first = verified.refusal();
    let mut lines = vec![match first {
        None => format!("VALID: signed by {signer}"),
        Some(check) => format!("REFUSED: {} ({} {}): {}", check.rule.id, check.http, check.code, check.text),
    }];
    let is_first = |check: &Check| first.is_some_and(|first| first.rule.id == check.rule.id);
    for check in verified.checks.iter().filter(|check| !is_first(check)) {
        match check.status {
            Status::Failed => lines.push(format!("  also {}: {}", check.rule.id, check.text)),
            Status::Warning => lines.push(format!("  warning {}: {}", check.rule.id, check.text)),
            _ => {}
        }
    }
    lines
}
