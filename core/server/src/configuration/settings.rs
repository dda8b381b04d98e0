//! The settings of a configuration, from its declaration: places, variables, and what counts as a secret.

use bankchannel_foundation::{
    environment::value_of_text,
    model::{Field, Shape, Value},
    open_regular, read_opened_text, shown,
};
use bankchannel_private_files::{FileFacts, check_opened_secret};

use super::ConfigurationForm;

/// Ends of the names of settings that name a file or folder themselves: their value is not taken from a file.
const NAMES_A_FILE: [&str; 5] = ["_file", "_dir", "_folder", "record_to", "replay_from"];
/// The format of texts that name a file, for settings whose name does not say so.
const PATH: &str = "path";
/// The end of the name of a setting that gives the file with the value.
pub(super) const IN_FILE: &str = "_file";
/// Secret settings that are an address or a folder: a secret only with a password, a proxy with any login. One that is not
/// listed is a secret in any case, and its file must be closed to others.
const LOCATIONS: [&str; 2] = ["postgres_url", "store"];
/// The largest file with a value, in bytes.
const VALUE_MAX: u64 = 1024 * 1024;

/// A setting, or a table of settings.
#[derive(Debug, Clone)]
pub struct ConfigurationSetting {
    /// Its place in the file: `banks.nordea.proxy`.
    pub place: String,
    /// Its declaration.
    pub field: &'static Field,
    /// Its environment variable.
    pub variable: String,
    /// Whether its value may be given as the content of a file.
    pub has_file_form: bool,
}

impl ConfigurationSetting {
    /// Whether it is a table: its settings follow it.
    #[must_use]
    pub fn is_table(&self) -> bool {
        matches!(self.field.shape, Shape::Struct(_))
    }
}

impl ConfigurationForm {
    /// Every table and setting, in the order of the declaration.
    #[must_use]
    pub fn settings(&self) -> Vec<ConfigurationSetting> {
        let mut all = Vec::new();
        collect(self.prefix, "", self.shape.fields(), &mut all);
        all
    }

    /// What the file that is written from the declaration says of a setting; `None` if it leaves the setting out.
    #[must_use]
    pub fn text_of(&self, setting: &ConfigurationSetting) -> Option<&'static str> {
        match self.own_texts.iter().find(|(place, _)| *place == setting.place) {
            Some((_, own)) => *own,
            None => Some(setting.field.doc),
        }
    }
}

fn collect(prefix: &str, outer: &str, fields: &'static [Field], all: &mut Vec<ConfigurationSetting>) {
    for field in fields {
        let place = below(outer, field.name);
        let variable = format!("{prefix}{}", place.replace('.', "_").to_ascii_uppercase());
        let has_file_form = has_file_form(field, fields);
        all.push(ConfigurationSetting { place: place.clone(), field, variable, has_file_form });
        collect(prefix, &place, field.shape.fields(), all);
    }
}

/// The place of a member of a table.
pub(super) fn below(outer: &str, name: &str) -> String {
    if outer.is_empty() { name.to_owned() } else { format!("{outer}.{name}") }
}

/// Whether the value of a setting may be given as the content of a file: not for a table, nor where the setting names a file
/// itself, nor where the declaration has a setting with that name.
pub(super) fn has_file_form(field: &Field, siblings: &[Field]) -> bool {
    let is_path = matches!(field.shape, Shape::Text(text) if text.format == PATH);
    let is_declared = || siblings.iter().any(|other| other.name.strip_suffix(IN_FILE) == Some(field.name));
    let names_a_file = NAMES_A_FILE.iter().any(|end| field.name.ends_with(end));
    !matches!(field.shape, Shape::Struct(_)) && !is_path && !names_a_file && !is_declared()
}

/// A setting's value from its text.
///
/// # Errors
/// Why it has none; the text is not repeated.
pub(super) fn value_of(field: &Field, text: &str) -> std::result::Result<Value<'static>, String> {
    value_of_text(field.name, field.shape, text).map_err(|error| error.message().to_owned())
}

/// A setting's value from a file: its text, without the line break at its end.
///
/// # Errors
/// Why the file cannot be used; nothing of it is repeated.
pub(super) fn value_in_file(field: &Field, path: &str) -> std::result::Result<Value<'static>, String> {
    let is_secret_shape = matches!(field.shape, Shape::Secret(_));
    // A secret may have been given in place of its file.
    let unusable = |why: &dyn std::fmt::Display| match is_secret_shape {
        true => shown::unusable_secret_file(path.as_ref(), why),
        false => format!("{}: {why}", shown::path(path)),
    };
    let (file, opened) = open_regular(path.as_ref()).map_err(|why| unusable(&why))?;
    let facts = FileFacts::of(&file).map_err(|why| unusable(&why))?;
    let text = read_opened_text(file, &opened, VALUE_MAX).map_err(|why| unusable(&why))?;
    let trimmed = text.strip_suffix('\n').unwrap_or(&text);
    if is_secret_shape && is_secret(field.name, trimmed) {
        check_opened_secret(path.as_ref(), &facts).map_err(|error| error.message().to_owned())?;
    }
    value_of(field, trimmed.strip_suffix('\r').unwrap_or(trimmed))
}

/// Whether this text of a secret setting is a secret.
pub(super) fn is_secret(name: &str, text: &str) -> bool {
    match name {
        // A token may stand in place of the user.
        "proxy" => text.contains('@'),
        _ if LOCATIONS.contains(&name) => has_password(text),
        _ => !text.is_empty(),
    }
}

/// Whether an address has a password.
#[must_use]
pub fn has_password(url: &str) -> bool {
    let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
    let login = place.rsplit_once('@').map_or("", |(login, _)| login);
    let login = login.split_once("://").map_or(login, |(_, login)| login);
    login.contains(':') || parameters.split('&').any(|one| one.starts_with("password="))
}
