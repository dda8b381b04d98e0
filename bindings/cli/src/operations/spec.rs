//! Which command runs which operation.
//!
//! Where `wscli` has a name, that name runs the flow: the challenge is fetched, the password encrypted, the codes are
//! asked for. The bare exchange of that name is reachable through `call`.

use bankchannel::ws_channel::{Access, PROTOCOL, terms};
use bankchannel_foundation::operation::{Ask, Entry, Kind};
use clap::{Arg, ArgAction, Command, ValueHint};

use super::help;
use crate::options::{add_fields, camel, connection, kebab, passphrase};

/// A command of a group.
pub(crate) struct Spec {
    /// The group.
    pub(crate) group: &'static str,
    /// The command, kebab-case.
    pub(crate) name: String,
    /// The operation that it runs.
    pub(crate) main: &'static Entry,
    /// The operations that it runs when all of these fields are given; the first that fits counts.
    pub(crate) also: Vec<(&'static Entry, &'static [&'static str])>,
    /// Whether another command does the same under the name that people know: it is understood, but not listed.
    pub(crate) is_double: bool,
}

/// Group, command, the operation that it runs, and others that it runs when these fields are given.
type Flow = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const FLOWS: &[Flow] = &[
    ("account", "register", "register_account", &[]),
    ("account", "password-reset", "reset_password", &[]),
    ("session", "login", "log_in", &[("login_mfa", &["session", "code"])]),
    (
        "files",
        "upload-file",
        "upload_file",
        &[
            ("upload_and_wait", &["wait_for"]),
            ("sign_and_upload", &["private_key"]),
            ("sign_and_upload", &["signing_certificate"]),
        ],
    ),
    ("files", "download-files", "download_new_files", &[]),
];

/// Every command, in the order of the catalogue.
pub(crate) fn specs() -> Vec<Spec> {
    let flows = FLOWS.iter().filter_map(|(group, name, main, also)| {
        let also = also.iter().filter_map(|(operation, fields)| Some((find(operation)?, *fields))).collect();
        Some(Spec { group, name: (*name).to_owned(), main: find(main)?, also, is_double: false })
    });
    let mut specs: Vec<Spec> = flows.collect();
    let named: Vec<&str> = specs.iter().map(|spec| spec.main.declaration.name).collect();
    for entry in bankchannel::catalogue().filter(|entry| entry.declaration.protocol == PROTOCOL) {
        let (group, name) = (entry.declaration.subject, kebab(entry.short_name()));
        if !specs.iter().any(|spec| spec.group == group && spec.name == name) {
            let is_double = named.contains(&entry.declaration.name);
            specs.push(Spec { group, name, main: entry, also: Vec::new(), is_double });
        }
    }
    specs
}

fn find(short_name: &str) -> Option<&'static Entry> {
    bankchannel::catalogue().find(|entry| entry.declaration.protocol == PROTOCOL && entry.short_name() == short_name)
}

impl Spec {
    /// The command with its options.
    pub(crate) fn command(&self) -> Command {
        let declaration = self.main.declaration;
        let fields = || self.entries().into_iter().flat_map(|entry| entry.request.fields());
        let mut shown: Vec<&str> = fields().map(|field| field.name).collect();
        if fields().any(|field| field.name == "new_password") {
            shown.push("password");
        }
        // A first login verifies the phone.
        if self.main.short_name() == "log_in" {
            shown.push("phone");
        }
        let mut command = Command::new(self.name.clone())
            .about(declaration.summary)
            .long_about(format!("{}.\n\n{}", declaration.summary, declaration.doc));
        let spelling = camel(&self.name);
        if spelling != self.name {
            command = command.alias(spelling);
        }
        if let Some(examples) = help::examples(self.group, &self.name) {
            command = command.after_help(examples);
        }
        let command = add_fields(connection(command, &shown), &self.entries());
        let command = command.arg(output_argument()).arg(force_argument()).hide(self.is_double);
        let asks = self.entries().into_iter().flat_map(|entry| entry.declaration.asks);
        let signed = asks.copied().find_map(|ask| if let Ask::Signature { of } = ask { Some(of) } else { None });
        let command = match signed {
            Some(Some(field)) => command.arg(signer_argument().requires(kebab(field))),
            Some(None) => command.arg(signer_argument()),
            None => command,
        };
        if fields().any(|field| field.name == "passphrase") {
            let help = "The passphrase of a locked private key, in a file; left out, it is asked for";
            command.arg(passphrase::argument(help).conflicts_with("passphrase"))
        } else {
            command
        }
    }

