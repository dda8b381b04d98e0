//! Requests that begin a session, submit the customer's answer, or cancel it.
//!
//! The token and the session are checked again in the transaction that commits.

use std::collections::BTreeMap;

use bankchannel_salt_edge::{
    class::{RefusedRequest, of_connector as class},
    connector::questions::notice::NoticeKind,
    hub::operations::{accounts::refresh_accounts::RefreshWanted, tokens::create_token::TokenWanted},
    model::{ConfirmationRequested, SessionSecret},
};
use bankchannel_storage::salt_edge_connector::{
    AnsweredSession, CancelledSession, NewConnectorSession, NewTask, OpenedSession, PresentedToken, RowId, SessionKind,
    SessionToken2, StepAnswer, TaskKind, UsedJwt,
};

use super::{
    ConnectorEngine, id_text, new_id,
    records::{CredentialsRecord, SessionRecord, TokenRecord},
    requests::{DeclinedRequest, RequestReply, StepOutcome, in_scope, notice, refusal_of, token_refusal},
    vault::SealedRow,
};

/// The time within which the bank must react to a new session.
const FIRST_MS: i64 = 15 * 60 * 1000;
/// The field of the credentials that names the authentication method.
const AUTHORIZATION_TYPE: &str = "authorization_type";

impl ConnectorEngine<'_> {
    pub(super) async fn create(
        &self,
        wanted: TokenWanted,
        client_id: i64,
        consent_id: Option<String>,
        jwt: Option<UsedJwt>,
    ) -> StepOutcome {
        let (id, token, task) = (new_id(), new_id(), new_id());
        let asked = wanted.original_request.client_payload.data;
        let mut credentials = asked.credentials;
        let authorization_type = credentials.remove(AUTHORIZATION_TYPE).map(|code| code.expose().to_owned());
        let record = SessionRecord {
            session_secret: wanted.session_secret,
            app_name: wanted.app_name.clone(),
            scopes: asked.scopes.clone(),
            consent_period_days: asked.consent_period_days,
            authorization_type,
            redirect_url: asked.redirect_url,
            consent_id: consent_id.clone(),
            user_id: None,
            field: None,
            from_date: None,
            to_date: None,
        };
        let unconfirmed = TokenRecord {
            generation: 0,
            user_id: None,
            app_name: wanted.app_name,
            scopes: asked.scopes,
            consent_period_days: asked.consent_period_days,
            consent: None,
            consent_id,
        };
        let given = CredentialsRecord { credentials, force_sca: asked.force_sca };
        let about = SessionToken2::New { id: token, sealed: self.vault.seal(unconfirmed, SealedRow::Token(token)) };
        let sealed = self.vault.seal(given, SealedRow::Task(task));
        let task = NewTask { id: task, kind: TaskKind::Authenticate, sealed };
        self.open(SessionKind::Enrolment, id, record, client_id, about, task, None, jwt).await
    }

    /// A session for an existing token: its renewal, or a refresh of its accounts.
    pub(super) async fn about_token(
        &self,
        kind: SessionKind,
        session_secret: SessionSecret,
        refresh: Option<RefreshWanted>,
        presented: PresentedToken,
        consent_id: Option<String>,
    ) -> StepOutcome {
        // In a repeated renewal the token is a pending one or the old one: only the transaction can tell which.
        let (token, refused) = match self.good(presented).await {
            Ok((_, record)) => {
                if kind == SessionKind::Refresh {
                    in_scope(&record, "accounts")?;
                }
                (Some(record.as_ref().clone()), None)
            }
            Err(DeclinedRequest::Refused(refusal)) => (None, Some(refusal)),
            Err(declined) => return Err(declined),
        };
        let token = token.unwrap_or_default();
        let (id, task) = (new_id(), new_id());
        let (from_date, to_date, redirect_url) = match refresh {
            Some(wanted) => (wanted.from_date, wanted.to_date, wanted.redirect_url),
            None => (None, None, None),
        };
        let record = SessionRecord {
            session_secret,
            app_name: token.app_name,
            scopes: token.scopes,
            consent_period_days: token.consent_period_days,
            authorization_type: None,
            redirect_url,
            consent_id,
            user_id: token.user_id,
            field: None,
            from_date,
            to_date,
        };
        let asked = if kind == SessionKind::Refresh { TaskKind::Refresh } else { TaskKind::Reconnect };
        let nothing = CredentialsRecord { credentials: BTreeMap::new(), force_sca: None };
        let task = NewTask { id: task, kind: asked, sealed: self.vault.seal(nothing, SealedRow::Task(task)) };
        let about = SessionToken2::Presented(presented.access_token);
        self.open(kind, id, record, presented.client_id, about, task, refused, None).await
    }

    #[allow(clippy::too_many_arguments)] // the parts of a session
    async fn open(
        &self,
        kind: SessionKind,
        id: RowId,
        record: SessionRecord,
        client_id: i64,
        about: SessionToken2,
        task: NewTask,
        refused: Option<RefusedRequest>,
        client_jwt: Option<UsedJwt>,
    ) -> StepOutcome {
        let now = self.now();
        let secret = self.vault.session(record.session_secret.as_str());
        let sealed = self.vault.seal(record, SealedRow::Session(id));
        let (expires_at, may_begin) = (now + FIRST_MS, refused.is_none());
        let new = NewConnectorSession {
            id,
            secret,
            client_id,
            kind,
            about,
            sealed,
            now,
            expires_at,
            task,
            may_begin,
            client_jwt,
        };
        match self.store.open_session(new).await? {
            OpenedSession::New | OpenedSession::Repeated => Ok(RequestReply::Taken),
            OpenedSession::OtherClient | OpenedSession::OtherKind => Err(of_another().into()),
            OpenedSession::UsedJwt => Err(used_jwt().into()),
            OpenedSession::Token(refusal) => Err(refused.unwrap_or_else(|| token_refusal(refusal)).into()),
        }
    }

    pub(super) async fn confirm_step(
        &self,
        secret: &SessionSecret,
        client_id: i64,
        given: ConfirmationRequested,
        presented: Option<PresentedToken>,
        client_jwt: Option<UsedJwt>,
    ) -> StepOutcome {
        if let Some(presented) = presented {
            in_scope(&self.good(presented).await?.1, "accounts")?;
        }
        let id = new_id();
        let credentials = given.client_payload.data.credentials;
        let answer = self.vault.answer(&credentials, &given.client_jwt);
        let record = CredentialsRecord { credentials, force_sca: None };
        let task = NewTask { id, kind: TaskKind::Confirm, sealed: self.vault.seal(record, SealedRow::Task(id)) };
        let answer = StepAnswer {
            secret: self.vault.session(secret.as_str()),
            client_id,
            presented: presented.map(|presented| presented.access_token),
            answer,
            max_tries: i64::from(self.client.ready.confirmation_tries),
            now: self.now(),
            task,
            client_jwt,
        };
        match self.store.answer_step(answer).await? {
            AnsweredSession::Taken | AnsweredSession::TooMany => Ok(RequestReply::Taken),
            AnsweredSession::Unchanged => Ok(RequestReply::Done),
            AnsweredSession::NotFound => Err(refusal_of(&class::TOKEN_NOT_FOUND, 18).into()),
            AnsweredSession::OtherClient => Err(of_another().into()),
            AnsweredSession::UsedJwt => Err(used_jwt().into()),
            AnsweredSession::NotAwaited => {
                let text = "this session does not wait for an answer of the customer";
                Err(RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 18, text).into())
            }
            AnsweredSession::Token(refusal) => Err(token_refusal(refusal).into()),
        }
    }

    pub(super) async fn cancel(&self, secret: &SessionSecret, client_id: i64) -> StepOutcome {
        let secret = self.vault.session(secret.as_str());
        let session = self.store.session_of(secret).await?;
        let record = session.as_ref().map(|session| self.session_record(session)).transpose()?;
        let mut notice = notice(NoticeKind::Cancelled, client_id);
        notice.session_id = session.as_ref().map(|session| id_text(session.id));
        notice.user_id = record.and_then(|record| record.user_id);
        match self.store.cancel_session(secret, client_id, self.noted(notice), self.now()).await? {
            CancelledSession::Done => Ok(RequestReply::Taken),
            CancelledSession::Unchanged => Ok(RequestReply::Done),
            CancelledSession::NotFound => Err(refusal_of(&class::TOKEN_NOT_FOUND, 18).into()),
            CancelledSession::OtherClient => Err(of_another().into()),
        }
    }
}

fn used_jwt() -> RefusedRequest {
    RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 15, "original_request.client_jwt was used for another session")
}

fn of_another() -> RefusedRequest {
    RefusedRequest::new(&class::WRONG_REQUEST_FORMAT, 18, "session_secret is in use for another request")
}
