//! Runs a command of the catalogue: loads the session, calls, shows the result, stores the session.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use bankchannel::{
    CallDone, CallOptions, CancellationToken, Category, Client, ProgressWatcher, Secret,
    protocols::{SessionKeeping, SessionNeed},
};
use bankchannel_foundation::{
    message::trace_id,
    operation::{CatalogueEntry, OperationKind},
};
use clap::ArgMatches;
use serde_json::{Value, json};

use super::{
    answers::Answers,
    call, client,
    command_code::CommandWork,
    formed,
    log::{LOOK, Log},
    request::{self, OperationArguments},
    result::{self, Target},
    spec::{Spec, sessions},
    waiting,
};
use crate::{
    exit::{CommandFailure, CommandOutcome, SESSION_EXISTS_TEXT},
    options::{Common, option_list},
    output::{self, Format, interrupt, progress::ProgressLine, prompt},
    settings::{
        NEW_API_KEY,
        token::{self, RunToken, Stored},
    },
};

pub(crate) fn run(spec: &Spec, matches: &ArgMatches) -> CommandOutcome {
    match spec.code.map(|code| code.work) {
        Some(CommandWork::Whole(run)) => run(spec, matches),
        _ => run_declared(spec, matches),
    }
}

/// The same without the command's own code for all of its work.
pub(crate) fn run_declared(spec: &Spec, matches: &ArgMatches) -> CommandOutcome {
    if let Some(form) = spec.form {
        return formed::run(spec, form, matches);
    }
    let protocol = bankchannel::protocols::protocol(spec.main.declaration.protocol);
    let (Some(protocol), Some(sessions)) = (protocol, sessions(spec.main)) else {
        return without_session(spec, matches);
    };
    let mut common = Common::read(protocol, matches)?;
    let target = Target::read(matches, common.format);
    let entry = chosen(spec, matches, &common);
    if sessions.log_in.contains(&entry.declaration.name) && logged_in(entry, matches, &mut common)? {
        return Ok(());
    }
    let token = session_for(sessions, entry, &mut common)?;
    request::ask_for_missing(entry, &mut common)?;
    confirm(entry, &common)?;
    let client = common.settings.client(token.as_ref())?;
    let reserved = target.reserve(entry)?;
    check_keeping(sessions, entry, &common)?;
    let result = if sessions.log_in.first() == Some(&entry.declaration.name) && common.noninteractive {
        waiting::log_in(sessions, entry, matches, &mut common, &client)
    } else {
        let OperationArguments { json, content } = request::build(entry, matches, &mut common)?;
        carry_out(&client, entry, json, target.options(entry, content), &common)
    };
    let kept = finish(sessions, entry, &client, token.as_ref(), &mut common, &result);
    if let Err(failure) = &result {
        result::partial(common.format, entry, failure);
    }
    let shown =
        result.map_err(|failure| in_options(failure, spec, entry)).and_then(|done| target.show(entry, done, reserved));
    unless_unkept(kept, shown)
}

/// Runs a command of a protocol without sessions: the client's settings are in a separate file.
fn without_session(spec: &Spec, matches: &ArgMatches) -> CommandOutcome {
    let common = Common::without_settings(matches);
    let entry = chosen(spec, matches, &common);
    let client = client::exists_for(entry).then(|| client::of_options(spec.client, entry, matches)).transpose()?;
    let OperationArguments { json, content } = request::of_options(entry, matches, &common)?;
    let done = match &client {
        Some(client) => call::carry_out_shown(client, entry, json, content, matches, &common),
        None => call::compute(entry, json, content, matches, &common),
    };
    done.map_err(|failure| match (&client, common.format) {
        // A program gets the client's own error.
        (Some(_), Format::Json) => failure,
        _ => in_options(failure, spec, entry),
    })
}

/// Asks the user to type the bank's name before its certificates are retired permanently, if the bank is only a
/// default.
fn confirm(entry: &CatalogueEntry, common: &Common) -> CommandOutcome {
    let bank = common.settings.value("bank").unwrap_or_default();
    if entry.short_name() != "retire_cert"
        || common.settings.is_given("bank")
        || !prompt::possible(common.noninteractive)
    {
        return Ok(());
    }
    let question = format!("The certificates for {bank} will be retired permanently; type the bank's name to continue");
    if prompt::line(&question)?.trim() == bank {
        Ok(())
    } else {
        Err(CommandFailure::usage("nothing was done: this is not the bank's name"))
    }
}

