//! The hub's state: sessions, and the tokens they produced. In memory, with a maximum number.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_crypto::digest::sha256;
use bankchannel_foundation::{Secret, model::Timestamp};
use bankchannel_salt_edge::class::{FailureClass, of_hub as class};
use serde_json::{Value, json};

/// The maximum number of sessions and of tokens; the oldest are dropped first.
const MOST: usize = 10_000;
/// The maximum number of recorded updates of a session.
const UPDATES: usize = 100;
/// The maximum number of pending orders for a session's reports.
const ORDERS: usize = 100;
/// The default lifetime of a session, in milliseconds.
const SESSION_MS: i64 = 60 * 60 * 1000;

/// The purpose of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SessionPurpose {
    /// To get a token.
    Token,
    /// To refresh accounts.
    Refresh,
}

impl SessionPurpose {
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text {
            "token" => Some(Self::Token),
            "refresh" => Some(Self::Refresh),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Refresh => "refresh",
        }
    }
}

/// A session.
pub(super) struct HubSession {
    pub(super) about: SessionPurpose,
    pub(super) expires_ms: i64,
    /// The result: success, or the class of the failure.
    ended: Option<Result<(), String>>,
    updates: VecDeque<Value>,
    user_id: Option<String>,
    /// The token it produced, as presented in requests.
    token: Option<Secret>,
    token_expires_ms: Option<i64>,
    /// The session whose token was used to start this one.
    token_before: Option<String>,
    /// The token in the latest success report, whatever the answer was.
    offered: Option<Secret>,
    /// The ordered answers to the next reports.
    orders: VecDeque<AnswerOrder>,
}

/// An ordered answer that replaces the real one.
#[derive(Debug, Clone)]
pub(super) struct AnswerOrder {
    /// The report, such as `succeed_session`; any report if `None`.
    pub(super) operation: Option<String>,
    pub(super) status: u16,
    pub(super) error_class: String,
    pub(super) retry_after_s: Option<u32>,
    /// Whether the report takes effect although it gets this answer.
    pub(super) done: bool,
    /// The number of reports that get this answer.
    pub(super) count: u32,
}

/// A token, identified by its SHA-256.
pub(super) struct HubToken {
    id: u64,
    text: Secret,
    sha256: [u8; 32],
    expires_ms: Option<i64>,
    revoked_ms: Option<i64>,
}

#[derive(Default)]
struct HubRecords {
    sessions: HashMap<String, HubSession>,
    order: VecDeque<String>,
    tokens: VecDeque<HubToken>,
    last_id: u64,
}

/// The sessions and tokens of a hub.
#[derive(Default)]
pub(super) struct HubState(Mutex<HubRecords>);

/// The result of a session.
pub(super) enum SessionEnding {
    /// Success, with a token if the session is to produce one.
    Success { token: Option<String>, expires_ms: Option<i64>, user_id: Option<String> },
    /// Failure, with this class.
    Failure { class: String, user_id: Option<String> },
}

impl HubState {
    fn known(&self) -> MutexGuard<'_, HubRecords> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a session; `false` if there is already one of this name.
    pub(super) fn begin(&self, secret: &str, about: SessionPurpose, expires_ms: Option<i64>, now_ms: i64) -> bool {
        let mut known = self.known();
        if known.sessions.contains_key(secret) {
            return false;
        }
        if known.order.len() == MOST
            && let Some(oldest) = known.order.pop_front()
        {
            known.sessions.remove(&oldest);
        }
        let session = HubSession {
            about,
            expires_ms: expires_ms.unwrap_or(now_ms + SESSION_MS),
            ended: None,
            updates: VecDeque::new(),
            user_id: None,
            token: None,
            token_expires_ms: None,
            token_before: None,
            offered: None,
            orders: VecDeque::new(),
        };
        known.sessions.insert(secret.to_owned(), session);
        known.order.push_back(secret.to_owned());
        true
    }

    /// Records the progress of a session.
    pub(super) fn update(
        &self,
        secret: &str,
        update: Value,
        expires_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<(), &'static FailureClass> {
        let mut known = self.known();
        let session = known.open(secret, now_ms)?;
        if session.updates.len() == UPDATES {
            session.updates.pop_front();
        }
        session.updates.push_back(update);
        if let Some(expires_ms) = expires_ms {
            session.expires_ms = expires_ms;
        }
        Ok(())
    }

