//! A file in TOML as values of the boundary, with the place of each. Unknown names are found here, since each has a place.

use std::{
    borrow::Cow,
    fs::File,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_foundation::{
    Error, Result, listed_names, meant_names,
    model::{Field, Object, Shape, Value},
    nearest_name, read_opened_text, shown,
};
use bankchannel_private_files::FileFacts;
use serde_json::Number;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};
use zeroize::{Zeroize as _, Zeroizing};

use super::{
    ConfigurationForm,
    faults::{Faults, Origin, Origins},
    settings::{IN_FILE, below, has_file_form, is_secret, value_in_file},
};

/// The places of other tables that an error names, as those that may be meant.
const MEANT_MAX: usize = 3;
/// The largest configuration file, in bytes.
const FILE_MAX: u64 = 16 * 1024 * 1024;

/// A configuration file that was read.
pub(super) struct ReadFile {
    pub(super) text: Zeroizing<String>,
    /// What the file was when it was opened.
    pub(super) opened: FileFacts,
}

/// Files that a service's own process has read and cannot read again: pipes. It reads its configuration more than once in a start.
static READ_ONCE: Mutex<Vec<(String, Arc<ReadFile>)>> = Mutex::new(Vec::new());

/// Reads a configuration file.
///
/// # Errors
/// `configuration.invalid` for a file that cannot be read.
pub(super) fn read_file(path: &str) -> Result<Arc<ReadFile>> {
    let read_once = || READ_ONCE.lock().unwrap_or_else(PoisonError::into_inner);
    let is_regular = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    if !is_regular && let Some((_, known)) = read_once().iter().find(|(known, _)| known == path) {
        return Ok(Arc::clone(known));
    }
    // Also a pipe, as of a shell's `<(…)`.
    let read = File::open(path).and_then(|file| {
        let opened = FileFacts::of(&file)?;
        Ok(Arc::new(ReadFile { text: read_opened_text(file, opened.metadata(), FILE_MAX)?, opened }))
    });
    let read = read.map_err(|why| Error::invalid_setting("config", format!("{}: {why}", shown::path(path))))?;
    if !read.opened.metadata().is_file() && super::is_own_process() {
        read_once().push((path.to_owned(), Arc::clone(&read)));
    }
    Ok(read)
}

/// Refuses a configuration file that was read at the start and cannot be read again.
///
/// # Errors
/// `configuration.invalid`.
pub fn check_file_again(path: &str) -> Result<()> {
    match std::fs::metadata(path) {
        Ok(found) if !found.is_file() => {
            let why = "is a pipe, which is read at the start only: give a file, or restart";
            Err(Error::invalid_setting("config", format!("{} {why}", shown::path(path))))
        }
        // Reading it says what is wrong.
        _ => Ok(()),
    }
}

/// The values of a file. What it has that is no setting is a fault, and left out.
///
/// # Errors
/// `configuration.invalid` for a text that is no TOML. Neither lines nor values are quoted: they may contain a password, or it
/// may be another file.
pub(super) fn read<'a>(
    form: &ConfigurationForm,
    text: &'a str,
    origins: &mut Origins,
    faults: &mut Faults,
) -> Result<Value<'a>> {
    let mut reader = DocumentReader { form, text, origins, faults, listed: Vec::new() };
    match DeTable::parse(text) {
        Ok(document) => Ok(reader.table(document.into_inner(), Some(form.shape), "")),
        Err(fault) => {
            let origin = reader.origin(fault.span().map_or(0, |span| span.start));
            reader.faults.add(&origin, "", fault.message());
            Err(std::mem::take(reader.faults).into_error(reader.origins))
        }
    }
}

struct DocumentReader<'r> {
    form: &'r ConfigurationForm,
    text: &'r str,
    origins: &'r mut Origins,
    faults: &'r mut Faults,
    /// The tables whose settings an error lists already.
    listed: Vec<String>,
}

