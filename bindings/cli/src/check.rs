//! `bankchannel check`: tests a server over the network.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use bankchannel_private_files::FileAccess;
use bankchannel_salt_edge_hub::check::{self as salt_edge_check, ActingCustomer, CheckDone, CheckRun};
use clap::{Arg, ArgMatches, Command, value_parser};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::{Reserved, run_program},
    options::{flag, text},
    output, platform,
};

/// The kind of server that can be checked.
const CONNECTOR: &str = "salt-edge-connector";
/// The default listen address of the checker's hub.
const LISTEN: &str = "127.0.0.1:8090";

/// The variables with the page's URL and the customer's decision, for the customer's command.
const URL: &str = "BANKCHANNEL_PSU_URL";
const ANSWER: &str = "BANKCHANNEL_PSU_ANSWER";
/// Time limit for the customer's command.
const PSU_LIMIT: Duration = Duration::from_secs(120);

const EXAMPLES: &str = "Examples:
  bankchannel check salt-edge-connector --init check.json                    writes settings, and prints those of the connector
  bankchannel check salt-edge-connector http://127.0.0.1:8080 --settings check.json
  bankchannel check salt-edge-connector https://connector.bank.example --settings check.json --only SE-C,SE-D02 --junit report.xml
  bankchannel check salt-edge-connector URL --settings check.json --psu ./customer.sh       ./customer.sh URL approve|deny

The checker plays Salt Edge: it asks the connector, and the connector reports to it. Start the connector with the hub's
URL that --init prints, or with the address of --listen. That address is on loopback: a connector on another machine needs
a tunnel to it. Exit code 0 without a finding, 1 with one. A check that could not run is not_run, with the reason.";

pub(crate) fn command() -> Command {
    let ids: Vec<String> = salt_edge_check::check_ids().map(|(id, title)| format!("  {id}  {title}")).collect();
    let connector = Command::new(CONNECTOR)
        .about("Test a bank's connector to Salt Edge")
        .after_help(EXAMPLES)
        .after_long_help(format!("{EXAMPLES}\n\nChecks:\n{}", ids.join("\n")))
        .arg(
            Arg::new("url")
                .value_name("URL")
                .help("The connector's base URL: the part before /api/priora/v1")
                .required_unless_present("init"),
        )
        .arg(
            text("settings", "FILE", "The checker's settings, a JSON file; --init writes one")
                .required_unless_present("init"),
        )
        .arg(
            text("init", "FILE", "Write a first settings file, and print the settings of the connector")
                .conflicts_with_all(["url", "settings"]),
        )
        .arg(
            text("listen", "ADDRESS", "The address that the connector reports to")
                .default_value(LISTEN)
                .value_parser(value_parser!(SocketAddr)),
        )
        .arg(text("psu", "COMMAND", "A command that acts as the customer: gets the page's URL and approve or deny"))
        .arg(
            text("only", "IDS", "Run only these checks: ids or beginnings of ids, separated by commas")
                .value_delimiter(','),
        )
        .arg(flag("json", "Print the report as JSON"))
        .arg(text("junit", "FILE", "Also write the report as JUnit XML"));
    Command::new("check")
        .about("Test a server over the network")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(connector)
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let Some((CONNECTOR, inner)) = matches.subcommand() else {
        return Err(CommandFailure::usage("the name of the check is missing"));
    };
    let runtime = bankchannel_bridge::serving_runtime()?;
    let ended = runtime.block_on(connector(inner));
    // The shutdown does not wait for a customer's command.
    runtime.shutdown_background();
    ended
}

async fn connector(matches: &ArgMatches) -> CommandOutcome {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    let listen = matches.get_one::<SocketAddr>("listen").copied().unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8090)));
    if let Some(file) = given("init") {
        let (of_connector, is_new) = salt_edge_check::write_settings(Path::new(&file), listen).await?;
        output::json(&of_connector);
        let what = if is_new { "is written" } else { "exists already and is kept" };
        output::print_note(&format!(
            "{file} {what}: describe your ways to authenticate there, with right and wrong answers. The JSON line on the standard output \
             has the settings of the connector: start it with these (serve salt-edge-connector: --hub-url, --hub-public-key, --app-id, \
             --app-secret-file, --provider-code, --private-key). If it has its own key, set connector_public_key_file."
        ));
        return Ok(());
    }
    let (url, settings) = (given("url").unwrap_or_default(), given("settings").unwrap_or_default());
    let only: Vec<String> = matches.get_many::<String>("only").map(|ids| ids.cloned().collect()).unwrap_or_default();
    let is_json = matches.get_flag("json");
    // Opened first: a bad path must not lose a report that took minutes. An older file stays until the report is
    // complete.
    let file = given("junit");
    let junit = file.as_deref().map(|file| Reserved::open(Path::new(file), true, FileAccess::Everyone)).transpose()?;
    let checking = CheckRun::open(&PathBuf::from(&settings), Some(listen)).await?;
    if !is_json {
        output::print_note(&format!("the connector {url} must report to {}", checking.hub_url()));
    }
    let psu = given("psu").map(psu);
    let told = |done: &CheckDone| {
        if !is_json {
            output::print_note(&format!("{:<8} {}  {}", done.result.as_str(), done.id, done.title));
        }
    };
    let report = checking.run(&url, psu.as_deref(), &only, &told).await;
    checking.close().await;
    let report = report?;
    match is_json {
        true => output::json(&report.to_json()),
        // The terminal has already shown each check.
        false if output::is_terminal() && output::error_is_terminal() => {
            output::line(report.to_short_text().trim_end())
        }
        false => output::line(report.to_text().trim_end()),
    }
    if let Some(junit) = junit {
        let written = junit.write(report.to_junit().as_bytes());
        written.map_err(|why| CommandFailure::usage(format!("--junit: {}: {why}", file.unwrap_or_default())))?;
    }
    if report.is_ok() { Ok(()) } else { Err(CommandFailure::Told) }
}

/// Runs a command that answers for the customer.
fn psu(command: String) -> Box<ActingCustomer> {
    let command = Arc::new(command);
    Box::new(move |url, approves| {
        let command = Arc::clone(&command);
        let answer = async move {
            let word = if approves { "approve" } else { "deny" };
            // The URL is passed as data, never as a part of the command's text.
            if !platform::can_be_argument(&url) {
                return Err("the URL cannot be passed to a command: it has a quote or a control character".to_owned());
            }
            let ran = tokio::task::spawn_blocking(move || {
                let [page, decision] = [URL, ANSWER].map(platform::shell_argument);
                let script = format!("{command} {page} {decision}");
                let variables = [(URL, url.as_str()), (ANSWER, word)];
                run_program(&script, &variables, &[], 64 * 1024, Some(PSU_LIMIT))
            });
            ran.await.map_err(|why| why.to_string())?.map(drop)
        };
        let boxed: Pin<Box<dyn Future<Output = Result<(), String>> + Send>> = Box::pin(answer);
        boxed
    })
}
