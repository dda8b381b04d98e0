//! Scenario files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    peers::{PEERS, Peer},
    world::Outcome,
};

/// A file of scenarios.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The source of the cases.
    pub source: String,
    /// Steps by name, which cases may use.
    #[serde(default)]
    pub procedures: BTreeMap<String, Vec<Value>>,
    /// Values of every case of the folder, unless the case has its own.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
    /// The cases.
    #[serde(default)]
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The id in the specification's checklist.
    pub id: String,
    /// The proved behaviour.
    pub title: String,
    /// The faces it concerns; empty for all.
    #[serde(default)]
    pub faces: Vec<String>,
    /// Its counterpart, the name of a [`Peer`]; the first of them by default, `none` for operations that only compute.
    #[serde(default)]
    pub world: String,
    /// Banks over SEPA Web Services behind the service, families of one sandbox bank, such as `osuuspankki`.
    #[serde(default)]
    pub banks: Vec<String>,
    /// The service's configuration file.
    #[serde(default)]
    pub config: Value,
    /// The options of the service or bank, in addition to those of every test.
    #[serde(default)]
    pub options: Value,
    /// Values available to the steps.
    #[serde(default)]
    pub values: BTreeMap<String, Value>,
    /// The steps, in order.
    pub steps: Vec<Value>,
}

impl Case {
    /// Its counterpart; `None` if operations only compute.
    ///
    /// # Errors
    /// No counterpart has the given name.
    pub fn peer(&self) -> Outcome<Option<&'static dyn Peer>> {
        let said = match self.world.as_str() {
            "" => return Ok(PEERS.first().copied()),
            "none" => return Ok(None),
            word => word,
        };
        let found = PEERS.iter().copied().find(|peer| peer.word() == said);
        found.map(Some).ok_or_else(|| format!("`{said}` is no world"))
    }
}

/// Cases with the procedures they may use.
#[derive(Debug, Default)]
pub struct Suite {
    /// The cases, in order of file and place.
    pub cases: Vec<Case>,
    /// Steps by name.
    pub procedures: BTreeMap<String, Vec<Value>>,
    /// Values of every case.
    pub values: BTreeMap<String, Value>,
}

/// The folder of all scenarios.
#[must_use]
pub fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

impl Suite {
    /// Reads every file of `tests/scenarios/NAME`.
    ///
    /// # Panics
    /// On a file that is not a scenario file, or a duplicate id: the suite itself is broken then.
    #[must_use]
    pub fn read(name: &str) -> Self {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(folder().join(name))
            .expect("the scenario folder is there")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|end| end == "json"))
            .collect();
        paths.sort();
        Self::of(&paths)
    }

    /// The cases in these files.
    ///
    /// # Panics
    /// If a file cannot be read, or an id is a duplicate.
    #[must_use]
    pub fn of(paths: &[PathBuf]) -> Self {
        let mut suite = Self::default();
        for path in paths {
            let text = std::fs::read_to_string(path).expect("a scenario file can be read");
            let file: File = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            assert!(!file.source.is_empty(), "{} says where its cases come from", path.display());
            suite.procedures.extend(file.procedures);
            suite.values.extend(file.values);
            suite.cases.extend(file.cases);
        }
        let mut ids: Vec<&str> = suite.cases.iter().map(|case| case.id.as_str()).collect();
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "an id stands twice");
        suite
    }
}

/// The cases selected by `BANKCHANNEL_CASES`; all of them if it selects none. `W` stands for every id that starts with it,
/// `-W01` leaves a case out.
#[must_use]
pub fn picked(cases: &[Case]) -> Vec<Case> {
    let wanted = std::env::var("BANKCHANNEL_CASES").unwrap_or_default();
    let wanted = wanted.split(',').map(str::trim).filter(|one| !one.is_empty());
    let (left_out, wanted): (Vec<&str>, Vec<&str>) = wanted.partition(|one| one.starts_with('-'));
    let names = |one: &str, case: &Case| {
        case.id == one || (!one.ends_with(|c: char| c.is_ascii_digit()) && case.id.starts_with(one))
    };
    let picks = |case: &&Case| {
        (wanted.is_empty() || wanted.iter().any(|one| names(one, case)))
            && !left_out.iter().any(|one| names(&one[1..], case))
    };
    cases.iter().filter(picks).cloned().collect()
}
