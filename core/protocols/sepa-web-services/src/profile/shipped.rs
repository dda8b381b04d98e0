//! The profiles that are shipped: one file a bank, in `profiles/`.

use std::sync::LazyLock;

use bankchannel_foundation::{Error, model::read_boundary};

use super::ChannelProfile;
use crate::errors;

macro_rules! files {
    ($($name:literal)+) => {
        /// Each profile's name and file.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../../profiles/", $name, ".json")))),+];
    };
}
files! { "nordea" "op" "saastopankki" "pop" "aktia" "omasp" }

/// Read once; a test reads each file.
static PROFILES: LazyLock<Vec<ChannelProfile>> = LazyLock::new(|| FILES.iter().map(|(_, text)| read(text)).collect());

fn read(text: &str) -> ChannelProfile {
    let value = serde_json::from_str::<serde_json::Value>(text).unwrap_or_default();
    read_boundary(value).unwrap_or_default()
}

/// The names of the shipped profiles.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// A shipped profile.
///
/// # Errors
/// `sepa_web_services.unknown_profile`, naming those there are.
pub fn named(name: &str) -> Result<&'static ChannelProfile, Error> {
    let found = FILES.iter().position(|(known, _)| *known == name).and_then(|at| PROFILES.get(at));
    found.ok_or_else(|| {
        let known = names().collect::<Vec<_>>().join(", ");
        Error::because(&errors::UNKNOWN_PROFILE, format!("no profile has this name; there are {known}"))
            .with("field", "bank")
    })
}
