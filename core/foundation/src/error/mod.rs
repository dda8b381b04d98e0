//! Errors: the party at fault and the remedy.
//!
//! Every error is a row of a table (stable code, category, text, whether a retry can help, documentation) plus the
//! details of the case. It crosses every boundary whole, as the JSON of [`Error::to_json`].

mod json;
mod outcome;
mod rows;

use std::{borrow::Cow, collections::BTreeMap, error::Error as StdError, fmt, io, sync::Arc};

use crate::model;

pub use outcome::CallOutcome;
pub use rows::{Category, ErrorRow, ROWS, joined_rows, row, row_count};

/// A result whose error is [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error: the table's row and the details of this case.
#[derive(Clone)]
pub struct Error(Box<ErrorDetails>);

#[derive(Clone)]
struct ErrorDetails {
    row: &'static ErrorRow,
    message: String,
    remedy: Option<Cow<'static, str>>,
    operation: Option<Cow<'static, str>>,
    http_status: Option<u16>,
    peer: Option<Peer>,
    outcome: Option<CallOutcome>,
    retry_after_s: Option<u64>,
    retryable: bool,
    context: BTreeMap<Cow<'static, str>, String>,
    source: Option<Arc<dyn StdError + Send + Sync>>,
    partial_response: Option<Arc<model::Value<'static>>>,
}

/// The peer's own report of the failure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// The peer's own code, such as a `ResponseCode`.
    pub code: Option<String>,
    /// The peer's own text.
    pub text: Option<String>,
    /// The peer's id of the request, to quote to its support.
    pub request_id: Option<String>,
}

impl Error {
    /// An error of this row, with the row's own text.
    #[must_use]
    pub fn new(row: &'static ErrorRow) -> Self {
        Self::because(row, row.text)
    }

    /// An error of this row, with a more specific text than the row's.
    #[must_use]
    pub fn because(row: &'static ErrorRow, message: impl Into<String>) -> Self {
        Self(Box::new(ErrorDetails {
            row,
            message: message.into(),
            remedy: None,
            operation: None,
            http_status: None,
            peer: None,
            outcome: (row.category == Category::PeerRefused).then_some(CallOutcome::Refused),
            retry_after_s: None,
            retryable: true,
            context: BTreeMap::new(),
            source: None,
            partial_response: None,
        }))
    }

    /// An unusable field of the caller's input: its name and the reason.
    #[must_use]
    pub fn invalid_field(field: &str, why: impl fmt::Display) -> Self {
        Self::because(&row::INVALID_FIELD, format!("{field}: {why}")).with("field", field)
    }

    /// A field that the caller left out: its name and the whole text.
    #[must_use]
    pub fn missing_field(field: &str, text: impl Into<String>) -> Self {
        Self::because(&row::MISSING_FIELD, text).with("field", field)
    }

    /// An unusable setting: its name and the reason.
    #[must_use]
    pub fn invalid_setting(setting: &str, why: impl fmt::Display) -> Self {
        Self::because(&row::CONFIGURATION, format!("{setting}: {why}")).with("field", setting)
    }

    /// A defect: its reason.
    #[must_use]
    pub fn internal(why: impl fmt::Display) -> Self {
        Self::because(&row::INTERNAL, why.to_string())
    }

    /// Adds a sentence to the message.
    #[must_use]
    pub fn with_sentence(mut self, sentence: &str) -> Self {
        let end = if self.0.message.ends_with('.') { "" } else { "." };
        self.0.message = format!("{}{end} {sentence}", self.0.message);
        self
    }