    /// The operations that it may run.
    pub(crate) fn entries(&self) -> Vec<&'static Entry> {
        std::iter::once(self.main).chain(self.also.iter().map(|(entry, _)| *entry)).collect()
    }
}

/// Where the result goes.
pub(crate) fn output_argument() -> Arg {
    Arg::new("output")
        .long("output")
        .short('o')
        .visible_alias("outfilename")
        .value_name("FILE")
        .value_hint(ValueHint::FilePath)
        .help_heading("Result")
        .help("Write the file's content, or else the response as JSON, to a new file of mode 0600")
}

/// Who signs with a key that is elsewhere.
pub(crate) fn signer_argument() -> Arg {
    Arg::new("signer").long("signer").value_name("COMMAND").help(
        "Run by sh for each signature: gets the raw digest on stdin, BANKCHANNEL_SIGNATURE_ALGORITHM and BANKCHANNEL_KEY_FINGERPRINT in the \
         environment, and prints the raw signature, as it is or as base64; left out, the signature is asked for",
    )
}

/// Whether an existing file is replaced.
pub(crate) fn force_argument() -> Arg {
    Arg::new("force")
        .long("force")
        .action(ArgAction::SetTrue)
        .requires("output")
        .help_heading("Result")
        .help("Replace FILE when it exists")
}

/// What an operation wants of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Needs {
    /// None, or none in particular.
    Nothing,
    /// A session of any mode, or of the modes that the service itself checks.
    Session,
    /// An admin session.
    Admin,
}

/// What an operation wants of the session, from its declaration. Flows declare no route: those that begin without a
/// session are the ones about accounts and sessions that do not fail for want of one.
pub(crate) fn needs(entry: &Entry) -> Needs {
    let declaration = entry.declaration;
    let fails_without = || declaration.errors.iter().any(|row| row.code == "ws_channel.not_logged_in");
    match (terms(declaration.name), declaration.kind) {
        (Some(terms), _) => match terms.access {
            Access::Public => Needs::Nothing,
            Access::Session { modes: ["admin"], .. } => Needs::Admin,
            Access::Session { .. } => Needs::Session,
        },
        (None, Kind::Flow) if fails_without() || !matches!(declaration.subject, "account" | "session") => {
            Needs::Session
        }
        _ => Needs::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_operation_is_reachable_by_a_command_or_by_call() {
        let specs = specs();
        // The commands of the other protocol are written by hand; `call` reaches all its operations.
        for entry in bankchannel::catalogue().filter(|entry| entry.declaration.protocol == PROTOCOL) {
            let by_command = specs
                .iter()
                .any(|spec| spec.entries().iter().any(|found| found.declaration.name == entry.declaration.name));
            let name = kebab(entry.short_name());
            let by_flow = specs.iter().any(|spec| spec.group == entry.declaration.subject && spec.name == name);
            assert!(by_command || by_flow, "{}", entry.declaration.name);
        }
    }

    #[test]
    fn every_name_of_wscli_is_a_command() {
        let names: BTreeSet<String> = specs()
            .iter()
            .flat_map(|spec| [format!("{} {}", spec.group, camel(&spec.name)), format!("{} {}", spec.group, spec.name)])
            .collect();
        for name in [
            "account register",
            "account verifyEmail",
            "account verifyPhone",
            "account passwordReset",
            "session login",
            "session logout",
            "files listFiles",
            "files downloadFile",
            "files deleteFile",
            "files downloadFiles",
            "files uploadFile",
            "certs listCerts",
            "certs exportCert",
            "certs shareCerts",
            "certs unshareCerts",
            "certs enrollCert",
            "certs importCert",
            "pgp listKeys",
            "pgp deleteKey",
            "pgp uploadKey",
            "integrator listAccounts",
            "session selectMfa",
            "session verifyTotp",
            "certs configCerts",
            "certs retireCert",
            "integrator deleteAccount",
        ] {
            assert!(names.contains(name), "{name} is missing");
        }
    }

    #[test]
    fn no_command_has_an_option_twice() {
        for spec in specs() {
            let mut seen = BTreeSet::new();
            for argument in spec.command().get_arguments() {
                let names = argument.get_long().into_iter().chain(argument.get_all_aliases().unwrap_or_default());
                for name in names.map(str::to_owned) {
                    assert!(seen.insert(name.clone()), "{} {}: --{name}", spec.group, spec.name);
                }
            }
        }
    }
}
