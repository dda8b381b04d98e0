//! A header field in requests and responses of the API.

use super::{Headers, is_token, text_has_control};
use crate::{Error, model::Boundary};

/// A header field.
#[derive(Clone, PartialEq, Eq, Boundary)]
pub struct HeaderField {
    /// The name as written.
    pub name: String,
    /// The value.
    pub value: String,
}

impl HeaderField {
    /// The fields of a request's member `headers`, as headers of a message.
    ///
    /// # Errors
    /// `input.invalid_field`, naming the field that is not valid HTTP.
    pub fn all(fields: Vec<Self>) -> Result<Headers, Error> {
        for (at, field) in fields.iter().enumerate() {
            if !is_token(&field.name) {
                let why = "must be a header name: letters, digits and hyphens";
                return Err(Error::invalid_field(&format!("headers[{at}].name"), why));
            }
            if text_has_control(&field.value) {
                let why = "must have no control characters, such as line ends";
                return Err(Error::invalid_field(&format!("headers[{at}].value"), why));
            }
        }
        Ok(fields.into_iter().map(|field| (field.name, field.value.into_bytes())).collect())
    }
}

// Shows the name only: the value may be personal data.
crate::redacted_debug!(HeaderField, name);
