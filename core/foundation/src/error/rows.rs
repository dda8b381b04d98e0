//! The shared rows of the error table. A protocol adds its own in its `errors.rs`, with the same macro.

/// The party at fault: the exception class in every language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the names are the documentation; `Category::doc` has the sentences
#[non_exhaustive]
pub enum Category {
    InvalidInput,
    Configuration,
    Transport,
    TimedOut,
    Cancelled,
    Authentication,
    Permission,
    Signature,
    PeerProtocol,
    PeerRefused,
    RateLimited,
    NotSupported,
    Conflict,
    ResourceExhausted,
    Internal,
    PeerFailed,
}

impl Category {
    /// Every category, in the order of the reference page.
    pub const ALL: [Self; 16] = [
        Self::InvalidInput,
        Self::Configuration,
        Self::Transport,
        Self::TimedOut,
        Self::Cancelled,
        Self::Authentication,
        Self::Permission,
        Self::Signature,
        Self::PeerProtocol,
        Self::PeerRefused,
        Self::RateLimited,
        Self::NotSupported,
        Self::Conflict,
        Self::ResourceExhausted,
        Self::Internal,
        Self::PeerFailed,
    ];

    /// The name in JSON; the names of exception classes derive from it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidInput => "invalid_input",
            Self::Configuration => "configuration",
            Self::Transport => "transport",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Authentication => "authentication",
            Self::Permission => "permission",
            Self::Signature => "signature",
            Self::PeerProtocol => "peer_protocol",
            Self::PeerRefused => "peer_refused",
            Self::PeerFailed => "peer_failed",
            Self::RateLimited => "rate_limited",
            Self::NotSupported => "not_supported",
            Self::Conflict => "conflict",
            Self::ResourceExhausted => "resource_exhausted",
            Self::Internal => "internal",
        }
    }

    /// The party at fault and the remedy, in one sentence.
    #[must_use]
    pub fn doc(self) -> &'static str {
        match self {
            Self::InvalidInput => "The caller's input cannot be used; the error names the field and what to change.",
            Self::Configuration => "The client, server or environment is set up wrongly; the error says what to set.",
            Self::Transport => "The connection failed; see the outcome before sending anything again.",
            Self::TimedOut => "The deadline passed; see the outcome before sending anything again.",
            Self::Cancelled => "The caller cancelled; see the outcome before sending anything again.",
            Self::Authentication => "Not logged in, or the password, code or token was refused.",
            Self::Permission => "Logged in, but this account, mode or key may not do it.",
            Self::Signature => "A signature or decryption failed, or the key cannot be used for it.",
            Self::PeerProtocol => "The peer's answer violates the protocol.",
            Self::PeerRefused => {
                "The peer understood the request and did not do it: the outcome is always `refused`. Its code and text are attached."
            }
            Self::PeerFailed => {
                "The peer, or a bank or gateway behind it, failed or cannot answer now; see the outcome before sending anything again."
            }
            Self::RateLimited => "Too many calls or tries; wait as long as the error says.",
            Self::NotSupported => "This build, bank or service does not offer it.",
            Self::Conflict => "It conflicts with existing data or with a concurrent request.",
            Self::ResourceExhausted => "A disk, memory or size limit was reached.",
            Self::Internal => "A defect of bankchannel; please report it.",
        }
    }
}

/// One row of the error table.
#[derive(Debug, PartialEq, Eq)]
pub struct ErrorRow {
    /// Stable and never reused.
    pub code: &'static str,
    /// The party at fault.
    pub category: Category,
    /// What happened, in one sentence.
    pub text: &'static str,
    /// Whether the same call, unchanged and made later, may succeed.
    pub retryable: bool,
    /// What to do about it.
    pub doc: &'static str,
}

