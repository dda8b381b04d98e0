//! The bank's steps in a session, and their effects: the session's new state and the callback that reports it.

use bankchannel_foundation::Result;
use bankchannel_salt_edge::{
    class::FailureClass,
    connector::questions::{Approved, CodeNeeded, Redirected, Step},
    receive::is_page,
};
use bankchannel_storage::salt_edge_connector::{
    CallbackKind, ConnectorSession, ConnectorSessionState, Digest, GrantedToken, NewCallback, SessionChange,
    SessionKind,
};

use super::{
    ConnectorEngine, again_while, id_text,
    question::RefusedAnswer,
    records::{FailureRecord, SessionRecord, SuccessRecord, TokenRecord, UpdateRecord},
    timestamp,
    vault::SealedRow,
};

/// The default time that a customer has for a page, in seconds.
const PAGE_S: u32 = 15 * 60;
/// The default time that a customer has for a code, in seconds.
const CODE_S: u32 = 5 * 60;
/// The longest time that a bank may set, in seconds.
const MAX_S: u32 = 24 * 60 * 60;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// How long after the session's expiry its end may still be reported.
pub(super) const REPORT_MS: i64 = 15 * 60 * 1000;

/// The reason against a step that names another customer than the session's.
pub(super) const OTHER_CUSTOMER: &str = "user_id is not the customer of the session";

/// The change that follows from a bank's step, or the reason why the step makes no sense.
type PlannedChange = Result<SessionChange, &'static str>;

