//! `admin`: commands for the operator of a service.

use std::path::Path;

use bankchannel::Timestamp;
use bankchannel_storage::ws_channel::AuditFilter;
use bankchannel_ws_channel_service::{
    ServiceOptions,
    operator::{self, LISTED_UPLOADS_MAX, NewApiKey, ServiceOperator},
};
use clap::{ArgMatches, Command, builder::PossibleValuesParser, value_parser};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{add_common, any_value, flag, format, text},
    output::{self, Format, mask},
};

/// A date as `--since` takes it.
const DATE: &str = "2026-03-03";

const EXAMPLES: &str = "Examples:
  bankchannel admin key-list --data ws-data
  bankchannel admin key-create --data ws-data --owner owner@example.com
  bankchannel admin key-set --data ws-data --apikey KEY --waiver on
  bankchannel admin entitlement --data ws-data --apikey KEY --product bank-simulator --state active
  bankchannel admin audit --data ws-data --email me@example.com --limit 20
  bankchannel admin audit --data ws-data --since 2026-11-20
  bankchannel admin audit-verify --data ws-data
  bankchannel admin cert-list --data ws-data --config service.toml
  bankchannel admin cert-renew --data ws-data --config service.toml --email me@example.com --bank nordea
  bankchannel admin code-list --data ws-data
  bankchannel admin code-release --data ws-data --bank nordea --ws-user-id 7700112233
  bankchannel admin code-allow --data ws-data --bank nordea --ws-user-id 7700112233 --email me@example.com
  bankchannel admin upload-list --data ws-data
  bankchannel admin backup --data ws-data --to backup-2026-11-20
  bankchannel admin restore --from backup-2026-11-20 --data ws-data-restored

These commands also work while the service runs: then the service carries them out. With PostgreSQL (postgres_url
in --config) they work on the database.";

