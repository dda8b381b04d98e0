//! `call`: runs any operation of the catalogue directly.

use bankchannel::{CallDone, Client, Content, unknown_operation};
use bankchannel_foundation::operation::CatalogueEntry;
use clap::{Arg, ArgMatches, Command};
use serde_json::Value;

use super::whole;
use super::{
    client,
    result::Target,
    run::{carry_out, check_keeping, finish, session_for, unless_unkept},
    spec::{bank_argument, force_argument, output_argument, sessions, signer_argument},
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{Common, camel, connection, file, kebab, read_file, stdin, text},
};

const EXAMPLES: &str = "Examples:
  bankchannel call list_files '{\"bank\": \"nordea\", \"status\": \"NEW\"}'
  bankchannel call ws_channel.init_login -e me@example.com -m data
  bankchannel call upload_file @request.json --content payment.xml
  bankchannel call verify_request '{\"mode\": \"strict\"}' --content request.http
  bankchannel call download_file '{\"bank\": \"nordea\", \"file_type\": \"KTL\", \"file_reference\": \"1\"}' -o ktl.txt

The request has the form of `request_schema` in `bankchannel catalogue --json`. The settings give fields that the request
leaves out; a protocol without sessions takes its settings from --settings.";

pub(crate) fn call_command() -> Command {
    let shown = ["phone", "name", "company", "bank", "password"];
    connection(
        Command::new("call").about("Run any operation of the catalogue: JSON in, JSON out").after_help(EXAMPLES),
        &shown,
    )
    .arg(
        Arg::new("operation")
            .value_name("OPERATION")
            .required(true)
            .help("The operation's name, such as ws_channel.list_files or list_files"),
    )
    .arg(Arg::new("request").value_name("JSON|@FILE|-").help("The request, as JSON [default: no fields]"))
    .arg(text("content", "FILE|-", "The content of the request"))
    .arg(file("settings", "The client's settings as JSON, for protocols without sessions: bank, certificates, keys"))
    .arg(signer_argument())
    .arg(bank_argument())
    .arg(output_argument())
    .arg(force_argument())
}

pub(crate) fn call(matches: &ArgMatches) -> CommandOutcome {
    let name = matches.get_one::<String>("operation").map(String::as_str).unwrap_or_default();
    let entry = find(name).ok_or_else(|| {
        CommandFailure::usage(format!("{}; `bankchannel catalogue` lists them all", unknown_operation(name).message()))
    })?;
    let (Some(protocol), Some(sessions)) =
        (bankchannel::protocols::protocol(entry.declaration.protocol), sessions(entry))
    else {
        return without_session(entry, matches);
    };
    let mut common = Common::read(protocol, matches)?;
    let target = Target::read(matches, common.format);
    let request = request(matches.get_one::<String>("request").map(String::as_str))?;
    let content = matches.get_one::<String>("content").map(|path| stdin::content_of(path, "--content")).transpose()?;
    let token = session_for(sessions, entry, &mut common)?;
    let client = common.settings.client(token.as_ref())?;
    let options = target.options(entry, content);
    let reserved = target.reserve(entry)?;
    check_keeping(sessions, entry, &common)?;
    let result = carry_out(&client, entry, request, options, &common);
    let kept = finish(sessions, entry, &client, token.as_ref(), &mut common, &result);
    let shown = result.and_then(|done| target.show(entry, done, reserved));
    unless_unkept(kept, shown)
}

/// An operation of a protocol without sessions: its settings are in a separate file.
fn without_session(entry: &'static CatalogueEntry, matches: &ArgMatches) -> CommandOutcome {
    let common = Common::without_settings(matches);
    let request = request(matches.get_one::<String>("request").map(String::as_str))?;
    let content = matches.get_one::<String>("content").map(|path| stdin::content_of(path, "--content")).transpose()?;
    if client::exists_for(entry) {
        let client = Client::new(client::client_settings(entry.declaration.protocol, matches)?)?;
        return carry_out_shown(&client, entry, request, content, matches, &common);
    }
    compute(entry, request, content, matches, &common)
}

/// Carries out an operation of a protocol without clients, on this thread.
pub(super) fn compute(
    entry: &'static CatalogueEntry,
    request: Value,
    content: Option<Content>,
    matches: &ArgMatches,
    common: &Common,
) -> CommandOutcome {
    let target = Target::read(matches, common.format);
    let reserved = target.reserve(entry)?;
    if whole::is_for(entry.declaration.name, &request) && target.is_json() {
        let read = || whole::read(&request, None).map_err(|error| error.of_operation(entry.declaration.name));
        return target.show_text(bankchannel_bridge::with_request_id(common.request_id.clone(), read)?, reserved);
    }
    let work = || bankchannel::call_local(entry.declaration.name, request, content);
    let response = bankchannel_bridge::with_request_id(common.request_id.clone(), work)?;
    target.show(entry, CallDone { response, content: None }, reserved)
}

/// Carries out an operation, and shows its response or writes it to `--output`.
pub(crate) fn carry_out_shown(
    client: &Client,
    entry: &'static CatalogueEntry,
    request: Value,
    content: Option<Content>,
    matches: &ArgMatches,
    common: &Common,
) -> CommandOutcome {
    carry_out_judged(client, entry, request, content, (matches, common), |_| Ok(()))
}

/// The same; `judge` derives the exit code from the response, once it was shown.
pub(crate) fn carry_out_judged(
    client: &Client,
    entry: &'static CatalogueEntry,
    request: Value,
    content: Option<Content>,
    (matches, common): (&ArgMatches, &Common),
    judge: impl FnOnce(&Value) -> CommandOutcome,
) -> CommandOutcome {
    let target = Target::read(matches, common.format);
    let options = target.options(entry, content);
    let reserved = target.reserve(entry)?;
    let done = carry_out(client, entry, request, options, common)?;
    let verdict = judge(&done.response);
    target.show(entry, done, reserved).and(verdict)
}

/// The operation of this name, in any unambiguous spelling.
fn find(name: &str) -> Option<&'static CatalogueEntry> {
    let (protocol, short) = name.rsplit_once('.').map_or((None, name), |(protocol, short)| (Some(protocol), short));
    bankchannel::find(name).or_else(|| {
        bankchannel::catalogue().find(|entry| {
            let own = entry.short_name();
            if protocol.is_some_and(|protocol| protocol.replace('_', "-") != entry.declaration.protocol) {
                return false;
            }
            own == short || kebab(own) == short || camel(own) == short
        })
    })
}

fn request(given: Option<&str>) -> CommandOutcome<Value> {
    let text = match given {
        None => return Ok(Value::Null),
        Some("-") => read_file("the request", "-")?,
        Some(text) => match text.strip_prefix('@') {
            Some(path) => read_file("the request", path)?,
            None => text.to_owned(),
        },
    };
    Ok(bankchannel_bridge::parse_json(&text)?.into())
}
