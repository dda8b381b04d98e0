//! Where values come from, and what is wrong with them.

use std::collections::BTreeMap;

use bankchannel_foundation::{Error, error::row, shown};

/// The maximum number of faults that an error names.
const FAULTS_MAX: usize = 8;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// This line and column of the file.
    File { line: usize, column: usize },
    /// This environment variable.
    Variable(String),
    /// Nothing that a person gave.
    Default,
}

/// The origins of all values, by their places.
#[derive(Debug)]
pub(super) struct Origins {
    file: Option<String>,
    /// Whether the file itself has a secret.
    pub(super) has_secret: bool,
    places: BTreeMap<String, Origin>,
}

impl Origins {
    pub(super) fn new(file: Option<&str>) -> Self {
        Self { file: file.map(|file| shown::path(file).to_string()), has_secret: false, places: BTreeMap::new() }
    }

    pub(super) fn note(&mut self, place: &str, origin: Origin) {
        self.places.insert(place.to_owned(), origin);
    }

    pub(super) fn at(&self, place: &str) -> Option<&Origin> {
        self.places.get(place)
    }

    /// The origin of the value at this place, or of the innermost table that it is missing in.
    pub(super) fn nearest(&self, place: &str) -> Origin {
        let mut place = place;
        loop {
            if let Some(found) = self.places.get(place) {
                return found.clone();
            }
            match place.rsplit_once('.') {
                Some((outer, _)) => place = outer,
                None => return Origin::Default,
            }
        }
    }
}

impl Origin {
    /// The origin in words.
    pub(super) fn place(&self, origins: &Origins) -> String {
        match (self, &origins.file) {
            (Self::File { line, column }, Some(file)) => format!("{file}: line {line}, column {column}"),
            (Self::File { line, column }, None) => format!("line {line}, column {column}"),
            (Self::Variable(name), _) => format!("the environment variable {name}"),
            (Self::Default, _) => "a default".to_owned(),
        }
    }
}

/// The faults that were found.
#[derive(Debug, Default)]
pub(super) struct Faults {
    found: Vec<(Origin, String, String)>,
}

impl Faults {
    /// Adds a fault of the setting at this place, which the text need not name. Beyond the maximum nothing is added.
    pub(super) fn add(&mut self, origin: &Origin, place: &str, why: &str) {
        if !self.is_full() {
            let text = if place.is_empty() { why.to_owned() } else { format!("{place}: {why}") };
            self.found.push((origin.clone(), place.to_owned(), text));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.found.len() >= FAULTS_MAX
    }

    /// The error, which names them in the order of the file; those of variables stand last.
    pub(super) fn into_error(mut self, origins: &Origins) -> Error {
        self.found.sort();
        let mut said: Vec<String> = Vec::new();
        let (mut field, mut is_file_named) = (None, false);
        for (origin, _, text) in &self.found {
            said.push(match origin {
                Origin::File { line, column } => {
                    field.get_or_insert_with(|| "config".to_owned());
                    let file =
                        origins.file.as_deref().filter(|_| !is_file_named).map(|file| format!("config: {file}: "));
                    is_file_named = true;
                    format!("{}line {line}, column {column}, {text}", file.unwrap_or_default())
                }
                Origin::Variable(name) => {
                    field.get_or_insert_with(|| name.clone());
                    format!("the environment variable {name}: {text}")
                }
                Origin::Default => text.clone(),
            });
        }
        let setting = self.found.first().map(|(_, place, _)| place.clone()).filter(|place| !place.is_empty());
        let error = Error::because(&row::CONFIGURATION, said.join("; "));
        let error = error.with("field", field.unwrap_or_else(|| "config".to_owned()));
        match setting {
            Some(setting) => error.with("setting", setting),
            None => error,
        }
    }
}
