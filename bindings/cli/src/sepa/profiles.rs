//! `sepa profiles`: the banks that the library knows, or all of one.

use bankchannel::call_local;
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    exit::CommandOutcome,
    options::{add_common, format},
    output::{self, Format, table},
};

pub(super) fn command() -> Command {
    add_common(Command::new("profiles"))
        .about("Show the profiles of banks, or one of them whole")
        .arg(Arg::new("name").value_name("NAME").help("The profile, such as nordea"))
        .after_help(
            "Examples:\n  bankchannel sepa profiles\n  bankchannel sepa profiles op\n  bankchannel sepa profiles nordea --json > my-bank.json   as a model for a profile of your own",
        )
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    let name = matches.get_one::<String>("name").map(String::as_str);
    let answered = call_local("sepa_web_services.list_profiles", json!({ "bank": name }), None)?;
    let profiles = answered["profiles"].as_array().cloned().unwrap_or_default();
    match (format(matches), name) {
        (Format::Json, None) => output::json(&answered),
        // One profile as it can be given to `--profile`.
        (Format::Json, Some(_)) => output::json(profiles.first().unwrap_or(&Value::Null)),
        (Format::Table, None) => overview(&profiles),
        (Format::Table, Some(_)) => profiles.iter().for_each(|profile| output::line(table::render(profile).trim_end())),
    }
    Ok(())
}

fn overview(profiles: &[Value]) {
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    let row = |profile: &Value| {
        [
            text(&profile["name"]),
            text(&profile["bank"]),
            text(&profile["family"]),
            text(&profile["file_url"]["production"]),
        ]
    };
    let header = ["Name", "Bank", "Family", "File service"];
    output::bytes(table::table(&header, profiles.iter().map(row)).as_bytes());
}
