//! `work --bank URL`, `work --watch`: the bank's own code behind a URL, and continuous work until a signal.

use std::{future::Future, path::Path, pin::Pin, sync::Arc, time::Duration};

use bankchannel::{
    CallAnswer, CallAsker, CallOptions, ConnectionSettings, Question, Result, Secret, Timestamp,
    salt_edge_connector::{BankAtUrl, PROTOCOL, SaltEdgeConnector, SaltEdgeConnectorSettings, WorkRequest},
};
use bankchannel_foundation::{
    clock::{Clock as _, SystemClock},
    model::write_boundary,
};
use bankchannel_storage::salt_edge_connector::ConnectorStore;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::{self, Log, Spec, ask_bank_command, client_settings},
    options::{REQUEST_ID, any_value, flag, format, optional, read_file, text},
    output::{self, interrupt},
};

/// Time limit of the bank's own code for one question.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The polling interval without scheduled work: another process may have left some.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The pause after a failure.
const PAUSE: Duration = Duration::from_secs(2);
/// The shortest time between two rounds.
const SHORTEST: Duration = Duration::from_millis(50);

/// The further options of the command.
pub(super) fn arguments(command: Command) -> Command {
    let bank: Arg = any_value(text(
        "bank",
        "URL",
        "The base URL of the bank's own code; the settings must have bank_secret or bank_secret_file",
    ));
    command.arg(bank.conflicts_with("bank-command")).arg(flag(
        "watch",
        "Run until SIGINT or SIGTERM, and do work as it becomes due; needs --bank or --bank-command",
    ))
}

fn settings(matches: &ArgMatches) -> CommandOutcome<SaltEdgeConnectorSettings> {
    let settings = client_settings(PROTOCOL, matches)?;
    Ok(settings.get::<SaltEdgeConnectorSettings>().cloned().expect("the settings are those of the operation's client"))
}

/// Works once, or until a signal.
pub(super) fn run(spec: &Spec, matches: &ArgMatches) -> CommandOutcome {
    if !matches.contains_id("bank") && !matches.get_flag("watch") {
        return operations::run_declared(spec, matches);
    }
    let settings = settings(matches)?;
    if matches.contains_id("signer") {
        return Err(CommandFailure::usage(
            "--signer cannot be used with --bank or --watch: name a key in the settings",
        ));
    }
    if matches.contains_id("at") {
        return Err(CommandFailure::usage("--at cannot be used with --bank or --watch"));
    }
    let asker = asker(&settings, matches)?;
    let client = SaltEdgeConnector::new(settings)?;
    let log = Log::new(matches.get_flag("verbose"), true);
    let request_id = optional(matches, REQUEST_ID);
    let options = CallOptions { asker: Some(asker), log: log.for_call(), request_id, ..CallOptions::default() };
    let runtime = bankchannel_bridge::serving_runtime()?;
    let ended = runtime.block_on(async {
        if matches.get_flag("watch") {
            return watch(&client, options, &log, matches).await;
        }
        let worked = log.shown_during(client.work_with(WorkRequest::builder(), &options)).await?;
        format(matches).show(&write_boundary(worked));
        Ok(())
    });
    // The shutdown does not wait for a command that does not end.
    runtime.shutdown_background();
    ended
}

fn asker(settings: &SaltEdgeConnectorSettings, matches: &ArgMatches) -> CommandOutcome<Arc<dyn CallAsker>> {
    if let Some(command) = matches.get_one::<String>("bank-command") {
        return Ok(Arc::new(BankProgram(command.clone())));
    }
    let Some(url) = matches.get_one::<String>("bank") else {
        return Err(CommandFailure::usage("no code answers for the bank: give --bank URL or --bank-command COMMAND"));
    };
    let secret = match (&settings.bank_secret, &settings.bank_secret_file) {
        (Some(secret), _) => secret.clone(),
        (None, Some(file)) => Secret::new(read_file("--settings: bank_secret_file", file)?),
        (None, None) => return Err(CommandFailure::usage("--settings: bank_secret or bank_secret_file is missing")),
    };
    Ok(Arc::new(BankAtUrl::new(url, &secret, TIMEOUT, &ConnectionSettings::default())?))
}