pub(crate) fn command() -> Command {
    let switch = |name: &'static str, help: &'static str| {
        text(name, "on|off", help).value_parser(PossibleValuesParser::new(["on", "off"]))
    };
    let key = || any_value(text("apikey", "KEY", "The API key")).visible_alias("api-key").required(true);
    Command::new("admin")
        .about("Operate a service: keys, entitlements, invitations, audit trail, backup")
        .after_help(EXAMPLES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(on_data("key-list", "List all API keys"))
        .subcommand(
            on_data("key-create", "Make an API key")
                .arg(text("owner", "ADDRESS", "The address that becomes the owner by registering with the key"))
                .arg(
                    any_value(text("apikey", "KEY", "The key itself [default: a random key]")).visible_alias("api-key"),
                )
                .arg(flag("no-transfer", "The key does not allow file transfers"))
                .arg(flag("waiver", "Users other than the owner need not verify phone and e-mail")),
        )
        .subcommand(
            on_data("key-set", "Change an API key")
                .arg(key())
                .arg(switch("enabled", "Serve requests with this key"))
                .arg(switch("transfer", "Allow file transfers with this key"))
                .arg(switch("waiver", "New users other than the owner need not verify phone and e-mail")),
        )
        .subcommand(
            on_data("entitlement", "Grant, suspend or remove an entitlement")
                .arg(key())
                .arg(text("product", "NAME", "The product").default_value(operator::SIMULATOR_PRODUCT))
                .arg(
                    text("state", "STATE", "active, suspended or missing")
                        .required(true)
                        .value_parser(PossibleValuesParser::new(["active", "suspended", "missing"])),
                ),
        )
        .subcommand(
            on_data("invite", "Invite an address to register under a key")
                .arg(key())
                .arg(text("email", "ADDRESS", "The address").required(true)),
        )
        .subcommand(
            on_data("audit", "Read the audit trail: the newest records, or with --after the records after that number")
                .arg(any_value(text("apikey", "KEY", "Only records of this API key")).visible_alias("api-key"))
                .arg(text("email", "ADDRESS", "Only records of this account"))
                .arg(text("operation", "NAME", "Only records of this operation, such as ws_channel.upload_file"))
                .arg(text("outcome", "TEXT", "Only records with this outcome"))
                .arg(text("since", "INSTANT", "Only records from this time on: RFC 3339, or a date"))
                .arg(
                    text("after", "NUMBER", "Start after this record number")
                        .value_parser(value_parser!(i64).range(0..)),
                )
                .arg(
                    text("limit", "COUNT", "The largest number of records")
                        .value_parser(value_parser!(i64).range(1..=100_000))
                        .default_value("100"),
                ),
        )
        .subcommand(on_data(
            "audit-verify",
            "Verify the hash chain of the audit trail: exit 1 when a record was changed",
        ))
        .subcommand(
            on_data("backup", "Copy database, files and keys to a new folder")
                .arg(text("to", "DIR", "The folder").required(true)),
        )
        .subcommand(on_data(
            "cert-list",
            "List every certificate at a bank: its state, its end, the next step, what only a person can do",
        ))
        .subcommand(of_certificate(
            "cert-renew",
            "Have a certificate renewed now: although it is not due, or its renewal waits for the next attempt",
        ))
        .subcommand(of_certificate(
            "cert-resume",
            "Go on at once with a renewal that has stopped, or waits for its next attempt",
        ))
        .subcommand(of_certificate(
            "cert-discard",
            "Give up a request for a certificate, because the bank has said that it will not come to an end",
        ))
        .subcommand(on_data(
            "code-list",
            "List the user ids for which codes were sent that were not right, and the accounts named for user ids",
        ))
        .subcommand(of_user_id(
            "code-release",
            "Let codes be sent for a user id again, after the bank has sent a new one or says that it is not locked",
        ))
        .subcommand(
            of_user_id(
                "code-allow",
                "Name an account that may send codes for a user id: then no other may that is not named",
            )
            .arg(text("email", "ADDRESS", "The account").required(true)),
        )
        .subcommand(
            of_user_id("code-withdraw", "Take code-allow back")
                .arg(text("email", "ADDRESS", "The account").required(true)),
        )
        .subcommand(
            on_data(
                "upload-list",
                "List uploads, with what the bank is asked by: by default those of which it is unknown whether it has them",
            )
                .arg(
                    text("state", "STATE", "received, accepted, failed or unknown")
                        .default_value("unknown")
                        .value_parser(PossibleValuesParser::new(["received", "accepted", "failed", "unknown"])),
                ),
        )
        .subcommand(
            on_data("upload-settle", "Record what the bank has said about an upload whose outcome is unknown")
                .arg(text("id", "ID", "The upload, from upload-list").required(true))
                .arg(
                    text(
                        "state",
                        "STATE",
                        "accepted: the bank has the file; failed: it has not; send_anyway: it stays unknown, and the same file \
                         may be sent once more",
                    )
                    .required(true)
                    .value_parser(PossibleValuesParser::new(["accepted", "failed", "send_anyway"])),
                )
                .arg(text("reason", "TEXT", "How you know it: whom you asked, and when; the customer is told").required(true)),
        )
        .subcommand(
            add_common(Command::new("restore"))
                .about("Make a data folder from a backup")
                .arg(text("from", "DIR", "The backup").required(true))
                .arg(text("data", "DIR", "The new data folder: empty or absent").required(true)),
        )
}

/// A command about the codes for one user id.
fn of_user_id(name: &'static str, about: &'static str) -> Command {
    on_data(name, about)
        .arg(text("bank", "BANK", "The bank, such as nordea").required(true))
        .arg(text("ws-user-id", "ID", "The user id of the bank's agreement").required(true))
}

/// A command about one certificate.
fn of_certificate(name: &'static str, about: &'static str) -> Command {
    on_data(name, about)
        .arg(text("email", "ADDRESS", "The account").required(true))
        .arg(text("bank", "BANK", "The bank, such as nordea").required(true))
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    let Some((name, inner)) = matches.subcommand() else { return Err(CommandFailure::usage("a command is missing")) };
    bankchannel_bridge::runtime()?.block_on(carry_out(name, inner))
}

async fn carry_out(name: &str, matches: &ArgMatches) -> CommandOutcome {
    let format = format(matches);
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    if name == "restore" {
        let (from, data) = (given("from").unwrap_or_default(), given("data").unwrap_or_default());
        let restored = operator::restore(Path::new(&from), Path::new(&data)).await?;
        for one in &restored.certificates {
            output::print_note(&format!("{} at {}, user id {}: {}", one.email, one.bank, one.ws_user_id, one.person));
        }
        return show(format, "restored", restored);
    }
    let options = ServiceOptions { data: given("data"), config: given("config"), ..ServiceOptions::default() };
    on_operator(name, matches, &ServiceOperator::from_options(&options)?, format).await
}

async fn on_operator(name: &str, matches: &ArgMatches, operator: &ServiceOperator, format: Format) -> CommandOutcome {
    // Not every command has every option.
    let given = |name: &str| matches.try_get_one::<String>(name).ok().flatten().cloned();
    let key = given("apikey").unwrap_or_default();
    match name {
        "key-list" => show(format, "keys", operator.keys().await?),
        "key-create" => {
            let new = NewApiKey {
                owner: given("owner"),
                api_key: given("apikey"),
                transfer: !matches.get_flag("no-transfer"),
                waiver: matches.get_flag("waiver"),
            };
            show(format, "key", operator.create_key(new).await?)
        }
        "key-set" => set_key(matches, operator, format, &key).await,
        "entitlement" => {
            let (product, state) = (given("product").unwrap_or_default(), given("state").unwrap_or_default());
            show(format, "key", operator.set_entitlement(&key, &product, &state).await?)
        }
        "invite" => show(format, "key", operator.invite(&key, &given("email").unwrap_or_default()).await?),
        "audit" => show_audit(matches, operator, format).await,
        "cert-list" => {
            let listing = operator.certificates().await?;
            for warning in &listing.warnings {
                output::print_note(warning);
            }
            show(format, "certificates", listing.certificates)
        }
        "cert-renew" | "cert-resume" | "cert-discard" => {
            let (email, bank) = (given("email").unwrap_or_default(), given("bank").unwrap_or_default());
            let done = match name {
                "cert-renew" => operator.renew_certificate(&email, &bank).await?,
                "cert-resume" => operator.resume_certificate(&email, &bank).await?,
                _ => operator.discard_certificate(&email, &bank).await?,
            };
            show(format, "certificate", done)
        }
        "code-list" => show(format, "user_ids", operator.codes().await?),
        "code-release" | "code-allow" | "code-withdraw" => {
            let [email, bank, user] = ["email", "bank", "ws-user-id"].map(|name| given(name).unwrap_or_default());
            let done = match name {
                "code-release" => operator.release_codes(&bank, &user).await?,
                "code-allow" => operator.allow_user_id(&email, &bank, &user).await?,
                _ => operator.withdraw_user_id(&email, &bank, &user).await?,
            };
            show(format, "user_id", done)
        }
        "upload-list" => {
            let uploads = operator.uploads(&given("state").unwrap_or_default()).await?;
            if uploads.len() >= LISTED_UPLOADS_MAX {
                output::print_note(&format!("the oldest {LISTED_UPLOADS_MAX} are listed; there may be more"));
            }
            show(format, "uploads", uploads)
        }
        "upload-settle" => {
            let [id, state, reason] = ["id", "state", "reason"].map(|name| given(name).unwrap_or_default());
            show(format, "upload", operator.settle_upload(&id, &state, &reason).await?)
        }
        "audit-verify" => {
            let check = operator.verify_audit().await?;
            let intact = check.intact;
            show(format, "audit", check)?;
            if intact { Ok(()) } else { Err(CommandFailure::Told) }
        }
        _ => show(format, "copied", operator.backup(Path::new(&given("to").unwrap_or_default())).await?),
    }
}

async fn set_key(matches: &ArgMatches, operator: &ServiceOperator, format: Format, key: &str) -> CommandOutcome {
    let switch = |name: &str| matches.get_one::<String>(name).map(|value| value == "on");
    let mut changed = None;
    if let Some(on) = switch("enabled") {
        changed = Some(operator.set_enabled(key, on).await?);
    }
    if let Some(on) = switch("transfer") {
        changed = Some(operator.set_transfer(key, on).await?);
    }
    if let Some(on) = switch("waiver") {
        changed = Some(operator.set_waiver(key, on).await?);
    }
    match changed {
        Some(key) => show(format, "key", key),
        None => Err(CommandFailure::usage("nothing to change: give --enabled, --transfer or --waiver")),
    }
}

/// Shows the newest records, or with `--after` the next ones; notes if there are more.
async fn show_audit(matches: &ArgMatches, operator: &ServiceOperator, format: Format) -> CommandOutcome {
    let given = |name: &str| matches.get_one::<String>(name).cloned();
    let after = matches.get_one::<i64>("after").copied();
    let limit = matches.get_one::<i64>("limit").copied().unwrap_or_default();
    let filter = AuditFilter {
        after_seq: after.unwrap_or_default(),
        from: given("since").map(|since| instant(&since)).transpose()?,
        api_key: given("apikey"),
        email: given("email"),
        operation: given("operation"),
        outcome: given("outcome"),
        // One more than shown reveals whether there are more.
        limit: limit + 1,
        newest: after.is_none(),
        ..AuditFilter::default()
    };
    let mut records = operator.audit(filter).await?;
    let more = records.len() as i64 > limit;
    if more && after.is_none() {
        records.remove(0);
    } else if more {
        records.pop();
    }
    match format {
        Format::Json => output::json(&json!({ "records": records, "more": more })),
        Format::Table => {
            let last = records.last().map_or(0, |record| record.seq);
            let mut shown = serde_json::to_value(records)
                .map_err(|why| CommandFailure::usage(format!("the records cannot be shown: {why}")))?;
            mask::api_keys(&mut shown);
            show(format, "records", shown)?;
            match after {
                None if more => output::print_note("there are older records: use --limit, --since or --after"),
                Some(_) if more => output::print_note(&format!("there are more records: use --after {last}")),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Unix milliseconds of an instant, or of the start of a day in UTC.
fn instant(given: &str) -> CommandOutcome<i64> {
    let whole = if given.len() == DATE.len() { format!("{given}T00:00:00Z") } else { given.to_owned() };
    let why = || {
        CommandFailure::usage(format!(
            "--since must be an instant such as 2026-03-03T10:15:30Z, or a date such as {DATE}"
        ))
    };
    Timestamp::new(&whole).map(|instant| instant.as_ms()).map_err(|_| why())
}

/// Shows a result: for programs under its name, for people as it is.
fn show(format: Format, name: &str, value: impl Serialize) -> CommandOutcome {
    let value = serde_json::to_value(value)
        .map_err(|why| CommandFailure::usage(format!("the result cannot be shown: {why}")))?;
    match format {
        Format::Json => {
            let mut map = serde_json::Map::new();
            map.insert(name.to_owned(), value);
            format.show(&Value::Object(map));
        }
        Format::Table => format.show(&value),
    }
    Ok(())
}

fn on_data(name: &'static str, about: &'static str) -> Command {
    add_common(Command::new(name))
        .about(about)
        .arg(text("data", "DIR", "The service's data folder").required(true))
        .arg(text("config", "FILE", "The service's configuration file"))
}
