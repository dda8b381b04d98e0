//! Options as most commands have them.

use clap::{Arg, ArgAction, ValueHint};

/// An option with a value.
pub(crate) fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    with_value(Arg::new(name).long(name)).value_name(value).help(help)
}

/// The value may begin with a hyphen, as one in 64 random tokens does.
pub(super) fn with_value(argument: Arg) -> Arg {
    argument.allow_hyphen_values(true).value_parser(value_or_option)
}

/// A value, unless it is written as an option is: then the value was forgotten.
fn value_or_option(text: &str) -> Result<String, &'static str> {
    let is_option = match text.strip_prefix("--") {
        Some(long) => {
            let name = long.split('=').next().unwrap_or(long);
            name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        }
        None => text.len() == 2 && text.starts_with('-'),
    };
    if is_option {
        return Err("it looks like an option, so that the value seems to be forgotten; a file of such a name is ./-NAME");
    }
    Ok(text.to_owned())
}

/// An option that names a file.
pub(crate) fn file(name: &'static str, help: &'static str) -> Arg {
    text(name, "FILE", help).value_hint(ValueHint::FilePath)
}

/// An option without a value.
pub(crate) fn flag(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

/// An argument that names a file and must be given.
pub(crate) fn file_argument(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).value_name("FILE").required(true).value_hint(ValueHint::FilePath).help(help)
}
