//! The main flow, once, on this machine: from the first registration to the bank's answer.
//!
//! ```text
//!   service + simulator bank, or a sandbox bank over SOAP (counterpart)
//!     ─ register ─ codes ─ log in (MFA) ─ enrol ─ PGP key ─ sign + upload ─ wait ─ download ─ show
//!     ─ after a payee check: release ─ wait ─ download ─ show
//! ```

mod account;
mod bank;
mod codes;
mod counterpart;
mod explain;
mod report;
mod story;
mod workspace;

use clap::{ArgMatches, Command, builder::PossibleValuesParser};

use crate::{
    exit::CommandOutcome,
    options::{flag, text},
};

use super::{steps::Steps, telling};
use workspace::Workspace;

const EXAMPLES: &str = "Examples:
  bankchannel demo
  bankchannel demo --payment salaries.xml --keep demo-files
  bankchannel demo --bank nordea
  bankchannel demo --payee-check
  bankchannel demo --json | jq .downloads

With --payment the simulated bank gets the debtor accounts of the file, with money on them: it books a valid file.
For an invalid file the demo explains each error; for a file that the bank rejects it shows the bank's reasons. Both end
with exit code 1. With --bank the service reaches a sandbox bank over SEPA Web Services, the banks' own SOAP channel, as it
reaches the real ones; its one account is that of the example file. With --payee-check the bank first compares the
names of the payees with their accounts, and the order waits until it is released. Nothing leaves this machine.";

pub(super) fn command() -> Command {
    Command::new("demo")
        .about("Run the whole flow on this machine: register, log in, sign and send a payment, read the bank's answer")
        .after_help(EXAMPLES)
        .arg(text(
            "payment",
            "FILE",
            "Your own payment file (pain.001.001.09; .03 for danskebank), in place of the example file",
        ))
        .arg(
            text("bank", "BANK", "The bank: the service's simulator, or one over SEPA Web Services")
                .value_parser(PossibleValuesParser::new(counterpart::BANKS.iter().map(|bank| bank.name)))
                .default_value(counterpart::BANKS[0].name),
        )
        .arg(
            flag("payee-check", "Pay with the example file to payees whose names the bank checks first")
                .conflicts_with("payment"),
        )
        .arg(text("keep", "DIR", "Keep all files in a new folder: keys, payment files, the service's data"))
        .arg(flag("json", "Print one JSON object; the steps go to stderr"))
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    telling::tell(matches, |steps, summary| prepare_and_tell(matches, steps, summary))
}

fn prepare_and_tell(matches: &ArgMatches, steps: &mut Steps, summary: &mut story::Summary) -> CommandOutcome<bool> {
    let path = matches.get_one::<String>("payment").map(String::as_str);
    let bank = counterpart::WsChannelDemoBank::named(matches.get_one::<String>("bank").map_or("", String::as_str));
    let payment = explain::Payment::read(path, matches.get_flag("payee-check"), bank.version())?;
    if !explain::show(&payment, steps, summary) {
        return Ok(false);
    }
    let workspace = Workspace::open(matches.get_one::<String>("keep").map(String::as_str))?;
    let told = story::tell(&payment, &workspace, bank, steps, summary);
    let ok = bankchannel_bridge::serving_runtime()?.block_on(told)?;
    if let Some(folder) = workspace.kept() {
        steps.say(&format!("\nEverything is kept in {}", folder.display()));
    }
    Ok(ok)
}
