//! Operations at a bank: a command for each exchange of the catalogue.

use bankchannel::{
    Client,
    nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings, PROTOCOL, model::Dialect, terms},
};
use bankchannel_foundation::{
    Boundary as _, Secret,
    model::{cited, read_boundary},
    operation::CatalogueEntry,
};
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::{
    fields::{self, FieldOption, FieldOptions},
    keys, signing_options,
};
use crate::{
    exit::CommandOutcome,
    operations::{
        OperationArguments, carry_out_shown, force_argument, output_argument, request_of_options, signer_argument,
    },
    options::{Common, add_fields, file, kebab, passphrase, read_settings, settings_file},
};

const HEADING: &str = "Bank and third party";

/// The private key for TLS, which is not a JSON text: it is wiped.
const CLIENT_KEY: &str = "client-key";

const ROWS: FieldOptions = FieldOptions::new(
    NextGenPsd2Settings::SHAPE,
    &[
        FieldOption::value("base_url", "base-url").help("The bank's base URL, such as https://bank.example/api"),
        FieldOption::file("certificate", "certificate", fields::text, "The QSEAL certificate, PEM"),
        FieldOption::file(
            "client_certificate",
            "client-certificate",
            fields::text,
            "The certificate for TLS (QWAC), PEM",
        ),
        FieldOption::value("ca_file", "ca-file")
            .help("More certificate authorities to trust for the bank's certificate, PEM"),
        FieldOption::value("only_ca_file", "only-ca-file").help("Trust no other authorities"),
        FieldOption::value("proxy", "proxy").help("A proxy, in place of the environment's"),
        FieldOption::value("exchange_timeout_s", "timeout").help("The time limit of the call, such as 30 or 2.5"),
        FieldOption::value("allowed_redirect_hosts", "redirect-host")
            .help("Another host, besides the bank's own, to which customers may be redirected"),
    ],
);

/// A command for every exchange.
pub(super) fn commands() -> impl Iterator<Item = Command> {
    entries().map(command)
}

/// Runs the command of this name; `None` if there is none.
pub(super) fn run(name: &str, matches: &ArgMatches) -> Option<CommandOutcome> {
    entries().find(|entry| kebab(entry.short_name()) == name).map(|entry| ask(entry, matches))
}

fn entries() -> impl Iterator<Item = &'static CatalogueEntry> {
    bankchannel::catalogue().filter(|entry| entry.declaration.protocol == PROTOCOL && entry.declaration.route.is_some())
}

fn command(entry: &'static CatalogueEntry) -> Command {
    let declaration = entry.declaration;
    let command = settings_file(Command::new(kebab(entry.short_name())))
        .mut_arg("settings", |settings| {
            settings
                .help("A JSON file with the client's settings, the same in every language; options replace its values")
        })
        .about(declaration.summary)
        .long_about(format!("{}.\n\n{}", declaration.summary, cited(declaration.doc).text));
    let command = signing_options::arguments(settings_arguments(command));
    add_fields(command, &[entry]).arg(output_argument()).arg(force_argument())
}

/// The options for the bank's address and the third party.
fn settings_arguments(command: Command) -> Command {
    let own = [
        file(
            "key",
            "The QSEAL certificate's private key: PEM, or PKCS#12 with key and certificate [default: the key of --settings, \
             else --signer]",
        )
        .long("private-key")
        .visible_alias("key"),
        passphrase::argument("A file with the passphrase of a locked key"),
        file(CLIENT_KEY, "The private key of the certificate for TLS, PEM"),
        signer_argument(),
    ];
    command.args(own.into_iter().chain(ROWS.arguments()).map(|argument| argument.help_heading(HEADING)))
}

fn ask(entry: &'static CatalogueEntry, matches: &ArgMatches) -> CommandOutcome {
    let common = Common::without_settings(matches);
    let client = Client::from(NextGenPsd2::new(settings(entry, matches)?)?);
    let OperationArguments { json, content } = request_of_options(entry, matches, &common)?;
    carry_out_shown(&client, entry, json, content, matches, &common)
}

/// The client's settings for this operation: from their file, overridden by the options.
fn settings(entry: &CatalogueEntry, matches: &ArgMatches) -> CommandOutcome<NextGenPsd2Settings> {
    let mut given = match matches.get_one::<String>("settings") {
        None => json!({}),
        Some(path) => read_settings(path)?,
    };
    let client_key = matches.get_one::<String>(CLIENT_KEY).map(|path| fields::text("--client-key", path));
    let client_key = client_key.transpose()?.map(Secret::new);
    if let Some(members) = given.as_object_mut() {
        // All languages use the same file, so it may name the protocol.
        members.remove("protocol");
        let options = ROWS.read(matches)?;
        for name in options.keys() {
            members.remove(&format!("{name}_file"));
        }
        if client_key.is_some() || options.contains_key("client_certificate") {
            members.remove("client_keystore_file");
        }
        members.extend(options);
        let signing = members.entry("signing").or_insert(Value::Null);
        if signing.is_null() {
            *signing = json!({});
        }
        if let Some(signing) = signing.as_object_mut() {
            signing.extend(signing_options::ROWS.read(matches)?);
        }
    }
    let mut settings: NextGenPsd2Settings = read_boundary(given)?;
    settings.client_key = client_key.or(settings.client_key);
    keys::give_keys(&mut settings, matches)?;
    let mut settings = settings.or(NextGenPsd2Settings::from_env()?);
    let signing = settings.signing.get_or_insert_default();
    signing.dialect = signing.dialect.or_else(|| only_dialect(entry));
    Ok(settings)
}

/// The dialect of an operation that exists in one dialect only.
fn only_dialect(entry: &CatalogueEntry) -> Option<Dialect> {
    match terms(entry.declaration.name)?.dialects {
        ["bg"] => Some(Dialect::Bg),
        _ => None,
    }
}
