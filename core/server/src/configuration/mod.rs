//! The configuration of a service: a file in TOML and environment variables, read by the types of the boundary.
//!
//! Each setting is a field with its documentation and its default. It may stand in the file, in the file as `…_file` (the
//! content of that file is the value), in a variable, and in a variable that ends in `_FILE`. A variable counts before the file.

mod document;
mod faults;
mod overlay;
mod reload;
mod settings;

use std::{
    ffi::OsString,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Object, Reader, Representation, Shape, Value},
};
use bankchannel_private_files::check_opened_secret;
use zeroize::{Zeroize as _, Zeroizing};

pub use document::check_file_again;
use faults::{Faults, Origins};
pub use reload::ReloadReport;
pub use settings::{ConfigurationSetting, has_password};

/// Whether this process is a service's own.
static IS_OWN_PROCESS: AtomicBool = AtomicBool::new(false);

/// Says that this process is a service's own, so that settings also come from its environment. A server that is embedded in
/// another program does not read the environment of that program.
pub fn read_process_environment() {
    IS_OWN_PROCESS.store(true, Ordering::Relaxed);
}

fn is_own_process() -> bool {
    IS_OWN_PROCESS.load(Ordering::Relaxed)
}

/// The environment variables of a process that is a service's own; none in any other.
#[must_use]
pub fn process_environment() -> Vec<(OsString, OsString)> {
    if is_own_process() { std::env::vars_os().collect() } else { Vec::new() }
}

/// Where the settings of this process come from, in words: the file, environment variables, or defaults alone.
#[must_use]
pub fn sources(form: &ConfigurationForm, file: Option<&str>) -> String {
    let is_own = |(name, _): &(OsString, OsString)| name.to_str().is_some_and(|name| name.starts_with(form.prefix));
    let count = process_environment().iter().filter(|one| is_own(one)).count();
    let variables = (count > 0).then(|| format!("environment variables: {count}"));
    match (file, variables) {
        (None, None) => "every setting has its default".to_owned(),
        (Some(file), None) => file.to_owned(),
        (None, Some(variables)) => variables,
        (Some(file), Some(variables)) => format!("{file}; {variables}"),
    }
}

/// How the configuration of a kind of server is read.
#[derive(Debug)]
pub struct ConfigurationForm {
    /// The prefix of the variables, such as `BANKCHANNEL_WS_CHANNEL_`.
    pub prefix: &'static str,
    /// The settings.
    pub shape: &'static Shape,
    /// What the file that is written from the declaration says at its head.
    pub about: &'static str,
    /// The page that has all settings.
    pub page: &'static str,
    /// The settings before which a section of that file begins, with its title.
    pub sections: &'static [(&'static str, &'static str)],
    /// Texts of the service's own, by the setting's place, where the setting's documentation is not true of the service: it is
    /// declared for programs. `None` leaves the setting out of that file: the service has no use for it.
    pub own_texts: &'static [(&'static str, Option<&'static str>)],
    /// Further names of tables.
    pub table_name: TableName,
    /// The places of the settings that a reload applies, a table for all below it. `!` before a place excepts it. All others
    /// need a restart.
    pub reloadable: &'static [&'static str],
}

/// The name of the field that a table below this place is meant to be, by a name that is not the field's; `None` if it is
/// none. An error says why there is no such table.
pub type TableName = fn(place: &str, given: &str) -> std::result::Result<Option<&'static str>, String>;

/// A configuration with the places that its values come from.
#[derive(Debug)]
pub struct ReadConfiguration<T> {
    /// The values.
    pub values: T,
    origins: Origins,
}

impl<T> ReadConfiguration<T> {
    /// The error of a setting that was read but does not fit, with the place that its value comes from.
    #[must_use]
    pub fn placed(&self, error: Error) -> Error {
        let origin =
            error.detail("field").and_then(|place| self.origins.at(place)).map(|origin| origin.place(&self.origins));
        match origin {
            Some(origin) => error.with_sentence(&format!("({origin})")),
            None => error,
        }
    }
}

/// Reads the configuration from this file, if there is one, and from these variables.
///
/// # Errors
/// `configuration.invalid`, which names each fault with its line and column, or its variable; no value is shown. Also for a
/// file with a secret that others can read.
pub fn read<T: Boundary>(
    form: &ConfigurationForm,
    file: Option<&str>,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
) -> Result<ReadConfiguration<T>> {
    let opened = file.map(document::read_file).transpose()?;
    let (mut origins, mut faults) = (Origins::new(file), Faults::default());
    // Wiped at every end: what is read from it borrows its texts, and secrets copy them into memory that is wiped too.
    let mut values = Zeroizing::new(match &opened {
        Some(read) => document::read(form, &read.text, &mut origins, &mut faults)?,
        None => Value::Object(Object::new()),
    });
    overlay::add(form, variables, &mut values, &mut origins, &mut faults);
    let values = all_read::<T>(&mut values, &origins, faults)?;
    if let (Some(file), Some(read)) = (file.filter(|_| origins.has_secret), &opened) {
        check_opened_secret(Path::new(file), &read.opened)?;
    }
    Ok(ReadConfiguration { values, origins })
}

/// Reads the values. The error names all faults: a value with one is left out before they are read again.
fn all_read<T: Boundary>(values: &mut Value<'_>, origins: &Origins, mut faults: Faults) -> Result<T> {
    loop {
        let error = match T::read(values.borrowed(), &mut Reader::new(Representation::Boundary)) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => return Err(faults.into_error(origins)),
            Err(error) => error,
        };
        let named = error.detail("field").unwrap_or_default();
        let place = named.split([',', '[']).next().unwrap_or_default().trim().to_owned();
        if error.code() == "input.missing_field" && !faults.is_empty() {
            // It may be one that was left out here.
            return Err(faults.into_error(origins));
        }
        let origin = origins.nearest(&place);
        faults.add(&origin, "", error.message());
        if faults.is_full() || !remove(values, &place) {
            return Err(faults.into_error(origins));
        }
    }
}

/// Removes the value at this place.
fn remove(values: &mut Value<'_>, place: &str) -> bool {
    let Value::Object(members) = values else { return false };
    match place.split_once('.') {
        None => members.remove(place).map(|mut removed| removed.zeroize()).is_some(),
        Some((name, below)) => {
            let Some(mut inner) = members.remove(name) else { return false };
            let removed = remove(&mut inner, below);
            members.insert(name.to_owned(), inner);
            removed
        }
    }
}

#[cfg(test)]
mod tests;
