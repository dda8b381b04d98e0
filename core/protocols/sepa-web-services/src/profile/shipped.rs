//! The profiles that are shipped: the banks of `core/banks` that are reached over SEPA Web Services.

use std::sync::LazyLock;

use bankchannel_banks::{KnownBank, advice, all, find};
use bankchannel_foundation::Error;

use super::ChannelProfile;
use crate::errors;

/// Read once; a test reads each file.
static PROFILES: LazyLock<Vec<(&'static str, ChannelProfile)>> =
    LazyLock::new(|| shipped().map(|bank| (bank.name(), bank.read().unwrap_or_default())).collect());

fn shipped() -> impl Iterator<Item = &'static KnownBank> {
    all().iter().filter(|bank| bank.has_web_services())
}

/// The names of the shipped profiles.
pub fn names() -> impl Iterator<Item = &'static str> {
    shipped().map(KnownBank::name)
}

/// The shipped profile of a bank, by any of the bank's names.
///
/// # Errors
/// `sepa_web_services.unknown_profile`, naming those there are.
pub fn named(name: &str) -> Result<&'static ChannelProfile, Error> {
    let bank = find(name).map(KnownBank::name);
    let found = PROFILES.iter().find(|(known, _)| Some(*known) == bank);
    found.map(|(_, profile)| profile).ok_or_else(|| {
        let known: Vec<&str> = names().collect();
        let text = format!("no profile has this name; there are {}{}", known.join(", "), advice(name, &known));
        Error::because(&errors::UNKNOWN_PROFILE, text).with("field", "bank")
    })
}
