//! The login as a typed state machine, without I/O (§3.4, §3.6, §8.1).
//!
//! ```text
//!             ┌────────────────────────────────────────────────┐
//!             ▼                                                │ verified
//!   FetchChallenge ─► SendLogin ─┬─► phone: AskCode ─► VerifyPhone
//!                                ├─► e-mail: AskCode ─► VerifyEmail
//!                                ├─► SelectMfa ─┐
//!                                ├─► AskCode ◄──┴─► SendMfa ─► (the same answers again)
//!                                └─► Done · Failed · Stalled
//! ```
//!
//! [`LoginState::from_answer`] classifies one answer of the service. [`LoginMachine`] drives a whole login: it returns the next
//! step and takes its result, and it can be stored in between and loaded in another process. Both fail closed: an
//! unknown answer is an error, never a login.

mod classify;
mod machine;
#[cfg(test)]
mod properties;
mod state;
mod step;
#[cfg(test)]
mod tests;

pub use classify::LoginAnswer;
pub use machine::{LoginMachine, MAX_CODE_TRIES, MAX_TRANSITIONS};
pub use state::{
    Authenticated, Failed, FailureReason, LoginState, MfaMethod, NeedsEmailVerification, NeedsMfa, NeedsMfaSelection,
    Prompt, Stalled, TotpEnrolment, VerificationAccepted, Verified,
};
pub use step::{CodeKind, CodeWanted, LoginStep, Setup};
