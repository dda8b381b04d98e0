//! Serves until a signal, or only checks.

use std::{pin::pin, time::Duration};

use bankchannel_counterparts::{Counterpart, EmbeddedServer};
use bankchannel_foundation::{model::write_boundary, shown};
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use super::{
    logs::{self, RunningLog},
    open_files, options, reload,
    supervisor::Supervisor,
    words::words,
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    output::{self, Format, table},
    platform::{ServiceSignal, ServiceSignals},
};

/// Serves until a signal, or only checks or migrates.
pub(super) fn run(counterpart: &'static Counterpart, matches: &ArgMatches, supervisor: &Supervisor) -> CommandOutcome {
    let given = options::given(counterpart, matches);
    let drain = matches.try_get_one::<u64>("drain").ok().flatten().copied().unwrap_or_default();
    let is_set = |flag: &str| matches.try_get_one::<bool>(flag).ok().flatten() == Some(&true);
    let (checks, migrates) = (is_set("check"), is_set("migrate"));
    let runtime = bankchannel_bridge::serving_runtime()?;
    // Before the configuration is read for the first time: whoever changes it after that may send SIGHUP.
    let signals = if checks || migrates { None } else { Some(runtime.block_on(async { ServiceSignals::listen() })) };
    let log = logs::begin(counterpart, Value::from(given.clone()).into());
    let ended = match signals {
        None if migrates => runtime.block_on(migrate(counterpart, given, crate::options::format(matches))),
        None => runtime.block_on(check(counterpart, given, crate::options::format(matches))),
        Some(signals) => {
            open_files::raise();
            let seed = seed_of(&given, matches)?;
            let cannot = |why| CommandFailure::usage(format!("cannot listen for signals: {why}"));
            let service = BegunService {
                signals: signals.map_err(cannot)?,
                log: &log,
                drain: Duration::from_secs(drain),
                supervisor,
            };
            runtime.block_on(serve(counterpart, given, seed, service))
        }
    };
    // The shutdown does not wait for work that hangs on a disk or a name server.
    runtime.shutdown_background();
    ended
}

/// The data to seed: none if the data folder exists, as at every later start.
fn seed_of(given: &Map<String, Value>, matches: &ArgMatches) -> CommandOutcome<Option<Value>> {
    let Some(path) = matches.try_get_one::<String>(options::SEED).ok().flatten() else { return Ok(None) };
    let data = seed(path)?;
    let folder = given.get("data").and_then(Value::as_str).unwrap_or_default();
    let has_entries = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if has_entries {
        output::print_note(&format!("--seed: {} is not new, and nothing is put in", shown::path(folder)));
        return Ok(None);
    }
    Ok(Some(data))
}

/// The data of a seed file. Its content is not repeated in errors: it may contain passwords.
fn seed(path: &str) -> CommandOutcome<Value> {
    let unusable = |why: &dyn std::fmt::Display| CommandFailure::usage(format!("--seed: {}: {why}", shown::path(path)));
    let text = std::fs::read(path).map_err(|why| unusable(&why))?;
    serde_json::from_slice(&text)
        .map_err(|why| unusable(&format_args!("line {}, column {}: is not JSON", why.line(), why.column())))
}

/// What a service begins with.
struct BegunService<'a> {
    signals: ServiceSignals,
    log: &'a RunningLog,
    drain: Duration,
    supervisor: &'a Supervisor,
}

async fn serve(
    counterpart: &'static Counterpart,
    given: Map<String, Value>,
    seed: Option<Value>,
    mut service: BegunService<'_>,
) -> CommandOutcome {
    let words = words(counterpart.kind);
    let warnings = words.warnings.iter().filter(|(field, _)| given.contains_key(*field)).map(|(_, warning)| *warning);
    for warning in words.system_warning(std::env::consts::OS).into_iter().chain(warnings) {
        output::print_note(&format!("warning: {warning}"));
    }
    let starting = EmbeddedServer::begin(counterpart, Value::from(given).into())
        .map_err(|why| options::option_failure(counterpart, why))?;
    let running = starting.await?;
    if let Some(data) = seed {
        let seeded = tokio::select! {
            seeded = running.seed(data) => seeded,
            () = service.signals.stop() => {
                running.stop().await;
                return Ok(());
            }
        };
        if let Err(why) = seeded {
            running.stop().await;
            let text = "what stands before it is in: begin again with a new data folder";
            return Err(CommandFailure::usage(format!("--seed: {}; {text}", why.message())));
        }
    }
    let readiness = running.readiness();
    output::json(&readiness);
    service.supervisor.tell_ready(&readiness);
    until_signalled(running, service).await;
    Ok(())
}

/// Runs it until a signal, then stops it after the running answers.
async fn until_signalled(running: EmbeddedServer, service: BegunService<'_>) {
    let BegunService { mut signals, log, drain, supervisor } = service;
    while signals.next().await == ServiceSignal::Reload {
        tokio::select! {
            () = reload::reload(&running, log) => {}
            // What is not applied by now stays as it was.
            () = signals.stop() => break,
        }
    }
    supervisor.tell_stopping(drain + running.longest_stop());
    let reloads = running.reload().is_some();
    let mut end = pin!(async {
        if !drain.is_zero() {
            running.drain(drain).await;
        }
        running.stop().await;
    });
    loop {
        let signal = tokio::select! {
            () = &mut end => return,
            signal = signals.next() => signal,
        };
        if signal == ServiceSignal::Stop {
            // A second signal ends the wait.
            return output::print_note("stopped without waiting for the requests in flight");
        }
        if reloads {
            reload::refuse("the service is stopping");
        }
    }
}

/// Checks everything that a start needs; exit 1 if there is a fault.
async fn check(counterpart: &'static Counterpart, given: Map<String, Value>, format: Format) -> CommandOutcome {
    let Some(check) = counterpart.check else {
        return Err(CommandFailure::usage(format!("{} has nothing to check", counterpart.kind)));
    };
    let findings = check(Value::from(given).into()).map_err(|why| options::option_failure(counterpart, why))?.await;
    let ok = findings.iter().all(|finding| finding.ok);
    match format {
        Format::Json => output::json(&json!({ "ok": ok, "findings": findings })),
        Format::Table => {
            let rows = findings.iter().map(|finding| {
                [finding.subject.to_owned(), if finding.ok { "ok" } else { "WRONG" }.to_owned(), finding.text.clone()]
            });
            output::line(table::table(&["What", "", "Found"], rows).trim_end());
        }
    }
    if ok { Ok(()) } else { Err(CommandFailure::Told) }
}

/// Brings stored data up to date.
async fn migrate(counterpart: &'static Counterpart, given: Map<String, Value>, format: Format) -> CommandOutcome {
    let Some(migrate) = counterpart.migrate else {
        return Err(CommandFailure::usage(format!("{} has nothing to migrate", counterpart.kind)));
    };
    let migrating = migrate(Value::from(given).into()).map_err(|why| options::option_failure(counterpart, why))?;
    let migration = write_boundary(migrating.await?);
    match format {
        Format::Json => output::json(&json!({ "migration": migration })),
        Format::Table => Format::Table.show(&migration),
    }
    Ok(())
}
