//! Options as most commands have them.

use clap::{Arg, ArgAction, ValueHint};

/// An option with a value.
pub(crate) fn text(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name(value).help(help)
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
