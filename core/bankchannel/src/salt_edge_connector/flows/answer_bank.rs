//! Answers for the bank: the server side for a connector that asks its questions over HTTP.

use std::{future::Future, pin::Pin};

use bankchannel_foundation::{
    CallOutcome, Result, json,
    message::{Body, HeaderField, Headers, OutResponse, is_token},
    model::{Object, Value, read_boundary, read_sent},
    prelude::*,
    question::TypedQuestion,
};
use bankchannel_salt_edge::{
    bank_interface::{SIGNATURE, TIME},
    connector::{errors, questions},
    for_each_bank_question,
    model::HttpAnswer,
};

use super::{Flow, asking_the_bank, flow, instant_s, needs_bank};
use crate::{CallOptions, Question, salt_edge_connector::SaltEdgeConnector};

/// The maximum size of a question's body, in bytes.
const MAX_BODY: usize = 1024 * 1024;
/// The maximum nesting depth of a question and of an answer.
const MAX_DEPTH: usize = 32;

/// A question that a connector sent over HTTP.
#[derive(Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerBankRequest {
    /// The request target: the path with its query, as in the request line. The path's last part is the question's
    /// name, such as `list_accounts`.
    pub target: String,
    /// The header fields. Their names may be in any case.
    pub headers: Vec<HeaderField>,
    /// The body, in JSON.
    pub body: String,
    /// The time of arrival. Default: now.
    pub at: Option<Timestamp>,
}

bankchannel_foundation::redacted_debug!(AnswerBankRequest);

/// The answer to send back.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AnswerBankResponse {
    /// The answer to send.
    pub answer: HttpAnswer,
    /// The question's name, such as `list_accounts`. Absent if the request was refused before its fields were read.
    pub question: Option<String>,
}

/// Answer a connector's question from a route.
///
/// For a bank whose connector runs elsewhere, such as `bankchannel serve salt-edge-connector --bank URL`. A POST to
/// the route becomes a question to the bank's code, the same question that `handle_request` or `work` asks in
/// process. The MAC with `bank_secret` authenticates the request. A faulty request returns no error: the response
/// holds the refusal to send.
#[derive(Debug, Operation)]
#[operation(AnswerBankRequest => AnswerBankResponse)]
#[declaration(..asking_the_bank(flow("bank", "salt_edge_connector.answer_bank")))]
#[errors(..errors::OF_SIGNING)]
pub struct AnswerBank;

impl Flow<SaltEdgeConnector> for AnswerBank {
    async fn run(
        client: &SaltEdgeConnector,
        asked: AnswerBankRequest,
        options: &CallOptions,
    ) -> Result<AnswerBankResponse> {
        needs_bank(options)?;
        let secret = client.0.ready.bank_secret.as_ref().ok_or_else(|| {
            let why = "is missing: the secret that the connector shares with the bank";
            Error::invalid_setting("bank_secret", why).with_outcome(CallOutcome::NotSent)
        })?;
        let now_s = instant_s(asked.at.as_ref());
        let fields = asked.headers.into_iter().filter(|field| is_token(&field.name));
        let headers: Headers = fields.map(|field| (field.name, field.value.into_bytes())).collect();
        let one = |name: &str| if headers.count(name) == 1 { headers.text(name) } else { None };
        let refused = |status: u16, why: &str| {
            Ok(AnswerBankResponse { answer: HttpAnswer::from_message(&error(status, why)), question: None })
        };
        if asked.body.len() > MAX_BODY {
            return refused(413, "the body has more than 1 MiB");
        }
        if let Err(why) = secret.verify(one(TIME), one(SIGNATURE), &asked.target, asked.body.as_bytes(), now_s) {
            return refused(401, why);
        }
        let path = asked.target.split('?').next().unwrap_or_default();
        let method = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let Some(ask) = asker(method) else { return refused(404, "there is no question with this name") };
        let request = match json::parse_text(&asked.body, MAX_DEPTH) {
            Ok(request) => request.into_owned(),
            Err(fault) => return refused(400, &format!("the body is not JSON: {fault}")),
        };
        let answer = match ask(request, options).await? {
            Ok(answer) => OutResponse::new(200, Body::json(answer)),
            Err((status, why)) => error(status, &why),
        };
        Ok(AnswerBankResponse { answer: HttpAnswer::from_message(&answer), question: Some(method.to_owned()) })
    }
}

/// The bank's answer, or the status and text of a failure. An error ends the call.
type AskedBank<'a> =
    Pin<Box<dyn Future<Output = Result<std::result::Result<Object<'static>, (u16, String)>>> + Send + 'a>>;
type AskingBank = for<'a> fn(Value<'static>, &'a CallOptions) -> AskedBank<'a>;

macro_rules! askers {
    ($($file:ident::$name:ident;)+) => {
        /// The function that asks the question with this name.
        fn asker(method: &str) -> Option<AskingBank> {
            match method {
                $(stringify!($file) => Some(|request, options| Box::pin(ask::<questions::$file::$name>(request, options))),)+
                _ => None,
            }
        }
    };
}
for_each_bank_question!(askers);

async fn ask<Q: TypedQuestion>(
    request: Value<'static>,
    options: &CallOptions,
) -> Result<std::result::Result<Object<'static>, (u16, String)>> {
    let name = const { &Q::DECLARATION }.name;
    let request = match read_sent::<Q::Request>(request) {
        Ok(request) => request,
        Err(fault) => return Ok(Err((400, fault.message().to_owned()))),
    };
    let question = Question::typed::<Q>(request);
    let answer = match options.ask(question).await {
        Ok(answer) => answer,
        Err(fault) if options.cancel.is_cancelled() || Question::is_unanswered(&fault, name) => return Err(fault),
        Err(fault) => {
            options.warn(format!("{name}: the bank's code failed ({})", fault.code()));
            return Ok(Err((500, "the bank's code failed".to_owned())));
        }
    };
    let read = json::parse_text(answer.expose(), MAX_DEPTH).map_err(|fault| fault.to_string()).and_then(|value| {
        let checked = read_boundary::<Q::Answer>(value.clone().into_owned());
        checked.map_err(|fault| fault.message().to_owned())?;
        Ok(value.into_owned())
    });
    Ok(match read {
        Ok(Value::Object(answer)) => Ok(answer),
        Ok(_) => Err((500, "the bank's answer is not a JSON object".to_owned())),
        Err(why) => {
            // The text names the field and contains no value.
            options.warn(format!("{name}: the bank's answer cannot be used: {why}"));
            Err((500, format!("the bank's answer cannot be used: {why}")))
        }
    })
}

fn error(status: u16, why: &str) -> OutResponse {
    let mut error = Object::with_capacity(1);
    error.push("message", why.to_owned());
    let mut body = Object::with_capacity(1);
    body.push("error", Value::Object(error));
    OutResponse::new(status, Body::json(body))
}
