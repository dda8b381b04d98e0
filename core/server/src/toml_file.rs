//! Configuration files in TOML, and the errors for files that cannot be read.

use bankchannel_foundation::{Error, Result, shown};
use serde::de::DeserializeOwned;
use toml::de::{DeTable, DeValue, Deserializer};

use crate::wrong_type::without_values;

/// The maximum number of faults that an error names.
const FAULTS_MAX: usize = 8;

/// Reads a configuration file.
///
/// # Errors
/// `configuration.invalid`, with the file, the line and how to fix it.
pub fn read<T: DeserializeOwned>(path: &str) -> Result<T> {
    let name = shown::path(path);
    let text = std::fs::read_to_string(path);
    let text = text.map_err(|why| Error::invalid_setting("config", format!("{name}: {why}")))?;
    parse(&text).map_err(|why| Error::invalid_setting("config", format!("{name}: {why}")))
}

/// Reads the text. The error names all faults: each is left out before the text is read again.
fn parse<T: DeserializeOwned>(text: &str) -> std::result::Result<T, String> {
    let mut document = DeTable::parse(text).map_err(|fault| place(text, &fault))?;
    let mut faults: Vec<(usize, String)> = Vec::new();
    loop {
        let fault = match T::deserialize(Deserializer::from(document.clone())) {
            Ok(read) if faults.is_empty() => return Ok(read),
            Ok(_) => return Err(joined(faults)),
            Err(fault) => fault,
        };
        if fault.message().starts_with("missing field") && !faults.is_empty() {
            // It may be one that was left out here.
            return Err(joined(faults));
        }
        let at = fault.span().map(|span| span.start);
        faults.push((at.unwrap_or_default(), place(text, &fault)));
        if faults.len() == FAULTS_MAX || !at.is_some_and(|at| remove(document.get_mut(), at)) {
            return Err(joined(faults));
        }
    }
}

/// The faults in one line, in the order of the file. A list of the known settings is given once, after the last fault
/// that it belongs to.
fn joined(mut faults: Vec<(usize, String)>) -> String {
    const EXPECTED: &str = ", expected ";
    faults.sort_unstable();
    let mut texts: Vec<&str> = faults.iter().map(|(_, text)| text.as_str()).collect();
    for at in 1..texts.len() {
        let expected = |text: &str| text.find(EXPECTED).map(|place| text[place..].to_owned());
        if expected(texts[at - 1]).is_some_and(|before| Some(before) == expected(texts[at])) {
            texts[at - 1] = texts[at - 1].split(EXPECTED).next().unwrap_or_default();
        }
    }
    texts.join("; ")
}

/// Removes the setting whose name begins here, or whose value has a fault here.
fn remove(table: &mut DeTable<'_>, at: usize) -> bool {
    let named = table.keys().find(|name| name.span().start == at).cloned();
    if named.is_none() && table.iter_mut().any(|(_, value)| remove_inside(value.get_mut(), at)) {
        return true;
    }
    let of_value = || table.iter().find(|(_, value)| value.span().contains(&at)).map(|(name, _)| name.clone());
    let Some(name) = named.or_else(of_value) else { return false };
    table.remove(&name).is_some()
}

fn remove_inside(value: &mut DeValue<'_>, at: usize) -> bool {
    match value {
        DeValue::Table(table) => remove(table, at),
        DeValue::Array(values) => values.iter_mut().any(|value| remove_inside(value.get_mut(), at)),
        _ => false,
    }
}

/// Position and cause of a fault. Lines and values are not quoted: they may contain a password, or it may be another
/// file.
fn place(text: &str, fault: &toml::de::Error) -> String {
    let before = fault.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = fault.message();
    let why = without_values(message).unwrap_or_else(|| message.to_owned());
    match setting_of(text.lines().nth(line - 1).unwrap_or_default()) {
        Some(name) => format!("line {line}, column {column}, {name}: {why}"),
        None => format!("line {line}, column {column}: {why}"),
    }
}

/// The name in `name = value`, if it can be the name of a setting.
fn setting_of(line: &str) -> Option<&str> {
    let name = line.split_once('=')?.0.trim();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'.';
    (!name.is_empty() && name.len() <= 64 && name.bytes().all(fits)).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct File {
        listen: String,
        banks: Vec<Bank>,
        limits: Bank,
    }

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Bank {
        name: String,
        port: u32,
    }

    #[test]
    fn all_faults_are_named() {
        assert_eq!(parse::<File>("listen = 'here'").unwrap().listen, "here");
        let file = "listenn = 1\nmax_bodyy = 2\n[limits]\nnamee = 'my-password'\n[[banks]]\nport = 1\nextra.deep = 3\n";
        let said = parse::<File>(file).unwrap_err();
        for part in [
            "line 1, column 1, listenn: unknown field `listenn`",
            "line 2, column 1, max_bodyy: unknown field `max_bodyy`, expected one of `listen`, `banks`, `limits`",
            "line 4, column 1, namee: unknown field `namee`; line 7, column 1, extra.deep: unknown field `extra`, expected `name`",
        ] {
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(said.matches("expected one of").count() == 1 && !said.contains("my-password"), "{said}");
        let said = parse::<File>("listen = 1\nlistenn = 1\n[limits]\nport = 'my-password'\n[[banks]]\nname = [1]")
            .unwrap_err();
        for line in [1, 2, 4, 6] {
            assert!(said.contains(&format!("line {line}, ")), "{said}");
        }
        assert!(!said.contains("my-password"), "{said}");
        let many: String = (0..100).map(|number| format!("unknown{number} = 1\n")).collect();
        assert_eq!(parse::<File>(&many).unwrap_err().matches("unknown field").count(), FAULTS_MAX);
    }
}
