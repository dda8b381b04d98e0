//! Common forms of options.

use clap::{Arg, ArgAction, Id, ValueHint, builder::Str};

use crate::usage_text::is_option;

/// An option with a value.
pub(crate) fn text(name: impl Into<Str>, value: &'static str, help: &'static str) -> Arg {
    let name = name.into();
    Arg::new(Id::from(name.clone())).long(name).value_name(value).help(help)
}

/// Allows a value that begins with a hyphen, as one in 64 random tokens does.
pub(crate) fn any_value(argument: Arg) -> Arg {
    argument.allow_hyphen_values(true).value_parser(value_or_option)
}

/// A value, unless it looks like an option: then the value was forgotten.
fn value_or_option(text: &str) -> Result<String, &'static str> {
    if is_option(text.split('=').next().unwrap_or(text)) {
        return Err("it looks like an option: the value seems to be missing; for a file of this name write ./-NAME");
    }
    Ok(text.to_owned())
}

/// An option that names a file.
pub(crate) fn file(name: &'static str, help: &'static str) -> Arg {
    text(name, "FILE", help).value_hint(ValueHint::FilePath)
}

/// An option without a value.
pub(crate) fn flag(name: impl Into<Str>, help: &'static str) -> Arg {
    let name = name.into();
    Arg::new(Id::from(name.clone())).long(name).action(ArgAction::SetTrue).help(help)
}

/// An argument that names a file and must be given.
pub(crate) fn file_argument(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name("FILE").required(true).value_hint(ValueHint::FilePath).help(help)
}
