//! Failures, and the exit codes that scripts rely on (docs/protocols/ws-channel.md §8.4).

use bankchannel::{CallOutcome, Error, protocols::SessionKeeping};
use bankchannel_foundation::error::{ErrorRow, row};
use serde_json::{Value, json};

/// Errors, usage errors, and every failure without a specific code.
pub(crate) const FAILED: u8 = 1;
/// The stored session has expired, or the service no longer accepts it.
const SESSION_EXPIRED: u8 = 2;
/// The service does not implement the operation.
const NOT_IMPLEMENTED: u8 = 3;
/// The operation needs an admin session, and this is a data session.
const ADMIN_REQUIRED: u8 = 4;
/// The bank has rejected the uploaded file.
pub(crate) const PAYMENT_REJECTED: u8 = 5;
/// The bank has rejected a part of the uploaded file.
pub(crate) const PARTLY_REJECTED: u8 = 6;
/// Ctrl-C: 128 and the signal's number, as of a shell.
const INTERRUPTED: u8 = 130;

/// Every exit code of a command and its meaning: for the help, and README.md shows the same. `sepa status --check` has
/// codes of its own.
pub(crate) const EXIT_CODES: [(u8, &str); 8] = [
    (0, "success"),
    (FAILED, "failure not listed below"),
    (SESSION_EXPIRED, "the session has expired"),
    (NOT_IMPLEMENTED, "the service does not implement the operation"),
    (ADMIN_REQUIRED, "the operation needs an admin session"),
    (PAYMENT_REJECTED, "the bank has rejected the uploaded file: nothing of it is paid"),
    (PARTLY_REJECTED, "the bank has rejected a part of the uploaded file"),
    (INTERRUPTED, "Ctrl-C"),
];

/// Texts that scripts compare.
pub(crate) const SESSION_EXISTS_TEXT: &str = "Session already exists, no need to login.";
const SESSION_EXPIRED_TEXT: &str = "Session expired. Please re-login.";
const NOT_IMPLEMENTED_TEXT: &str = "API feature not yet implemented.";
const ADMIN_REQUIRED_TEXT: &str = "Admin mode session required for this command, currently using data mode.";

/// The reason why a command fails.
#[derive(Debug)]
pub(crate) enum CommandFailure {
    /// An error of the library.
    Error(Error),
    /// The options, or a file that they name, cannot be used; the text names the change to make.
    Usage(String),
    /// There is no session, or it is no longer valid.
    SessionExpired,
    /// An admin session is needed.
    AdminRequired,
    /// Ctrl-C at a prompt.
    Interrupted,
    /// The failure was shown already.
    Told,
    /// The result was shown; its verdict has this exit code.
    Verdict(u8),
}

pub(crate) type CommandOutcome<T = ()> = Result<T, CommandFailure>;

impl CommandFailure {
    /// A usage error.
    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::SessionExpired => SESSION_EXPIRED,
            Self::AdminRequired => ADMIN_REQUIRED,
            Self::Usage(_) | Self::Told => FAILED,
            Self::Interrupted => INTERRUPTED,
            Self::Verdict(code) => *code,
            Self::Error(error) => {
                let is = |row: &ErrorRow| row.code == error.code();
                if sessions().any(|held| is(held.missing) || is(held.expired) || is(held.refused)) {
                    SESSION_EXPIRED
                } else if error.code().ends_with(".payment_rejected") {
                    PAYMENT_REJECTED
                } else if error.code().ends_with(".not_implemented") {
                    NOT_IMPLEMENTED
                } else if sessions().any(|held| is(held.wrong_mode)) && wants_admin(error) {
                    ADMIN_REQUIRED
                } else {
                    FAILED
                }
            }
        }
    }

    /// The text for people, on stderr. `None` if it was shown already.
    pub(crate) fn text(&self) -> Option<String> {
        let exact = match self.code() {
            SESSION_EXPIRED => Some(SESSION_EXPIRED_TEXT),
            NOT_IMPLEMENTED => Some(NOT_IMPLEMENTED_TEXT),
            ADMIN_REQUIRED => Some(ADMIN_REQUIRED_TEXT),
            _ => None,
        };
        match (self, exact) {
            (Self::Told | Self::Interrupted | Self::Verdict(_), _) => None,
            (Self::Error(error), Some(exact)) => Some(format!("{exact}\n{}", explained(error))),
            (_, Some(exact)) => Some(exact.to_owned()),
            (Self::Error(error), None) => Some(explained(error)),
            (Self::Usage(text), None) => Some(text.clone()),
            (Self::SessionExpired | Self::AdminRequired, None) => None,
        }
    }

    /// The error for programs, with all its details.
    pub(crate) fn json(&self) -> Option<Value> {
        let error = match self {
            Self::Error(error) => error.to_json(),
            Self::Usage(text) => Error::because(&row::INVALID_FIELD, text.clone()).to_json(),
            Self::SessionExpired => local(sessions().next()?.expired, SESSION_EXPIRED_TEXT),
            Self::AdminRequired => local(sessions().next()?.wrong_mode, ADMIN_REQUIRED_TEXT),
            Self::Interrupted => Error::because(&row::CANCELLED, "interrupted at a prompt").to_json(),
            Self::Told | Self::Verdict(_) => return None,
        };
        Some(json!({ "error": error }))
    }
}

