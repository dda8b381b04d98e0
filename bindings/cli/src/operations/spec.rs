//! Maps commands to operations.
//!
//! If `wscli` has a command, that name runs the flow: it fetches the challenge, encrypts the password, and asks for the
//! codes. The bare exchange of that name is available through `call`.

use bankchannel::protocols::{PROTOCOLS, Protocol, SessionKeeping};
use bankchannel_foundation::{
    model::cited,
    operation::{Ask, CatalogueEntry, Command, CommandForm},
};
use clap::Arg;

use super::{
    client::{self, ClientCommands},
    command_code::CommandCode,
};
use crate::options::{add_fields, camel, computing, connection, file, flag, kebab, passphrase, text};

/// A command of a group.
pub(crate) struct Spec {
    /// The group.
    pub(crate) group: &'static str,
    /// The command, kebab-case.
    pub(crate) name: String,
    /// The operation that it runs.
    pub(crate) main: &'static CatalogueEntry,
    /// Operations that run instead if all of these fields are given; the first match counts.
    pub(crate) also: Vec<(&'static CatalogueEntry, &'static [&'static str])>,
    /// Whether another command does the same under its usual name: then this one is accepted, but not listed.
    pub(crate) is_double: bool,
    /// The examples of its declaration.
    pub(super) examples: &'static str,
    /// What it takes and prints, if its declaration says so.
    pub(super) form: Option<&'static CommandForm>,
    /// What it does of its own.
    pub(super) code: Option<&'static CommandCode>,
    /// The options for the settings of its client, if the protocol has such.
    pub(super) client: Option<&'static ClientCommands>,
}

/// Every command, in the order of the catalogue: commands named in declarations come first. `codes` is what commands do
/// of their own, and `clients` are the protocols whose settings are options.
pub(crate) fn specs(codes: &[&'static [CommandCode]], clients: &[&'static ClientCommands]) -> Vec<Spec> {
    let entries = || {
        PROTOCOLS.iter().flat_map(|protocol| protocol.callables().map(|callable| (protocol.commands, &callable.entry)))
    };
    let declared = || {
        entries().flat_map(|(placement, entry)| {
            let group = placement.declared(entry.declaration);
            let commands = entry.declaration.commands.iter();
            group.into_iter().flat_map(move |group| commands.clone().map(move |command| (group, command, entry)))
        })
    };
    let spec = |group, name: &str, main: &'static CatalogueEntry, command: Option<&Command>| Spec {
        group,
        name: name.to_owned(),
        main,
        also: Vec::new(),
        is_double: false,
        examples: command.map_or("", |command| command.examples),
        form: command.and_then(|command| command.form),
        code: codes.iter().copied().flatten().find(|code| code.group == group && code.name == name),
        client: clients.iter().copied().find(|client| client.protocol == main.declaration.protocol),
    };
    let mut specs: Vec<Spec> = Vec::new();
    let mut named = Vec::new();
    for (group, command, main) in declared().filter(|(_, command, _)| command.given.is_empty()) {
        // A declaration of the own name alone puts that command first.
        let describes_own = command.form.is_some() || !command.examples.is_empty();
        let placement = protocol_of(main).and_then(|protocol| protocol.commands.group(main.declaration));
        if placement.is_some() && describes_own && command.name == kebab(main.short_name()) {
            continue;
        }
        if command.replaces() {
            named.push(main.declaration.name);
        }
        specs.push(spec(group, command.name, main, Some(command)));
    }
    for (placement, main) in entries() {
        let (Some(group), name) = (placement.group(main.declaration), kebab(main.short_name())) else { continue };
        if !specs.iter().any(|spec| spec.group == group && spec.name == name) {
            let own = main.declaration.commands.iter().find(|command| command.name == name);
            let is_double = named.contains(&main.declaration.name);
            specs.push(Spec { is_double, ..spec(group, &name, main, own) });
        }
    }
    for (group, command, entry) in declared().filter(|(_, command, _)| !command.given.is_empty()) {
        if let Some(spec) = specs.iter_mut().find(|spec| spec.group == group && spec.name == command.name) {
            // The last match in the catalogue counts.
            spec.also.insert(0, (entry, command.given));
        }
    }
    specs
}

fn protocol_of(entry: &CatalogueEntry) -> Option<&'static Protocol> {
    bankchannel::protocols::protocol(entry.declaration.protocol)
}

impl Spec {
    pub(super) fn command(&self) -> clap::Command {
        let command = match self.form {
            Some(form) => self.formed(form),
            None => self.with_every_field(),
        };
        let command = if self.examples.is_empty() { command } else { command.after_help(self.examples) };
        match self.code {
            Some(code) => (code.arguments)(command),
            None => command,
        }
    }

    /// Whether it does something of its own.
    #[cfg(test)]
    pub(crate) fn has_code(&self) -> bool {
        self.code.is_some()
    }

