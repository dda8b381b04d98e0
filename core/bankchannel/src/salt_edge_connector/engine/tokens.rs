//! Sessions and tokens as the bank's page and its back office reach them.

use std::time::Duration;

use bankchannel_foundation::{Error, Result, error::row};
use bankchannel_salt_edge::{
    connector::{
        operations::tokens::list_tokens_at_hub::{
            ListTokensAtHub, ListTokensAtHubRequest, ListTokensAtHubRequestFields,
        },
        questions::Step,
    },
    model::AccountConsent,
};
use bankchannel_storage::salt_edge_connector::{
    CallbackFilter, CallbackRow, Id, Revoked, Session, Settled, Settlement, Settler, Token, TokenFilter, TokenState,
};

use super::{
    Engine, again_while_busy,
    records::{SessionRecord, TokenRecord},
    unusable,
    vault::Place,
};

/// How long an approval waits for the hub to hear of it.
const TELLING: Duration = Duration::from_secs(10);
/// How many tokens the hub lists on a page.
const PER_PAGE: u32 = 50;
/// How many pages are read at once.
const PAGES: usize = 1000;

impl Engine<'_> {
    /// A session with what is known of it.
    ///
    /// # Errors
    /// `resource.not_found`; `resource.storage`.
    pub(in crate::salt_edge_connector) async fn session(&self, id: Id) -> Result<Option<(Session, SessionView)>> {
        let Some(session) = self.store.session(id).await.map_err(unusable)? else { return Ok(None) };
        let SessionRecord { app_name, scopes, consent_period_days, redirect_url, user_id, authorization_type, .. } =
            self.session_record(&session)?;
        let view = SessionView { app_name, scopes, consent_period_days, redirect_url, user_id, authorization_type };
        Ok(Some((session, view)))
    }

    /// The bank says what becomes of a session: its page, its app, its back office. The hub is told at once, if it can be reached.
    ///
    /// # Errors
    /// `resource.storage`; `input.invalid_field` for a step that makes no sense.
    pub(in crate::salt_edge_connector) async fn decide(&self, session: &Session, step: Step) -> Result<Settled> {
        let change = match self.plan(session, step).await? {
            Ok(change) => change,
            Err(why) => {
                let known = ["user_id", "consent", "token_expires_at"];
                let field = known.into_iter().find(|field| why.starts_with(field)).unwrap_or("session_id");
                return Err(Error::because(&row::INVALID_FIELD, why).with("field", field));
            }
        };
        let settlement = Settlement { session: session.id, by: Settler::Bank, now: self.now(), change };
        let settled = again_while_busy(|| self.store.settle(settlement.clone())).await?;
        if settled == Settled::Done {
            // What is decided is decided: a store that is in the way now keeps nobody from hearing that.
            if let Err(error) = self.send_of(session.id, TELLING).await {
                self.options.warn(&format!("the report to the hub is delayed: {}", error.message()));
            }
        }
        Ok(settled)
    }

    /// Whether the hub has been told all of a session.
    pub(in crate::salt_edge_connector) async fn is_told(&self, id: Id) -> Result<bool> {
        self.store.is_told(id).await.map_err(unusable)
    }

    /// Revokes a token. The hub is told by `work`.
    pub(in crate::salt_edge_connector) async fn revoke_by_bank(&self, id: Id) -> Result<Revoked> {
        self.store.revoke_token(id, self.now()).await.map_err(unusable)
    }

    /// What the hub is told, and what became of it.
    pub(in crate::salt_edge_connector) async fn callbacks(&self, filter: CallbackFilter) -> Result<Vec<CallbackRow>> {
        self.store.callbacks(filter).await.map_err(unusable)
    }

    /// Has a stopped callback sent again.
    pub(in crate::salt_edge_connector) async fn retry(&self, id: Id) -> Result<bool> {
        self.store.retry_callback(id, self.now()).await.map_err(unusable)
    }

    /// Tokens, oldest first, with what is known of them.
    pub(in crate::salt_edge_connector) async fn tokens(
        &self,
        user_id: Option<&str>,
        state: Option<TokenState>,
        after: Option<(i64, Id)>,
        limit: u32,
    ) -> Result<Vec<(Token, TokenView)>> {
        let holder = user_id.map(|user_id| self.vault.holder(user_id));
        let filter = TokenFilter { holder, state, after, limit: i64::from(limit) };
        let tokens = self.store.tokens(filter).await.map_err(unusable)?;
        tokens
            .into_iter()
            .map(|token| {
                let record: TokenRecord = self.vault.open(&token.sealed, Place::Token(token.id))?;
                let TokenRecord { user_id, app_name, scopes, consent, .. } = record;
                Ok((token, TokenView { user_id, app_name, scopes, consent }))
            })
            .collect()
    }

    /// Reads the hub's list of revoked tokens from where it was read to, and revokes those that are here. Answers how many were
    /// listed, and how many of them were good here.
    pub(in crate::salt_edge_connector) async fn reconcile(&self) -> Result<(u32, u32)> {
        let Some(sender) = &self.client.sender else { return Err(self.client.no_hub()) };
        let (mut listed, mut revoked) = (0, 0);
        let mut from_id = self.store.read_so_far().await.map_err(unusable)?;
        for _ in 0..PAGES {
            let request = ListTokensAtHubRequest::from(ListTokensAtHubRequestFields {
                kind: Some("revoked".into()),
                from_id: from_id.map(i64::unsigned_abs),
                from_date: None,
                per_page: Some(PER_PAGE),
                customer_id: None,
            });
            let page = sender.exchange::<ListTokensAtHub>(request, self.options).await?;
            let is_empty = page.tokens.is_empty();
            for token in page.tokens {
                listed += 1;
                let text =
                    token.0.get("token").or_else(|| token.0.get("access_token")).and_then(|value| value.as_str());
                let Some(text) = text else { continue };
                let done =
                    self.store.revoke_listed(self.vault.access_token(text), self.now()).await.map_err(unusable)?;
                revoked += u32::from(done == Revoked::Done);
            }
            let next = page.next_id.and_then(|next| i64::try_from(next).ok());
            let goes_on = next.filter(|next| from_id.is_none_or(|from| *next > from));
            if let Some(next) = goes_on {
                self.store.have_read(next).await.map_err(unusable)?;
            }
            match goes_on {
                Some(next) if !is_empty => from_id = Some(next),
                _ => break,
            }
        }
        Ok((listed, revoked))
    }
}

/// What a bank's page shows of a session.
#[derive(Debug)]
pub(in crate::salt_edge_connector) struct SessionView {
    pub(in crate::salt_edge_connector) app_name: String,
    pub(in crate::salt_edge_connector) scopes: Vec<String>,
    pub(in crate::salt_edge_connector) consent_period_days: u32,
    pub(in crate::salt_edge_connector) redirect_url: Option<String>,
    pub(in crate::salt_edge_connector) user_id: Option<String>,
    pub(in crate::salt_edge_connector) authorization_type: Option<String>,
}

/// What a back office sees of a token.
#[derive(Debug)]
pub(in crate::salt_edge_connector) struct TokenView {
    pub(in crate::salt_edge_connector) user_id: Option<String>,
    pub(in crate::salt_edge_connector) app_name: String,
    pub(in crate::salt_edge_connector) scopes: Vec<String>,
    pub(in crate::salt_edge_connector) consent: Option<Vec<AccountConsent>>,
}
