//! `sepa anchors list|add|remove`: the authorities that a client trusts.

use bankchannel::{Client, sepa_web_services::PROTOCOL};
use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    exit::{CommandFailure, CommandOutcome},
    operations::{carry_out_shown, client_settings, force_argument, output_argument, spec_of},
    options::{Common, certificates, settings_file},
};

pub(super) fn command() -> Command {
    let action = |name: &'static str, about: &'static str| {
        settings_file(Command::new(name).about(about)).arg(output_argument()).arg(force_argument())
    };
    let digest = Arg::new("sha256").value_name("SHA256").required(true).help("Of its certificate, as `list` shows it");
    let file = Arg::new("file").value_name("FILE").required(true).num_args(1..);
    Command::new("anchors")
        .about("Show, add and remove the authorities that a bank's signers must lead to")
        .long_about(
            "Show, add and remove the authorities that a bank's signers must lead to.\n\nThose of the bank's profile come with the \
             library. A new root of a bank is added by a person, who compares its SHA-256 with what the bank publishes; it is kept \
             in anchors_dir, or in the folder anchors of identity_dir. Nothing that comes from a bank is ever added by itself.",
        )
        .after_help(
            "Examples:\n  bankchannel sepa anchors list --settings op.json\n  bankchannel sepa anchors add --settings op.json new-root.pem\n  \
             bankchannel sepa anchors remove --settings op.json 5c1f…",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(action("list", "Show each anchor: its name, its end, where it comes from"))
        .subcommand(
            action("add", "Trust further authorities")
                .arg(file.help("Their certificates, PEM or DER; - reads standard input")),
        )
        .subcommand(action("remove", "Trust an authority of the folder no longer").arg(digest))
}

pub(super) fn run(matches: &ArgMatches) -> CommandOutcome {
    let Some((action, matches)) = matches.subcommand() else {
        return Err(CommandFailure::usage("give list, add or remove"));
    };
    let (operation, request) = match action {
        "add" => ("sepa_web_services.add_anchor", json!({ "certificate": given(matches)? })),
        "remove" => ("sepa_web_services.remove_anchor", json!({ "sha256": matches.get_one::<String>("sha256") })),
        _ => ("sepa_web_services.list_anchors", Value::Null),
    };
    let entry = spec_of(operation).expect("the operation is in the catalogue").main;
    let client = Client::new(client_settings(PROTOCOL, matches)?)?;
    carry_out_shown(&client, entry, request, None, matches, &Common::without_settings(matches))
}

/// The certificates of all files.
fn given(matches: &ArgMatches) -> CommandOutcome<String> {
    let files = matches.get_many::<String>("file").into_iter().flatten();
    files.map(|path| certificates::all("FILE", path)).collect()
}
