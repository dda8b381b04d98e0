//! The enums of the boundary. Their numbers never change; new ones are only added.

use bankchannel_bridge::Category;

/// The result of a function, which determines the caller's next step. The details of a failure are in the error object.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankchannelStatus {
    /// Done. For a call: it succeeded, and its response was returned.
    Ok = 0,
    /// It failed; the error object tells the party at fault and the remedy. A call has ended.
    Error = 1,
    /// The arguments are invalid (NULL, not UTF-8, a reply that does not match, a handle in use by another thread):
    /// nothing was done, and every handle is unchanged. The error object names the argument.
    Misuse = 2,
    /// The call asks a question, for example for a one-time code. The question was returned as JSON `{"kind": …,
    /// "text": …, "choices": […]}`, with `secret` if the person needs one to answer, and with `signature` if a
    /// signature is requested; continue with `BANKCHANNEL_REPLY_ANSWER`.
    Ask = 3,
    /// The call needs the next piece of the content to send; continue with `BANKCHANNEL_REPLY_PIECE` or
    /// `BANKCHANNEL_REPLY_END`.
    WantPiece = 4,
    /// The call returned a piece of the received content; continue with `BANKCHANNEL_REPLY_GO`. The pieces are valid
    /// only if the call succeeds.
    Piece = 5,
    /// The call reports its progress, as requested in its options: JSON `{"text": …, "bytes": …}`, with `total` if it
    /// is known; continue with `BANKCHANNEL_REPLY_GO`. `text` is the current step, for a person, or empty; `bytes` are
    /// the bytes of the current message's body that have been sent or received, reported at most ten times a second. A
    /// slow caller gets the newest.
    Progress = 6,
    /// The call reports a request that begins, or its answer, as requested in its options: JSON `{"request": {"method",
    /// "target", "attempt"}}`, with `answer` (`{"method", "status", "headers", "duration_s"}`, and `request_id` if there is
    /// one) once it is there; continue with `BANKCHANNEL_REPLY_GO`.
    Exchange = 7,
}

/// The caller's reply to a call.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankchannelReply {
    /// Continue: at the start, and after a piece or progress was returned. Data is ignored.
    Go = 0,
    /// The answer to a question, as UTF-8 text.
    Answer = 1,
    /// The next piece of content, of any size except 0; it is copied before the function returns.
    Piece = 2,
    /// There is no more content. Data is ignored.
    End = 3,
    /// The caller cannot fulfil the request: the call ends with an error that contains the text given as data.
    Fail = 4,
}

impl BankchannelReply {
    /// The reply with this number.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        [Self::Go, Self::Answer, Self::Piece, Self::End, Self::Fail].into_iter().find(|reply| *reply as u32 == number)
    }
}

/// The location of content, or its destination.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankchannelContent {
    /// A request: none. A response: into memory, returned with the response; at most 64 MiB.
    Default = 0,
    /// A request: these bytes, copied before the function returns. Not for a response.
    Bytes = 1,
    /// The file with this path: bytes, as the operating system has them; UTF-8 on Windows. For a response it must not
    /// exist, and appears only when it is complete.
    Path = 2,
    /// A response: the file with this path, replaced if it exists. Not for a request.
    Replace = 3,
    /// Piece by piece through `bankchannel_call_resume`. Not with `bankchannel_call` and `bankchannel_local`.
    Pieces = 4,
}

impl BankchannelContent {
    /// The kind with this number.
    pub(crate) fn from_number(number: u32) -> Option<Self> {
        [Self::Default, Self::Bytes, Self::Path, Self::Replace, Self::Pieces]
            .into_iter()
            .find(|kind| *kind as u32 == number)
    }
}

/// The party at fault for an error. Later versions may have more: treat an unknown number as `INTERNAL`.
#[repr(u32)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BankchannelCategory {
    /// There is no error.
    None = 0,
    /// The caller's input cannot be used; the error names the field and what to change.
    InvalidInput = 1,
    /// The client, server or environment is set up wrongly; the error says what to set.
    Configuration = 2,
    /// The connection failed; see the outcome before sending anything again.
    Transport = 3,
    /// The deadline passed; see the outcome before sending anything again.
    TimedOut = 4,
    /// The caller cancelled; see the outcome before sending anything again.
    Cancelled = 5,
    /// Not logged in, or the password, code or token was refused.
    Authentication = 6,
    /// Logged in, but this account, mode or key may not do it.
    Permission = 7,
    /// A signature or decryption failed, or the key cannot be used for it.
    Signature = 8,
    /// The peer's answer violates the protocol.
    PeerProtocol = 9,
    /// The peer understood the request and did not do it: the outcome is always `refused`. Its code and text are
    /// attached.
    PeerRefused = 10,
    /// Too many calls or tries; wait as long as the error says.
    RateLimited = 11,
    /// This build, bank or service does not offer it.
    NotSupported = 12,
    /// It conflicts with existing data or with a concurrent request.
    Conflict = 13,
    /// A disk, memory or size limit was reached.
    ResourceExhausted = 14,
    /// A defect of bankchannel; please report it.
    Internal = 15,
    /// The peer, or a bank or gateway behind it, failed or cannot answer now; see the outcome before sending anything
    /// again.
    PeerFailed = 16,
}

impl From<Category> for BankchannelCategory {
    fn from(category: Category) -> Self {
        match category {
            Category::InvalidInput => Self::InvalidInput,
            Category::Configuration => Self::Configuration,
            Category::Transport => Self::Transport,
            Category::TimedOut => Self::TimedOut,
            Category::Cancelled => Self::Cancelled,
            Category::Authentication => Self::Authentication,
            Category::Permission => Self::Permission,
            Category::Signature => Self::Signature,
            Category::PeerProtocol => Self::PeerProtocol,
            Category::PeerRefused => Self::PeerRefused,
            Category::RateLimited => Self::RateLimited,
            Category::NotSupported => Self::NotSupported,
            Category::Conflict => Self::Conflict,
            Category::ResourceExhausted => Self::ResourceExhausted,
            Category::Internal => Self::Internal,
            Category::PeerFailed => Self::PeerFailed,
            // The list of categories may grow; a test finds one that is missing here.
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_have_the_numbers_of_their_order() {
        for (at, category) in Category::ALL.into_iter().enumerate() {
            assert_eq!(BankchannelCategory::from(category) as usize, at + 1, "{}", category.as_str());
        }
    }

    #[test]
    fn unknown_numbers_are_nothing() {
        assert_eq!(BankchannelReply::from_number(4), Some(BankchannelReply::Fail));
        assert_eq!(BankchannelReply::from_number(5), None);
        assert_eq!(BankchannelContent::from_number(4), Some(BankchannelContent::Pieces));
        assert_eq!(BankchannelContent::from_number(u32::MAX), None);
    }
}
