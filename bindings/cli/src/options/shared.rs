//! Shared options: account, service, output format.

use std::{collections::BTreeMap, sync::LazyLock};

use bankchannel::{
    CallOptions, ConnectionSettings,
    protocols::{ClientKind, PROTOCOLS, Protocol},
};
use bankchannel_foundation::model::{Boundary as _, Field, Seconds};
use clap::{Arg, ArgMatches, Command, builder::PossibleValuesParser};

use super::{
    names::{SHARED, kebab},
    plain::{self, any_value, file, flag},
    shape::{option, sentence},
};
use crate::{
    exit::{CommandFailure, CommandOutcome},
    output::{self, Format, prompt},
    settings::{RunSettings, filed_name},
};

const ACCOUNT: &str = "Account";
const SERVICE: &str = "Service";
const RESULT: &str = "Result";

/// Options that are settings and not also fields of requests, besides those of the connection.
const GIVEN: [&str; 3] = ["environment", "baseurl", "publickeyfile"];
/// Settings of the connection that the short help lists.
const LISTED: [&str; 2] = ["ca_file", "proxy"];

/// The settings of the connection that are options under their own names; the time limit of an exchange is `--timeout`.
fn connection_settings() -> impl Iterator<Item = &'static Field> {
    ConnectionSettings::SHAPE.fields().iter().filter(|field| field.name != "exchange_timeout_s")
}

/// The first environment variable of each setting, with the protocol that has sessions. Made once: every command has
/// these options.
static VARIABLES: LazyLock<BTreeMap<&'static str, String>> = LazyLock::new(|| {
    let clients = PROTOCOLS.iter().filter(|protocol| protocol.sessions.is_some()).filter_map(|one| one.client.as_ref());
    let mut first = BTreeMap::new();
    for (variable, setting) in clients.flat_map(ClientKind::variables) {
        first.entry(setting.name).or_insert(variable);
    }
    first
});

/// The options that every command of an operation has.
pub(crate) struct Common {
    /// The settings of this run.
    pub(crate) settings: RunSettings,
    /// How the result is shown.
    pub(crate) format: Format,
    /// Whether the user must not be asked.
    pub(crate) noninteractive: bool,
    /// Whether the calls' logs are shown.
    pub(crate) verbose: bool,
    /// The command that signs with an external key.
    pub(crate) signer: Option<String>,
    /// The command that answers for the bank.
    pub(crate) bank: Option<String>,
    /// The request id of the calls.
    pub(crate) request_id: Option<String>,
}

/// Adds the options for the output format.
pub(crate) fn add_common(command: Command) -> Command {
    command.arg(flag("json", "Print one JSON object; a failure is printed as {\"error\": …}").help_heading(RESULT))
}

/// The name of the option for the request id of a command's calls.
pub(crate) const REQUEST_ID: &str = "request-id";

/// The option for the request id of a command's calls.
fn request_id_argument() -> Arg {
    plain::text(
        REQUEST_ID,
        "ID",
        "Sent as X-Request-ID, to find the call in the peer's logs: 1 to 100 letters, digits or - . _ ~ :; a UUID for NextGenPSD2",
    )
}

/// Adds the options of a client whose settings are in a JSON file, as in every language.
pub(crate) fn settings_file(command: Command) -> Command {
    let own = [
        file(
            "settings",
            "A JSON file with the client's settings, the same in every language; options replace its values, variables of the \
             environment complete it",
        ),
        flag("noninteractive", "Never ask; fail when something is missing"),
        flag("verbose", "Show requests and answers on stderr, redacted").short('v'),
        request_id_argument(),
    ];
    add_common(command).args(own.map(|argument| argument.help_heading(SERVICE)))
}

/// Adds the options of a local command: it asks and sends nothing.
pub(crate) fn computing(command: Command) -> Command {
    let understood = [flag("noninteractive", "Ask for nothing"), flag("verbose", "Nothing is sent").short('v')];
    add_common(command).args(understood.map(|argument| argument.hide(true))).arg(request_id_argument().hide(true))
}

