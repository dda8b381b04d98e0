//! A request from the hub, from its arrival to its answer.
//!
//! ```text
//!   steps 1–9: sender ─► 10–13: token ─► 14, 15: content ─► 16–18: scope, account, session ─► commit ─► answer
//! ```
//!
//! If a request changes something, the token and the session are checked again in the transaction that commits it.

use std::sync::Arc;

use bankchannel_foundation::{
    Error, Result,
    error::row,
    message::{Body, HeaderField, Headers, OutResponse, is_token},
    model::Object,
    redact::redact_words,
};
use bankchannel_salt_edge::{
    class::{FailureClass, RefusedRequest, error_answer, of_connector as class},
    connector::questions::notice::{NoticeKind, NoticeQuestion},
    hub::operations::errors::notify_error::ErrorNotice,
    model::HttpAnswer,
    receive::{HubRequest, ReceivedRequest},
};
use bankchannel_storage::salt_edge_connector::{
    ConnectorToken, NewTask, PresentedToken, RevokedToken, SessionKind, StoreError, TaskKind, TokenRefusal,
};

use super::{
    ConnectorEngine, fetching::TokenHolder, id_text, new_id, records::TokenRecord, unusable, vault::SealedRow,
};
use crate::CallOptions;

/// The value of `Retry-After` during a temporary failure, in seconds.
const RETRY_AFTER_S: u32 = 10;
/// The number of notices that may wait for the bank before further ones of who has no token are refused.
const NOTICES: i64 = 500;

/// The result of a request.
#[derive(Debug)]
pub(in crate::salt_edge_connector) struct HandledRequest {
    pub(in crate::salt_edge_connector) answer: HttpAnswer,
    /// The endpoint, if known.
    pub(in crate::salt_edge_connector) endpoint: Option<&'static str>,
    /// The class and the step of a refusal.
    pub(in crate::salt_edge_connector) refused: Option<(String, u8)>,
    pub(in crate::salt_edge_connector) warnings: Vec<String>,
    /// Whether work is due after the answer.
    pub(in crate::salt_edge_connector) has_work: bool,
}

impl HandledRequest {
    /// The answer when the store is unavailable: the hub may retry. The reason is logged here and not sent.
    pub(in crate::salt_edge_connector) fn without_store(options: &CallOptions, why: &Error) -> Self {
        options.warn(format!("a request cannot be handled now: {}", why.message()));
        Self {
            answer: busy("The connector cannot handle this now.", None),
            endpoint: None,
            refused: Some((class::INTERNAL_SERVER_ERROR.name.to_owned(), 0)),
            warnings: Vec::new(),
            has_work: false,
        }
    }
}

/// The answer to a request, and whether work is due.
pub(super) enum RequestReply {
    Answer(HttpAnswer),
    /// `{}`; the rest is done later.
    Taken,
    /// `{}`; nothing more to do.
    Done,
}

/// The reason why a request is not answered as asked.
pub(super) enum DeclinedRequest {
    Refused(RefusedRequest),
    /// The store is unavailable: the hub may retry.
    Store(StoreError),
    /// A temporary failure: the text for the hub, and the reason for the log.
    Later(&'static str, String),
    /// The call itself ended.
    Broken(Error),
}

impl From<RefusedRequest> for DeclinedRequest {
    fn from(refusal: RefusedRequest) -> Self {
        Self::Refused(refusal)
    }
}

impl From<StoreError> for DeclinedRequest {
    fn from(fault: StoreError) -> Self {
        Self::Store(fault)
    }
}

impl From<Error> for DeclinedRequest {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// The result of a part of a request.
pub(super) type StepOutcome<T = RequestReply> = std::result::Result<T, DeclinedRequest>;

impl ConnectorEngine<'_> {
    /// Answers a request from the hub.
    ///
    /// # Errors
    /// Missing settings, and the errors that end the call; never an error in the request itself.
    pub(in crate::salt_edge_connector) async fn handle(
        &self,
        method: &str,
        target: &str,
        headers: Vec<HeaderField>,
    ) -> Result<HandledRequest> {
        let receiver = self.client.ready.receiver()?;
        let fields = headers.into_iter().filter(|field| is_token(&field.name));
        let headers: Headers = fields.map(|field| (field.name, field.value.into_bytes())).collect();
        let authenticated = receiver.authenticate(method, target, &headers, self.arrived_s());
        let mut handled = HandledRequest {
            answer: success_answer(),
            endpoint: None,
            refused: None,
            warnings: Vec::new(),
            has_work: false,
        };
        let replied = match authenticated {
            Err(refusal) => Err(DeclinedRequest::Refused(refusal)),
            Ok(authenticated) => {
                if let Err(fault) = self.compare_clocks().await {
                    return Ok(HandledRequest::without_store(self.options, &unusable(fault)));
                }
                handled.endpoint = Some(authenticated.endpoint());
                let needs_token = authenticated.needs_token();
                let presented = authenticated
                    .access_token
                    .as_ref()
                    .map(|token| super::fetching::presented(self, token, authenticated.client_id));
                match receiver.read(authenticated) {
                    // An invalid token is reported before other errors.
                    Err(refusal) => match (needs_token, presented) {
                        (true, Some(presented)) => {
                            let judged = self.good(presented).await;
                            Err(judged.err().unwrap_or(DeclinedRequest::Refused(refusal)))
                        }
                        _ => Err(DeclinedRequest::Refused(refusal)),
                    },
                    Ok(mut received) => {
                        handled.warnings = std::mem::take(&mut received.warnings);
                        self.reply(received, presented, &mut handled.warnings).await
                    }
                }
            }
        };
        match replied {
            Ok(RequestReply::Answer(answer)) => handled.answer = answer,
            Ok(RequestReply::Taken) => handled.has_work = true,
            Ok(RequestReply::Done) => {}
            Err(DeclinedRequest::Refused(refusal)) => {
                handled.refused = Some((refusal.class.name.to_owned(), refusal.step));
                handled.answer = HttpAnswer::from_message(&refusal.answer());
            }
            Err(DeclinedRequest::Later(told, why)) => {
                self.options.warn(format!("a request cannot be handled now: {why}"));
                handled.refused = Some((class::INTERNAL_SERVER_ERROR.name.to_owned(), 0));
                handled.answer = busy(told, None);
            }
            Err(DeclinedRequest::Store(fault)) => {
                return Ok(HandledRequest::without_store(self.options, &unusable(fault)));
            }
            Err(DeclinedRequest::Broken(error)) if error.code() == row::STORAGE.code => {
                return Ok(HandledRequest::without_store(self.options, &error));
            }
            Err(DeclinedRequest::Broken(error)) => return Err(error),
        }
        Ok(handled)
    }