    /// The first word of its name: `anchors` of `anchors list`.
    pub(crate) fn first_name(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// The last word of its name: `list` of `anchors list`.
    pub(super) fn last_name(&self) -> String {
        self.name.rsplit(' ').next().unwrap_or_default().to_owned()
    }

    /// The command with an option for every field.
    fn with_every_field(&self) -> clap::Command {
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
        let mut command = clap::Command::new(self.last_name()).about(declaration.summary).long_about(format!(
            "{}.\n\n{}",
            declaration.summary,
            cited(declaration.doc).text
        ));
        let spelling = camel(&self.name);
        if spelling != self.name {
            command = command.alias(spelling);
        }
        let command = match sessions(self.main) {
            Some(_) => connection(command, &shown),
            None if client::exists_for(self.main) => client::arguments(command, self.client),
            None => computing(command),
        };
        let command = add_fields(command, &self.entries());
        let command = command.arg(output_argument()).arg(force_argument()).hide(self.is_double);
        let asks = self.entries().into_iter().flat_map(|entry| entry.declaration.asks);
        let signed = asks.copied().find_map(|ask| if let Ask::Signature { of } = ask { Some(of) } else { None });
        let command = match signed {
            Some(Some(field)) => command.arg(signer_argument().requires(kebab(field))),
            Some(None) => command.arg(signer_argument()),
            // The client's key may be elsewhere.
            None if sessions(self.main).is_none() && declaration.route.is_some() => command.arg(signer_argument()),
            None => command,
        };
        let command = if declaration.asks_object().is_some() { command.arg(bank_argument()) } else { command };
        if fields().any(|field| field.name == "passphrase") {
            let help = "A file with the passphrase of a locked private key [default: the command asks]";
            command.arg(passphrase::argument(help).conflicts_with("passphrase"))
        } else {
            command
        }
    }

    /// The operations that it may run.
    pub(crate) fn entries(&self) -> Vec<&'static CatalogueEntry> {
        std::iter::once(self.main).chain(self.also.iter().map(|(entry, _)| *entry)).collect()
    }
}

/// The session declaration of an operation's protocol, if it has sessions.
pub(crate) fn sessions(entry: &CatalogueEntry) -> Option<&'static SessionKeeping> {
    protocol_of(entry)?.sessions.as_ref()
}

/// The option for the destination of the result.
pub(crate) fn output_argument() -> Arg {
    file("output", "Write the file's content (or, without one, the response as JSON) to a new file of mode 0600")
        .short('o')
        .visible_alias("outfilename")
        .help_heading("Result")
}

/// The option for a command that signs with an external key.
pub(crate) fn signer_argument() -> Arg {
    text(
        "signer",
        "COMMAND",
        "A command that sh runs for each signature. It reads the raw digest on stdin and BANKCHANNEL_SIGNATURE_ALGORITHM and \
         BANKCHANNEL_KEY_FINGERPRINT in the environment, and prints the signature, raw or as base64 [default: the command asks]",
    )
}

/// The option for a command that answers for the bank.
pub(crate) fn bank_argument() -> Arg {
    text(
        "bank-command",
        "COMMAND",
        "A command that sh runs for each question to the bank's own code. It reads the question's fields as JSON on stdin and its \
         name in BANKCHANNEL_QUESTION, such as list_accounts, and prints the answer as JSON",
    )
}

/// The option to replace an existing file.
pub(crate) fn force_argument() -> Arg {
    flag("force", "Replace FILE if it exists").requires("output").help_heading("Result")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bankchannel_foundation::operation::CommandOutput;

    use super::*;

    #[test]
    fn every_operation_is_reachable_by_a_command_or_by_call() {
        let specs = specs(&[], &[]);
        for protocol in PROTOCOLS {
            for entry in protocol.callables().map(|callable| &callable.entry) {
                if let Some(told) = protocol.commands.command(entry) {
                    assert!(specs.iter().any(|spec| format!("{} {}", spec.group, spec.name) == told), "{told}");
                }
                let Some(group) = protocol.commands.group(entry.declaration) else { continue };
                let by_command = specs
                    .iter()
                    .any(|spec| spec.entries().iter().any(|found| found.declaration.name == entry.declaration.name));
                let name = kebab(entry.short_name());
                let by_flow = specs.iter().any(|spec| spec.group == group && spec.name == name);
                assert!(by_command || by_flow, "{}", entry.declaration.name);
            }
        }
    }

    #[test]
    fn commands_of_declarations_run_their_operations() {
        let specs = specs(&[], &[]);
        for entry in bankchannel::catalogue() {
            let declaration = entry.declaration;
            let placement = protocol_of(entry).expect("its protocol is there").commands;
            for command in declaration.commands {
                let group = placement.declared(declaration);
                let named = |spec: &&Spec| Some(spec.group) == group && spec.name == command.name;
                let spec = specs.iter().find(named).expect(command.name);
                assert!(spec.entries().iter().any(|found| found.declaration.name == declaration.name));
                let has = |name| entry.request.fields().iter().any(|field| field.name == name);
                if let Some(form) = command.form {
                    let arguments = form.fields.iter().filter(|row| row.argument.is_some());
                    assert!(arguments.count() <= 1, "{}: its arguments have one id", declaration.name);
                    if let CommandOutput::Text(member) | CommandOutput::Bytes(member) = form.output {
                        let members = entry.response.fields();
                        assert!(members.iter().any(|field| field.name == member), "{}: {member}", declaration.name);
                    }
                }
                let taken = command.form.into_iter().flat_map(|form| form.fields).map(|row| row.field);
                assert!(command.given.iter().copied().chain(taken).all(has), "{}", declaration.name);
            }
        }
    }

    #[test]
    fn every_name_of_wscli_is_a_command() {
        let names: BTreeSet<String> = specs(&[], &[])
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
}
