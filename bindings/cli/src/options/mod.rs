//! Options of commands: shared options, and options from an operation's declaration.

pub(crate) mod certificates;
pub(crate) mod fields;
mod names;
pub(crate) mod passphrase;
mod plain;
mod shape;
mod shared;
pub(crate) mod stdin;
mod value;

pub(crate) use names::{camel, kebab, option_list, shared_name};
pub(crate) use plain::{any_value, file, file_argument, flag, text};
pub(crate) use shape::{Given, add_fields, field_value, has_value, option, option_value, sentence, values_of};
pub(crate) use shared::{Common, REQUEST_ID, add_common, computing, connection, format, optional, settings_file};
pub(crate) use value::{MAX_SETTINGS, read_bytes, read_file, read_settings, read_text};
