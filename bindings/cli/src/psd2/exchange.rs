//! Operations at a bank: a command for each exchange of the catalogue.

use bankchannel::{
    CallOptions, Client,
    nextgen_psd2::{NextGenPsd2, NextGenPsd2Settings, PROTOCOL, model::Dialect, terms},
};
use bankchannel_foundation::{
    model::{Seconds, Value, read_boundary},
    operation::Entry,
};
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint};
use serde_json::Map;
use zeroize::Zeroizing;

use super::{signing_key, signing_options};
use crate::{
    exit::{Failure, Outcome},
    operations::{Target, carry_out, force_argument, output_argument, signer_argument},
    options::{
        self, Common, Given, MAX_SETTINGS, add_common, add_fields, field_value, kebab, passphrase, read_bytes,
        read_text, seconds,
    },
};

const HEADING: &str = "The bank, and who asks";

/// A command for every exchange.
pub(super) fn commands() -> impl Iterator<Item = Command> {
    entries().map(command)
}

/// Runs the one of this name; `None` when there is none.
pub(super) fn run(name: &str, matches: &ArgMatches) -> Option<Outcome> {
    entries().find(|entry| kebab(entry.short_name()) == name).map(|entry| ask(entry, matches))
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    bankchannel::catalogue().filter(|entry| entry.declaration.protocol == PROTOCOL && entry.declaration.route.is_some())
}

fn command(entry: &'static Entry) -> Command {
    let declaration = entry.declaration;
    let command = add_common(Command::new(kebab(entry.short_name())))
        .about(declaration.summary)
        .long_about(format!("{}.\n\n{}", declaration.summary, declaration.doc));
    let command = signing_options::arguments(settings_arguments(command));
    add_fields(command, &[entry]).arg(output_argument()).arg(force_argument())
}

/// The options that say where the bank is and who asks.
fn settings_arguments(command: Command) -> Command {
    let value = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help_heading(HEADING).help(help)
    };
    let file = |name: &'static str, help: &'static str| value(name, "FILE", help).value_hint(ValueHint::FilePath);
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help_heading(HEADING).help(help)
    };
    command
        .arg(file("settings", "Settings as JSON, as every language has them; the options below count before them"))
        .arg(value("base-url", "URL", "The bank's base URL, such as https://bank.example/api"))
        .arg(file("certificate", "The QSEAL certificate, PEM"))
        .arg(file("key", "Its private key: PEM, or PKCS#12 with both; left out, --signer signs"))
        .arg(passphrase::argument("The passphrase of a locked key, in a file").help_heading(HEADING))
        .arg(file("client-certificate", "The certificate for TLS (QWAC), PEM"))
        .arg(file("client-key", "Its private key, PEM"))
        .arg(file("ca-file", "Further authorities to trust for the bank's certificate, PEM"))
        .arg(flag("only-ca-file", "Trust no others"))
        .arg(value("proxy", "URL", "A proxy, in place of the environment's"))
        .arg(value("timeout", "SECONDS", "How long the call may take, such as 30 or 2.5").value_parser(seconds))
        .arg(
            value("redirect-host", "HOST", "A host besides the bank's own to which its customers may be sent")
                .action(ArgAction::Append),
        )
        .arg(signer_argument().help_heading(HEADING))
        .arg(flag("noninteractive", "Ask for nothing"))
        .arg(flag("verbose", "Show on stderr what is sent and received, redacted").short('v'))
}

fn ask(entry: &'static Entry, matches: &ArgMatches) -> Outcome {
    let mut common = Common::without_settings(matches);
    common.signer = matches.get_one::<String>("signer").cloned();
    let target = Target::read(matches, common.format);
    let client = client(entry, matches)?;
    let mut request = Map::new();
    for field in entry.request.fields() {
        if let Some(Given::Json(value)) = field_value(entry, field, matches, &common.settings)? {
            request.insert(field.name.to_owned(), value);
        }
    }
    let options = CallOptions { destination: target.destination(entry), ..CallOptions::default() };
    let reserved = target.reserve(entry)?;
    let done = carry_out(&client, entry, serde_json::Value::Object(request), options, &common)?;
    target.show(entry, done, reserved)
}

