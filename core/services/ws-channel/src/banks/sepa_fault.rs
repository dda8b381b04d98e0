//! An error of the client of SEPA Web Services, in the service's words.

use bankchannel::sepa_web_services::errors;
use bankchannel_foundation::{
    CallOutcome, Error,
    error::{ErrorRow, row},
};

use super::{BankError, observed::BankCallNotes};

/// The parameter of the service's own operation that a field of the client is.
fn parameter(field: &str) -> Option<&'static str> {
    Some(match field {
        "file_type" => "FileType",
        "file_reference" => "FileReference",
        "user_filename" => "FileName",
        "content" => "FileContents",
        "customer_id" => "WsUserId",
        "company" => "Company",
        "code" => "Code",
        _ => return None,
    })
}

/// The errors of an answer that is not the bank's, or cannot be shown to be.
const NOT_BELIEVED: [&ErrorRow; 4] =
    [&errors::ANSWER_SIGNATURE, &errors::ANSWER_NOT_TRUSTED, &errors::ANSWER_NOT_DECRYPTED, &errors::ANSWER_STALE];

/// An error of the client in the service's words.
pub(super) fn bank_error(error: Error) -> BankError {
    BankCallNotes::failed(&error);
    let is = |known: &'static bankchannel_foundation::error::ErrorRow| error.row() == known;
    if error.outcome().is_none_or(|outcome| outcome == CallOutcome::NotSent) {
        if let Some(name) = error.detail("field").and_then(parameter) {
            return BankError::Parameter(name);
        }
        return match () {
            () if is(&errors::CONTENT_REFUSED) => BankError::Parameter("FileContents"),
            () if is(&errors::NOT_OFFERED) => BankError::NotOffered,
            () if is(&row::CONNECT_FAILED) || is(&row::TLS_FAILED) || is(&row::TIMED_OUT) => BankError::Unreachable,
            () => BankError::NotSent(error.to_string()),
        };
    }
    if is(&errors::FILE_NOT_FOUND) {
        return BankError::Parameter("FileReference");
    }
    if is(&errors::CERTIFICATE_UNFIT) {
        return BankError::Unfit(error.message().to_owned());
    }
    let peer = error.peer().cloned().unwrap_or_default();
    let is_believed = error.detail("authenticated") == Some("true");
    match peer.code {
        Some(code) if is_believed => {
            let text = peer.text.unwrap_or_else(|| error.message().to_owned());
            match error.outcome() {
                Some(CallOutcome::Refused) => BankError::Refused { code, text },
                _ => BankError::Doubtful { code, text },
            }
        }
        _ if is(&errors::FAULT) => BankError::Empty,
        _ if is(&row::TIMED_OUT) => BankError::TimedOut,
        _ if is(&row::CONNECTION_LOST) => BankError::NoAnswer,
        _ if NOT_BELIEVED.contains(&error.row()) => BankError::NotBelieved(error.message().to_owned()),
        // A page, or nothing, in place of a message: its status says the most.
        _ => match error.http_status() {
            Some(status) if !(200..300).contains(&status) => BankError::HttpStatus(status),
            _ if is(&row::UNAVAILABLE) || is(&row::HTTP_STATUS) => BankError::NoAnswer,
            _ => BankError::Unparsable,
        },
    }
}
