//! `sepa status`: how it stands with a customer's certificate, and exit codes for monitoring.

use bankchannel::{Client, sepa_web_services::PROTOCOL};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;

use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::{carry_out_judged, client_settings, force_argument, output_argument, spec_of},
    options::{Common, settings_file},
};

const OPERATION: &str = "sepa_web_services.certificate_status";
const CHECK: &str = "check";

/// What needs attention, as the response names it, with its exit code. The response has the most urgent first.
const CODES: &[(&str, u8)] =
    &[("anchor_ends", 10), ("due", 11), ("job_has_not_run", 12), ("failed", 13), ("ends_soon", 14), ("person", 15)];

const EXAMPLES: &str = "Examples:
  bankchannel sepa status --settings op.json
  bankchannel sepa status --settings op.json --check --json | jq .attention

Exit codes with --check, of the most urgent that applies:
   0  all is well
  10  a trusted authority ends within ninety days
  11  a step is due that `renew` takes
  12  `renew` has not run for three days
  13  the last attempt has failed, or its end is not known
  14  the certificate ends within thirty days, or is in its last quarter
  15  a person has to act
   1  the check itself has failed: the settings or the folder cannot be read";

pub(super) fn command() -> Command {
    let entry = spec_of(OPERATION).expect("the operation is in the catalogue").main;
    let check = Arg::new(CHECK).long(CHECK).action(ArgAction::SetTrue);
    settings_file(Command::new("status").about(entry.declaration.summary))
        .arg(check.help("For monitoring: the exit code says whether somebody should look; nothing is sent or changed"))
        .arg(output_argument())
        .arg(force_argument())
        .after_help(EXAMPLES)
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    let entry = spec_of(OPERATION).expect("the operation is in the catalogue").main;
    let client = Client::new(client_settings(PROTOCOL, matches)?)?;
    let common = Common::without_settings(matches);
    let is_check = matches.get_flag(CHECK);
    let judge = |response: &Value| if is_check { judged(response) } else { Ok(()) };
    carry_out_judged(&client, entry, Value::Null, None, (matches, &common), judge)
}

/// The exit code of the most urgent state. A state that is not known here needs somebody all the same.
fn judged(response: &Value) -> CommandOutcome {
    let first = response["attention"].as_array().and_then(|all| all.first()).and_then(Value::as_str);
    let code = |name: &str| CODES.iter().find(|(known, _)| *known == name).map_or(15, |(_, code)| *code);
    first.map_or(Ok(()), |name| Err(CommandFailure::Verdict(code(name))))
}

#[cfg(test)]
mod tests {
    use bankchannel::{model::Boundary as _, sepa_web_services::CertificateAttention};
    use bankchannel_foundation::model::Shape;
    use serde_json::json;

    use super::*;

    #[test]
    fn everything_that_needs_attention_has_an_exit_code_of_its_own() {
        let Shape::Enum(shape) = CertificateAttention::SHAPE else { panic!("it is an enum") };
        let named: Vec<&str> = CODES.iter().map(|(name, _)| *name).collect();
        assert_eq!(shape.values.iter().map(|one| one.value).collect::<Vec<_>>(), named);
        for (name, code) in CODES {
            let found = judged(&json!({ "attention": [name] })).expect_err("it is not well");
            assert_eq!(found.code(), *code);
            assert!(EXAMPLES.contains(&format!("  {code}  ")), "{code}");
        }
        assert!(judged(&json!({ "attention": [] })).is_ok());
    }
}