/// Checks that the settings file can be changed, before an operation is sent whose result is stored there.
pub(super) fn check_keeping(sessions: &SessionKeeping, entry: &CatalogueEntry, common: &Common) -> CommandOutcome {
    if sessions.kept_after.contains(&entry.declaration.name) { common.settings.check_keeping() } else { Ok(()) }
}

/// The outcome of a command whose result was shown: a failed update is reported after it, never instead of it.
pub(super) fn unless_unkept(kept: CommandOutcome, shown: CommandOutcome) -> CommandOutcome {
    let Err(failure) = kept else { return shown };
    if let Some(why) = failure.text() {
        output::print_note(&format!("error: cannot update the settings file: {why}"));
    }
    shown.and(Err(CommandFailure::Told))
}

/// Calls an operation, with progress, answers, its log and Ctrl-C.
pub(crate) fn carry_out(
    client: &Client,
    entry: &'static CatalogueEntry,
    request: Value,
    options: CallOptions,
    common: &Common,
) -> CommandOutcome<CallDone> {
    let cancel = CancellationToken::new();
    interrupt::cancels(&cancel);
    let asks_bank = entry.declaration.asks_object().is_some();
    let progress = Arc::new(ProgressLine::begin(entry.declaration.summary));
    let (log, interrupted) =
        (Log::new(common.verbose, entry.declaration.kind == OperationKind::Flow), Arc::new(AtomicBool::new(false)));
    let answers = Answers {
        codes: sessions(entry).map_or(&[], |sessions| sessions.codes),
        mode: common.settings.mode().to_owned(),
        given: Mutex::default(),
        noninteractive: common.noninteractive,
        signer: common.signer.clone(),
        bank: common.bank.clone(),
        progress: Arc::clone(&progress),
        log: log.clone(),
        cancel: cancel.clone(),
        interrupted: Arc::clone(&interrupted),
    };
    let shown = Arc::clone(&progress);
    let watcher = ProgressWatcher::new(move |report| shown.update(report));
    let options = CallOptions {
        cancel,
        asker: Some(Arc::new(answers)),
        progress: Some(watcher),
        log: log.for_call(),
        request_id: common.request_id.clone(),
        traceparent: traceparent(),
        ..options
    };
    let done = bankchannel_bridge::runtime()?.block_on(async {
        let mut call = std::pin::pin!(client.call_values(entry.declaration.name, request.into(), options));
        loop {
            tokio::select! {
                done = &mut call => break done,
                () = tokio::time::sleep(LOOK), if common.verbose || asks_bank => log.show_beside(&progress),
            }
        }
    });
    // The error of a failed call repeats its last warning.
    if common.verbose || done.is_ok() {
        log.show_beside(&progress);
    }
    drop(progress);
    if interrupted.load(Ordering::SeqCst) {
        return Err(CommandFailure::Interrupted);
    }
    match done {
        Ok(CallDone { response, content }) => Ok(CallDone { response: response.into(), content }),
        Err(error) => Err(CommandFailure::Error(match (client.base_url(), error.category()) {
            (Some(url), Category::Transport | Category::TimedOut) => error.with("service", url),
            _ => error,
        })),
    }
}

/// The trace that this process belongs to: `TRACEPARENT` in the environment, as CI systems and `otel-cli` set it. An
/// unusable one is ignored, and no error.
fn traceparent() -> Option<String> {
    std::env::var("TRACEPARENT").ok().filter(|given| trace_id(given).is_some())
}

/// The session for an operation. A missing or wrong one is reported before anything is sent. An operation that needs
/// none gets none: it is for the mode that is asked for, whatever mode is logged in.
pub(super) fn session_for(
    sessions: &SessionKeeping,
    entry: &CatalogueEntry,
    common: &mut Common,
) -> CommandOutcome<Option<RunToken>> {
    let settings = &common.settings;
    let needs = (sessions.needs)(entry);
    let is_logout = sessions.log_out == entry.declaration.name;
    if entry.declaration.name == sessions.state {
        return Ok(match token::find(settings)? {
            Stored::Good(token) | Stored::Expired(token) => Some(token),
            Stored::Elsewhere | Stored::None => None,
        });
    }
    if needs == SessionNeed::Nothing {
        return Ok(None);
    }
    let token = match token::find(settings)? {
        Stored::Good(token) => token,
        // A session that may have expired can still be logged out.
        Stored::Expired(token) if is_logout => token,
        Stored::Elsewhere => {
            output::print_note("the stored session belongs to another service and is not used");
            return Err(CommandFailure::SessionExpired);
        }
        Stored::None => {
            output::print_note("no session is stored: log in with `bankchannel session login`");
            return Err(CommandFailure::SessionExpired);
        }
        Stored::Expired(_) => return Err(CommandFailure::SessionExpired),
    };
    if needs == SessionNeed::Admin && token.mode.as_deref() == Some("data") {
        return Err(CommandFailure::AdminRequired);
    }
    // An explicit mode other than the session's asks for another session.
    if settings.is_given("mode") && token.mode.as_deref().is_some_and(|mode| mode != settings.mode()) {
        return Err(CommandFailure::SessionExpired);
    }
    if is_logout {
        // Removed here first, whatever the service answers.
        common.settings.drop_session()?;
    }
    Ok(Some(token))
}

