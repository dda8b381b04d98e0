//! Options that are fields of the library's own structs: their values, and most of their help, come from the shapes.

use bankchannel_foundation::model::{Field, Shape};
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Map, Value, json};

use crate::{
    exit::CommandOutcome,
    options::{MAX_SETTINGS, file, option, option_value, read_text},
};

/// A field as an option.
pub(crate) struct FieldOption {
    field: &'static str,
    option: &'static str,
    form: FieldForm,
    /// Empty if the field's own documentation is enough.
    help: &'static str,
}

/// Reads the file at a path; `option` is for the error.
type OptionFileReader = fn(option: &str, path: &str) -> CommandOutcome<String>;

enum FieldForm {
    /// The value in the form of the field's shape.
    Value,
    /// A switch with the opposite meaning of the field.
    Opposite,
    /// A file that contains the value.
    File(OptionFileReader),
    /// Files that contain it together.
    Files(OptionFileReader),
}

impl FieldOption {
    pub(crate) const fn value(field: &'static str, option: &'static str) -> Self {
        Self { field, option, form: FieldForm::Value, help: "" }
    }

    pub(crate) const fn opposite(field: &'static str, option: &'static str, help: &'static str) -> Self {
        Self { field, option, form: FieldForm::Opposite, help }
    }

    pub(crate) const fn file(
        field: &'static str,
        option: &'static str,
        read: OptionFileReader,
        help: &'static str,
    ) -> Self {
        Self { field, option, form: FieldForm::File(read), help }
    }

    pub(crate) const fn files(
        field: &'static str,
        option: &'static str,
        read: OptionFileReader,
        help: &'static str,
    ) -> Self {
        Self { field, option, form: FieldForm::Files(read), help }
    }

    /// Help in place of the field's documentation.
    pub(crate) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    fn argument(&self, field: &'static Field) -> Arg {
        let argument = match self.form {
            FieldForm::Value | FieldForm::Opposite => option(field, self.option),
            FieldForm::File(_) => file(self.option, self.help),
            FieldForm::Files(_) => file(self.option, self.help).action(ArgAction::Append),
        };
        let argument = match field.shape {
            Shape::List(_) => argument.value_delimiter(','),
            _ => argument,
        };
        if self.help.is_empty() { argument } else { argument.help(self.help) }
    }

    fn given(&self, field: &'static Field, matches: &ArgMatches) -> CommandOutcome<Option<Value>> {
        match self.form {
            FieldForm::Value => option_value(field, self.option, matches),
            FieldForm::Opposite => {
                Ok(option_value(field, self.option, matches)?.map(|value| json!(value == json!(false))))
            }
            FieldForm::File(read) | FieldForm::Files(read) => {
                let paths = matches.try_get_many::<String>(self.option).ok().flatten();
                let option = format!("--{}", self.option);
                let texts: Option<String> =
                    paths.map(|paths| paths.map(|path| read(&option, path)).collect()).transpose()?;
                Ok(texts.map(Value::String))
            }
        }
    }
}

/// Fields of one struct as options.
pub(crate) struct FieldOptions {
    shape: &'static Shape,
    rows: &'static [FieldOption],
}

impl FieldOptions {
    pub(crate) const NONE: Self = Self { shape: &Shape::Bool, rows: &[] };

    /// Fails to compile if a row names no field.
    pub(crate) const fn new(shape: &'static Shape, rows: &'static [FieldOption]) -> Self {
        let mut at = 0;
        while at < rows.len() {
            assert!(has_field(shape.fields(), rows[at].field.as_bytes()));
            at += 1;
        }
        Self { shape, rows }
    }

    pub(crate) fn arguments(&self) -> impl Iterator<Item = Arg> {
        self.fields().map(|(row, field)| row.argument(field))
    }

    /// The fields that were given.
    pub(crate) fn read(&self, matches: &ArgMatches) -> CommandOutcome<Map<String, Value>> {
        let given = |(row, field): (&'static FieldOption, _)| {
            Some((row.field.to_owned(), row.given(field, matches).transpose()?))
        };
        self.fields().filter_map(given).map(|(name, value)| Ok((name, value?))).collect()
    }

    fn fields(&self) -> impl Iterator<Item = (&'static FieldOption, &'static Field)> + use<> {
        let fields = self.shape.fields();
        self.rows.iter().filter_map(|row| Some((row, fields.iter().find(|field| field.name == row.field)?)))
    }
}

const fn has_field(fields: &[Field], name: &[u8]) -> bool {
    let mut at = 0;
    while at < fields.len() {
        if is_same(fields[at].name.as_bytes(), name) {
            return true;
        }
        at += 1;
    }
    false
}

/// `==` for constants.
const fn is_same(one: &[u8], other: &[u8]) -> bool {
    match (one, other) {
        ([], []) => true,
        ([first, one @ ..], [second, other @ ..]) => *first == *second && is_same(one, other),
        _ => false,
    }
}

/// The text in a file.
pub(crate) fn text(option: &str, path: &str) -> CommandOutcome<String> {
    read_text(option, path, MAX_SETTINGS)
}