/// An error of this program that has a row in the library's table: nothing was sent.
fn local(row: &'static ErrorRow, message: &str) -> Value {
    Error::because(row, message).with_outcome(CallOutcome::NotSent).to_json()
}

/// The session declarations of all protocols that have sessions.
fn sessions() -> impl Iterator<Item = &'static SessionKeeping> {
    bankchannel::protocols::PROTOCOLS.iter().filter_map(|protocol| protocol.sessions.as_ref())
}

/// Whether the service refused a data session because only an admin may do it.
fn wants_admin(error: &Error) -> bool {
    let text = error.peer().and_then(|peer| peer.text.as_deref()).unwrap_or(error.message());
    text.to_ascii_lowercase().contains("admin") && !text.contains("data account")
}

/// The members of an error's context by which a person or `settle_upload` finds out what became of an upload.
const SETTLED_BY: [&str; 4] = ["message_id", "request_timestamp", "request_id", "upload"];

/// An error with its remedy.
fn explained(error: &Error) -> String {
    let mut text = format!("error: {error}");
    if let Some(request) = error.peer().and_then(|peer| peer.request_id.as_deref()) {
        text.push_str(&format!("\n  request id: {request}"));
    }
    if matches!(error.outcome(), Some(CallOutcome::Unknown | CallOutcome::Accepted)) {
        // References for settling the upload with the bank, or with the operator of the service.
        for member in SETTLED_BY {
            if let Some(value) = error.detail(member) {
                text.push_str(&format!("\n  {member}: {value}"));
            }
        }
    }
    // What the remedy names.
    let remedy = error.remedy();
    for (member, value) in error.context() {
        if remedy.contains(&format!("`{member}`")) {
            text.push_str(&format!("\n  {member}: {value}"));
        }
    }
    if let Some(service) = error.detail("service") {
        text.push_str(&format!("\n  the service: {service}"));
    }
    if let Some(seconds) = error.retry_after_s() {
        text.push_str(&format!("\n  try again in {seconds} s"));
    }
    // The message about a wrong field is already complete.
    if !error.code().starts_with("input.") {
        text.push_str(&format!("\n  {remedy}"));
    }
    text
}

impl From<Error> for CommandFailure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_those_of_the_table() {
        assert_eq!(CommandFailure::SessionExpired.code(), 2);
        assert_eq!(CommandFailure::AdminRequired.code(), 4);
        assert_eq!(CommandFailure::usage("x").code(), 1);
        assert_eq!(CommandFailure::Interrupted.code(), 130);
        for (code, exit) in [
            ("ws_channel.session_refused", 2),
            ("ws_channel.not_implemented", 3),
            ("ws_channel.payment_rejected", 5),
            ("ws_channel.upload_rejected", 1),
            ("transport.connect_failed", 1),
        ] {
            let row = bankchannel::error_table().find(|row| row.code == code).expect("the code is in the table");
            assert_eq!(CommandFailure::Error(Error::new(row)).code(), exit, "{code}");
        }
    }

    #[test]
    fn an_open_upload_is_told_with_what_settles_it() {
        let row = bankchannel::error_table().find(|row| row.code == "transport.connection_lost").expect("it is there");
        let error = |outcome| {
            let error =
                Error::new(row).with("message_id", "SALARIES-11").with("request_timestamp", "2026-11-27T06:34:11Z");
            CommandFailure::Error(error.with_outcome(outcome)).text().expect("a text")
        };
        for outcome in [CallOutcome::Unknown, CallOutcome::Accepted] {
            let text = error(outcome);
            assert!(text.contains("message_id: SALARIES-11"), "{text}");
            assert!(text.contains("request_timestamp: 2026-11-27T06:34:11Z"), "{text}");
        }
        assert!(!error(CallOutcome::NotSent).contains("SALARIES-11"), "there is nothing to settle");
    }

    #[test]
    fn only_a_missing_admin_session_is_exit_code_four() {
        let row =
            bankchannel::error_table().find(|row| row.code == "ws_channel.mode_refused").expect("it is in the table");
        let said = |text: &str| CommandFailure::Error(Error::because(row, text)).code();
        assert_eq!(said("Admin mode session required for this command, currently using data mode."), 4);
        assert_eq!(said("File uploads not allowed on admin mode, use data account mode"), 1);
    }
}
