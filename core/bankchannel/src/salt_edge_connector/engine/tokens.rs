//! Sessions and tokens for the bank's page and its back office.

use std::time::Duration;

use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_salt_edge::{
    connector::{
        operations::tokens::list_tokens_at_hub::{ListTokensAtHub, ListTokensAtHubRequest},
        questions::Step,
    },
    model::AccountConsent,
};
use bankchannel_storage::salt_edge_connector::{
    CallbackFilter, CallbackRow, ConnectorSession, ConnectorToken, RevokedToken, RowId, SessionSettlement,
    SettledSession, SettlementSource, TokenFilter, TokenState,
};

use super::{
    BUSY_TRIES, ConnectorEngine, again_while_busy,
    records::{SessionRecord, TokenRecord},
    steps::OTHER_CUSTOMER,
    unusable,
    vault::SealedRow,
};

/// How long an approval waits for the report to the hub.
const TELLING: Duration = Duration::from_secs(10);
/// The number of tokens on a page of the hub's list.
const PER_PAGE: u32 = 50;
/// The maximum number of pages that one call reads.
const PAGES: usize = 1000;

impl ConnectorEngine<'_> {
    /// A session with the data for its view; `None` if no session has this id.
    ///
    /// # Errors
    /// `resource.storage`.
    pub(in crate::salt_edge_connector) async fn session(
        &self,
        id: RowId,
    ) -> Result<Option<(ConnectorSession, SessionPageData)>> {
        let Some(session) = self.store.session(id).await.map_err(unusable)? else { return Ok(None) };
        let SessionRecord { app_name, scopes, consent_period_days, redirect_url, user_id, authorization_type, .. } =
            self.session_record(&session)?;
        let view = SessionPageData { app_name, scopes, consent_period_days, redirect_url, user_id, authorization_type };
        Ok(Some((session, view)))
    }

    /// Applies the bank's decision on a session, from its page, its app or its back office. The report is sent to the
    /// hub at once, if the hub is reachable.
    ///
    /// # Errors
    /// `resource.storage`; `input.invalid_field` for a step that makes no sense.
    pub(in crate::salt_edge_connector) async fn decide(
        &self,
        session: &ConnectorSession,
        step: Step,
    ) -> Result<SettledSession> {
        let senseless = |why: &'static str| {
            let known = ["user_id", "scopes", "consent", "token_expires_at"];
            let field = known.into_iter().find(|field| why.starts_with(field)).unwrap_or("session_id");
            Err(Error::because(&row::INVALID_FIELD, why).with("field", field))
        };
        let holder = self.holder(&step);
        let change = match self.plan(session, step, |tries| tries < BUSY_TRIES).await? {
            Ok(change) => change,
            Err(why) => return senseless(why),
        };
        let settlement =
            SessionSettlement { session: session.id, by: SettlementSource::Bank, now: self.now(), holder, change };
        let settled = again_while_busy(|| self.store.settle(settlement.clone())).await?;
        if settled == SettledSession::OtherCustomer {
            return senseless(OTHER_CUSTOMER);
        }
        if settled == SettledSession::Done {
            // The decision is committed; a failure of the store now must not hide it from the caller.
            if let Err(error) = self.send_of(session.id, TELLING).await {
                self.options.warn(format!("the report to the hub is delayed: {}", error.message()));
            }
        }
        Ok(settled)
    }

    /// Whether all reports of a session have reached the hub.
    pub(in crate::salt_edge_connector) async fn is_told(&self, id: RowId) -> Result<bool> {
        self.store.is_told(id).await.map_err(unusable)
    }

    /// Revokes a token. `work` reports it to the hub.
    pub(in crate::salt_edge_connector) async fn revoke_by_bank(&self, id: RowId) -> Result<RevokedToken> {
        let revoked = self.store.revoke_token(id, self.now()).await.map_err(unusable)?;
        self.client.is_due();
        Ok(revoked)
    }

    /// The callbacks to the hub, with their state.
    pub(in crate::salt_edge_connector) async fn callbacks(&self, filter: CallbackFilter) -> Result<Vec<CallbackRow>> {
        self.store.callbacks(filter).await.map_err(unusable)
    }

    /// Puts a stopped callback back into the queue.
    pub(in crate::salt_edge_connector) async fn retry(&self, id: RowId) -> Result<bool> {
        let is_changed = self.store.retry_callback(id, self.now()).await.map_err(unusable)?;
        self.client.is_due();
        Ok(is_changed)
    }

    /// Tokens with the data for their views, oldest first.
    pub(in crate::salt_edge_connector) async fn tokens(
        &self,
        user_id: Option<&str>,
        state: Option<TokenState>,
        after: Option<(i64, RowId)>,
        limit: u32,
    ) -> Result<Vec<(ConnectorToken, TokenView)>> {
        let holder = user_id.map(|user_id| self.vault.holder(user_id));
        let filter = TokenFilter { holder, state, after, limit: i64::from(limit) };
        let tokens = self.store.tokens(filter).await.map_err(unusable)?;
        tokens
            .into_iter()
            .map(|token| {
                let record: TokenRecord = self.vault.open(&token.sealed, SealedRow::Token(token.id))?;
                let TokenRecord { user_id, app_name, scopes, consent, .. } = record;
                Ok((token, TokenView { user_id, app_name, scopes, consent }))
            })
            .collect()
    }

    /// Reads the hub's list of revoked tokens from the last position on, and revokes those that are stored here.
    pub(in crate::salt_edge_connector) async fn reconcile(&self) -> Result<ReconciledTokens> {
        let Some(sender) = &self.client.sender else { return Err(self.client.no_hub()) };
        let mut done = ReconciledTokens::default();
        let mut from_id = self.store.read_so_far().await.map_err(unusable)?;
        for number in 0..PAGES {
            let mut request = ListTokensAtHubRequest::new();
            request.kind = Some("revoked".into());
            request.from_id = from_id.map(i64::unsigned_abs);
            request.per_page = Some(PER_PAGE);
            let page = sender.exchange::<ListTokensAtHub>(request, self.options).await?;
            if page.tokens.is_empty() {
                if number > 0 || from_id.is_none() {
                    break;
                }
                // The stored page had tokens: the position is not one of the list any more, or never was.
                self.options.warn("reconcile_tokens: nothing at the stored position; the list is read from its start");
                from_id = None;
                continue;
            }
            for token in page.tokens {
                done.listed += 1;
                let text =
                    token.0.get("token").or_else(|| token.0.get("access_token")).and_then(|value| value.as_str());
                let Some(text) = text else {
                    done.unassigned += 1;
                    continue;
                };
                match self.store.revoke_listed(self.vault.access_token(text), self.now()).await.map_err(unusable)? {
                    RevokedToken::Done => done.revoked += 1,
                    RevokedToken::Refused(_) => done.unknown += 1,
                    RevokedToken::Unchanged => {}
                }
            }
            // The position of a page with tokens: the next one comes from the hub, and may be wrong.
            if let Some(read) = from_id {
                self.store.have_read(read).await.map_err(unusable)?;
            }
            let next = page.next_id.and_then(|next| i64::try_from(next).ok());
            match next.filter(|next| from_id.is_none_or(|from| *next > from)) {
                Some(next) => from_id = Some(next),
                None => break,
            }
        }
        if done.unassigned > 0 {
            let line = "reconcile_tokens: Salt Edge listed revoked tokens without their text: they stay valid here";
            self.options.warn(format!("{line} ({})", done.unassigned));
        }
        self.client.is_due();
        Ok(done)
    }
}

