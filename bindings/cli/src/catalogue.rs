//! `catalogue`: lists every operation.

use clap::{ArgMatches, Command};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    options::{flag, text},
    output::{self, table},
};

pub(crate) fn command() -> Command {
    Command::new("catalogue")
        .about("List every operation, for people, programs and API tools")
        .after_help("Examples:\n  bankchannel catalogue\n  bankchannel catalogue --json | jq '.[].name'\n  bankchannel catalogue --openapi ws-channel > ws-channel.json")
        .arg(flag("json", "Print a JSON array with names, schemas and errors"))
        .arg(
            text("openapi", "KIND", "")
                .conflicts_with("json")
                .help(format!("Print an OpenAPI 3.1 description: {}", kinds().join(" or "))),
        )
}

pub(crate) fn run(matches: &ArgMatches) -> CommandOutcome {
    if let Some(kind) = matches.get_one::<String>("openapi") {
        let Ok(described) = bankchannel_counterparts::openapi(kind) else {
            let why = format!("--openapi: there is no description of `{kind}`; there are {}", kinds().join(" and "));
            return Err(CommandFailure::usage(why));
        };
        output::json(&described);
    } else if matches.get_flag("json") {
        output::json(&bankchannel::catalogue_json());
    } else {
        let rows = bankchannel::catalogue().map(|entry| {
            let declaration = entry.declaration;
            [declaration.name, declaration.kind.as_str(), declaration.subject, declaration.summary].map(str::to_owned)
        });
        output::line(table::table(&["Operation", "Kind", "Group", "Purpose"], rows).trim_end());
    }
    Ok(())
}

fn kinds() -> Vec<&'static str> {
    let described = bankchannel_counterparts::COUNTERPARTS.iter().filter(|counterpart| counterpart.openapi.is_some());
    described.map(|counterpart| counterpart.kind).collect()
}
