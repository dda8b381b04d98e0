//! `serve nextgen-psd2-bank`.

use std::time::Duration;

use bankchannel::{Timestamp, nextgen_psd2::operations::verification::verify_request::Strictness};
use bankchannel_counterparts::nextgen_psd2::{BankOptions, Running};
use clap::{Arg, ArgAction, ArgMatches, Command, builder::PossibleValuesParser, value_parser};

use super::{
    logs, open_files,
    run::{Service, until_signalled},
    signals::Signals,
};
use crate::{
    exit::{Failure, Outcome},
    output,
};

const EXAMPLES: &str = "Examples:
  bankchannel serve nextgen-psd2-bank --data bank                       https with mutual TLS, on a free loopback port
  bankchannel serve nextgen-psd2-bank --data bank --listen 127.0.0.1:8443
  bankchannel serve nextgen-psd2-bank --data bank --plain --control     http, for tests
  bankchannel serve nextgen-psd2-bank --data bank --clock 2026-03-03T10:15:30Z --mode strict

When it is ready it prints one line of JSON: kind, base_url, bg_base_url, ca_file, certificates_dir, control_url, requests_url.
DATA/certificates holds certificates and keys of three third parties: sign with tpp1-qseal, connect with tpp1-qwac. Open requests_url in
a browser: it shows each request with its verdict, and where a signature is wrong, which byte differs and why.
GET /healthz and GET /readyz answer probes, without a certificate. It stops at SIGINT or SIGTERM, after the running answers. It is a sandbox: no real customer's data belongs in it.";

const MODES: [&str; 3] = ["strict", "normal", "lenient"];

/// The command.
pub(super) fn command() -> Command {
    let value = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let flag = |name: &'static str, help: &'static str| Arg::new(name).long(name).action(ArgAction::SetTrue).help(help);
    Command::new("nextgen-psd2-bank")
        .about("A NextGenPSD2 sandbox bank that explains what is wrong with a request")
        .after_help(EXAMPLES)
        .arg(value("listen", "ADDRESS", "Address and port; port 0 takes a free one").default_value("127.0.0.1:0"))
        .arg(value("data", "DIR", "The data folder; made with mode 0700 when absent").required(true))
        .arg(flag("plain", "Plain HTTP without client certificates; on loopback only"))
        .arg(value("clock", "INSTANT", "The bank's clock stands here (RFC 3339); left out, it is the system's"))
        .arg(
            value("mode", "MODE", "How strictly requests are read")
                .value_parser(PossibleValuesParser::new(MODES))
                .default_value("normal"),
        )
        .arg(value("trusted", "FILE", "Further issuers of QSEAL and QWAC certificates to trust: PEM"))
        .arg(flag("no-explain", "Refuse without explaining, as a real bank does"))
        .arg(flag(
            "explain-anywhere",
            "Explain also beyond loopback: what requests hold is then shown to whoever connects",
        ))
        .arg(flag("auto-answer", "Links with auto=approve or auto=refuse answer for the customer: for tests"))
        .arg(flag("status-quirk", "Error bodies always say status 400, as in the banks' own documents"))
        .arg(flag("href-quirk", "Links hold characters that no URI may, as in the banks' own documents"))
        .arg(flag("control", "Open the control interface: for tests, on loopback only"))
        .arg(
            value("drain", "SECONDS", "After a signal, say for so long at /readyz that it is not ready, and answer on")
                .value_parser(value_parser!(u64).range(0..=600))
                .default_value("0"),
        )
}

/// Serves until a signal.
pub(super) fn run(matches: &ArgMatches) -> Outcome {
    logs::begin();
    let options = options(matches)?;
    let drain = Duration::from_secs(matches.get_one::<u64>("drain").copied().unwrap_or_default());
    let runtime = bankchannel_bridge::serving_runtime()?;
    open_files::raise();
    let ended = runtime.block_on(serve(options, drain));
    // What still hangs on a disk or a name server is not waited for.
    runtime.shutdown_background();
    ended
}

async fn serve(options: BankOptions, drain: Duration) -> Outcome {
    if options.control == Some(true) {
        output::note("warning: the control interface is open: whoever reaches it controls this bank");
    }
    let signals = Signals::listen().map_err(|why| Failure::usage(format!("signals cannot be listened for: {why}")))?;
    let running = Running::start(options).await?;
    output::json(&running.readiness());
    until_signalled(Draining { running, drain }, signals).await;
    Ok(())
}

/// A bank, and how long its end is announced.
struct Draining {
    running: Running,
    drain: Duration,
}

impl Service for Draining {
    async fn end(self) {
        self.running.drain(self.drain).await;
        self.running.stop().await;
    }
}

fn options(matches: &ArgMatches) -> Outcome<BankOptions> {
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let flag = |name: &str| matches.get_flag(name).then_some(true);
    let clock = match text("clock") {
        None => None,
        Some(given) => {
            let why = "--clock must be an instant such as 2026-03-03T10:15:30Z";
            Some(Timestamp::new(&given).map_err(|_| Failure::usage(why))?)
        }
    };
    let mode = match text("mode").as_deref() {
        Some("strict") => Strictness::Strict,
        Some("lenient") => Strictness::Lenient,
        _ => Strictness::Normal,
    };
    Ok(BankOptions {
        listen: text("listen"),
        data: text("data"),
        plain: flag("plain"),
        clock,
        mode: Some(mode),
        control: flag("control"),
        explain: matches.get_flag("no-explain").then_some(false),
        explain_anywhere: flag("explain-anywhere"),
        auto_answer: flag("auto-answer"),
        trusted_file: text("trusted"),
        era_status_quirk: flag("status-quirk"),
        era_bad_href: flag("href-quirk"),
    })
}