impl ConnectorEngine<'_> {
    /// The customer whom a step names, as the store compares them.
    pub(super) fn holder(&self, step: &Step) -> Option<Digest> {
        let user_id = match step {
            Step::Approved(approved) => Some(&approved.user_id),
            Step::Redirect(page) => page.user_id.as_ref(),
            Step::CodeNeeded(code) => code.user_id.as_ref(),
            _ => None,
        };
        user_id.map(|user_id| self.vault.holder(user_id))
    }

    /// Plans the change that follows from a step of the bank. While the store is away, it is asked again as long as
    /// `goes_on`, which gets the number of attempts made: the step is an answer of the bank, and must not be lost.
    ///
    /// # Errors
    /// `resource.storage`; the inner error is the reason why the step makes no sense.
    pub(super) async fn plan(
        &self,
        session: &ConnectorSession,
        step: Step,
        goes_on: impl Fn(u32) -> bool,
    ) -> Result<PlannedChange> {
        let record = self.session_record(session)?;
        Ok(match step {
            Step::Approved(approved) if session.kind == SessionKind::Refresh => {
                if approved.user_id.trim().is_empty() {
                    return Ok(Err("user_id is empty"));
                }
                Ok(self.refreshed(session, SessionRecord { user_id: Some(approved.user_id), ..record }))
            }
            Step::Approved(approved) => return self.approved(session, record, approved, goes_on).await,
            Step::Redirect(page) => self.to_page(session, record, page),
            Step::CodeNeeded(code) => self.for_code(session, record, code),
            Step::Done(_) if session.kind == SessionKind::Refresh => Ok(self.refreshed(session, record)),
            Step::Done(_) => {
                let sealed = self.vault.seal(record, SealedRow::Session(session.id));
                let (state, expires_at) = (ConnectorSessionState::Working, session.expires_at);
                Ok(SessionChange::Wait { state, sealed, expires_at, update: None })
            }
            Step::Refused(refused) => Ok(self.failed(session, &record, RefusedAnswer::by_bank(refused))),
            _ => Err("this version does not know this step"),
        })
    }

    /// Ends a session as failed.
    pub(super) fn failed(
        &self,
        session: &ConnectorSession,
        record: &SessionRecord,
        refused: RefusedAnswer,
    ) -> SessionChange {
        let said =
            FailureRecord { error_class: refused.class, error_message: refused.text, user_id: record.user_id.clone() };
        let callback = NewCallback {
            kind: CallbackKind::Fail,
            reason: None,
            sealed: Some(self.vault.seal(said, SealedRow::Callback(session.id))),
            expires_at: session.expires_at.max(self.now()) + REPORT_MS,
        };
        SessionChange::Fail { callback }
    }

    /// The same with the standard text of a class.
    pub(super) fn failed_as(&self, session: &ConnectorSession, class: &FailureClass) -> Result<SessionChange> {
        Ok(self.failed(session, &self.session_record(session)?, RefusedAnswer::class(class)))
    }

    fn refreshed(&self, session: &ConnectorSession, record: SessionRecord) -> SessionChange {
        let said = SuccessRecord {
            user_id: record.user_id.clone(),
            token_id: None,
            generation: 0,
            token_expires_at: None,
            consent: None,
        };
        let callback = self.success(session, said);
        SessionChange::Succeed {
            sealed: self.vault.seal(record, SealedRow::Session(session.id)),
            granted: None,
            callback,
        }
    }

    async fn approved(
        &self,
        session: &ConnectorSession,
        record: SessionRecord,
        mut approved: Approved,
        goes_on: impl Fn(u32) -> bool,
    ) -> Result<PlannedChange> {
        if approved.user_id.trim().is_empty() {
            return Ok(Err("user_id is empty"));
        }
        if let Some(why) = approved.consent.as_ref().and_then(|consent| senseless(consent)) {
            return Ok(Err(why));
        }
        let found = again_while(goes_on, || self.store.token_of_id(session.token)).await?;
        let Some(token) = found else { return Ok(Err("the session's token is gone")) };
        let mut given: TokenRecord = self.vault.open(&token.sealed, SealedRow::Token(token.id))?;
        if session.kind == SessionKind::Reconnect {
            given.generation += 1;
            // If the customer was not asked again, the earlier choice stays valid.
            approved.consent = approved.consent.or_else(|| given.consent.clone());
        }
        let now = self.now();
        let days = given.consent_period_days.min(self.client.ready.token_days);
        let end = now.saturating_add(i64::from(days) * DAY_MS);
        let expires_at = approved.token_expires_at.as_ref().map_or(end, |said| said.as_ms().min(end));
        if expires_at <= now {
            return Ok(Err("token_expires_at is in the past"));
        }
        let user_id = approved.user_id;
        given.user_id = Some(user_id.clone());
        if let Some(scopes) = approved.scopes {
            if !scopes.iter().all(|scope| given.scopes.contains(scope)) {
                return Ok(Err("scopes names one that the third party did not ask for"));
            }
            if scopes.is_empty() {
                return Ok(Err("scopes is empty: refuse the session instead"));
            }
            given.scopes = scopes;
        }
        given.consent = approved.consent;
        let said = SuccessRecord {
            user_id: Some(user_id.clone()),
            token_id: Some(id_text(token.id)),
            generation: given.generation,
            token_expires_at: Some(timestamp(expires_at)),
            consent: given.consent.clone(),
        };
        let access_token = self.vault.access_token(self.vault.token(token.id, given.generation).expose());
        let granted = GrantedToken {
            access_token,
            holder: self.vault.holder(&user_id),
            generation: given.generation.into(),
            expires_at,
            sealed: self.vault.seal(given, SealedRow::Token(token.id)),
        };
        let callback = self.success(session, said);
        let record = SessionRecord { user_id: Some(user_id), field: None, ..record };
        let sealed = self.vault.seal(record, SealedRow::Session(session.id));
        Ok(Ok(SessionChange::Succeed { sealed, granted: Some(granted), callback }))
    }

    fn success(&self, session: &ConnectorSession, said: SuccessRecord) -> NewCallback {
        NewCallback {
            kind: CallbackKind::Success,
            reason: None,
            sealed: Some(self.vault.seal(said, SealedRow::Callback(session.id))),
            expires_at: session.expires_at.max(self.now()) + REPORT_MS,
        }
    }

    fn to_page(&self, session: &ConnectorSession, record: SessionRecord, page: Redirected) -> PlannedChange {
        if !is_page(&page.redirect_url, &[]) {
            return Err("redirect_url must be an absolute URL with https");
        }
        let record = SessionRecord { user_id: page.user_id.or(record.user_id), field: None, ..record };
        let said = |user_id, session_expires_at| UpdateRecord {
            status: "redirect".into(),
            redirect_url: Some(page.redirect_url),
            instruction: None,
            field: None,
            user_id,
            session_expires_at,
        };
        self.waiting(
            session,
            record,
            ConnectorSessionState::AwaitingRedirect,
            page.expires_in_s.unwrap_or(PAGE_S),
            said,
        )
    }

    fn for_code(&self, session: &ConnectorSession, record: SessionRecord, code: CodeNeeded) -> PlannedChange {
        if code.field.trim().is_empty() {
            return Err("field is empty: it names the field for the code");
        }
        let record =
            SessionRecord { user_id: code.user_id.or(record.user_id), field: Some(code.field.clone()), ..record };
        let said = |user_id, session_expires_at| UpdateRecord {
            status: "waiting_confirmation_code".into(),
            redirect_url: None,
            instruction: code.instruction,
            field: Some(code.field),
            user_id,
            session_expires_at,
        };
        self.waiting(session, record, ConnectorSessionState::AwaitingCode, code.expires_in_s.unwrap_or(CODE_S), said)
    }

    fn waiting(
        &self,
        session: &ConnectorSession,
        record: SessionRecord,
        state: ConnectorSessionState,
        seconds: u32,
        said: impl FnOnce(Option<String>, bankchannel_foundation::model::Timestamp) -> UpdateRecord,
    ) -> PlannedChange {
        if !(1..=MAX_S).contains(&seconds) {
            return Err("expires_in_s must be 1 to 86400");
        }
        let expires_at = self.now() + i64::from(seconds) * 1000;
        let said = said(record.user_id.clone(), timestamp(expires_at));
        let update = NewCallback {
            kind: CallbackKind::Update,
            reason: None,
            sealed: Some(self.vault.seal(said, SealedRow::Callback(session.id))),
            expires_at,
        };
        let sealed = self.vault.seal(record, SealedRow::Session(session.id));
        Ok(SessionChange::Wait { state, sealed, expires_at, update: Some(update) })
    }
}

/// The reason why a consent is invalid.
fn senseless(consent: &[bankchannel_salt_edge::model::AccountConsent]) -> Option<&'static str> {
    let mut ids: Vec<&str> = consent.iter().map(|one| one.account_id.as_str()).collect();
    ids.sort_unstable();
    let count = ids.len();
    ids.dedup();
    match () {
        () if ids.iter().any(|id| id.is_empty()) => Some("consent names an account with an empty id"),
        () if ids.len() < count => Some("consent names an account twice"),
        () => None,
    }
}
