//! The facts known of each bank, as data: one file a bank in `data/`, with the sources of its facts and their dates.
//!
//! Who needs a part of it reads that part with its own type: ISO 20022 the member `payments`, SEPA Web Services the
//! whole, a channel that many banks share its id in `channel_ids`. A user's own bank is a file of the same form, which may
//! extend one of these.

mod list;

use std::sync::LazyLock;

use bankchannel_foundation::{
    Error, letter_edits,
    model::{Boundary, Date, read_boundary},
    read_regular_text,
};
use serde_json::Value;

/// Where something that is known of a bank comes from.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankSource {
    /// What it says, such as `addresses`.
    pub about: String,
    /// The source: a document of the bank, public programs, or a decision.
    pub source: String,
    /// The day on which it was recorded.
    pub recorded_on: Date,
}

/// The id of a bank on a channel that many banks share.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct BankChannelId {
    /// The protocol of the channel, as in the names of operations.
    pub channel: String,
    /// The bank's id there, such as `osuuspankki`.
    pub id: String,
}

/// A bank that is known.
#[derive(Debug)]
pub struct KnownBank {
    name: &'static str,
    data: Value,
}

/// Members that belong to a bank itself: a bank that extends it does not have them.
const OWN_MEMBERS: [&str; 4] = ["other_names", "bics", "channel_ids", "sources"];

/// Read once; a test reads each file.
static BANKS: LazyLock<Vec<KnownBank>> = LazyLock::new(|| {
    let read =
        |(name, text): &(&'static str, &str)| KnownBank { name, data: serde_json::from_str(text).unwrap_or_default() };
    list::FILES.iter().map(read).collect()
});

/// Every bank, in the order of the list.
#[must_use]
pub fn all() -> &'static [KnownBank] {
    &BANKS
}

/// The bank with this name, other name, id on a shared channel, or BIC of 8 or 11 characters; letter case does not matter.
#[must_use]
pub fn find(name: &str) -> Option<&'static KnownBank> {
    let bic = if name.len() == 11 { name.get(..8).unwrap_or(name) } else { name };
    let is_of = |bank: &&KnownBank| {
        bank.names().any(|one| one.eq_ignore_ascii_case(name)) || bank.bics().any(|one| one.eq_ignore_ascii_case(bic))
    };
    all().iter().find(is_of)
}

impl KnownBank {
    /// The name, such as `nordea`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// All that is known, as in its file.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// A member of its file.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Value> {
        self.data.get(name)
    }

    /// Whether it is reached over SEPA Web Services: its file says how.
    #[must_use]
    pub fn has_web_services(&self) -> bool {
        self.member("family").is_some()
    }

    /// The names that it is found by.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [self.name].into_iter().chain(self.texts("other_names")).chain(self.channel_ids().map(|(_, id)| id))
    }

    /// Its id on a channel that many banks share, by the name of the protocol.
    #[must_use]
    pub fn id_on(&self, channel: &str) -> Option<&str> {
        self.channel_ids().find(|(one, _)| *one == channel).map(|(_, id)| id)
    }

    fn channel_ids(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.member("channel_ids").and_then(Value::as_array);
        all.into_iter().flatten().filter_map(|one| Some((one["channel"].as_str()?, one["id"].as_str()?)))
    }

    /// Its BICs, of 8 characters.
    pub fn bics(&self) -> impl Iterator<Item = &str> {
        self.texts("bics")
    }

    fn texts<'a>(&'a self, member: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let all = self.member(member).and_then(Value::as_array);
        all.into_iter().flatten().filter_map(Value::as_str)
    }

    /// The part of its file that this type has fields for.
    ///
    /// # Errors
    /// `input.*` for a file that does not fit, which a test excludes.
    pub fn read<T: Boundary>(&self) -> Result<T, Error> {
        let fields = T::SHAPE.fields();
        let members = self.data.as_object().into_iter().flatten();
        let part = members.filter(|(name, _)| fields.iter().any(|field| field.name == name.as_str()));
        read_boundary(Value::Object(part.map(|(name, value)| (name.clone(), value.clone())).collect()))
    }

    /// The same, as the base of a bank that extends it: without the members that belong to this bank alone.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_as_base<T: Boundary>(&self) -> Result<T, Error> {
        let mut data = self.data.clone();
        if let Some(members) = data.as_object_mut() {
            members.retain(|name, _| !OWN_MEMBERS.contains(&name.as_str()));
        }
        Self { name: self.name, data }.read()
    }
}

/// The largest file of a user's own bank, in bytes; those here have 10 KB at most.
const FILE_MAX: u64 = 1024 * 1024;

/// The file of a user's own bank, JSON.
///
/// # Errors
/// Why it cannot be used: a phrase that follows the name of the file.
pub fn read_file(path: &str) -> Result<Value, String> {
    let text = read_regular_text(path.as_ref(), FILE_MAX).map_err(|why| format!("it cannot be read: {why}"))?;
    let value: Value = serde_json::from_str(&text).map_err(|why| format!("it is no JSON (line {})", why.line()))?;
    if value.is_object() { Ok(value) } else { Err("it is no JSON object".to_owned()) }
}

/// The bank that was meant by an unknown name, as advice: `; did you mean nordea?`; empty if no name is near.
#[must_use]
pub fn meant(unknown: &str) -> String {
    let known: Vec<&str> = all().iter().flat_map(KnownBank::names).collect();
    advice(unknown, &known)
}

/// The same, among these names.
#[must_use]
pub fn advice(unknown: &str, known: &[&str]) -> String {
    let wanted = unknown.to_ascii_lowercase();
    let distance = |one: &str| letter_edits(&wanted, &one.to_ascii_lowercase());
    let nearest = known.iter().map(|one| (distance(one), *one)).min();
    match nearest {
        Some((edits, one)) if edits * 3 <= one.len().max(3) => format!("; did you mean {one}?"),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_file_is_listed_and_says_where_it_comes_from() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
            .collect();
        let mut names: Vec<String> = all().iter().map(|bank| bank.name.to_owned()).collect();
        files.sort();
        names.sort();
        assert_eq!(files, names);
        for bank in all() {
            assert_eq!(bank.member("name").and_then(Value::as_str), Some(bank.name), "the name is the file's");
            let sources = bank.member("sources").cloned().unwrap();
            assert!(!read_boundary::<Vec<BankSource>>(sources).unwrap().is_empty(), "{}", bank.name);
        }
    }

    #[test]
    fn a_bank_is_found_by_each_of_its_names_and_no_two_share_one() {
        for (name, found) in [
            ("op", "op"),
            ("osuuspankki", "op"),
            ("OSUUSPANKKI", "op"),
            ("sp", "saastopankki"),
            ("danskebank", "danske"),
            ("NDEAFIHH", "nordea"),
            ("NDEAFIHHXXX", "nordea"),
            ("seb", "seb"),
        ] {
            assert_eq!(find(name).unwrap().name, found, "{name}");
        }
        assert!(find("NDEAFIH").is_none() && find("").is_none());
        for bank in all() {
            for name in bank.names().chain(bank.bics()) {
                assert_eq!(find(name).unwrap().name, bank.name, "{name}");
            }
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let known: Vec<&str> = all().iter().map(KnownBank::name).collect();
        assert_eq!(advice("nordae", &known), "; did you mean nordea?");
        assert_eq!(advice("Saastopanki", &known), "; did you mean saastopankki?");
        assert_eq!(advice("deutschebank", &known), "");
    }
}
