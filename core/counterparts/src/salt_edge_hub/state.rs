//! What a hub knows: sessions, and the tokens that came of them. In memory, and bounded.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use bankchannel_crypto::digest::sha256;
use bankchannel_foundation::{Secret, model::Timestamp};
use bankchannel_salt_edge::{Class, class::of_hub as class};
use serde_json::{Value, json};

/// Most sessions and tokens that are remembered; the oldest go first.
const MOST: usize = 10_000;
/// Most updates of a session that are remembered.
const UPDATES: usize = 100;
/// Most orders that wait for a session's reports.
const ORDERS: usize = 100;
/// How long a session goes on that says nothing else, milliseconds.
const SESSION_MS: i64 = 60 * 60 * 1000;

/// What a session is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// A token is to come of it.
    Token,
    /// Accounts are read again.
    Refresh,
}

impl About {
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
pub(super) struct Session {
    pub(super) about: About,
    pub(super) expires_ms: i64,
    /// How it has ended: well, or with the class of the failure.
    ended: Option<Result<(), String>>,
    updates: VecDeque<Value>,
    user_id: Option<String>,
    /// The token that has come of it, as it is presented.
    token: Option<Secret>,
    token_expires_ms: Option<i64>,
    /// Of which session the token is that the session was begun with.
    token_before: Option<String>,
    /// The token that a report of success had last, whatever that was answered.
    offered: Option<Secret>,
    /// How the next reports are answered, by order.
    orders: VecDeque<AnswerOrder>,
}

/// How a report is answered in place of what it would be.
#[derive(Debug, Clone)]
pub(super) struct AnswerOrder {
    /// Which report, such as `succeed_session`; any where it is left out.
    pub(super) operation: Option<String>,
    pub(super) status: u16,
    pub(super) error_class: String,
    pub(super) retry_after_s: Option<u32>,
    /// Whether it is carried out, and only the answer is another.
    pub(super) done: bool,
    /// How often.
    pub(super) count: u32,
}

/// A token, by its SHA-256.
pub(super) struct Token {
    id: u64,
    sha256: [u8; 32],
    expires_ms: Option<i64>,
    revoked_ms: Option<i64>,
}

#[derive(Default)]
struct Known {
    sessions: HashMap<String, Session>,
    order: VecDeque<String>,
    tokens: VecDeque<Token>,
    last_id: u64,
}

/// What a hub knows.
#[derive(Default)]
pub(super) struct State(Mutex<Known>);

/// How a session is to end.
pub(super) enum Ending {
    /// Well, with a token where one was to come of it.
    Success { token: Option<String>, expires_ms: Option<i64>, user_id: Option<String> },
    /// Badly, with this class.
    Failure { class: String, user_id: Option<String> },
}

impl State {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a session; `false` where there is one of this name.
    pub(super) fn begin(&self, secret: &str, about: About, expires_ms: Option<i64>, now_ms: i64) -> bool {
        let mut known = self.known();
        if known.sessions.contains_key(secret) {
            return false;
        }
        if known.order.len() == MOST
            && let Some(oldest) = known.order.pop_front()
        {
            known.sessions.remove(&oldest);
        }
        let session = Session {
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

    /// Takes note of how far a session is.
    pub(super) fn update(
        &self,
        secret: &str,
        update: Value,
        expires_ms: Option<i64>,
        now_ms: i64,
    ) -> Result<(), &'static Class> {
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

    /// Ends a session. A session that a token is to come of ends well with one only.
    pub(super) fn end(&self, secret: &str, ending: Ending, now_ms: i64) -> Result<(), &'static Class> {
        let mut known = self.known();
        let session = known.open(secret, now_ms)?;
        match ending {
            Ending::Failure { class, user_id } => {
                session.ended = Some(Err(class));
                session.user_id = user_id;
            }
            Ending::Success { token, expires_ms, user_id } => {
                if session.about == About::Token && (token.is_none() || expires_ms.is_none() || user_id.is_none()) {
                    return Err(&class::ACTION_NOT_ALLOWED);
                }
                session.ended = Some(Ok(()));
                session.user_id = user_id;
                session.token_expires_ms = expires_ms;
                if let Some(token) = token {
                    let sha256 = sha256(token.as_bytes());
                    session.token = Some(Secret::new(token));
                    known.add(sha256, expires_ms);
                }
            }
        }
        Ok(())
    }

    /// Revokes a token.
    pub(super) fn revoke(&self, token: &str, now_ms: i64) -> Result<(), &'static Class> {
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

    /// A page of tokens, and where the next begins.
    pub(super) fn tokens(
        &self,
        revoked: bool,
        from_id: u64,
        from_ms: i64,
        most: usize,
    ) -> (Vec<(u64, &'static str)>, Option<u64>) {
        let known = self.known();
        let mut fitting = known.tokens.iter().filter(|token| {
            let is_wanted = !revoked || token.revoked_ms.is_some_and(|at_ms| at_ms >= from_ms);
            token.id >= from_id && is_wanted
        });
        let status = |token: &Token| if token.revoked_ms.is_some() { "revoked" } else { "active" };
        let page = fitting.by_ref().take(most).map(|token| (token.id, status(token))).collect();
        (page, fitting.next().map(|token| token.id))
    }

    /// A session as tests see it; its token is not shown.
    pub(super) fn shown(&self, secret: &str) -> Option<Value> {
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

    /// Notes with which session's token a session was begun.
    pub(super) fn begun_with(&self, secret: &str, token_of: &str) {
        if let Some(session) = self.known().sessions.get_mut(secret) {
            session.token_before = Some(token_of.to_owned());
        }
    }

    /// Of which session the token is that a session was begun with.
    pub(super) fn token_before(&self, secret: &str) -> Option<String> {
        self.known().sessions.get(secret)?.token_before.clone()
    }

    /// All tokens, without themselves.
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

    /// Orders how reports of a session are answered; `false` where there is none of this name.
    pub(super) fn order(&self, secret: &str, order: AnswerOrder) -> bool {
        let mut known = self.known();
        let Some(session) = known.sessions.get_mut(secret) else { return false };
        if session.orders.len() == ORDERS {
            session.orders.pop_front();
        }
        session.orders.push_back(order);
        true
    }

    /// How a report is to be answered, if that was ordered.
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

    /// Keeps the token that a report of success has, before it is answered.
    pub(super) fn offer(&self, secret: &str, token: &str) {
        if let Some(session) = self.known().sessions.get_mut(secret) {
            session.offered = Some(Secret::new(token));
        }
    }

    /// The token that a report of success had last, whatever that was answered.
    pub(super) fn offered(&self, secret: &str) -> Option<Secret> {
        self.known().sessions.get(secret)?.offered.clone()
    }

    /// The names of all sessions, oldest first.
    pub(super) fn sessions(&self) -> Vec<String> {
        self.known().order.iter().cloned().collect()
    }

    /// The token that has come of a session.
    pub(super) fn token_of(&self, secret: &str) -> Option<Secret> {
        self.known().sessions.get(secret)?.token.clone()
    }

    /// Forgets everything.
    pub(super) fn reset(&self) {
        *self.known() = Known::default();
    }
}

impl Known {
    /// A session that goes on.
    fn open(&mut self, secret: &str, now_ms: i64) -> Result<&mut Session, &'static Class> {
        let session = self.sessions.get_mut(secret).ok_or(&class::SESSION_NOT_FOUND)?;
        if session.ended.is_some() {
            return Err(&class::SESSION_CLOSED);
        }
        if session.expires_ms <= now_ms {
            return Err(&class::SESSION_EXPIRED);
        }
        Ok(session)
    }

    fn add(&mut self, sha256: [u8; 32], expires_ms: Option<i64>) {
        if self.tokens.len() == MOST {
            self.tokens.pop_front();
        }
        self.last_id += 1;
        self.tokens.push_back(Token { id: self.last_id, sha256, expires_ms, revoked_ms: None });
    }
}
