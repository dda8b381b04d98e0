//! The life of a certificate and its key: asked for, issued, tried, used, replaced. No I/O, and no bank's name: the driver
//! stores each state before it acts on it, in a store that it is given, at a bank that it is given.
//!
//! ```text
//!              begin                sent                 issued              used with success
//!   nothing ─────────► attempt ───────────► attempt ───────────────► switching ─────────────► active ─► retired
//!                      prepared             sent: resumed with       the old pair stays       (the old one)
//!                                           the same request         as long as it may
//!                         └─ refused ─► later, or stopped until a person acts
//! ```
//!
//! Promises, which the model test tries in every order of events: there is one attempt at a time, and it is never replaced
//! by one for another key; no key for which something may have been issued is forgotten; a pair that works is used as long
//! as there is one.

mod attempt;
mod driver;
mod keys;
mod life;
mod rules;
#[cfg(test)]
mod tests;

pub use attempt::{AttemptKind, AttemptPhase, CertificateAttempt};
pub use driver::{
    CertificateBank, CertificateDriver, CertificateStore, LifeStepFault, PairTrial, PendingStep, RenewalEnd,
    RenewalRun, RequestEffect,
};
pub use keys::{CertificateRequests, CertificateSet, RequestedKey, RequestedKeys};
pub use life::{CertificateLife, KnownPair, LifeEventRefused, RenewalDue, RenewalStop, RetiredPair, SwitchingPair};
pub use rules::RenewalRules;