impl DocumentReader<'_> {
    fn table<'a>(&mut self, table: DeTable<'a>, shape: Option<&'static Shape>, place: &str) -> Value<'a> {
        let mut members = Object::new();
        let fields = match shape {
            Some(Shape::Struct(shape)) => shape.fields,
            // A secret may be `{ file = … }`: its reader knows the members.
            _ => {
                let of = if let Some(Shape::Map(of)) = shape { Some(*of) } else { None };
                for (name, value) in table {
                    let inner = below(place, name.get_ref());
                    let value = self.value(value, of, &inner);
                    members.insert(name.into_inner(), value);
                }
                return Value::Object(members);
            }
        };
        for (name, value) in table {
            let at = name.span().start;
            let name = name.into_inner();
            match self.meant(fields, &name, place) {
                Ok((field, in_file)) => {
                    let inner = below(place, field.name);
                    if members.get(field.name).is_some() {
                        let why = "is given twice: itself, and by another name or as a file";
                        self.fault(at, &inner, why);
                        wipe(value.into_inner());
                    } else if in_file {
                        self.in_file(field, value, &inner, &mut members);
                    } else {
                        let value = self.value(value, Some(field.shape), &inner);
                        if matches!(field.shape, Shape::Secret(_))
                            && value.as_str().is_some_and(|text| is_secret(field.name, text))
                        {
                            self.origins.has_secret = true;
                        }
                        members.insert(field.name, value);
                    }
                }
                Err(why) => {
                    let name = shown::member(&name).map_or_else(|| "(a name)".to_owned(), |name| below(place, name));
                    self.fault(at, &name, &why);
                    wipe(value.into_inner());
                }
            }
        }
        Value::Object(members)
    }

    /// The field that a name means, and whether the value is in a file.
    fn meant(
        &mut self,
        fields: &'static [Field],
        name: &str,
        place: &str,
    ) -> std::result::Result<(&'static Field, bool), String> {
        let find = |name: &str| fields.iter().find(|field| field.name == name);
        if let Some(field) = find(name) {
            return Ok((field, false));
        }
        let in_file = name.strip_suffix(IN_FILE).and_then(find).filter(|field| has_file_form(field, fields));
        if let Some(field) = in_file {
            return Ok((field, true));
        }
        if let Some(field) = (self.form.table_name)(place, name)?.and_then(find) {
            return Ok((field, false));
        }
        let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let mut meant: Vec<String> = meant_names(name, names.iter().copied()).into_iter().map(str::to_owned).collect();
        if meant.is_empty() {
            // It may be a setting of another table.
            let last = |place: &String| place.rsplit('.').next().unwrap_or_default().to_owned();
            let places: Vec<String> = self.form.settings().into_iter().map(|setting| setting.place).collect();
            let lasts: Vec<String> = places.iter().map(last).collect();
            if let Some(nearest) = nearest_name(name, lasts.iter().map(String::as_str)) {
                meant = places.into_iter().filter(|place| last(place) == nearest).collect();
            }
        }
        if !meant.is_empty() {
            let count = meant.len().min(MEANT_MAX);
            return Err(format!("there is no such setting: did you mean {}?", meant[..count].join(" or ")));
        }
        if self.listed.iter().any(|listed| listed == place) {
            return Err("there is no such setting".to_owned());
        }
        self.listed.push(place.to_owned());
        let known = listed_names(name, &names, self.form.page);
        Err(format!("there is no such setting; the settings here are {known}"))
    }

    /// A setting whose value is the content of a file.
    fn in_file<'a>(
        &mut self,
        field: &'static Field,
        path: Spanned<DeValue<'a>>,
        place: &str,
        members: &mut Object<'a>,
    ) {
        let at = path.span().start;
        let origin = self.origin(at);
        self.origins.note(place, origin);
        let read = match path.get_ref().as_str() {
            Some(path) => value_in_file(field, path),
            None => Err("must be the name of the file that has the value".to_owned()),
        };
        // The secret itself may have been given in place of its file.
        wipe(path.into_inner());
        match read {
            Ok(value) => drop(members.insert(field.name, value)),
            Err(why) => self.fault(at, &format!("{place}{IN_FILE}"), &why),
        }
    }

    fn value<'a>(&mut self, value: Spanned<DeValue<'a>>, shape: Option<&'static Shape>, place: &str) -> Value<'a> {
        let at = value.span().start;
        let origin = self.origin(at);
        self.origins.note(place, origin);
        match value.into_inner() {
            DeValue::String(text) => Value::String(text),
            DeValue::Boolean(is) => Value::Bool(is),
            DeValue::Datetime(_) => {
                self.fault(at, place, "must be in quotation marks");
                Value::Null
            }
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => number.into(),
                Err(_) => self.no_number(at, place),
            },
            DeValue::Float(number) => match number.as_str().parse().ok().and_then(Number::from_f64) {
                Some(number) => Value::Number(number),
                None => self.no_number(at, place),
            },
            // The languages' readers take an empty list for an empty table, as PHP writes it.
            items @ DeValue::Array(_) if matches!(shape, Some(Shape::Struct(_))) => {
                wipe(items);
                self.fault(at, place, "must be a table, not a list");
                Value::Null
            }
            DeValue::Array(items) => {
                let of = shape.and_then(Shape::item);
                let item = |(index, item)| self.value(item, of, &format!("{place}[{index}]"));
                Value::Array(items.into_iter().enumerate().map(item).collect())
            }
            DeValue::Table(table) => self.table(table, shape, place),
        }
    }

    fn no_number(&mut self, at: usize, place: &str) -> Value<'static> {
        self.fault(at, place, "must be a finite number of at most 64 bits");
        Value::Null
    }

    fn fault(&mut self, at: usize, place: &str, why: &str) {
        let origin = self.origin(at);
        self.faults.add(&origin, place, why);
    }

    fn origin(&self, at: usize) -> Origin {
        let before = self.text.get(..at).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        Origin::File { line, column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1 }
    }
}

/// Wipes a value that is left out: a text is a copy where the file has it with escapes.
fn wipe(value: DeValue<'_>) {
    match value {
        DeValue::String(Cow::Owned(mut text)) => text.zeroize(),
        DeValue::Array(items) => items.into_iter().for_each(|item| wipe(item.into_inner())),
        DeValue::Table(members) => members.into_iter().for_each(|(_, member)| wipe(member.into_inner())),
        _ => {}
    }
}
