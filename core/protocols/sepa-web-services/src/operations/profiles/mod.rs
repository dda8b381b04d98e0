//! Profiles of banks.

pub mod list_profiles;
