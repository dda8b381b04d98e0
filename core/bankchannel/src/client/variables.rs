//! Settings from environment variables, and settings of one source completed from another.
//!
//! A setting is one field. Its variable is the client's prefix with the field's name in capitals (`ISECURE_PROXY`), and
//! whatever its attribute `env` names in addition.

use bankchannel_foundation::{
    Error, Result,
    error::row,
    model::{Field, Object, Representation, Shape, Value, Writer, read_boundary},
};

use zeroize::{Zeroize as _, Zeroizing};

use super::settings::ClientSettings;

/// The variables of a setting; the first one that is set counts.
pub(crate) fn names(prefix: &str, field: &Field) -> impl Iterator<Item = String> {
    let own = format!("{prefix}{}", field.name.to_ascii_uppercase());
    field.variables.iter().map(|name| (*name).to_owned()).chain([own])
}

/// A setting's value from its text in a variable, a file or an option: numbers and `true` or `false` as such, lists separated
/// by commas, objects as JSON.
///
/// # Errors
/// `configuration.invalid` for an object that is no JSON; its text is not repeated. Any other text that does not fit is
/// refused when the settings are read.
pub fn setting_of_text(field: &Field, text: &str) -> Result<Value<'static>> {
    let number =
        || serde_json::from_str::<serde_json::Number>(text).ok().map(|number| serde_json::Value::from(number).into());
    let string = || Value::String(text.to_owned().into());
    Ok(match field.shape {
        Shape::Bool => text.parse::<bool>().map_or_else(|_| string(), Value::Bool),
        Shape::Integer { .. } | Shape::Seconds | Shape::Number => number().unwrap_or_else(string),
        Shape::List(_) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::Array(items.map(|item| Value::String(item.to_owned().into())).collect())
        }
        Shape::Struct(_) | Shape::Union(_) | Shape::Map(_) | Shape::Json => {
            let read = serde_json::from_str::<serde_json::Value>(text);
            read.map_err(|_| Error::invalid_setting(field.name, "must be a JSON object"))?.into()
        }
        _ => string(),
    })
}

/// The settings that variables give. An empty variable counts as absent; a text with U+FFFD, the replacement of what was no
/// UTF-8, is an error.
pub(crate) fn read<S: ClientSettings>(variable: impl Fn(&str) -> Option<String>) -> Result<S> {
    let mut given = Object::new();
    for field in S::SHAPE.fields() {
        let set = |name: String| Some((variable(&name).filter(|text| !text.is_empty())?, name));
        let Some((text, name)) = names(S::VARIABLE_PREFIX, field).find_map(set) else { continue };
        // It may be a secret; what is read from it wipes itself.
        let text = Zeroizing::new(text);
        let fault = |why: &str| Error::because(&row::CONFIGURATION, why.to_owned()).with("field", name.clone());
        if text.contains(char::REPLACEMENT_CHARACTER) {
            return Err(fault(&format!("the environment variable {name} is not UTF-8")));
        }
        // Alone first, so that a fault names the variable.
        let named = |error: Error| fault(&error.message().replacen(field.name, &name, 1));
        let value = setting_of_text(field, &text).map_err(named)?;
        let mut alone = Object::new();
        alone.insert(field.name, value.clone());
        read_boundary::<S>(Value::Object(alone)).map_err(named)?;
        given.insert(field.name, value);
    }
    read_boundary(Value::Object(given))
}

/// These settings, completed from `other`: with what they do not have, and do not give in another way.
pub(crate) fn completed<S: ClientSettings>(own: S, other: S) -> S {
    let object = |settings: S| match settings.write(&mut Writer::new(Representation::Boundary)) {
        Value::Object(members) => members,
        _ => Object::new(),
    };
    let (mut all, mut other) = (object(own), object(other));
    let fields = S::SHAPE.fields();
    let has = |members: &Object<'_>, name: &str| members.get(name).is_some_and(|value| !value.is_null());
    let given: Vec<&str> =
        fields.iter().filter(|field| has(&all, field.name)).flat_map(|field| field.gives).copied().collect();
    for field in fields {
        if !has(&all, field.name)
            && !field.gives.iter().any(|what| given.contains(what))
            && let Some(value) = other.remove(field.name)
        {
            all.insert(field.name, value);
        }
    }
    // What was not taken may be a secret.
    wipe(Value::Object(other));
    read_boundary(Value::Object(all)).expect("settings read what they have written")
}

/// Wipes all texts of a value.
fn wipe(value: Value<'static>) {
    match value {
        Value::String(text) => text.into_owned().zeroize(),
        Value::Array(items) => items.into_iter().for_each(wipe),
        Value::Object(members) => members.into_iter().for_each(|(_, member)| wipe(member)),
        _ => {}
    }
}

/// What all settings have: their client, the prefix of their variables, and their constructors.
macro_rules! client_settings {
    ($settings:ident, $client:ident, $prefix:literal) => {
        impl $crate::client::ClientSettings for $settings {
            type Client = $client;
            const VARIABLE_PREFIX: &str = $prefix;

            fn connection(&self) -> &$crate::ConnectionSettings {
                &self.connection
            }
        }

        impl $settings {
            #[doc = concat!("Reads the settings from environment variables: `", $prefix, "` with the name of a setting in capitals. An empty variable")]
            /// counts as absent. Lists are separated by commas, objects are JSON.
            ///
            /// # Errors
            /// `configuration.invalid`, which names the variable; its value is not shown.
            pub fn from_env() -> $crate::Result<Self> {
                Self::from_variables($crate::client::variable_text)
            }

            /// The same with any source of variables. A text with U+FFFD, the replacement of what was no UTF-8, is an error.
            ///
            /// # Errors
            /// As [`from_env`](Self::from_env).
            pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> $crate::Result<Self> {
                $crate::client::variables::read(variable)
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
