//! The rules of payments beyond the schema, as pure functions: used both for making and for checking files.
//!
//! ```text
//!  accounts and banks   iban, bic, clearing, lei, country   texts   characters, identifier, reference, written_reference
//!  days                 calendar                       money   money, charges
//!  who is paid          payee                          codes   purpose, priority
//!  postal addresses     address ── suggest             banks   profile: how one differs from the others
//!                              └────────► Finding: fault, place, what to change
//! ```

pub mod address;
pub mod bic;
pub mod calendar;
pub mod characters;
pub mod charges;
pub mod clearing;
pub mod country;
mod finding;
pub mod identifier;
pub mod lei;
pub mod money;
pub mod national_account;
pub mod payee;
pub mod priority;
mod profile;
pub mod purpose;
pub mod reference;
mod suggest;
pub mod written_reference;

use crate::iban;
pub use characters::Characters;
pub use finding::{Finding, Level, RULES, Rule};
pub use profile::{BankProfile, BaseProfile, HybridAddress, PaymentVersion, ProfileOptions, with_own_bank};