    /// Ends a session. A session for a token succeeds only with a token.
    pub(super) fn end(&self, secret: &str, ending: SessionEnding, now_ms: i64) -> Result<(), &'static FailureClass> {
        let mut known = self.known();
        let session = known.open(secret, now_ms)?;
        match ending {
            SessionEnding::Failure { class, user_id } => {
                session.ended = Some(Err(class));
                session.user_id = user_id;
            }
            SessionEnding::Success { token, expires_ms, user_id } => {
                if session.about == SessionPurpose::Token
                    && (token.is_none() || expires_ms.is_none() || user_id.is_none())
                {
                    return Err(&class::ACTION_NOT_ALLOWED);
                }
                session.ended = Some(Ok(()));
                session.user_id = user_id;
                session.token_expires_ms = expires_ms;
                if let Some(token) = token {
                    let sha256 = sha256(token.as_bytes());
                    let token = Secret::new(token);
                    session.token = Some(token.clone());
                    known.add(token, sha256, expires_ms);
                }
            }
        }
        Ok(())
    }

    /// Revokes a token.
    pub(super) fn revoke(&self, token: &str, now_ms: i64) -> Result<(), &'static FailureClass> {
        let mut known = self.known();
        let sha256 = sha256(token.as_bytes());
        let found = known.tokens.iter_mut().find(|known| known.sha256 == sha256);
        let found = found.ok_or(&class::TOKEN_NOT_FOUND)?;
        if found.revoked_ms.is_some() {
            return Err(&class::TOKEN_REVOKED);
        }
        if found.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms) {
            return Err(&class::TOKEN_EXPIRED);
        }
        found.revoked_ms = Some(now_ms);
        Ok(())
    }

    /// A page of tokens, and the id at which the next page begins. Salt Edge names one after the last page, too: there it
    /// finds none.
    pub(super) fn tokens(
        &self,
        revoked: bool,
        from_id: u64,
        from_ms: i64,
        max: usize,
    ) -> (Vec<(u64, &'static str, Secret)>, u64) {
        let known = self.known();
        let mut fitting = known.tokens.iter().filter(|token| {
            let is_wanted = !revoked || token.revoked_ms.is_some_and(|at_ms| at_ms >= from_ms);
            token.id >= from_id && is_wanted
        });
        let status = |token: &HubToken| if token.revoked_ms.is_some() { "revoked" } else { "active" };
        let page: Vec<_> =
            fitting.by_ref().take(max).map(|token| (token.id, status(token), token.text.clone())).collect();
        let last = page.last().map_or(from_id, |(id, ..)| *id);
        (page, fitting.next().map_or(last + 1, |token| token.id))
    }

    /// A session as JSON, for tests; without its token.
    pub(super) fn session_json(&self, secret: &str) -> Option<Value> {
        let known = self.known();
        let session = known.sessions.get(secret)?;
        let (status, error_class) = match &session.ended {
            None => ("open", None),
            Some(Ok(())) => ("success", None),
            Some(Err(class)) => ("fail", Some(class)),
        };
        Some(json!({
            "about": session.about.as_str(),
            "status": status,
            "error_class": error_class,
            "updates": session.updates,
            "user_id": session.user_id,
            "has_token": session.token.is_some(),
            "token_expires_at": session.token_expires_ms.map(|at| Timestamp::from_ms(at).as_str().to_owned()),
            "expires_at": Timestamp::from_ms(session.expires_ms).as_str(),
        }))
    }

    /// Records the session whose token was used to start a session.
    pub(super) fn begun_with(&self, secret: &str, token_of: &str) {
        if let Some(session) = self.known().sessions.get_mut(secret) {
            session.token_before = Some(token_of.to_owned());
        }
    }

    /// The session whose token was used to start a session.
    pub(super) fn token_before(&self, secret: &str) -> Option<String> {
        self.known().sessions.get(secret)?.token_before.clone()
    }

    /// All tokens, without their values.
    pub(super) fn all_tokens(&self) -> Vec<Value> {
        let shown = |ms: Option<i64>| ms.map(|ms| Timestamp::from_ms(ms).as_str().to_owned());
        let known = self.known();
        let tokens = known.tokens.iter();
        tokens
            .map(|token| {
                json!({"id": token.id, "expires_at": shown(token.expires_ms), "revoked_at": shown(token.revoked_ms)})
            })
            .collect()
    }

    /// Orders the answer to reports of a session; `false` if there is none of this name.
    pub(super) fn order(&self, secret: &str, order: AnswerOrder) -> bool {
        let mut known = self.known();
        let Some(session) = known.sessions.get_mut(secret) else { return false };
        if session.orders.len() == ORDERS {
            session.orders.pop_front();
        }
        session.orders.push_back(order);
        true
    }

    /// Takes the ordered answer to a report, if there is one.
    pub(super) fn ordered(&self, secret: &str, operation: &str) -> Option<AnswerOrder> {
        let mut known = self.known();
        let orders = &mut known.sessions.get_mut(secret)?.orders;
        let is_meant = |order: &AnswerOrder| order.operation.as_deref().is_none_or(|name| name == operation);
        let at = orders.iter().position(is_meant)?;
        let found = orders[at].clone();
        orders[at].count -= 1;
        if orders[at].count == 0 {
            orders.remove(at);
        }
        Some(found)
    }

    /// Keeps the token of a success report, before the report is answered.
    pub(super) fn offer(&self, secret: &str, token: &str) {
        if let Some(session) = self.known().sessions.get_mut(secret) {
            session.offered = Some(Secret::new(token));
        }
    }

    /// The token in the latest success report, whatever the answer was.
    pub(super) fn offered(&self, secret: &str) -> Option<Secret> {
        self.known().sessions.get(secret)?.offered.clone()
    }

    /// The names of all sessions, oldest first.
    pub(super) fn sessions(&self) -> Vec<String> {
        self.known().order.iter().cloned().collect()
    }

    /// The token that a session produced.
    pub(super) fn token_of(&self, secret: &str) -> Option<Secret> {
        self.known().sessions.get(secret)?.token.clone()
    }

    /// Removes all data.
    pub(super) fn reset(&self) {
        *self.known() = HubRecords::default();
    }
}

impl HubRecords {
    /// A session that is open.
    fn open(&mut self, secret: &str, now_ms: i64) -> Result<&mut HubSession, &'static FailureClass> {
        let session = self.sessions.get_mut(secret).ok_or(&class::SESSION_NOT_FOUND)?;
        if session.ended.is_some() {
            return Err(&class::SESSION_CLOSED);
        }
        if session.expires_ms <= now_ms {
            return Err(&class::SESSION_EXPIRED);
        }
        Ok(session)
    }

    fn add(&mut self, text: Secret, sha256: [u8; 32], expires_ms: Option<i64>) {
        if self.tokens.len() == MOST {
            self.tokens.pop_front();
        }
        self.last_id += 1;
        self.tokens.push_back(HubToken { id: self.last_id, text, sha256, expires_ms, revoked_ms: None });
    }
}
