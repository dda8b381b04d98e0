//! `serve` and `admin`: the servers that somebody runs, and what an operator does.

mod admin;
mod bank;
mod check;
mod logs;
mod open_files;
mod run;
mod signals;

use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::exit::Outcome;

pub(crate) use admin::{command as admin_command, run as run_admin};

const EXAMPLES: &str = "Examples:
  bankchannel serve ws-channel --data ws-data                                   on a free loopback port
  bankchannel serve ws-channel --data ws-data --listen 0.0.0.0:443 --tls-cert chain.pem --tls-key key.pem --config service.toml
  bankchannel serve ws-channel --data test --verification-code 123456 --no-limits --control     for tests
  bankchannel serve ws-channel --data ws-data --config service.toml --check

When it is ready it prints one line of JSON: kind, base_url, public_key_file, control_url. Codes that would go by SMS
or mail are written to DATA/outbox.jsonl. GET /healthz and GET /readyz answer probes. It stops at SIGINT or SIGTERM: first it is
not ready for drain_s seconds (--config), then it takes no requests and ends after the running answers.
BANKCHANNEL_LOG=info (or debug, or a filter such as bankchannel_counterparts=debug) shows more on stderr.";

/// The command.
pub(crate) fn command() -> Command {
    let path = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let ws_channel = Command::new("ws-channel")
        .about("The WS Channel service, with the simulator bank")
        .after_help(EXAMPLES)
        .arg(path("listen", "ADDRESS", "Address and port; port 0 takes a free one").default_value("127.0.0.1:0"))
        .arg(path("data", "DIR", "The data folder; made with mode 0700 when absent").required(true))
        .arg(path("config", "FILE", "The configuration file (TOML); left out, every setting has its default"))
        .arg(path("tls-cert", "PEM", "Certificate chain; with it the service speaks https").requires("tls-key"))
        .arg(path("tls-key", "PEM", "Its private key").requires("tls-cert"))
        .arg(path("verification-code", "CODE", "Fix every code that would be sent: for tests, on loopback only"))
        .arg(
            Arg::new("no-limits")
                .long("no-limits")
                .action(ArgAction::SetTrue)
                .help("Lift the limits of rate and count: for tests, on loopback only"),
        )
        .arg(
            Arg::new("control")
                .long("control")
                .action(ArgAction::SetTrue)
                .help("Open the control interface: for tests, on loopback only"),
        )
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Check configuration, keys, storage and TLS files, and do not serve"),
        )
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("With --check: the findings as JSON"));
    Command::new("serve")
        .about("Run a service on this machine")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(ws_channel)
        .subcommand(bank::command())
}

/// Runs it.
pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    match matches.subcommand() {
        Some(("nextgen-psd2-bank", inner)) => bank::run(inner),
        Some((_, inner)) => run::run(inner),
        None => Err(crate::exit::Failure::usage("name the service: ws-channel or nextgen-psd2-bank")),
    }
}
