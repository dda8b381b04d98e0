//! Values from environment variables, over those of the file.

use std::{borrow::Cow, ffi::OsString};

use bankchannel_foundation::{
    environment::{is_of_service, shown_variable, text_of_variable, variable_advice},
    model::{Field, Object, Value},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    ConfigurationForm, ConfigurationSetting,
    faults::{Faults, Origin, Origins},
    settings::{below, value_in_file, value_of},
};

/// The end of the name of a variable that names the file with the value.
const IN_FILE: &str = "_FILE";
/// The end of the names of settings that are addresses.
const ADDRESS: &str = "_url";
/// What a variable has that makes a table without settings.
const EMPTY_TABLE: &str = "{}";

/// Adds the values of the variables with the form's prefix. One that is no setting is a fault, but for those that Kubernetes
/// sets. An empty one counts as absent, and is a fault where an address is meant: without it another place would be used.
pub(super) fn add(
    form: &ConfigurationForm,
    variables: impl IntoIterator<Item = (OsString, OsString)>,
    values: &mut Value<'_>,
    origins: &mut Origins,
    faults: &mut Faults,
) {
    let named = |(name, text): (OsString, OsString)| {
        Some((name.into_string().ok().filter(|name| name.starts_with(form.prefix))?, text))
    };
    let mut given: Vec<(String, OsString)> = variables.into_iter().filter_map(named).collect();
    if given.is_empty() {
        return;
    }
    given.sort();
    let settings = form.settings();
    let find = |name: &str| {
        let name = &*by_own_names(form, &settings, name);
        let own = settings.iter().find(|one| one.variable == name).map(|one| (one, false));
        let in_file = || name.strip_suffix(IN_FILE).and_then(|name| settings.iter().find(|one| one.variable == name));
        own.or_else(|| in_file().filter(|one| one.has_file_form).map(|one| (one, true)))
    };
    for (name, text) in given {
        let origin = Origin::Variable(shown_variable(form.prefix, &name).to_owned());
        let Some((setting, in_file)) = find(&name) else {
            if !text.is_empty() && !is_of_service(name.strip_prefix(form.prefix).unwrap_or(&name)) {
                let known: Vec<String> = settings.iter().map(|one| one.variable.clone()).collect();
                let advice = variable_advice(form.prefix, &name, &known);
                faults.add(&origin, "", &format!("is no setting of this service; {advice}"));
            }
            continue;
        };
        if text.is_empty() {
            if setting.field.name.ends_with(ADDRESS) {
                faults.add(&origin, &setting.place, "is empty: give the address, or unset it");
            }
            continue;
        }
        if origins.at(&setting.place).is_some_and(|origin| matches!(origin, Origin::Variable(_))) {
            faults.add(&origin, &setting.place, "is given by two variables, itself and as a file: give one of them");
            continue;
        }
        match value(setting, text, in_file) {
            Ok(value) => {
                set(values, form, setting, value, origins, &origin);
                origins.note(&setting.place, origin);
            }
            Err(why) => faults.add(&origin, &setting.place, &why),
        }
    }
}

fn value(setting: &ConfigurationSetting, text: OsString, in_file: bool) -> Result<Zeroizing<Value<'static>>, String> {
    // It may be a secret.
    let text = Zeroizing::new(text_of_variable(text)?);
    let value = if in_file {
        value_in_file(setting.field, &text)
    } else if !setting.is_table() {
        value_of(setting.field, &text)
    } else if text.trim() == EMPTY_TABLE {
        Ok(Value::Object(Object::new()))
    } else {
        Err(format!("is a table: {EMPTY_TABLE} makes it, and its settings have variables of their own"))
    };
    value.map(Zeroizing::new)
}

/// The variable's name with a table's own name in place of another one that the file may have, such as a bank's.
fn by_own_names<'a>(form: &ConfigurationForm, settings: &[ConfigurationSetting], name: &'a str) -> Cow<'a, str> {
    if settings.iter().any(|one| one.variable == name) {
        return name.into();
    }
    let tables = settings.iter().filter(|one| one.is_table());
    let tables = tables.map(|one| (&*one.place, format!("{}_", one.variable)));
    for (place, before) in tables.chain([("", form.prefix.to_owned())]) {
        let Some(rest) = name.strip_prefix(&*before) else { continue };
        let ends = rest.match_indices('_').map(|(at, _)| at).chain([rest.len()]);
        for (given, below) in ends.map(|at| rest.split_at(at)) {
            if let Ok(Some(own)) = (form.table_name)(place, &given.to_ascii_lowercase()) {
                return format!("{before}{}{below}", own.to_ascii_uppercase()).into();
            }
        }
    }
    name.into()
}

/// Sets a value. What the file gives in another way, such as a key as text or as a file, goes.
fn set(
    values: &mut Value<'_>,
    form: &ConfigurationForm,
    setting: &ConfigurationSetting,
    mut value: Zeroizing<Value<'static>>,
    origins: &mut Origins,
    origin: &Origin,
) {
    let (mut at, mut fields, mut outer) = (values, form.shape.fields(), String::new());
    let mut names = setting.place.split('.').peekable();
    while let Some(name) = names.next() {
        // Where there is something else than a table, its own fault is named.
        let Value::Object(members) = at else { return };
        let Some(field) = fields.iter().find(|field| field.name == name) else { return };
        let gives = |other: &&Field| other.name != name && other.gives.iter().any(|what| field.gives.contains(what));
        for other in fields.iter().filter(gives) {
            if !matches!(origins.at(&below(&outer, other.name)), Some(Origin::Variable(_))) {
                members.remove(other.name).zeroize();
            }
        }
        outer = below(&outer, name);
        let is_last = names.peek().is_none();
        if is_last && !setting.is_table() {
            members.insert(name.to_owned(), std::mem::take(&mut *value)).zeroize();
            return;
        }
        if members.get(name).is_none() {
            members.insert(name.to_owned(), Value::Object(Object::new()));
            origins.note(&outer, origin.clone());
        }
        let Some(inner) = members.get_mut(name) else { return };
        (at, fields) = (inner, field.shape.fields());
    }
}