    async fn reply(
        &self,
        received: ReceivedRequest,
        presented: Option<PresentedToken>,
        warnings: &mut Vec<String>,
    ) -> StepOutcome {
        let ReceivedRequest { request, client_id: third_party, consent_id, .. } = received;
        let (odd, jwt) = match &request {
            HubRequest::CreateToken(wanted) => {
                let asked = &wanted.original_request;
                self.compared(third_party, &asked.client_jwt, &asked.client_payload).await?
            }
            HubRequest::ConfirmToken(answer) => {
                let asked = &answer.original_request;
                self.compared(third_party, &asked.client_jwt, &asked.client_payload).await?
            }
            _ => (Vec::new(), None),
        };
        warnings.extend(odd);
        let client_id = i64::try_from(third_party).unwrap_or(i64::MAX);
        match request {
            HubRequest::CreateToken(wanted) => self.create(wanted, client_id, consent_id, jwt).await,
            HubRequest::ConfirmToken(answer) => {
                let given = answer.original_request;
                self.confirm_step(&answer.session_secret, client_id, given, None, jwt).await
            }
            HubRequest::CancelToken(session) => self.cancel(&session.session_secret, client_id).await,
            HubRequest::NotifyError(notice) => self.note_error(notice, client_id, presented).await,
            HubRequest::RevokeToken(_) => self.revoke(needed(presented)?).await,
            HubRequest::ReconnectToken(session) => {
                self.about_token(SessionKind::Reconnect, session.session_secret, None, needed(presented)?, consent_id)
                    .await
            }
            HubRequest::RefreshAccounts(wanted) => {
                let secret = wanted.session_secret.clone();
                self.about_token(SessionKind::Refresh, secret, Some(wanted), needed(presented)?, consent_id).await
            }
            HubRequest::ConfirmAccounts(answer) => {
                let presented = needed(presented)?;
                let mut jwt = None;
                if self.verifies_third_parties() {
                    // An invalid token is reported first.
                    self.good(presented).await?;
                    let asked = &answer.original_request;
                    let compared = self.compared(third_party, &asked.client_jwt, &asked.client_payload).await?;
                    warnings.extend(compared.0);
                    jwt = compared.1;
                }
                let given = answer.original_request;
                self.confirm_step(&answer.session_secret, client_id, given, Some(presented), jwt).await
            }
            HubRequest::FetchAccounts(_) => self.fetch("accounts", needed(presented)?, FetchedData::Accounts).await,
            HubRequest::FetchTransactions(wanted) => {
                self.fetch("transactions", needed(presented)?, FetchedData::Transactions(wanted)).await
            }
            HubRequest::FetchCustomer(_) => self.fetch("kyc", needed(presented)?, FetchedData::Customer).await,
        }
    }

    /// The presented token and its record, if the token is valid.
    pub(super) async fn good(&self, presented: PresentedToken) -> StepOutcome<(ConnectorToken, Arc<TokenRecord>)> {
        let token = self.store.token(presented).await?.map_err(token_refusal)?;
        let record = self.opened_record(&token)?;
        Ok((token, record))
    }

    async fn fetch(&self, scope: &str, presented: PresentedToken, what: FetchedData) -> StepOutcome {
        let (token, record) = self.good(presented).await?;
        in_scope(&record, scope)?;
        let holder = TokenHolder { token: &token, record: &record, presented };
        let answered = match what {
            FetchedData::Accounts => self.accounts(&holder).await?,
            FetchedData::Transactions(wanted) => self.transactions(&holder, wanted).await?,
            FetchedData::Customer => self.customer(&holder).await?,
        };
        Ok(RequestReply::Answer(answered?))
    }