/// Adds the options of commands that use a service. `shown` names the fields that the command really uses: the others
/// are accepted, as in `wscli`, but not listed.
pub(crate) fn connection(command: Command, shown: &[&str]) -> Command {
    let text = |name: &'static str, value: &'static str, heading: &'static str, help: &'static str| {
        plain::text(name, value, help).help_heading(heading)
    };
    let profile = |name: &'static str, value: &'static str, help: &'static str| {
        text(name, value, ACCOUNT, help).hide(!shown.contains(&name))
    };
    add_common(command)
        .arg(text("config", "FILE", ACCOUNT, "Settings file of mode 0600 [default: ~/.wscli/settings.yaml]").short('c'))
        .arg(text("email", "ADDRESS", ACCOUNT, "The account [env: ISECURE_EMAIL]").short('e'))
        .arg(
            text("mode", "MODE", ACCOUNT, "The user of the account [env: ISECURE_MODE] [default: data]")
                .short('m')
                .value_parser(PossibleValuesParser::new(["admin", "data"])),
        )
        .arg(
            any_value(text(
                "apikey",
                "KEY",
                ACCOUNT,
                "The API key; 0 asks for a new one [env: ISECURE_API_KEY] [default: 0]",
            ))
            .short('a')
            .visible_alias("api-key"),
        )
        .arg(
            any_value(text("idtoken", "TOKEN", ACCOUNT, "The token of a session, in place of the stored one"))
                .short('i')
                .alias("id-token"),
        )
        .arg(
            any_value(text(
                "password",
                "PASSWORD",
                ACCOUNT,
                "The password; safer: the prompt, --password-stdin or ISECURE_PASSWORD",
            ))
            .hide(!shown.contains(&"password")),
        )
        .arg(
            flag("password-stdin", "Read the password from the first line of stdin")
                .conflicts_with("password")
                .help_heading(ACCOUNT)
                .hide(!shown.contains(&"password")),
        )
        .arg(profile(
            "phone",
            "NUMBER",
            "The phone number that gets the codes, such as +358401234567 [env: ISECURE_PHONE]",
        ))
        .arg(profile("name", "NAME", "The registrant's full name [env: ISECURE_NAME]"))
        .arg(profile("company", "NAME", "The company's name [env: ISECURE_COMPANY]"))
        .arg(profile("bank", "BANK", "The bank, such as nordea or simulator [env: ISECURE_BANK]").short('b'))
        .arg(
            flag("noninteractive", "Never ask; fail when something is missing")
                .visible_alias("non-interactive")
                .help_heading(ACCOUNT),
        )
        .arg(text("environment", "NAME", SERVICE, "test or production [default: test]"))
        .arg(
            text(
                "baseurl",
                "URL",
                SERVICE,
                "The service's address, in place of the environment's [env: ISECURE_BASE_URL]",
            )
            .long("base-url")
            .alias("baseurl"),
        )
        .arg(
            text(
                "publickeyfile",
                "PEM",
                SERVICE,
                "The service's public key, in place of the environment's [env: ISECURE_PUBLIC_KEY_PEM_FILE]",
            )
            .long("public-key-file")
            .alias("publickeyfile"),
        )
        .args(connection_settings().map(|field| {
            let name = filed_name(field.name);
            let argument = option(field, kebab(field.name)).id(name.clone()).help_heading(SERVICE);
            let argument = match VARIABLES.get(field.name) {
                Some(variable) => argument.help(format!("{} [env: {variable}]", sentence(field.doc))),
                None => argument,
            };
            let argument = if kebab(field.name) == name { argument } else { argument.alias(name) };
            argument.hide_short_help(!LISTED.contains(&field.name))
        }))
        .arg(
            text(
                "timeout",
                "SECONDS",
                SERVICE,
                "The time limit of one exchange, such as 30 or 2.5 [default: the operation's own]",
            )
            .value_parser(super::value::seconds),
        )
        .arg(request_id_argument().help_heading(SERVICE))
        .arg(
            flag("verbose", "Show requests and answers on stderr, without secrets and contents")
                .short('v')
                .help_heading(RESULT),
        )
}

