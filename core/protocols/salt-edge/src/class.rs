//! The error classes of both directions (§3.7, §6.3): a machine-readable name and its HTTP status.

use std::fmt;

use bankchannel_foundation::{
    message::{Body, OutResponse},
    model::Object,
};

/// The name of a failure on the wire.
#[derive(Debug, PartialEq, Eq)]
pub struct FailureClass {
    /// `error_class`.
    pub name: &'static str,
    /// The HTTP status; `None` if the class is only used in `sessions/fail`.
    pub status: Option<u16>,
    /// The meaning.
    pub meaning: &'static str,
}

impl FailureClass {
    /// The HTTP status of an answer with this class; 500 for a class that no answer has.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        self.status.unwrap_or(500)
    }
}

/// Declares classes: a constant for each, and the list of all.
macro_rules! classes {
    ($list:ident: $($constant:ident = $name:literal, $status:expr, $meaning:literal;)+) => {
        $(
            #[doc = $meaning]
            pub const $constant: FailureClass = FailureClass { name: $name, status: $status, meaning: $meaning };
        )+
        /// All classes, in this order.
        pub const $list: &[&FailureClass] = &[$(&$constant),+];
    };
}

/// The classes of a connector's answers and session reports.
pub mod of_connector {
    use super::FailureClass;

    classes! { ALL:
        WRONG_REQUEST_FORMAT = "WrongRequestFormat", Some(400), "The request is malformed or incomplete.";
        AUTHORIZATION_MISSING = "AuthorizationMissing", Some(401), "There is no bearer token in `Authorization`.";
        JWT_DECODE_ERROR = "JWTDecodeError", Some(400), "The JWT cannot be read.";
        JWT_INCORRECT_ALGORITHM = "JWTIncorrectAlgorithm", Some(400), "The JWT is not signed with RS256.";
        JWT_VERIFICATION_ERROR = "JWTVerificationError", Some(400), "The JWT's signature is not Salt Edge's.";
        JWT_EXPIRED_SIGNATURE = "JWTExpiredSignature", Some(400), "The JWT has expired, or does not say when.";
        ACCESS_TOKEN_MISSING = "AccessTokenMissing", Some(400), "There is no `Access-Token`.";
        INVALID_CLIENT_ID = "InvalidClientId", Some(401), "`Client-Id` is missing or no number.";
        TOKEN_NOT_FOUND = "TokenNotFound", Some(404), "There is no such token or session.";
        TOKEN_REVOKED = "TokenRevoked", Some(401), "The token was revoked.";
        TOKEN_EXPIRED = "TokenExpired", Some(401), "The token has expired.";
        ACCESS_DENIED = "AccessDenied", Some(401), "The customer has refused, or the consent does not cover this.";
        ACCOUNT_NOT_FOUND = "AccountNotFound", Some(404), "The customer has no such account.";
        USER_NOT_FOUND = "UserNotFound", Some(404), "There is no such customer.";
        INVALID_AUTHORIZATION_TYPE = "InvalidAuthorizationType", Some(400), "There is no such authorization type.";
        INVALID_CREDENTIALS = "InvalidCredentials", Some(401), "The customer's credentials are wrong.";
        INVALID_CONFIRMATION_CODE = "InvalidConfirmationCode", Some(400), "The one-time code is wrong.";
        INVALID_ATTRIBUTE_VALUE = "InvalidAttributeValue", Some(400), "A value is not acceptable.";
        VALUE_OUT_OF_RANGE = "ValueOutOfRange", Some(400), "A value is out of range.";
        INVALID_ENCODING = "InvalidEncoding", Some(400), "A text is not encoded in UTF-8.";
        INTERNAL_SERVER_ERROR = "InternalServerError", Some(500), "The connector has failed.";
        CANNOT_RECONNECT_TOKEN = "CannotReconnectToken", None, "The bank does not let this token be reconnected.";
        INTERNAL_PROVIDER_ERROR = "InternalProviderError", None, "The bank has failed.";
    }
}

/// The classes of the hub's answers.
pub mod of_hub {
    use super::FailureClass;

    classes! { ALL:
        SESSION_CLOSED = "SessionClosed", Some(400), "The session has ended: nothing can be changed.";
        CONFIGURATION_ERROR = "ConfigurationError", Some(400), "Something is not set up in the provider's dashboard.";
        TOKEN_MISSING = "TokenMissing", Some(400), "There is no `Token`.";
        SESSION_EXPIRED = "SessionExpired", Some(401), "The session's time is over.";
        AUTHORIZATION_MISSING = "AuthorizationMissing", Some(401), "There is no `Authorization`.";
        TOKEN_NOT_FOUND = "TokenNotFound", Some(401), "There is no such token.";
        TOKEN_REVOKED = "TokenRevoked", Some(401), "The token was revoked before.";
        TOKEN_EXPIRED = "TokenExpired", Some(401), "The token has expired.";
        SESSION_NOT_FOUND = "SessionNotFound", Some(404), "There is no such session.";
        CUSTOMER_NOT_FOUND = "CustomerNotFound", Some(404), "There is no such customer.";
        PROVIDER_NOT_FOUND = "ProviderNotFound", Some(404), "`App-Id` is no provider's.";
        ACTION_NOT_ALLOWED = "ActionNotAllowed", Some(406), "This is not permitted: a matter of configuration, or parameters that do not go together.";
        PROVIDER_DISABLED = "ProviderDisabled", Some(406), "Salt Edge does not work with this provider.";
    }
}

/// A refused request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRequest {
    /// The error class.
    pub class: &'static FailureClass,
    /// The HTTP status.
    pub status: u16,
    /// The step of the checks that failed (§6.1), 1 to 18.
    pub step: u8,
    /// The reason, for the developer of the other side. It may contain `exp` and member names from the request, but no
    /// values.
    pub text: String,
    /// The methods that the path supports, if the request's method is not one of them.
    pub allow: Vec<&'static str>,
}

impl RefusedRequest {
    /// A refusal at a step.
    pub fn new(class: &'static FailureClass, step: u8, text: impl Into<String>) -> Self {
        Self { class, status: class.http_status(), step, text: text.into(), allow: Vec::new() }
    }

    /// The same with another HTTP status, for errors without a class.
    #[must_use]
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// The answer for this refusal (§6.2).
    #[must_use]
    pub fn answer(&self) -> OutResponse {
        let mut answer = error_answer(self.class.name, &self.text, self.status);
        if !self.allow.is_empty() {
            answer.headers.push("Allow", self.allow.join(", "));
        }
        answer
    }
}

/// A failure answer of either side (§3.7, §6.2).
#[must_use]
pub fn error_answer(class: &str, text: &str, status: u16) -> OutResponse {
    let mut body = Object::with_capacity(2);
    body.push("error_class", class.to_owned());
    body.push("error_message", text.to_owned());
    OutResponse::new(status, Body::json(body))
}

impl fmt::Display for RefusedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class.name, self.text)
    }
}

impl std::error::Error for RefusedRequest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_has_each_name_once() {
        for list in [of_connector::ALL, of_hub::ALL] {
            let mut names: Vec<&str> = list.iter().map(|class| class.name).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), list.len());
            assert!(list.iter().all(|class| class.meaning.ends_with('.')));
            assert!(list.iter().filter_map(|class| class.status).all(|status| (400..=500).contains(&status)));
        }
    }
}
