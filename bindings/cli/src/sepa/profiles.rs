//! `sepa profiles`: the banks that the library knows, or all of one.

use clap::ArgMatches;
use serde_json::Value;

use crate::{
    exit::CommandOutcome,
    options::{fields::argument_of, format},
    output::{self, Format, table},
};

pub(super) fn listed(matches: &ArgMatches, answered: Value) -> CommandOutcome {
    let profiles = answered["profiles"].as_array().cloned().unwrap_or_default();
    match (format(matches), argument_of(matches)) {
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
