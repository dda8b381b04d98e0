//! Settings from environment variables, and settings of one source completed from another.
//!
//! A setting is one field. Its variable is the client's prefix with the field's name in capitals (`ISECURE_PROXY`), and
//! whatever its attribute `env` names in addition.

use std::ffi::OsString;

use bankchannel_foundation::{
    Error, Result,
    environment::{is_of_service, shown_variable, text_of_variable, value_of_text, variable_advice},
    error::row,
    model::{EnumValue, Field, Object, Representation, Shape, Value, Writer, read_boundary},
};

use zeroize::{Zeroize as _, Zeroizing};

use super::{
    ProtocolClient as _,
    settings::{ClientSettings, read_settings},
};

/// The end of the names of settings that are addresses.
const ADDRESS: &str = "_url";

/// The variables of a setting; the first one that is set counts.
pub(crate) fn names(prefix: &str, field: &Field) -> impl Iterator<Item = String> {
    let own = format!("{prefix}{}", field.name.to_ascii_uppercase());
    field.variables.iter().map(|name| (*name).to_owned()).chain([own])
}

/// Whether a setting is an address.
pub(crate) fn is_address(field: &Field) -> bool {
    field.name.ends_with(ADDRESS)
}

/// The value from the variables of a setting: the text of the first one that is set and not empty, and its name.
///
/// # Errors
/// `configuration.invalid`, which names the variable, for an address that is set and empty, as by a script whose own variable
/// does not exist: its default is the address of the real bank.
pub(crate) fn given(
    prefix: &str,
    field: &Field,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Option<(OsString, String)>> {
    let mut empty = None;
    for name in names(prefix, field) {
        match variable(&name) {
            Some(text) if text.is_empty() => empty = empty.or(Some(name)),
            Some(text) => return Ok(Some((text, name))),
            None => {}
        }
    }
    match empty.filter(|_| is_address(field)) {
        Some(name) => {
            let why = format!("the environment variable {name} is empty: give the address, or unset it");
            Err(Error::because(&row::CONFIGURATION, why).with("field", name))
        }
        None => Ok(None),
    }
}

/// Settings from these, in the form of the boundary, completed from variables: both are merged, then read once. An
/// empty variable counts as absent, and is an error where an address is meant that the program does not give itself. A
/// variable whose setting the program gives, also in another way, is not read.
///
/// # Errors
/// `configuration.invalid`, which names the variable; its value is not shown.
pub(crate) fn merged<S: ClientSettings>(own: Value<'_>, variable: impl Fn(&str) -> Option<OsString>) -> Result<S> {
    let Value::Object(mut all) = own else { return read_settings(own) };
    let wanted = missing::<S>(&all);
    let mut sources: Vec<(&'static str, String)> = Vec::new();
    for field in wanted {
        let Some((text, name)) = given(S::VARIABLE_PREFIX, field, &variable)? else { continue };
        // It may be a secret.
        let text = Zeroizing::new(
            text_of_variable(text).map_err(|why| fault(&name, &format!("the environment variable {name} {why}")))?,
        );
        let value = value_of_text(field.name, field.shape, &text);
        all.insert(field.name, value.map_err(|error| named(&error, field.name, &name))?);
        sources.push((field.name, name));
    }
    let all = Zeroizing::new(Value::Object(all));
    read_boundary(all.borrowed()).map_err(|error| {
        let field = error.detail("field").map(|path| path.split(['.', '[']).next().unwrap_or(path).to_owned());
        match sources.iter().find(|(of, _)| field.as_deref() == Some(of)) {
            Some((of, name)) => named(&error, of, name),
            None => error,
        }
    })
}

/// The error of a setting, which names its variable.
fn named(error: &Error, field: &str, variable: &str) -> Error {
    fault(variable, &error.message().replacen(field, variable, 1))
}

fn fault(variable: &str, why: &str) -> Error {
    Error::because(&row::CONFIGURATION, why.to_owned()).with("field", variable.to_owned())
}

/// The settings that these do not have, and do not give in another way.
fn missing<S: ClientSettings>(members: &Object<'_>) -> impl Iterator<Item = &'static Field> + use<S> {
    let fields = S::SHAPE.fields();
    let has = |field: &&Field| members.get(field.name).is_some_and(|value| !value.is_null());
    let given: Vec<&str> = fields.iter().filter(has).flat_map(|field| field.gives).copied().collect();
    let present: Vec<&str> = fields.iter().filter(has).map(|field| field.name).collect();
    fields
        .iter()
        .filter(move |field| !present.contains(&field.name) && !field.gives.iter().any(|what| given.contains(what)))
}

/// The variables of a protocol's codes: with and without the mode (docs/protocols/ws-channel.md §8.1).
fn code_variables<S: ClientSettings>(prefix: &str) -> Vec<String> {
    let codes = S::Client::protocol().sessions.as_ref().map_or(&[][..], |sessions| sessions.codes);
    let mode = S::SHAPE.fields().iter().find(|field| field.name == "mode").map(|field| field.shape);
    let modes: &[_] = match mode {
        Some(Shape::Enum(shape)) => shape.values,
        _ => &[],
    };
    let of_mode = |(_, name): &(_, &'static str)| {
        let what = name.strip_prefix(prefix).unwrap_or(name);
        let with = |mode: &EnumValue| format!("{prefix}{}_{what}", mode.value.to_ascii_uppercase());
        modes.iter().map(with).chain([(*name).to_owned()]).collect::<Vec<_>>()
    };
    codes.iter().flat_map(of_mode).collect()
}

/// Checks the names of variables that are set: one with the prefix of these settings that is none of theirs would be
/// passed over, and its setting would get a default, such as the address of the real bank.
///
/// # Errors
/// `configuration.invalid`, which names the variable and the one that was probably meant.
pub(crate) fn check_names<S: ClientSettings>(set: impl Iterator<Item = String>) -> Result<()> {
    let prefix = S::VARIABLE_PREFIX;
    let mut own = set.filter(|name| name.starts_with(prefix)).peekable();
    if own.peek().is_none() {
        return Ok(());
    }
    let mut known: Vec<String> = S::SHAPE.fields().iter().flat_map(|field| names(prefix, field)).collect();
    known.extend(code_variables::<S>(prefix));
    let is_others =
        |name: &str| S::OTHERS_VARIABLES.contains(&name) || is_of_service(name.strip_prefix(prefix).unwrap_or(name));
    let Some(unknown) = own.find(|name| !known.contains(name) && !is_others(name)) else { return Ok(()) };
    let advice = variable_advice(prefix, &unknown, &known);
    let shown = shown_variable(prefix, &unknown);
    let why = format!("the environment variable {shown} is no setting of {}; {advice}", S::Client::protocol().name);
    Err(Error::because(&row::CONFIGURATION, why).with("field", shown.to_owned()))
}

/// The names of the environment's variables that are not empty.
pub(crate) fn names_set() -> impl Iterator<Item = String> {
    let set = std::env::vars_os().filter(|(_, text)| !text.is_empty());
    set.filter_map(|(name, _)| name.into_string().ok())
}

/// These settings, completed from variables.
///
/// # Errors
/// As [`merged`].
pub(crate) fn completed_by<S: ClientSettings>(own: S, variable: impl Fn(&str) -> Option<OsString>) -> Result<S> {
    merged(own.write(&mut Writer::new(Representation::Boundary)), variable)
}

/// These settings, completed from `other` with the fields that they do not have, and do not give in another way.
pub(crate) fn completed<S: ClientSettings>(own: S, other: S) -> S {
    let object = |settings: S| match settings.write(&mut Writer::new(Representation::Boundary)) {
        Value::Object(members) => members,
        _ => Object::new(),
    };
    let (mut all, mut other) = (object(own), object(other));
    for field in missing::<S>(&all) {
        if let Some(value) = other.remove(field.name) {
            all.insert(field.name, value);
        }
    }
    // The remaining values may be secrets.
    Value::Object(other).zeroize();
    read_boundary(Value::Object(all)).expect("settings read what they have written")
}

/// What all settings have: their client, the prefix of their variables, and their constructors.
macro_rules! client_settings {
    ($settings:ident, $client:ident, $prefix:literal) => {
        client_settings!($settings, $client, $prefix, others: &[]);
    };
    ($settings:ident, $client:ident, $prefix:literal, others: $others:expr) => {
        impl $crate::client::ClientSettings for $settings {
            type Client = $client;
            const VARIABLE_PREFIX: &str = $prefix;
            const OTHERS_VARIABLES: &[&str] = $others;

            fn connection(&self) -> &$crate::ConnectionSettings {
                &self.connection
            }
        }

        impl $settings {
            #[doc = concat!("Reads the settings from environment variables: `", $prefix, "` with the name of a setting in capitals. An empty variable")]
            /// counts as absent. Lists are separated by commas, objects are JSON.
            ///
            /// # Errors
            /// `configuration.invalid`, which names the variable; its value is not shown. Also for an address that is set and
            /// empty, and for a variable with this prefix that is no setting.
            pub fn from_env() -> $crate::Result<Self> {
                $crate::client::variables::check_names::<Self>($crate::client::variables::names_set())?;
                Self::from_variables($crate::client::variable)
            }

            /// The same with any source of variables. It is asked for the variables of settings only: others with this
            /// prefix are not looked at. A text with U+FFFD, the replacement of bytes that were no UTF-8, is an error.
            ///
            /// # Errors
            /// `configuration.invalid`, which names the variable; its value is not shown.
            pub fn from_variables(variable: impl Fn(&str) -> Option<std::ffi::OsString>) -> $crate::Result<Self> {
                $crate::client::variables::completed_by(Self::default(), variable)
            }

            /// These settings, completed from environment variables.
            ///
            /// # Errors
            /// As [`from_env`](Self::from_env), but for a variable whose setting these have, also in another way: it is not
            /// read.
            pub fn or_env(self) -> $crate::Result<Self> {
                $crate::client::variables::check_names::<Self>($crate::client::variables::names_set())?;
                $crate::client::variables::completed_by(self, $crate::client::variable)
            }

            /// These settings, completed from `other`. What can be given in several ways, such as a key as text or as a file,
            /// is taken from one side: a text in `other` does not override a file given here.
            #[must_use]
            pub fn or(self, other: Self) -> Self {
                $crate::client::variables::completed(self, other)
            }
        }
    };
}

pub(crate) use client_settings;