    async fn revoke(&self, presented: PresentedToken) -> StepOutcome {
        let known = self.good(presented).await;
        let (token_id, user_id) = match known {
            Ok((token, record)) => (Some(id_text(token.id)), record.user_id.clone()),
            Err(DeclinedRequest::Refused(_)) => (None, None),
            Err(declined) => return Err(declined),
        };
        let mut notice = notice(NoticeKind::Revoked, presented.client_id);
        (notice.token_id, notice.user_id) = (token_id, user_id);
        match self.store.revoke_presented(presented, self.noted(notice)).await? {
            RevokedToken::Done => Ok(RequestReply::Taken),
            RevokedToken::Unchanged => Ok(RequestReply::Done),
            RevokedToken::Refused(refusal) => Err(token_refusal(refusal).into()),
        }
    }

    async fn note_error(&self, said: ErrorNotice, client_id: i64, presented: Option<PresentedToken>) -> StepOutcome {
        let token = match presented {
            Some(presented) => self.store.token(presented).await?.ok(),
            None => None,
        };
        let is_known = token.is_some();
        let record =
            token.as_ref().map(|token| self.vault.open::<TokenRecord>(&token.sealed, SealedRow::Token(token.id)));
        // Parts of the hub's texts that look like secrets are not stored.
        let plain = |text: Option<String>| text.map(|text| redact_words(&text).chars().take(2000).collect::<String>());
        let (request_method, request_url) = said.request.map(|of| (of.method, of.url)).unwrap_or_default();
        let (error_class, error_message) = said.error.map(|of| (of.error_class, of.error_message)).unwrap_or_default();
        let mut notice = notice(NoticeKind::ErrorReported, client_id);
        notice.token_id = token.map(|token| id_text(token.id));
        notice.user_id = record.transpose()?.and_then(|record| record.user_id);
        (notice.error_class, notice.error_message) = (plain(error_class), plain(error_message));
        (notice.request_method, notice.request_url) = (plain(request_method), plain(request_url));
        let limit = if is_known { i64::MAX } else { NOTICES };
        if self.store.put_notice(self.noted(notice), limit, self.now()).await? {
            return Ok(RequestReply::Taken);
        }
        let why = format!("{NOTICES} notices wait for the bank");
        Err(DeclinedRequest::Later("Too many notices wait for the bank.", why))
    }

    pub(super) fn noted(&self, notice: NoticeQuestion) -> NewTask {
        let id = new_id();
        NewTask { id, kind: TaskKind::Notice, sealed: self.vault.seal(notice, SealedRow::Task(id)) }
    }
}

/// The requested data.
enum FetchedData {
    Accounts,
    Transactions(bankchannel_salt_edge::hub::operations::transactions::fetch_transactions::TransactionsWanted),
    Customer,
}

pub(super) fn notice(kind: NoticeKind, client_id: i64) -> NoticeQuestion {
    NoticeQuestion::new(kind, client_id.unsigned_abs())
}

pub(super) fn in_scope(record: &TokenRecord, scope: &str) -> std::result::Result<(), RefusedRequest> {
    if record.scopes.iter().any(|given| given == scope) {
        return Ok(());
    }
    Err(RefusedRequest::new(&class::ACCESS_DENIED, 16, format!("the token does not give the scope {scope}")))
}

fn needed(presented: Option<PresentedToken>) -> std::result::Result<PresentedToken, RefusedRequest> {
    presented.ok_or_else(|| refusal_of(&class::ACCESS_TOKEN_MISSING, 9))
}

pub(super) fn token_refusal(refusal: TokenRefusal) -> RefusedRequest {
    match refusal {
        TokenRefusal::NotFound => refusal_of(&class::TOKEN_NOT_FOUND, 10),
        TokenRefusal::Revoked => refusal_of(&class::TOKEN_REVOKED, 12),
        // Who hears of a revocation gives the token up.
        TokenRefusal::Unconfirmed => {
            RefusedRequest::new(&class::ACCESS_DENIED, 12, "the token waits for its customer, who is asked again")
        }
        TokenRefusal::Expired => refusal_of(&class::TOKEN_EXPIRED, 13),
    }
}

/// A refusal with the standard text of its class.
pub(super) fn refusal_of(class: &'static FailureClass, step: u8) -> RefusedRequest {
    RefusedRequest::new(class, step, class.meaning)
}

/// The answer for a temporary failure.
pub(super) fn busy(text: &str, after_s: Option<u32>) -> HttpAnswer {
    let mut answer = error_answer(class::INTERNAL_SERVER_ERROR.name, text, 503);
    answer.headers.push("Retry-After", after_s.unwrap_or(RETRY_AFTER_S).to_string());
    HttpAnswer::from_message(&answer)
}

fn success_answer() -> HttpAnswer {
    json_answer(Object::new())
}

/// A success answer with these members.
pub(super) fn json_answer(body: Object<'static>) -> HttpAnswer {
    HttpAnswer::from_message(&OutResponse::new(200, Body::json(body)))
}