/// Stores the changes of a call: a new session, a new API key; drops a session that the service no longer accepts.
pub(super) fn finish(
    sessions: &SessionKeeping,
    entry: &CatalogueEntry,
    client: &Client,
    before: Option<&RunToken>,
    common: &mut Common,
    result: &CommandOutcome<CallDone>,
) -> CommandOutcome {
    if let Err(failure) = result {
        if let CommandFailure::Error(error) = failure
            && error.code() == sessions.refused.code
            && !common.settings.is_given("idtoken")
        {
            common.settings.drop_session()?;
        }
        return Ok(());
    }
    let name = entry.declaration.name;
    if entry.declaration.kind == OperationKind::Local || name == sessions.log_out {
        return Ok(());
    }
    // A new password ends all sessions of the user.
    if sessions.ended_by.contains(&name) && common.settings.filed("idtokenmode") == Some(common.settings.mode()) {
        return common.settings.drop_session();
    }
    let session = (sessions.of)(client);
    let is_new = session.token.as_ref().is_some_and(|token| before.is_none_or(|before| before.text != token.expose()));
    if is_new {
        common.settings.keep_session(&session)?;
    }
    let key = session.api_key.as_ref().map(Secret::expose).filter(|key| *key != NEW_API_KEY);
    if let Some(key) = key
        && common.settings.value("apikey") != Some(key)
    {
        common.settings.keep(&[("apikey", Some(key.to_owned()))])?;
        if let Some(file) = &common.settings.file {
            output::print_note(&format!("the API key is kept in {}", file.path().display()));
        }
    }
    Ok(())
}

/// The operation of a command for these options.
fn chosen(spec: &Spec, matches: &ArgMatches, common: &Common) -> &'static CatalogueEntry {
    for (entry, fields) in &spec.also {
        if request::has_all(entry, fields, matches, common) {
            return entry;
        }
    }
    spec.main
}

/// Whether a login has nothing to do because the stored session is valid; a session of another mode is dropped.
fn logged_in(entry: &CatalogueEntry, matches: &ArgMatches, common: &mut Common) -> CommandOutcome<bool> {
    let sets_up = matches.try_get_one::<String>("setup-totp").ok().flatten().is_some_and(|value| value == "true");
    let stored = token::find(&common.settings)?;
    if let Stored::Good(token) = &stored
        && token.mode.as_deref() == Some(common.settings.mode())
        && !sets_up
        && entry.declaration.kind == OperationKind::Flow
    {
        match common.format {
            Format::Json => output::json(&json!({ "response_text": SESSION_EXISTS_TEXT })),
            Format::Table => output::line(SESSION_EXISTS_TEXT),
        }
        return Ok(true);
    }
    common.settings.drop_session()?;
    Ok(false)
}

/// Reports a missing field under the name of its option.
fn in_options(failure: CommandFailure, spec: &Spec, entry: &CatalogueEntry) -> CommandFailure {
    match &failure {
        CommandFailure::Error(error) if error.code() == "input.missing_field" && error.http_status().is_none() => {
            let mut missing = option_list(error.detail("field").unwrap_or_default());
            if entry.short_name() == "upload_file" {
                missing =
                    missing.replace("--signature", "--private-key (signs here) or --signatures (signed elsewhere)");
                missing = missing.replace("--content", "FILE");
            }
            let place = if sessions(entry).is_some() { "as an option or in the settings file" } else { "as an option" };
            CommandFailure::usage(format!(
                "missing: {missing}\n  give it {place}; `bankchannel {} {} --help` explains",
                spec.group, spec.name
            ))
        }
        _ => failure,
    }
}