/// The number of rows in these lists.
#[doc(hidden)]
#[must_use]
pub const fn row_count(lists: &[&[&'static ErrorRow]]) -> usize {
    let (mut sum, mut at) = (0, 0);
    while at < lists.len() {
        sum += lists[at].len();
        at += 1;
    }
    sum
}

/// The rows of these lists as one list.
///
/// # Panics
/// If `N` is not their number, which does not compile in a constant.
#[doc(hidden)]
#[must_use]
pub const fn joined_rows<const N: usize>(lists: &[&[&'static ErrorRow]]) -> [&'static ErrorRow; N] {
    assert!(row_count(lists) == N, "the joined list has another length");
    let (mut joined, mut next, mut list) = ([&row::INTERNAL; N], 0, 0);
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            joined[next] = lists[list][at];
            next += 1;
            at += 1;
        }
        list += 1;
    }
    joined
}

/// Defines a table of error rows: a constant for each, and `ROWS` with all of them.
#[macro_export]
macro_rules! error_rows {
    ($($name:ident = $code:literal, $category:ident, $retry:ident, $text:literal, $doc:literal;)+) => {
        $(
            #[doc = concat!("`", $code, "`: ", $text, " ", $doc)]
            pub static $name: $crate::error::ErrorRow = $crate::error::ErrorRow {
                code: $code,
                category: $crate::error::Category::$category,
                text: $text,
                retryable: $crate::error_rows!(@ $retry),
                doc: $doc,
            };
        )+
        /// Every row of this table.
        pub static ROWS: &[&$crate::error::ErrorRow] = &[$(&$name),+];
    };
    (@ again) => { true };
    (@ never) => { false };
}

/// The rows that any part of bankchannel may use.
pub mod row {
    crate::error_rows! {
        INVALID_FIELD = "input.invalid_field", InvalidInput, never,
            "A field cannot be used.", "Correct the field; the message says what it must be.";
        MISSING_FIELD = "input.missing_field", InvalidInput, never,
            "A required field is missing.", "Give the field that the message names.";
        UNKNOWN_FIELD = "input.unknown_field", InvalidInput, never,
            "There is no such field.", "The message names the field that is meant, or those that there are.";
        INVALID_JSON = "input.invalid_json", InvalidInput, never,
            "The input is not JSON of the expected form.", "The message says where and why.";
        UNKNOWN_OPERATION = "input.unknown_operation", InvalidInput, never,
            "There is no such operation.", "`bankchannel catalogue` lists them all.";
        TOO_LARGE = "input.too_large", InvalidInput, never,
            "The input is larger than the limit.", "The message names the limit.";
        CONTENT_UNREADABLE = "input.content_unreadable", InvalidInput, never,
            "The file to send cannot be read.", "The message says why; check the path and its permissions.";
        CONFIGURATION = "configuration.invalid", Configuration, never,
            "A setting is missing or cannot be used.", "Correct the setting, or what it names: the message says why it cannot be used.";
        FORKED = "configuration.forked", Configuration, never,
            "This handle belongs to the parent process.", "Open servers and stores after the fork, in the process that uses them.";
        CLOSED = "configuration.closed", Configuration, never,
            "This handle was closed.", "Open a new one.";
        CONNECT_FAILED = "transport.connect_failed", Transport, again,
            "No connection to the server could be made.", "Check the address and the network; see the outcome.";
        TLS_FAILED = "transport.tls_failed", Transport, never,
            "The server's TLS certificate or handshake was refused.", "Check the host name, the clock, the trusted roots and the client certificate; see the outcome: `unknown` when it broke after the handshake.";
        CONNECTION_LOST = "transport.connection_lost", Transport, never,
            "The connection broke before the answer was complete.", "The request may have taken effect: find out before sending it again.";
        TIMED_OUT = "timeout.deadline", TimedOut, never,
            "The deadline passed before the answer came.", "See the outcome; give more time or find out whether it took effect.";
        CANCELLED = "cancelled", Cancelled, never,
            "The call was cancelled.", "See the outcome: `unknown` means that it may have taken effect.";
        PEER_PROTOCOL = "peer.protocol", PeerProtocol, never,
            "The answer breaks the protocol.", "The message says how. With outcome `unknown` or `accepted` the request may have taken effect: find out before sending it again.";
        ANSWER_TOO_LARGE = "peer.answer_too_large", PeerProtocol, never,
            "The answer is larger than the limit.", "Raise the limit, if this size is expected.";
        REDIRECTED = "peer.redirected", PeerProtocol, never,
            "The server answered with a redirect, which is never followed.", "Credentials travel in headers: set the base URL to the final address.";
        HTTP_STATUS = "peer.http_status", PeerProtocol, never,
            "A proxy, gateway or other server answered instead of the service.", "Check the base URL, proxy and gateway; `answer` is the start of what they answered.";
        UNAVAILABLE = "peer.unavailable", PeerFailed, again,
            "The server or a gateway before it cannot answer now.", "Try again later; see the outcome first.";
        RATE_LIMITED = "peer.rate_limited", RateLimited, again,
            "Too many calls.", "Wait as long as `retry_after_s` says.";
        NOT_SUPPORTED = "not_supported", NotSupported, never,
            "This is not supported here.", "The message says what is missing.";
        STORAGE = "resource.storage", ResourceExhausted, never,
            "The data folder or database cannot be used.", "Remove the cause that the message names, then try again.";
        THREADS = "resource.threads", ResourceExhausted, again,
            "The system starts no further thread.", "Raise the limit of threads or processes (`ulimit -u`, a container's pids limit, `TasksMax=`), or end others; see the outcome.";
        INTERNAL = "internal", Internal, never,
            "An internal error in bankchannel.", "Please report it with the message.";
    }
}

/// The shared rows.
pub static ROWS: &[&ErrorRow] = row::ROWS;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_well_formed() {
        let codes: BTreeSet<_> = super::ROWS.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), super::ROWS.len());
        assert!(codes.iter().all(|code| code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'.')));
    }
}
