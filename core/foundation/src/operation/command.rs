//! The commands of an operation on the command line, declared beside it.

/// A command, in the group of the operation that it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Command {
    /// `login`. That of `anchors add` stands below `anchors`. With the operation's own name it
    /// describes that command.
    pub name: &'static str,
    /// The fields that select this operation when all are given; empty for the command's default operation. If several
    /// operations match, the last one in the catalogue wins.
    pub given: &'static [&'static str],
    /// Examples and remarks, which its help shows last.
    pub examples: &'static str,
    /// What it takes and prints; `None` if it has an option for every field and prints the response.
    pub form: Option<&'static CommandForm>,
}

impl Command {
    /// The command's default operation: it runs unless the fields of another one are given.
    #[must_use]
    pub const fn named(name: &'static str) -> Self {
        Self { name, given: &[], examples: "", form: None }
    }

    /// The operation that a command runs if all these fields are given.
    #[must_use]
    pub const fn when_given(name: &'static str, given: &'static [&'static str]) -> Self {
        Self { given, ..Self::named(name) }
    }

    /// The same with examples.
    #[must_use]
    pub const fn with_examples(self, examples: &'static str) -> Self {
        Self { examples, ..self }
    }

    /// Whether it does all that the command with the operation's own name does, which is then not listed beside it.
    #[must_use]
    pub const fn replaces(&self) -> bool {
        match self.form {
            Some(form) => form.replaces,
            None => true,
        }
    }

    /// The same with a form of its own.
    #[must_use]
    pub const fn with_form(self, form: &'static CommandForm) -> Self {
        Self { form: Some(form), ..self }
    }
}

/// What a command takes and prints, in place of an option for every field and of the whole response.
#[derive(Debug, PartialEq, Eq)]
pub struct CommandForm {
    /// What it does, in one line; empty for the operation's summary.
    pub about: &'static str,
    /// See [`Command::replaces`].
    pub replaces: bool,
    /// The fields that it takes, in the order of its help.
    pub fields: &'static [CommandField],
    /// What it tells while it works; empty if that takes no time.
    pub meanwhile: &'static str,
    /// What it prints without `--json`.
    pub output: CommandOutput,
}

impl CommandForm {
    /// A form without fields that prints the response, and replaces the command with the operation's own name.
    #[must_use]
    pub const fn new(about: &'static str) -> Self {
        Self { about, replaces: true, fields: &[], meanwhile: "", output: CommandOutput::Response }
    }
}

/// What a command prints without `--json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandOutput {
    /// The response as a table.
    Response,
    /// The text of this member; the response's `warnings` go to stderr.
    Text(&'static str),
    /// The bytes of this member, unchanged.
    Bytes(&'static str),
    /// The response as a table; with a switch, the first item of a list decides the exit code.
    Watched(&'static WatchedList),
}

/// A list in a response whose first item decides the exit code, for monitoring.
#[derive(Debug, PartialEq, Eq)]
pub struct WatchedList {
    /// The switch.
    pub option: &'static str,
    /// What it does.
    pub help: &'static str,
    /// The list; empty for exit code 0.
    pub list: &'static str,
    /// Each item that may come first, with its exit code.
    pub codes: &'static [(&'static str, u8)],
    /// The exit code of any other.
    pub other: u8,
}

/// A field of the request that a command takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandField {
    /// The field.
    pub field: &'static str,
    /// The option, without `--`; of an argument its placeholder, `FILE`.
    pub name: &'static str,
    /// Whether it is an argument: `Some(true)` if it must be given.
    pub argument: Option<bool>,
    /// What stands for its value in the help; empty for a word from the field's name.
    pub placeholder: &'static str,
    /// How the value is given.
    pub input: CommandInput,
    /// Its help; empty if the field's documentation is enough.
    pub help: &'static str,
}

/// How a value is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandInput {
    /// In the form of the field's shape.
    Value,
    /// A switch with the opposite meaning of the field.
    Opposite,
    /// A value that is this word, if anything: it sets the field to `true`.
    Word(&'static str),
    /// As itself, or `-` for stdin, of which at most this many bytes are read.
    Line(u64),
    /// A file that contains the value; `-` for stdin.
    File(FileForm),
    /// One or several files that contain it together.
    Files(FileForm),
}

/// What a file contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileForm {
    /// Text.
    Text,
    /// PEM text, or a certificate as DER.
    Pem,
    /// A certificate, of which the first one counts.
    Certificate,
    /// Certificates.
    Certificates,
    /// At most this many bytes, which the field has as base64.
    Bytes(u64),
    /// The content, of at most this many bytes, which are held in memory.
    HeldContent(u64),
    /// The content, of any size.
    Content,
}

impl CommandField {
    /// A field as an option, in the form of its shape.
    #[must_use]
    pub const fn value(field: &'static str, name: &'static str) -> Self {
        Self { field, name, argument: None, placeholder: "", input: CommandInput::Value, help: "" }
    }

    /// A field as an option that names a file.
    #[must_use]
    pub const fn file(field: &'static str, name: &'static str, form: FileForm, help: &'static str) -> Self {
        Self { input: CommandInput::File(form), help, ..Self::value(field, name) }
    }

    /// The same for one or several files.
    #[must_use]
    pub const fn files(field: &'static str, name: &'static str, form: FileForm, help: &'static str) -> Self {
        Self { input: CommandInput::Files(form), ..Self::file(field, name, form, help) }
    }

    /// A field as an argument that must be given.
    #[must_use]
    pub const fn argument(field: &'static str, name: &'static str, input: CommandInput, help: &'static str) -> Self {
        Self { argument: Some(true), input, help, ..Self::value(field, name) }
    }

    /// The content as an argument that must be given.
    #[must_use]
    pub const fn content(form: FileForm, help: &'static str) -> Self {
        Self::argument("content", "FILE", CommandInput::File(form), help)
    }

    /// Help in place of the field's documentation.
    #[must_use]
    pub const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    /// The same with another placeholder of the value.
    #[must_use]
    pub const fn placeholder(self, placeholder: &'static str) -> Self {
        Self { placeholder, ..self }
    }
}

/// A group of commands: its help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommandGroup {
    /// `files`; of commands below a command `sepa anchors`.
    pub name: &'static str,
    /// What its commands are for, in one line.
    pub about: &'static str,
    /// What `--help` tells besides; may be empty.
    pub doc: &'static str,
    /// Examples and remarks; may be empty.
    pub examples: &'static str,
    /// The commands that its help lists last, in this order; the others are listed in the order of the catalogue.
    pub last: &'static [&'static str],
}

impl CommandGroup {
    /// A group without more than this.
    #[must_use]
    pub const fn new(name: &'static str, about: &'static str, examples: &'static str) -> Self {
        Self { name, about, doc: "", examples, last: &[] }
    }
}
