//! `psd2 verify` and `explain`: whether a bank would accept a request; the rule that fails, the byte of the signed text
//! that differs, and the sender's most likely mistake.

use bankchannel::{
    SystemClock,
    nextgen_psd2::{
        CheckStatus, ExplainRequestResponse,
        certificates::Certificate,
        examine,
        explain::{self, RefusalExplanation},
        signing,
        verify::{RequestCheck, VerifiedRequest},
    },
};
use bankchannel_foundation::{
    model::{read_boundary, write_boundary},
    operation::LocalContext,
};
use clap::ArgMatches;
use serde_json::Value;

use super::request;
use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::Spec,
    options::format,
    output::{self, Format},
};

/// Exit code 0 if a bank would accept the request.
pub(super) fn verify(spec: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let unread = |check: &RequestCheck| format!("REFUSED: {} ({}): {}", check.rule.id, check.code, check.text);
    let Some((verified, explanation)) = examined(spec, matches, unread)? else { return Err(CommandFailure::Told) };
    match format(matches) {
        Format::Json => output::json(&write_boundary(ExplainRequestResponse::from(explanation))),
        Format::Table => lines(&verified).iter().for_each(|line| output::line(line)),
    }
    if verified.is_valid() {
        return Ok(());
    }
    note_without_ca(matches);
    output::print_note("run `bankchannel psd2 explain` with the same arguments for the reason");
    Err(CommandFailure::Told)
}

/// Exit code 0 for any verdict.
pub(super) fn explain(spec: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let unread = |check: &RequestCheck| ExplainRequestResponse::unread(check).text;
    let Some((verified, explanation)) = examined(spec, matches, unread)? else { return Ok(()) };
    match format(matches) {
        Format::Json => output::json(&write_boundary(ExplainRequestResponse::from(explanation))),
        Format::Table => output::line(explanation.text().trim_end()),
    }
    if !verified.is_valid() {
        note_without_ca(matches);
    }
    Ok(())
}

/// The result for the request. `None` if a bank could not read it as a request; that was shown: for people, `unread`
/// words the check that failed.
fn examined(
    spec: &Spec,
    matches: &ArgMatches,
    unread: impl Fn(&RequestCheck) -> String,
) -> CommandOutcome<Option<(VerifiedRequest, RefusalExplanation)>> {
    let mut given = spec.given(matches)?;
    if let Some(Value::String(at)) = given.get_mut("at") {
        *at = instant(at)?.to_string();
    }
    if let Some(Value::String(path)) = given.get("base_path")
        && !path.is_empty()
        && !path.starts_with('/')
    {
        return Err(CommandFailure::usage(format!("--base-path: `{path}` does not begin with `/`, as /api does")));
    }
    let asked = read_boundary(Value::Object(given))?;
    match request::checked(matches)? {
        Ok(request) => {
            let clock = SystemClock::default();
            let with = LocalContext::new(&clock);
            Ok(Some(examine(&request, &asked, &with)?))
        }
        Err(fault) => {
            let check = explain::unreadable(&fault);
            match format(matches) {
                Format::Json => output::json(&write_boundary(ExplainRequestResponse::unread(&check))),
                Format::Table => output::line(&unread(&check)),
            }
            Ok(None)
        }
    }
}

/// The verdict first; then the other failures, and points that another bank may judge differently.
fn lines(verified: &VerifiedRequest) -> Vec<String> {
    let organization = verified.certificate.as_ref().and_then(Certificate::organization_identifier);
    let signer = organization.unwrap_or("an organisation that its certificate does not name");
    let first = verified.refusal();
    let mut lines = vec![match first {
        None => format!("VALID: signed by {signer}"),
        Some(check) => format!("REFUSED: {} ({} {}): {}", check.rule.id, check.http, check.code, check.text),
    }];
    let is_first = |check: &RequestCheck| first.is_some_and(|first| first.rule == check.rule);
    for check in verified.checks.iter().filter(|check| !is_first(check)) {
        match check.status {
            CheckStatus::Failed => lines.push(format!("  also {}: {}", check.rule.id, check.text)),
            CheckStatus::Warning => lines.push(format!("  warning {}: {}", check.rule.id, check.text)),
            _ => {}
        }
    }
    lines
}

/// After a refusal: notes that no authority is trusted, if so. Otherwise V17 would look like the fault.
fn note_without_ca(matches: &ArgMatches) {
    if !matches.contains_id("ca") {
        output::print_note("no --ca given: no certificate authority is trusted");
    }
}

/// An instant in the form of RFC 3339 or of a `Date` header.
fn instant(text: &str) -> CommandOutcome<jiff::Timestamp> {
    let of_header = || jiff::Timestamp::from_second(signing::parse_imf_fixdate(text)?).ok();
    text.parse().ok().or_else(of_header).ok_or_else(|| {
        CommandFailure::usage(format!(
            "--at: `{text}` is not a time such as 2026-03-03T10:15:30Z or Tue, 03 Mar 2026 10:15:30 GMT"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_the_form_of_a_log_or_of_a_header() {
        for text in ["2026-03-03T10:15:30Z", "2026-03-03T11:15:30+01:00", "Tue, 03 Mar 2026 10:15:30 GMT"] {
            assert_eq!(instant(text).unwrap().as_second(), 1_772_532_930, "{text}");
        }
        assert!(instant("2026-03-03").is_err());
    }
}
