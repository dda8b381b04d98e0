//! The bank's own code behind a URL: each question is a POST, authenticated by a MAC.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use bankchannel_foundation::{
    CallOutcome, Error, Result, Secret,
    clock::{Clock as _, SystemClock},
    error::row,
    message::{Body, Headers, InResponse, JSON, OutRequest},
    model::Value,
    operation::Repeat,
};
use bankchannel_salt_edge::bank_interface::SharedSecret;
use bankchannel_transport::{CancellationToken, Transport, TransportSettings};

use crate::{CallAnswer, CallAsker, ConnectionSettings, Question};

/// Questions that only read: after a lost answer they are asked again.
const READING: [&str; 4] = ["list_accounts", "list_transactions", "get_customer", "refresh"];
/// The pause before the next attempt if the bank could not be reached.
const PAUSE: Duration = Duration::from_millis(500);
/// The maximum size of an answer, in bytes.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// The bank's own code behind a URL. Give it to a call as its asker ([`CallOptions::asker`](crate::CallOptions)).
pub struct BankAtUrl {
    transport: Transport,
    /// The URL's path, which the MAC covers.
    path: String,
    secret: SharedSecret,
    timeout: Duration,
}

impl BankAtUrl {
    /// A bank that receives its questions below this URL: with `https://bank.example/connector`, the question
    /// `list_accounts` goes to `https://bank.example/connector/list_accounts`. `timeout` is the time limit of each
    /// question, including retries.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub fn new(url: &str, secret: &Secret, timeout: Duration, connection: &ConnectionSettings) -> Result<Self> {
        let secret = SharedSecret::new(secret).map_err(|why| Error::invalid_setting("bank_secret", why))?;
        let wrong = |why: &str| Error::invalid_setting("bank", why);
        let parsed = url::Url::parse(url).map_err(|_| wrong("must be `example` or a URL"))?;
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return Err(wrong("must be a URL without a query"));
        }
        let path = parsed.path().trim_end_matches('/').to_owned();
        let settings = TransportSettings { max_answer_bytes: MAX_ANSWER, ..connection.transport(url.to_owned())? };
        let transport = Transport::new(&settings).map_err(|error| match error.detail("field") {
            Some("base_url") => wrong(error.message()),
            _ => error,
        })?;
        Ok(Self { transport, path, secret, timeout })
    }

    async fn post(&self, method: &str, request: Value<'static>) -> Result<CallAnswer> {
        let body = request.to_json();
        let until = Instant::now() + self.timeout;
        let repeat = if READING.contains(&method) { Repeat::Safe } else { Repeat::Never };
        let mut retries = self.transport.retries(repeat, None);
        loop {
            let done = self.transport.once(&self.message(method, &body), &[], Some(until)).await;
            if let Some(delay) = retries.verdict(&done, Some(until)) {
                retries.wait(delay, &done, &CancellationToken::new()).await?;
                continue;
            }
            let is_unsent = done.as_ref().is_err_and(|error| error.outcome() == Some(CallOutcome::NotSent));
            if !is_unsent || Instant::now() + PAUSE >= until {
                return answer(done?);
            }
            // The bank received nothing, so a retry is safe.
            tokio::time::sleep(PAUSE).await;
            retries = self.transport.retries(repeat, None);
        }
    }

    fn message(&self, method: &str, body: &str) -> OutRequest {
        let target = format!("/{method}");
        let mut headers = Headers::default();
        headers.push("Accept", JSON);
        let path = format!("{}{target}", self.path);
        for (name, value) in self.secret.headers(SystemClock::default().now_s(), &path, body.as_bytes()) {
            headers.push(name, value);
        }
        OutRequest { method: "POST".to_owned(), target, headers, body: Body::json_text(body.to_owned()) }
    }
}

/// Reads the bank's answer. A failure is reported with its status only, since its text belongs to the bank.
fn answer(message: InResponse) -> Result<CallAnswer> {
    if let 429 | 502 | 503 | 504 = message.status {
        let row = if message.status == 429 { &row::RATE_LIMITED } else { &row::UNAVAILABLE };
        let error = Error::because(row, "the bank's URL answered that it cannot answer now");
        return Err(error.with_status(message.status).with_retry_after(message.retry_after_s));
    }
    if message.status != 200 {
        let why = format!("the bank's URL answered with status {}", message.status);
        return Err(Error::because(&row::PEER_PROTOCOL, why).with_status(message.status));
    }
    let text = String::from_utf8(message.body.to_vec());
    let text = text.map_err(|_| Error::because(&row::PEER_PROTOCOL, "the bank's answer is not UTF-8"))?;
    Ok(Secret::new(text))
}

impl CallAsker for BankAtUrl {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        Box::pin(async move {
            match (question.kind.strip_prefix("bank."), question.request.as_ref()) {
                (Some(method), Some(request)) => self.post(method, request.clone()).await,
                _ => Err(question.unanswered()),
            }
        })
    }
}

bankchannel_foundation::redacted_debug!(BankAtUrl);