/// The result of reading the hub's list of revoked tokens.
#[derive(Debug, Default)]
pub(in crate::salt_edge_connector) struct ReconciledTokens {
    pub(in crate::salt_edge_connector) listed: u32,
    pub(in crate::salt_edge_connector) revoked: u32,
    pub(in crate::salt_edge_connector) unknown: u32,
    pub(in crate::salt_edge_connector) unassigned: u32,
}

/// A session's data for the bank's page.
#[derive(Debug)]
pub(in crate::salt_edge_connector) struct SessionPageData {
    pub(in crate::salt_edge_connector) app_name: String,
    pub(in crate::salt_edge_connector) scopes: Vec<String>,
    pub(in crate::salt_edge_connector) consent_period_days: u32,
    pub(in crate::salt_edge_connector) redirect_url: Option<String>,
    pub(in crate::salt_edge_connector) user_id: Option<String>,
    pub(in crate::salt_edge_connector) authorization_type: Option<String>,
}

/// A token's data for the back office.
#[derive(Debug)]
pub(in crate::salt_edge_connector) struct TokenView {
    pub(in crate::salt_edge_connector) user_id: Option<String>,
    pub(in crate::salt_edge_connector) app_name: String,
    pub(in crate::salt_edge_connector) scopes: Vec<String>,
    pub(in crate::salt_edge_connector) consent: Option<Vec<AccountConsent>>,
}