    /// Sets what to do about it in this case, where the row's advice does not fit the message.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<Cow<'static, str>>) -> Self {
        self.0.remedy = Some(remedy.into());
        self
    }

    /// Adds a detail to the context map. Never a secret: the map is shown and logged.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.context.insert(key.into(), value.to_string());
        self
    }

    /// Names the operation that failed; the first name given stays.
    #[must_use]
    pub fn in_operation(mut self, operation: &'static str) -> Self {
        self.0.operation.get_or_insert(operation.into());
        self
    }

    /// The same error of another operation, which was carried out through the one that failed.
    #[must_use]
    pub fn of_operation(mut self, operation: &'static str) -> Self {
        self.0.operation = Some(operation.into());
        self
    }

    /// Adds the HTTP status of the answer.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.0.http_status = Some(status);
        self
    }

    /// Adds the peer's report.
    #[must_use]
    pub fn with_peer(mut self, peer: Peer) -> Self {
        self.0.peer = Some(peer);
        self
    }

    /// Sets how far the exchange came. A peer's refusal never has the outcome `not_sent`: a refused request was not carried out
    /// either, so its outcome stays `refused`.
    #[must_use]
    pub fn with_outcome(mut self, outcome: CallOutcome) -> Self {
        let is_refusal = self.0.row.category == Category::PeerRefused && outcome == CallOutcome::NotSent;
        self.0.outcome = Some(if is_refusal { CallOutcome::Refused } else { outcome });
        self
    }

    /// Adds the number of seconds that the peer asked to wait.
    #[must_use]
    pub fn with_retry_after(mut self, seconds: Option<u64>) -> Self {
        self.0.retry_after_s = seconds;
        self
    }

    /// Sets whether a retry can help in this case. It can only narrow the row: a row that says "never" stays so.
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.0.retryable = retryable;
        self
    }

    /// Sets the underlying error, for a program that reads [`source`](StdError::source). Its text is already part of
    /// the message and is not shown again; it must not contain a secret.
    #[must_use]
    pub fn with_source(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// The same for an I/O error that is owned elsewhere: its kind, and the system's error number if it has one.
    #[must_use]
    pub fn with_io_source(self, source: &io::Error) -> Self {
        let copy = source.raw_os_error().map_or_else(|| source.kind().into(), io::Error::from_raw_os_error);
        self.with_source(copy)
    }

    /// Adds the finished part of the failed call, as its response: files that have arrived, answers that have come. It
    /// crosses every boundary with the error, and is neither shown nor logged.
    #[must_use]
    pub fn with_partial_response<T: model::Boundary>(self, response: T) -> Self {
        self.with_partial_response_value(response.write(&mut model::Writer::new(model::Representation::Boundary)))
    }

    /// The same for a value of the boundary.
    #[must_use]
    pub fn with_partial_response_value(mut self, response: model::Value<'static>) -> Self {
        self.0.partial_response = Some(Arc::new(response));
        self
    }

    /// The finished part of the failed call; `None` if there is nothing, or if it is another operation's response.
    #[must_use]
    pub fn partial_response<T: model::Boundary>(&self) -> Option<T> {
        let value = model::Value::clone(self.0.partial_response.as_deref()?);
        T::read(value, &mut model::Reader::new(model::Representation::Boundary)).ok()
    }

    /// The same as a value of the boundary.
    #[must_use]
    pub fn partial_response_value(&self) -> Option<&model::Value<'static>> {
        self.0.partial_response.as_deref()
    }

    /// The row of the error table.
    #[must_use]
    pub fn row(&self) -> &'static ErrorRow {
        self.0.row
    }

    /// The stable code, such as `transport.connection_refused`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.row.code
    }

    /// The category: the exception class in every language. It is the row's, except that an error is only
    /// [`Category::PeerRefused`] if its outcome is `refused`: a refusal after an attempt that may have taken effect, or
    /// after an accepted request, is [`Category::PeerFailed`].
    #[must_use]
    pub fn category(&self) -> Category {
        match (self.0.row.category, self.0.outcome) {
            (Category::PeerRefused, Some(CallOutcome::Refused)) => Category::PeerRefused,
            (Category::PeerRefused, _) => Category::PeerFailed,
            (category, _) => category,
        }
    }

    /// What happened, in words for a person.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// What to do about it: in this case, or else what the table of errors says.
    #[must_use]
    pub fn remedy(&self) -> &str {
        self.0.remedy.as_deref().unwrap_or(self.0.row.doc)
    }

    /// The operation that failed.
    #[must_use]
    pub fn operation(&self) -> Option<&str> {
        self.0.operation.as_deref()
    }

    /// The HTTP status of the answer.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.0.http_status
    }

    /// The peer's report.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.0.peer.as_ref()
    }

    /// How far the exchange came; `None` if there was no exchange.
    #[must_use]
    pub fn outcome(&self) -> Option<CallOutcome> {
        self.0.outcome
    }

    /// Seconds that the peer asked to wait before a retry.
    #[must_use]
    pub fn retry_after_s(&self) -> Option<u64> {
        self.0.retry_after_s
    }

    /// Whether the same call, unchanged and made later, may succeed. Never true for a call that may already have taken
    /// effect and must not take effect twice.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.0.retryable && self.0.row.retryable
    }

    /// The details of this case.
    #[must_use]
    pub fn context(&self) -> &BTreeMap<Cow<'static, str>, String> {
        &self.0.context
    }

    /// One detail.
    #[must_use]
    pub fn detail(&self, key: &str) -> Option<&str> {
        self.0.context.get(key).map(String::as_str)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.operation() {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(outcome) = self.0.outcome {
            write!(f, " [{}; outcome {}]", self.0.row.code, outcome.as_str())
        } else {
            write!(f, " [{}]", self.0.row.code)
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({})", self.to_json_without_response())
    }
}

impl StdError for Error {
    /// The underlying error, such as an [`io::Error`] for a file, if it was recorded.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_knows_what_it_comes_from() {
        let missing = io::Error::from_raw_os_error(2);
        let error = Error::because(&row::STORAGE, "a.xml cannot be written").with_io_source(&missing);
        let kind =
            |error: &Error| error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
        assert_eq!(kind(&error), Some(io::ErrorKind::NotFound));
        assert_eq!(kind(&error.clone().in_operation("iso20022.make_payment")), Some(io::ErrorKind::NotFound));
        assert!(Error::new(&row::STORAGE).source().is_none());
        assert_eq!(error.to_string(), "a.xml cannot be written [resource.storage]");
    }
}
