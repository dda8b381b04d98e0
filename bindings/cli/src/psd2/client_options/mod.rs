//! The settings of a third party's client as options: the bank's address, certificates, keys, how the bank wants signatures.

pub(super) mod keys;
pub(super) mod signing_options;

use bankchannel::{
    Client,
    nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings, PROTOCOL, terms},
};
use bankchannel_foundation::{
    Secret,
    model::{Boundary as _, read_boundary, write_boundary},
    operation::{CatalogueEntry, CommandField, FileForm},
};
use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use crate::{
    exit::CommandOutcome,
    operations::ClientCommands,
    options::{
        fields::{self, FieldOptions},
        file, optional, passphrase,
    },
};

const HEADING: &str = "Bank and third party";

/// The private key for TLS, which is not a JSON text: it is wiped.
const CLIENT_KEY: &str = "client-key";

/// The options of every operation at a bank.
pub(crate) static CLIENT: ClientCommands = ClientCommands { protocol: PROTOCOL, arguments, client };

const ROWS: FieldOptions = FieldOptions::new(
    NextGenPsd2Settings::SHAPE,
    &[
        CommandField::value("base_url", "base-url").help("The bank's base URL, such as https://bank.example/api"),
        CommandField::file("certificate", "certificate", FileForm::Text, "The QSEAL certificate, PEM"),
        CommandField::file(
            "client_certificate",
            "client-certificate",
            FileForm::Text,
            "The certificate for TLS (QWAC), PEM",
        ),
        CommandField::value("ca_file", "ca-file")
            .help("More certificate authorities to trust for the bank's certificate, PEM"),
        CommandField::value("only_ca_file", "only-ca-file").help("Trust no other authorities"),
        CommandField::value("proxy", "proxy").help("A proxy, in place of the environment's"),
        CommandField::value("exchange_timeout_s", "timeout").help("The time limit of the call, such as 30 or 2.5"),
        CommandField::value("allowed_redirect_hosts", "redirect-host")
            .help("Another host, besides the bank's own, to which customers may be redirected"),
    ],
);

fn arguments(command: Command) -> Command {
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
    ];
    let own = own.into_iter().chain(ROWS.arguments()).map(|argument| argument.help_heading(HEADING));
    signing_options::arguments(command.args(own))
}

/// The client for this operation: from the options, completed from the settings file and the environment.
fn client(filed: Value, entry: &CatalogueEntry, matches: &ArgMatches) -> CommandOutcome<Client> {
    let mut filed: NextGenPsd2Settings = read_boundary(filed)?;
    let mut given: NextGenPsd2Settings = read_boundary(Value::Object(ROWS.read(matches)?))?;
    let client_key = optional(matches, CLIENT_KEY).map(|path| fields::file_text("--client-key", &path));
    given.client_key = client_key.transpose()?.map(Secret::new);
    keys::give_keys(&mut given, matches)?;
    if given.private_key.is_some() {
        // It is that of another key.
        filed.key.passphrase = None;
    }
    let mut settings = given.or(filed).or_env()?;
    let mut signing = settings.signing.map_or_else(|| json!({}), write_boundary);
    if let Some(members) = signing.as_object_mut() {
        members.extend(signing_options::ROWS.read(matches)?);
        if let Some(only) = only_dialect(entry) {
            members.entry("dialect").or_insert_with(|| only.into());
        }
    }
    settings.signing = Some(read_boundary(signing)?);
    Ok(NextGenPsd2::new(settings)?.into())
}

/// The dialect of an operation that exists in one dialect only.
fn only_dialect(entry: &CatalogueEntry) -> Option<&'static str> {
    terms(entry.declaration.name).and_then(|terms| if let [only] = terms.dialects { Some(*only) } else { None })
}
