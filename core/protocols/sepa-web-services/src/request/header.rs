//! The header of a request, and the Body around its document (§3.1, §3.2).

use bankchannel_foundation::Error;

use super::document::FileCommand;
use super::text::{check, element};
use crate::{FILE_MODEL_NAMESPACE as MODEL, FILE_SERVICE_NAMESPACE as SERVICE};

/// Longest id of a sender or a message, and longest name of a program, in characters.
const MOST: usize = 35;

/// The content of the header of a request.
#[derive(Debug, Clone)]
pub struct RequestHeader {
    /// The party that sends, at most 35 characters.
    pub sender_id: String,
    /// The message's id, never used before by this sender, at most 35 characters.
    pub request_id: String,
    /// When it was made.
    pub timestamp: String,
    /// The language of the bank's texts: `EN`, `FI`, `SV`.
    pub language: String,
    /// The program that sends, at most 35 characters.
    pub user_agent: String,
    /// The bank.
    pub receiver_id: String,
}

impl RequestHeader {
    /// The content of the Body around the base64 of the document, in exclusive canonical form: each prefix declared where
    /// it is used first.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field.
    pub(super) fn write(&self, command: FileCommand) -> Result<(String, String), Error> {
        let wrapper = command.wrapper();
        let mut out = format!("<cor:{wrapper} xmlns:cor=\"{SERVICE}\"><mod:RequestHeader xmlns:mod=\"{MODEL}\">");
        for (field, name, value) in [
            ("sender_id", "SenderId", &self.sender_id),
            ("request_id", "RequestId", &self.request_id),
            ("timestamp", "Timestamp", &self.timestamp),
            ("language", "Language", &self.language),
            ("user_agent", "UserAgent", &self.user_agent),
            ("receiver_id", "ReceiverId", &self.receiver_id),
        ] {
            check(field, value, MOST)?;
            element(&mut out, "mod:", name, value);
        }
        out.push_str("</mod:RequestHeader><mod:ApplicationRequest xmlns:mod=\"");
        out.push_str(MODEL);
        out.push_str("\">");
        Ok((out, format!("</mod:ApplicationRequest></cor:{wrapper}>")))
    }
}
