//! A login without prompts: it goes as far as possible with the available codes, and the next run continues.
//!
//! ```text
//!   session login --noninteractive            exit 1: waits for sms_code; the pending login is stored, sealed
//!   session login --noninteractive --code …   continues it
//! ```

use bankchannel::{CallDone, CallOptions, Client, protocols::SessionKeeping};
use bankchannel_crypto::random;
use bankchannel_foundation::{Category, operation::CatalogueEntry};
use clap::ArgMatches;
use serde_json::{Map, Value, json};

use super::{
    answers::{environments_code, variable, variables},
    request,
    run::carry_out,
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::Common,
    output,
};

/// The key of the pending login in the settings file, and the key that seals it.
const SEALED: &str = "waitinglogin";
const KEY: &str = "waitingloginkey";
/// The user of the pending login: e-mail address and mode.
const FOR: &str = "waitingloginfor";
/// Characters of a seal key: as many as 256 random bits need.
const KEY_LENGTH: usize = 43;

/// Logs in as far as possible; returns the client and the answer when the login is complete.
pub(super) fn log_in(
    sessions: &SessionKeeping,
    entry: &'static CatalogueEntry,
    matches: &ArgMatches,
    common: &mut Common,
    client: &Client,
) -> CommandOutcome<CallDone> {
    let [begin, go_on_with] = sessions.steps;
    let Value::Object(mut given) = request::build(entry, matches, common)?.json else {
        return Err(CommandFailure::Told);
    };
    let mut code = given.remove("code").and_then(|code| code.as_str().map(str::to_owned));
    let key = common.settings.filed(KEY).map_or_else(|| random::alphanumeric(KEY_LENGTH), str::to_owned);
    let password = given.get("password").cloned().unwrap_or_default();
    let go_on = |sealed: Value, field: &str, answer: Value, common: &Common| {
        let mut request = Map::from_iter([("sealed".to_owned(), sealed), ("seal_key".to_owned(), json!(key))]);
        request.insert("password".to_owned(), password.clone());
        request.insert(field.to_owned(), answer);
        step(client, go_on_with, request, common)
    };
    let mut answered = Vec::new();
    // A pending login of another user or mode is not continued.
    let is_same = common.settings.filed(FOR) == Some(whose(common).as_str());
    let kept = common.settings.filed(SEALED).filter(|_| is_same).map(|sealed| json!(sealed));
    let mut progress = match (kept, code.take()) {
        (Some(sealed), Some(code)) => go_on(sealed, "code", json!(code), common),
        (_, unused) => {
            code = unused;
            let mut request = given.clone();
            request.insert("seal_key".to_owned(), json!(key));
            step(client, begin, request, common)
        }
    };
    loop {
        let done = match progress {
            Ok(done) => done,
            Err(failure) => {
                // A refused attempt is not repeated; one that did not arrive may be.
                if matches!(&failure, CommandFailure::Error(error) if !matches!(error.category(), Category::Transport | Category::TimedOut))
                {
                    forget(common)?;
                }
                return Err(failure);
            }
        };
        let text = |name: &str| done.response.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let sealed = done.response.get("sealed").cloned().unwrap_or_default();
        progress = match text("state").as_str() {
            "needs_code" => {
                let (kind, question) = (text("kind"), text("text"));
                let variable = variable(sessions.codes, &kind);
                let unused = variable.filter(|variable| !answered.contains(variable));
                let from_environment = || environments_code(common.settings.mode(), unused?);
                let Some(answer) = code.take().or_else(from_environment) else {
                    return wait(sessions, done, &key, &question, common);
                };
                answered.extend(variable);
                go_on(sealed, "code", json!(answer), common)
            }
            "needs_choice" => {
                let methods = done.response.get("methods").and_then(Value::as_array).cloned().unwrap_or_default();
                let wanted = given.get("mfa_method").cloned();
                // An authenticator costs nothing and is safer than an SMS (docs/protocols/ws-channel.md §8.1).
                let best = methods.iter().find(|method| *method == "totp").or(methods.first()).cloned();
                go_on(sealed, "mfa_method", wanted.or(best).unwrap_or_default(), common)
            }
            _ => {
                forget(common)?;
                return Ok(done);
            }
        };
    }
}

/// Stores the pending login for the next run.
fn wait(
    sessions: &SessionKeeping,
    done: CallDone,
    key: &str,
    question: &str,
    common: &mut Common,
) -> CommandOutcome<CallDone> {
    let sealed = done.response.get("sealed").and_then(Value::as_str).map(str::to_owned);
    let whose = whose(common);
    let kept = common.settings.keep(&[(SEALED, sealed), (KEY, Some(key.to_owned())), (FOR, Some(whose))]);
    common.format.show(&done.response);
    kept?;
    output::print_note(&format!(
        "{question}: go on with `bankchannel session login --code CODE`, or set {}",
        variables(sessions.codes).join(", ")
    ));
    Err(CommandFailure::Told)
}

fn whose(common: &Common) -> String {
    format!("{} {}", common.settings.value("email").unwrap_or_default(), common.settings.mode())
}

fn forget(common: &mut Common) -> CommandOutcome {
    if common.settings.filed(SEALED).is_some() {
        common.settings.keep(&[(SEALED, None), (KEY, None), (FOR, None)])
    } else {
        Ok(())
    }
}

fn step(client: &Client, name: &str, request: Map<String, Value>, common: &Common) -> CommandOutcome<CallDone> {
    let entry =
        bankchannel::find(name).ok_or_else(|| CommandFailure::usage(format!("there is no operation `{name}`")))?;
    carry_out(client, entry, Value::Object(request), CallOptions::default(), common)
}
