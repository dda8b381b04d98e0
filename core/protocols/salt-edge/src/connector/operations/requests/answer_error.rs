//! Answer that a request is refused (§1.7, §6.2, §6.3).

use bankchannel_foundation::prelude::*;

use crate::{
    class::{self, FailureClass, of_connector},
    declare,
    model::HttpAnswer,
};

/// The refusal to answer with.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerErrorRequest {
    /// The error class, such as `AccountNotFound`. It determines the HTTP status.
    pub error_class: String,
    /// The reason in words. It may reach the third party: write nothing secret.
    pub error_message: String,
    /// The seconds after which Salt Edge may ask again, 1 or more. Only for `InternalServerError`; its status is then
    /// 503.
    pub retry_after_s: Option<u32>,
}

/// Make the answer that refuses a request.
///
/// For a fault of the request, or a failure of the bank at this moment. A failure that happens later, in a session,
/// is never answered here: report it with `fail_session`.
#[derive(Debug, Operation)]
#[operation(AnswerErrorRequest => HttpAnswer)]
#[declaration(..declare::local("requests", "salt_edge_connector.answer_error"))]
pub struct AnswerError;

impl Local for AnswerError {
    fn run(asked: AnswerErrorRequest, _: LocalContext<'_>) -> Result<HttpAnswer, Error> {
        let class = class_named(&asked.error_class)?;
        let status = match (class, asked.retry_after_s) {
            (_, None) => class.http_status(),
            (_, Some(0)) => return Err(Error::invalid_field("retry_after_s", "must be 1 or more")),
            (class, Some(_)) if *class == of_connector::INTERNAL_SERVER_ERROR => 503,
            (_, Some(_)) => {
                let why = "is for InternalServerError: a repeat does not help against any other class";
                return Err(Error::invalid_field("retry_after_s", why));
            }
        };
        let mut answer = class::error_answer(class.name, &asked.error_message, status);
        if let Some(seconds) = asked.retry_after_s {
            answer.headers.push("Retry-After", seconds.to_string());
        }
        Ok(HttpAnswer::from_message(&answer))
    }
}

/// Finds the class with this name.
fn class_named(name: &str) -> Result<&'static FailureClass, Error> {
    of_connector::ALL.iter().copied().find(|class| class.name == name).ok_or_else(|| {
        let names: Vec<&str> = of_connector::ALL.iter().map(|class| class.name).collect();
        Error::invalid_field("error_class", format!("must be one of {}", names.join(", ")))
    })
}
