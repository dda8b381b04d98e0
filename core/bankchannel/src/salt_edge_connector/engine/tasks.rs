//! Tasks: pending questions to the bank's code, asked one at a time in each lane.

use bankchannel_foundation::{Error, Result};
use bankchannel_salt_edge::{
    class::of_connector,
    connector::questions::{
        Step,
        authenticate::{Authenticate, AuthenticateQuestion},
        confirm::{Confirm, ConfirmQuestion},
        notice::{Notice, NoticeQuestion},
        reconnect::{Reconnect, ReconnectQuestion},
        refresh::{Refresh, RefreshQuestion},
    },
};
use bankchannel_storage::salt_edge_connector::{
    ConnectorSession, Digest, DueTask, SessionSettlement, SettledSession, SettlementSource, TaskKind, TaskLane,
};

use super::{
    BUSY_TRIES, ConnectorEngine, again_while, id_text,
    question::{QuestionSubject, UnansweredQuestion},
    records::{CredentialsRecord, TokenRecord},
    steps::OTHER_CUSTOMER,
    timestamp, unusable,
    vault::SealedRow,
};
use crate::LogLevel;

/// The time after which other workers consider the question lost.
pub(super) const LEASE_MS: i64 = 5 * 60 * 1000;
/// How long after that an answer that was kept while the store was away is waited for.
const GRACE_MS: i64 = 20 * 1000;
/// The maximum number of attempts for a notice.
const NOTICES: i64 = 5;
/// The maximum number of attempts for a refresh.
const REFRESHES: i64 = 3;
/// The pause before a notice or a refresh is tried again.
const AGAIN_MS: i64 = 30 * 1000;

