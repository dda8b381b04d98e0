//! Values from environment variables, over those of the file.

use std::ffi::OsString;

use bankchannel_foundation::{
    environment::{is_of_service, shown_variable, text_of_variable, variable_advice},
    model::{Field, Object, Value},
};
use zeroize::Zeroizing;

use super::{
    ConfigurationForm, ConfigurationSetting,
    faults::{Faults, Origin, Origins},
    settings::{value_in_file, value_of},
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
                set(values, setting, value, origins);
                origins.note(&setting.place, origin);
            }
            Err(why) => faults.add(&origin, &setting.place, &why),
        }
    }
}

fn value(setting: &ConfigurationSetting, text: OsString, in_file: bool) -> Result<Value<'static>, String> {
    // It may be a secret; the values read from it wipe themselves.
    let text = Zeroizing::new(text_of_variable(text)?);
    if in_file {
        value_in_file(setting.field, &text)
    } else if !setting.is_table() {
        value_of(setting.field, &text)
    } else if text.trim() == EMPTY_TABLE {
        Ok(Value::Object(Object::new()))
    } else {
        Err(format!("is a table: {EMPTY_TABLE} makes it, and its settings have variables of their own"))
    }
}

/// Sets a value. What the file gives in another way, such as a key as text or as a file, goes.
fn set(values: &mut Value<'_>, setting: &ConfigurationSetting, value: Value<'static>, origins: &Origins) {
    let (outer, name) = setting.place.rsplit_once('.').unwrap_or(("", &setting.place));
    let mut at = values;
    for table in outer.split('.').filter(|table| !table.is_empty()) {
        // Where there is something else than a table, its own fault is named.
        let Value::Object(members) = at else { return };
        if members.get(table).is_none() {
            members.insert(table.to_owned(), Value::Object(Object::new()));
        }
        let Some(inner) = members.get_mut(table) else { return };
        at = inner;
    }
    let Value::Object(members) = at else { return };
    let is_of_file = |other: &Field| {
        let place = super::settings::below(outer, other.name);
        !origins.at(&place).is_some_and(|origin| matches!(origin, Origin::Variable(_)))
    };
    let gives = |other: &&Field| other.gives.iter().any(|what| setting.field.gives.contains(what));
    for other in setting.siblings.iter().filter(gives).filter(|other| is_of_file(other)) {
        members.remove(other.name);
    }
    if !setting.is_table() || members.get(name).is_none() {
        members.insert(name.to_owned(), value);
    }
}