impl Common {
    /// Reads the shared options and the settings file, for clients of this protocol.
    pub(crate) fn read(protocol: &'static Protocol, matches: &ArgMatches) -> CommandOutcome<Self> {
        let format = format(matches);
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let names = SHARED.iter().map(|(_, option)| *option).chain(GIVEN).map(str::to_owned);
        let names = names.chain(connection_settings().map(|field| filed_name(field.name)));
        let mut given: BTreeMap<String, String> = names.filter_map(|name| Some((name.clone(), text(&name)?))).collect();
        if given.contains_key("password") {
            output::print_note(
                "warning: a password on the command line is visible to other users and stays in the shell's history; use --password-stdin",
            );
        }
        if matches.get_flag("password-stdin") {
            given.insert("password".into(), prompt::stdin_line()?);
        }
        if matches.try_get_one::<String>("passphrase").ok().flatten().is_some_and(|text| !text.starts_with('@')) {
            output::print_note(
                "warning: a passphrase on the command line is visible to other users and stays in the shell's history; use --passphrase-file",
            );
        }
        let settings = RunSettings::load(
            protocol,
            text("config").as_deref(),
            given,
            matches.get_one::<Seconds>("timeout").copied(),
        )?;
        let (noninteractive, verbose) = (matches.get_flag("noninteractive"), matches.get_flag("verbose"));
        let (signer, bank) = (optional(matches, "signer"), optional(matches, "bank-command"));
        let request_id = optional(matches, REQUEST_ID);
        // Before the user is asked anything.
        CallOptions { request_id: request_id.clone(), ..CallOptions::default() }.check_request_id()?;
        Ok(Self { settings, format, noninteractive, verbose, signer, bank, request_id })
    }

    /// Only the shared options: for local commands, which use neither a settings file nor the environment.
    pub(crate) fn without_settings(matches: &ArgMatches) -> Self {
        Self {
            settings: RunSettings::none(),
            format: format(matches),
            noninteractive: matches.get_flag("noninteractive"),
            verbose: matches.get_flag("verbose"),
            signer: optional(matches, "signer"),
            bank: optional(matches, "bank-command"),
            request_id: optional(matches, REQUEST_ID),
        }
    }

    /// The password: from the settings, or asked for.
    pub(crate) fn password(&mut self, question: &str, is_new: bool) -> CommandOutcome<String> {
        use crate::settings::PASSWORD_MIN;
        let long_enough = |text: &str| text.chars().count() >= PASSWORD_MIN;
        let too_short = || format!("the password is shorter than {PASSWORD_MIN} characters");
        let asking = prompt::possible(self.noninteractive);
        if let Some(password) = self.settings.value("password") {
            if long_enough(password) {
                return Ok(password.to_owned());
            }
            if !asking {
                return Err(CommandFailure::usage(too_short()));
            }
            output::print_note(&too_short());
        }
        if !asking {
            return Err(CommandFailure::usage(
                "the password is missing: use --password-stdin, ISECURE_PASSWORD or the settings file",
            ));
        }
        loop {
            let password = prompt::secret(question)?;
            if !long_enough(&password) {
                output::print_note(&too_short());
            } else if is_new && prompt::secret("Repeat the password")? != password {
                output::print_note("the two passwords differ");
            } else {
                self.settings.set_value("password", password.clone());
                return Ok(password);
            }
        }
    }
}

/// The value of an option that not every command has.
pub(crate) fn optional(matches: &ArgMatches, option: &str) -> Option<String> {
    matches.try_get_one::<String>(option).ok().flatten().cloned()
}

/// The output format.
pub(crate) fn format(matches: &ArgMatches) -> Format {
    if matches.get_flag("json") { Format::Json } else { Format::Table }
}
