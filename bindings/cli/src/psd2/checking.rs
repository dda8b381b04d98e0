//! What `verify` and `explain` have in common: the request, whom to trust, when, and how strictly.

use bankchannel::{
    Clock as _, SystemClock,
    nextgen_psd2::{
        explain::{self, ExplainInput, Explanation},
        http::{MAX_HEAD, Malformed},
        model::Dialect,
        operations::verification::verify_request::Strictness,
        signing,
        verify::{Endpoint, Policy, Verified, Verifier},
    },
};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};

use super::{certificates, names, request, signing_options};
use crate::{
    exit::{Failure, Outcome},
    options::{add_common, read_bytes},
    output,
};

/// What came of a request.
pub(super) struct Checked {
    /// Check by check.
    pub(super) verified: Verified,
    /// Why.
    pub(super) explanation: Explanation,
}

/// Adds the options and the request.
pub(super) fn arguments(command: Command) -> Command {
    add_common(command)
        .arg(
            file(
                "ca",
                "Certificates of trusted issuers, PEM, one or several, or one as DER; may be given several times",
            )
            .action(ArgAction::Append),
        )
        .arg(
            Arg::new("at")
                .long("at")
                .value_name("INSTANT")
                .help("The instant to check for, such as 2026-03-03T10:15:30Z or a Date header's value [default: now]"),
        )
        .arg(
            Arg::new("mode")
                .long("mode")
                .value_name("MODE")
                .value_parser(names::values::<Strictness>())
                .help("How strictly [default: normal]"),
        )
        .arg(signing_options::dialect())
        .arg(file(
            "tls-certificate",
            "The client certificate of the TLS connection, PEM: it must be a QWAC of the same organisation",
        ))
        .arg(
            file("known", "Other certificates of the sender, PEM: whether the key of one of them made the signature")
                .action(ArgAction::Append),
        )
        .arg(
            Arg::new("base-path")
                .long("base-path")
                .value_name("PATH")
                .help("The path before the API's own, such as /api: some sign without it"),
        )
        .arg(request::argument("The signed request, such as pasted from a log; - for stdin"))
}

/// An option that names a file.
pub(super) fn file(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FILE").value_hint(ValueHint::FilePath).help(help)
}

/// Checks the request and explains what came of it. `signed` is a file with what the sender says it signed.
/// The inner error is for what is no request: V01 or V02.
pub(super) fn check(matches: &ArgMatches, signed: Option<&str>) -> Outcome<Result<Checked, Malformed>> {
    let now_s = match matches.get_one::<String>("at") {
        Some(text) => instant(text)?,
        None => SystemClock::default().now_s(),
    };
    let base_path = matches.get_one::<String>("base-path").map(String::as_str).unwrap_or_default();
    if !base_path.is_empty() && !base_path.starts_with('/') {
        return Err(Failure::usage(format!("--base-path: `{base_path}` does not begin with `/`, as /api does")));
    }
    let anchors = certificates::all(matches, "ca")?;
    let mut known = certificates::all(matches, "known")?;
    // An issuer's serial number in the key id is a known mistake.
    known.extend(anchors.iter().cloned());
    let tls_client = matches
        .get_one::<String>("tls-certificate")
        .map(|path| certificates::first("--tls-certificate", path))
        .transpose()?;
    let signed = signed.map(|path| read_bytes("--signing-string", path, MAX_HEAD as u64)).transpose()?;
    let dialect = names::one::<Dialect>(matches, "dialect")?.unwrap_or_default().into();
    let request = match request::checked(matches)? {
        Ok(request) => request,
        Err(fault) => return Ok(Err(fault)),
    };
    let policy = Policy {
        mode: names::one::<Strictness>(matches, "mode")?.unwrap_or_default().into(),
        endpoint: Endpoint::of(&request.method, &request.target, dialect),
        tls_client: tls_client.clone(),
        ..Policy::at(now_s, dialect)
    };
    let verified = Verifier::new(anchors).verify(&request, &policy);
    let input = ExplainInput {
        client_signing_string: signed.as_deref(),
        known: &known,
        tls_client: tls_client.as_ref(),
        base_path,
    };
    let explanation = explain::explain(&request, &verified, input);
    Ok(Ok(Checked { verified, explanation }))
}

/// Where a request was refused: says that nobody is trusted, if so. Else V17 looks like what is wrong.
pub(super) fn note_without_ca(matches: &ArgMatches) {
    if !matches.contains_id("ca") {
        output::note("no --ca was given, so that nobody is trusted");
    }
}

/// Seconds since 1970, from RFC 3339 or as a `Date` header has it.
fn instant(text: &str) -> Outcome<i64> {
    let found = text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).ok();
    found.or_else(|| signing::parse_imf_fixdate(text)).ok_or_else(|| {
        Failure::usage(format!(
            "--at: `{text}` is no instant, such as 2026-03-03T10:15:30Z or Tue, 03 Mar 2026 10:15:30 GMT"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_has_the_form_of_a_log_or_of_a_header() {
        for text in ["2026-03-03T10:15:30Z", "2026-03-03T11:15:30+01:00", "Tue, 03 Mar 2026 10:15:30 GMT"] {
            assert_eq!(instant(text).unwrap(), 1_772_532_930, "{text}");
        }
        assert!(instant("2026-03-03").is_err());
    }
}