async fn watch(client: &SaltEdgeConnector, options: CallOptions, log: &Log, matches: &ArgMatches) -> CommandOutcome {
    // Work in progress is completed; a second signal cancels it.
    interrupt::cancels(&options.winding_down);
    while !options.winding_down.is_cancelled() {
        let worked = match log.shown_during(client.work_with(WorkRequest::builder(), &options)).await {
            Ok(worked) => worked,
            Err(error) if ["configuration", "input"].iter().any(|of| error.code().starts_with(of)) => {
                return Err(error.into());
            }
            Err(error) => {
                // The store, or the bank's program, may recover.
                output::print_note(&format!("the work was interrupted: {error}"));
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        let done = worked.asked + worked.delivered + worked.again + worked.stopped + worked.given_up + worked.expired;
        let until = |due: &Timestamp| {
            Duration::from_millis(u64::try_from(due.as_ms() - SystemClock::default().now_ms()).unwrap_or_default())
        };
        let wait = worked.next_due_at.as_ref().map_or(LOOK_AGAIN, until).clamp(SHORTEST, LOOK_AGAIN);
        if done > 0 {
            let line = write_boundary(worked);
            match matches.get_flag("json") {
                true => output::json(&line),
                false => {
                    output::line(&format!("{} {line}", Timestamp::from_ms(SystemClock::default().now_ms()).as_str()))
                }
            }
        }
        tokio::select! {
            () = options.winding_down.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    Ok(())
}

/// A program of the user that answers for the bank.
struct BankProgram(String);

impl CallAsker for BankProgram {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        Box::pin(async move {
            let Some(request) = &question.request else { return Err(question.unanswered()) };
            let (command, kind, request) = (self.0.clone(), question.kind, request.to_json());
            ask_bank_command(command, kind, request).await
        })
    }
}

/// The options of the command that shows pending callbacks and the state of the others.
pub(super) fn outbox_arguments(command: Command) -> Command {
    command
        // Nothing is sent here: a retried callback goes out with the next work.
        .mut_arg(REQUEST_ID, |id| id.hide(true))
        .arg(text("retry", "ID", "Send a stopped callback again; `all` for every stopped one"))
        .arg(flag("all", "Also show delivered callbacks"))
}

pub(super) fn outbox(_: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let settings = settings(matches)?;
    // Opening a folder creates a store there: a wrong path would look like an empty outbox.
    let is_absent = |place: &Secret| {
        !place.expose().contains("://") && !Path::new(place.expose()).join(ConnectorStore::DATABASE_FILE).exists()
    };
    if settings.store.as_ref().is_some_and(is_absent) {
        return Err(CommandFailure::usage(
            "--settings: store: this folder holds no store; that of a service is DATA/store",
        ));
    }
    let client = SaltEdgeConnector::new(settings)?;
    let options = CallOptions { request_id: optional(matches, REQUEST_ID), ..CallOptions::default() };
    bankchannel_bridge::runtime()?.block_on(async {
        if matches.get_one::<String>("retry").is_some_and(|id| id == "all") {
            let mut retried = 0;
            for callback in callbacks_in(&client, "stopped", &options).await? {
                let request = client.request(json!({ "callback_id": callback["callback_id"] }))?;
                retried += u32::from(client.retry_callback_with(request, &options).await?.is_changed);
            }
            format(matches).show(&json!({ "retried": retried }));
            return Ok(());
        }
        if let Some(id) = matches.get_one::<String>("retry") {
            let request = client.request(json!({ "callback_id": id }))?;
            format(matches).show(&write_boundary(client.retry_callback_with(request, &options).await?));
            return Ok(());
        }
        let states: &[&str] = match matches.get_flag("all") {
            true => &["waiting", "stopped", "failed", "delivered"],
            false => &["waiting", "stopped", "failed"],
        };
        let mut callbacks = Vec::new();
        for state in states {
            callbacks.extend(callbacks_in(&client, state, &options).await?);
        }
        format(matches).show(&json!({ "callbacks": callbacks }));
        Ok(())
    })
}

/// All callbacks in a state.
async fn callbacks_in(client: &SaltEdgeConnector, state: &str, options: &CallOptions) -> CommandOutcome<Vec<Value>> {
    let (mut callbacks, mut after) = (Vec::new(), None);
    loop {
        let request = client.request(json!({ "state": state, "after": after, "limit": 1000 }))?;
        let page = client.list_callbacks_with(request, options).await?;
        after = page.next.clone();
        callbacks.extend(page.callbacks.into_iter().map(write_boundary));
        if after.is_none() {
            return Ok(callbacks);
        }
    }
}
