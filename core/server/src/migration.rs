//! The version of a service's stored data: when it changes, and how that is told.

use std::{fmt::Write as _, time::Duration};

use bankchannel_foundation::{Error, error::row, model::Boundary};

/// When a service brings its data to the version that the program works with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum MigrationTime {
    /// At its start.
    #[default]
    Start,
    /// When a person runs the command for it; before that, a start on data of an older version is refused.
    Manual,
}

/// The version of stored data, and what this program makes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataVersion {
    /// That of the data.
    pub found: i64,
    /// The newest that this program knows.
    pub known: i64,
}

impl DataVersion {
    /// What a start does with such data, and whether it succeeds; `command` brings the data up to date.
    #[must_use]
    pub fn told(&self, when: MigrationTime, command: &str) -> (bool, String) {
        let Self { found, known } = self;
        let mut text = format!("schema version {found}");
        if found > known {
            let _ = write!(text, ", newer than this program's {known}, which can use it");
        } else if found < known && when == MigrationTime::Start {
            let _ = write!(text, "; a start brings it from schema version {found} to {known}: take a backup first");
        } else if found < known {
            let _ = write!(
                text,
                "; a start is refused, since migrate is \"manual\": take a backup, then run `{command}`, which brings it from \
                 schema version {found} to {known}"
            );
        }
        (*found >= *known || when == MigrationTime::Start, text)
    }

    /// Why a start is refused that may not change the data.
    #[must_use]
    pub fn refused(&self, command: &str) -> Error {
        let Self { found, known } = self;
        let why = format!(
            "the data has schema version {found}, this program works with {known}, and migrate is \"manual\": take a backup and \
             run `{command}`, or run the program of that version. Nothing was changed"
        );
        Error::because(&row::STORAGE, why)
    }
}

/// The change of a service's data to a newer version.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct DataMigration {
    /// The version of the data before.
    pub from: i64,
    /// Its version afterwards.
    pub to: i64,
    /// Whether the steps were only listed.
    pub dry_run: bool,
    /// The steps, oldest first.
    pub steps: Vec<DataMigrationStep>,
}

/// A step to a newer version.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct DataMigrationStep {
    /// The version that the data has after it.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// How long it took, in milliseconds; absent if it was not made.
    pub took_ms: Option<i64>,
}

impl DataMigrationStep {
    /// A step, with its time if it was made.
    #[must_use]
    pub fn new(version: i64, name: &str, took: Option<Duration>) -> Self {
        let in_ms = |took: Duration| i64::try_from(took.as_millis()).unwrap_or(i64::MAX);
        Self { version, name: name.to_owned(), took_ms: took.map(in_ms) }
    }
}

impl DataMigration {
    /// The change of data that had this version.
    #[must_use]
    pub fn new(from: i64, dry_run: bool, steps: Vec<DataMigrationStep>) -> Self {
        Self { from, to: steps.last().map_or(from, |step| step.version), dry_run, steps }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_start_does_is_told() {
        let told = |found, when| DataVersion { found, known: 7 }.told(when, "the command");
        for when in [MigrationTime::Start, MigrationTime::Manual] {
            assert_eq!(told(7, when), (true, "schema version 7".to_owned()));
            let (ok, text) = told(8, when);
            assert!(ok && text.contains("newer than this program's 7"), "{text}");
        }
        let (ok, text) = told(5, MigrationTime::Start);
        assert!(ok && text.contains("a start brings it from schema version 5 to 7"), "{text}");
        let (ok, text) = told(5, MigrationTime::Manual);
        assert!(!ok && text.contains("`the command`") && text.contains("from schema version 5 to 7"), "{text}");
    }
}
