//! How a command of a service's operator is given on the command line, and what it needs.

use serde_json::Value;

/// The form of an operation that a service carries out for its operator. The first member of its answer is the result that
/// people see.
#[derive(Debug)]
pub struct OperatorForm {
    /// Its name on the command line: `key-list`.
    pub command: &'static str,
    /// Its access to the service's data.
    pub access: DataAccess,
    /// The options that are not named after their fields, or have another form.
    pub options: &'static [OperatorOption],
    /// Examples: the options of each, besides those that every command has.
    pub examples: &'static [&'static str],
    /// Whether the answer has `null` for what is left out.
    pub writes_nulls: bool,
    /// The member of the result that is false when the command ends with exit code 1.
    pub verdict: Option<&'static str>,
    /// What people should know besides the result, from the request and the answer.
    pub notes: fn(&Value, &Value) -> Vec<String>,
}

/// A command's access to the service's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataAccess {
    /// It changes nothing, also not the tables of an older version.
    Read,
    /// It changes data, which must be of this version.
    Change,
    /// It brings data of an older version up to date, while no service holds the data folder.
    Migrate,
    /// It needs no service and no data folder.
    None,
}

/// An option of a command that stands for a field of its request.
#[derive(Debug)]
pub struct OperatorOption {
    /// The field.
    pub field: &'static str,
    /// The option, without hyphens in front.
    pub option: &'static str,
    /// Further spellings.
    pub aliases: &'static [&'static str],
    /// Its form.
    pub form: OptionForm,
    /// Its help; if empty, the field's documentation.
    pub help: &'static str,
}

/// The form of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OptionForm {
    /// The field's value. A field that is true or false is a switch if it must be given, else it takes `on` or `off`.
    Value,
    /// A switch with the opposite meaning of the field.
    Opposite,
    /// A folder; the service, which may have another working directory, gets its absolute path.
    Folder,
}

impl OperatorForm {
    /// A command that changes data, with options named after the fields.
    #[must_use]
    pub const fn changing(command: &'static str) -> Self {
        Self {
            command,
            access: DataAccess::Change,
            options: &[],
            examples: &[],
            writes_nulls: true,
            verdict: None,
            notes: |_, _| Vec::new(),
        }
    }

    /// A command that changes nothing.
    #[must_use]
    pub const fn reading(command: &'static str) -> Self {
        Self { access: DataAccess::Read, ..Self::changing(command) }
    }

    /// The option of a field, unless it is the usual one.
    #[must_use]
    pub fn option(&self, field: &str) -> Option<&'static OperatorOption> {
        self.options.iter().find(|option| option.field == field)
    }
}

impl OperatorOption {
    /// An option that is named otherwise than its field.
    #[must_use]
    pub const fn named(field: &'static str, option: &'static str) -> Self {
        Self { field, option, aliases: &[], form: OptionForm::Value, help: "" }
    }
}
