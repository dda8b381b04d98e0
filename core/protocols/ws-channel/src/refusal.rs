//! Refusals of the service: the server's half of `answer_errors`.

use std::borrow::Cow;

use bankchannel_foundation::{
    Error,
    error::row,
    message::{Body, OutResponse},
};

use crate::{
    answer_errors,
    service_texts::{self, ServiceText},
};

/// A refusal: status, code and text of an `ErrorResponse` (§1.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRefusal {
    /// The HTTP status.
    pub status: u16,
    /// `01`, or the bank's own two digits.
    pub code: String,
    /// The exact text.
    pub text: Cow<'static, str>,
    /// Seconds to wait, for a 429 and a 503.
    pub retry_after_s: Option<u64>,
    /// Advice for the reader, our own member `ResponseDetail`. The text itself is fixed, since clients compare it.
    pub detail: Option<String>,
}

impl ServiceRefusal {
    /// A refusal with this status and text.
    #[must_use]
    pub fn new(status: u16, text: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code: "01".into(), text: text.into(), retry_after_s: None, detail: None }
    }

    /// The same refusal with advice for the reader.
    #[must_use]
    pub fn with_detail(self, detail: impl std::fmt::Display) -> Self {
        Self { detail: Some(detail.to_string()), ..self }
    }

    /// `Invalid parameter(s): NAME`, with the wire's name.
    #[must_use]
    pub fn invalid(name: &str) -> Self {
        Self::new(400, format!("Invalid parameter(s): {name}"))
    }

    /// `Missing parameter(s): NAME, NAME`.
    #[must_use]
    pub fn missing(names: &str) -> Self {
        Self::new(400, format!("Missing parameter(s): {names}"))
    }

    /// A 429 with the seconds to wait.
    #[must_use]
    pub fn rate_limited(retry_after_s: u64) -> Self {
        Self { retry_after_s: Some(retry_after_s), ..Self::new(429, "Too many requests") }
    }

    /// The refusal of a further message, with the seconds until the next one, if they are known.
    #[must_use]
    pub fn quota(retry_after_s: Option<u64>) -> Self {
        let limit = Self::from(&service_texts::LIMIT_EXCEEDED).with_detail(service_texts::QUOTA_DETAIL);
        Self { retry_after_s, ..limit }
    }

    /// The refusal of a request that could not be parsed.
    #[must_use]
    pub fn from_input(fault: &Error) -> Self {
        let field = fault.detail("field").unwrap_or_default();
        // A field inside a list or object is refused under the name of its top-level parameter.
        let top = |field: &str| field.split(['.', '[']).next().unwrap_or_default().to_owned();
        if fault.row() == &row::MISSING_FIELD {
            let names: Vec<String> = field.split(", ").map(top).collect();
            return if names == ["Bank"] {
                (&service_texts::BANK_MISSING).into()
            } else {
                Self::missing(&names.join(", "))
            };
        }
        match top(field).as_str() {
            "" => Self::new(400, "Invalid parameter(s)"),
            "Bank" => (&service_texts::BANK_INVALID).into(),
            name => Self::invalid(name),
        }
    }

    /// The code of the error that clients make of it.
    #[must_use]
    pub fn error_code(&self) -> &'static str {
        answer_errors::meaning(self.status, &self.code, &self.text).0.code
    }

    /// The HTTP message of this refusal.
    #[must_use]
    pub fn message(&self, request_id: &str) -> OutResponse {
        let members = [("RequestId", request_id), ("ResponseCode", &*self.code), ("ResponseText", &*self.text)];
        let detail = self.detail.as_deref().map(|detail| ("ResponseDetail", detail));
        let object = members.into_iter().chain(detail).map(|(name, value)| (name.into(), value.into())).collect();
        OutResponse::new(self.status, Body::json(object))
    }
}

impl From<&'static ServiceText> for ServiceRefusal {
    fn from(text: &'static ServiceText) -> Self {
        Self::new(text.status, text.text)
    }
}