impl ConnectorEngine<'_> {
    /// Asks the bank one due question and commits the result. Returns false if none was due.
    ///
    /// # Errors
    /// `resource.storage`; `cancelled` and `timeout.deadline` of the call, after the question is settled.
    pub(super) async fn ask_next(&self, lane: TaskLane) -> Result<bool> {
        let now = self.now();
        let Some(task) = self.store.take_task(lane, now, now + LEASE_MS).await.map_err(unusable)? else {
            return Ok(false);
        };
        match &task.session {
            None => self.tell(&task).await?,
            Some(session) => self.ask_of_session(&task, session).await?,
        }
        Ok(true)
    }

    async fn tell(&self, task: &DueTask) -> Result<()> {
        let notice: NoticeQuestion = self.vault.open(&task.sealed, SealedRow::Task(task.id))?;
        let (told, broken) = match self.ask::<Notice>(notice, QuestionSubject::Notice(task.id)).await {
            Ok(_) => (true, None),
            Err(UnansweredQuestion::Failed | UnansweredQuestion::Away(_)) => (false, None),
            Err(UnansweredQuestion::Broken(error)) => (false, Some(error)),
            Err(UnansweredQuestion::Nobody(error)) => return self.not_asked(task, error).await,
        };
        if told || task.lease >= NOTICES {
            if !told {
                let notice = QuestionSubject::Notice(task.id);
                self.options.warn(format!("bank.notice: given up after five tries, {notice}"));
            }
            self.store.drop_task(task.id, task.lease).await.map_err(unusable)?;
        } else {
            let due_at = self.now() + AGAIN_MS * task.lease;
            self.store.put_off_task(task.id, task.lease, due_at).await.map_err(unusable)?;
        }
        broken.map_or(Ok(()), Err)
    }

    async fn ask_of_session(&self, task: &DueTask, session: &ConnectorSession) -> Result<()> {
        let asks_again = task.kind == TaskKind::Refresh && task.lease < REFRESHES;
        if task.lease == 2 && task.kind != TaskKind::Refresh {
            // An earlier attempt was lost, or its answer could not be stored yet, and is stored now.
            let due_at = self.now() + GRACE_MS;
            return self.store.put_off_task(task.id, task.lease, due_at).await.map(drop).map_err(unusable);
        }
        if task.lease > 2 && task.kind != TaskKind::Refresh {
            // The bank may have acted on the lost one, so the question is not asked twice.
            self.options.warn(log_text(task, session, "the answer was lost; the session fails"));
            let change = self.failed_as(session, &of_connector::INTERNAL_PROVIDER_ERROR)?;
            return self.settle_task(task, session, None, change).await.map(drop);
        }
        let step = match task.kind {
            TaskKind::Authenticate => self.authenticate(task, session).await?,
            TaskKind::Confirm => self.confirm(task, session).await?,
            TaskKind::Reconnect => self.reconnect(session).await?,
            TaskKind::Refresh => self.refresh(session).await?,
            TaskKind::Notice => Err(UnansweredQuestion::Failed),
        };
        let (change, broken) = match step {
            Ok(step) => {
                let holder = self.holder(&step);
                let why = match self.plan(session, step, |tries| self.waits_for_store(task, session, tries)).await? {
                    Ok(change) => match self.settle_task(task, session, holder, change).await? {
                        SettledSession::OtherCustomer => OTHER_CUSTOMER,
                        _ => return Ok(()),
                    },
                    Err(why) => why,
                };
                self.senseless(&format!("bank.{}", task.kind.as_str()), QuestionSubject::Session(session.id), why);
                (self.failed_as(session, &of_connector::INTERNAL_PROVIDER_ERROR)?, None)
            }
            Err(UnansweredQuestion::Nobody(error)) => return self.not_asked(task, error).await,
            Err(unanswered) if asks_again => {
                let due_at = self.now() + AGAIN_MS;
                self.store.put_off_task(task.id, task.lease, due_at).await.map_err(unusable)?;
                return if let UnansweredQuestion::Broken(error) = unanswered { Err(error) } else { Ok(()) };
            }
            Err(UnansweredQuestion::Broken(error)) => {
                (self.failed_as(session, &of_connector::INTERNAL_PROVIDER_ERROR)?, Some(error))
            }
            Err(UnansweredQuestion::Failed | UnansweredQuestion::Away(_)) => {
                (self.failed_as(session, &of_connector::INTERNAL_PROVIDER_ERROR)?, None)
            }
        };
        self.settle_task(task, session, None, change).await?;
        broken.map_or(Ok(()), Err)
    }

    /// The call has no callback: the question waits for a call that has one.
    async fn not_asked(&self, task: &DueTask, error: Error) -> Result<()> {
        self.store.return_task(task.id, task.lease, self.now()).await.map_err(unusable)?;
        Err(error)
    }

    /// Whether an answer of the bank waits for a store that is away, after so many attempts: as long as its session can
    /// take it.
    fn waits_for_store(&self, task: &DueTask, session: &ConnectorSession, tries: u32) -> bool {
        if tries == BUSY_TRIES {
            self.options.warn(log_text(task, session, "the answer waits for the store"));
        }
        tries < BUSY_TRIES || (self.now() < session.expires_at && !self.is_over())
    }

    async fn settle_task(
        &self,
        task: &DueTask,
        session: &ConnectorSession,
        holder: Option<Digest>,
        change: bankchannel_storage::salt_edge_connector::SessionChange,
    ) -> Result<SettledSession> {
        let by = SettlementSource::Task { id: task.id, lease: task.lease };
        let settlement = SessionSettlement { session: session.id, by, now: self.now(), holder, change };
        let goes_on = |tries| self.waits_for_store(task, session, tries);
        let settled = again_while(goes_on, || self.store.settle(settlement.clone())).await?;
        self.client.is_due();
        match settled {
            SettledSession::Done | SettledSession::TokenRevoked | SettledSession::OtherCustomer => {}
            SettledSession::Ended(state) => {
                let line = log_text(task, session, &format!("too late, the session was {}", state.as_str()));
                self.options.log_line(LogLevel::Info, line);
            }
            SettledSession::Lost | SettledSession::NotFound => {
                let line = log_text(task, session, "too late, another worker has taken over");
                self.options.warn(line);
            }
        }
        Ok(settled)
    }

    async fn authenticate(
        &self,
        task: &DueTask,
        session: &ConnectorSession,
    ) -> Result<Result<Step, UnansweredQuestion>> {
        let record = self.session_record(session)?;
        let given: CredentialsRecord = self.vault.open(&task.sealed, SealedRow::Task(task.id))?;
        let mut question = AuthenticateQuestion::new(
            id_text(session.id),
            session.client_id.unsigned_abs(),
            record.app_name,
            record.scopes,
            record.consent_period_days,
            given.credentials,
            timestamp(session.expires_at),
        );
        question.authorization_type = record.authorization_type;
        question.redirect_url = record.redirect_url;
        question.force_sca = given.force_sca;
        question.consent_id = record.consent_id;
        Ok(self.ask::<Authenticate>(question, QuestionSubject::Session(session.id)).await)
    }

    async fn confirm(&self, task: &DueTask, session: &ConnectorSession) -> Result<Result<Step, UnansweredQuestion>> {
        let record = self.session_record(session)?;
        let given: CredentialsRecord = self.vault.open(&task.sealed, SealedRow::Task(task.id))?;
        let mut question = ConfirmQuestion::new(
            id_text(session.id),
            session.client_id.unsigned_abs(),
            given.credentials,
            u32::try_from(session.tries).unwrap_or(u32::MAX),
        );
        question.user_id = record.user_id;
        question.field = record.field;
        Ok(self.ask::<Confirm>(question, QuestionSubject::Session(session.id)).await)
    }

    async fn reconnect(&self, session: &ConnectorSession) -> Result<Result<Step, UnansweredQuestion>> {
        let record = self.session_record(session)?;
        let Some(token) = self.token_record(session).await? else { return Ok(Err(UnansweredQuestion::Failed)) };
        let question = ReconnectQuestion::new(
            id_text(session.id),
            session.client_id.unsigned_abs(),
            token.user_id.unwrap_or_default(),
            id_text(session.token),
            record.app_name,
            token.scopes,
            timestamp(session.expires_at),
        );
        Ok(self.ask::<Reconnect>(question, QuestionSubject::Session(session.id)).await)
    }

    async fn refresh(&self, session: &ConnectorSession) -> Result<Result<Step, UnansweredQuestion>> {
        let record = self.session_record(session)?;
        let Some(token) = self.token_record(session).await? else { return Ok(Err(UnansweredQuestion::Failed)) };
        let mut question = RefreshQuestion::new(
            id_text(session.id),
            session.client_id.unsigned_abs(),
            token.user_id.unwrap_or_default(),
            id_text(session.token),
        );
        question.from_date = record.from_date;
        question.to_date = record.to_date;
        question.redirect_url = record.redirect_url;
        Ok(self.ask::<Refresh>(question, QuestionSubject::Session(session.id)).await)
    }

    async fn token_record(&self, session: &ConnectorSession) -> Result<Option<TokenRecord>> {
        let token = self.store.token_of_id(session.token).await.map_err(unusable)?;
        token.map(|token| self.vault.open(&token.sealed, SealedRow::Token(token.id))).transpose()
    }
}

/// A log line about a question of a session.
fn log_text(task: &DueTask, session: &ConnectorSession, what: &str) -> String {
    format!("bank.{}: {what}, {}", task.kind.as_str(), QuestionSubject::Session(session.id))
}