/// A client for this operation: from the file of settings, and the options before it.
fn client(entry: &Entry, matches: &ArgMatches) -> Outcome<Client> {
    let mut settings = match matches.get_one::<String>("settings") {
        None => NextGenPsd2Settings::default(),
        Some(path) => read_settings(path)?,
    };
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let read = |name: &str| {
        let option = format!("--{name}");
        text(name).map(|path| read_text(&option, &path, MAX_SETTINGS)).transpose()
    };
    settings.base_url = text("base-url").or(settings.base_url);
    if let Some(pem) = read("certificate")? {
        (settings.certificate, settings.certificate_file) = (Some(pem), None);
    }
    if let Some(path) = text("key") {
        give_key(&mut settings, &path, matches)?;
    }
    if let Some(pem) = read("client-certificate")? {
        (settings.client_certificate, settings.client_certificate_file) = (Some(pem), None);
        settings.client_keystore_file = None;
    }
    if let Some(key) = read("client-key")? {
        (settings.client_key, settings.client_keystore_file) = (Some(key.into()), None);
    }
    let connection = &mut settings.connection;
    connection.ca_file = text("ca-file").or(connection.ca_file.take());
    connection.only_ca_file = matches.get_flag("only-ca-file").then_some(true).or(connection.only_ca_file);
    connection.proxy = text("proxy").map(Into::into).or(connection.proxy.take());
    connection.exchange_timeout_s = matches.get_one::<Seconds>("timeout").copied().or(connection.exchange_timeout_s);
    if let Some(hosts) = matches.get_many::<String>("redirect-host") {
        settings.allowed_redirect_hosts = Some(hosts.cloned().collect());
    }
    let given = signing_options::read(matches)?;
    let mut signing = signing_options::or(given, settings.signing.take().unwrap_or_default())?;
    signing.dialect = signing.dialect.or_else(|| only_dialect(entry));
    settings.signing = Some(signing);
    Ok(Client::from(NextGenPsd2::new(settings)?))
}

/// The signing key of `--key`, PEM or PKCS#12, in place of what the file of settings says.
fn give_key(settings: &mut NextGenPsd2Settings, path: &str, matches: &ArgMatches) -> Outcome {
    let locked = || passphrase::of_locked(path, matches, matches.get_flag("noninteractive"));
    let bytes = Zeroizing::new(read_bytes("--key", path, MAX_SETTINGS)?);
    (settings.private_key, settings.keystore_file, settings.pkcs11) = (None, None, None);
    if signing_key::is_pkcs12(path, &bytes)? {
        let keystore = signing_key::keystore(path, &bytes, &locked()?)?;
        (settings.private_key, settings.passphrase) = (Some(keystore.private_key_pem().as_str().into()), None);
        if matches.get_one::<String>("certificate").is_none()
            && let Some(own) = keystore.certificate_pem()
        {
            (settings.certificate, settings.certificate_file) = (Some(own), None);
        }
        return Ok(());
    }
    let pem = std::str::from_utf8(&bytes)
        .map_err(|_| Failure::usage(format!("--key: {path} is neither PEM nor PKCS#12 (DER)")))?;
    settings.passphrase = if pem.contains("ENCRYPTED") { Some(locked()?.as_str().into()) } else { None };
    settings.private_key = Some(pem.into());
    Ok(())
}

/// The dialect of an operation that one of them has alone.
fn only_dialect(entry: &Entry) -> Option<Dialect> {
    match terms(entry.declaration.name)?.dialects {
        ["bg"] => Some(Dialect::Bg),
        _ => None,
    }
}

fn read_settings(path: &str) -> Outcome<NextGenPsd2Settings> {
    let mut value: Value<'static> = options::read_settings(path)?.into();
    // The same file serves every language: there the protocol may be named.
    if let Some(fields) = value.as_object_mut() {
        fields.remove("protocol");
    }
    Ok(read_boundary(value)?)
}
