//! The certificates that a file operation uses (docs/protocols/ws-channel.md §6.5), and whether the tenant may use them
//! (§4, §6.7).

use std::{
    collections::HashMap,
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use bankchannel_storage::ws_channel::{
    CertSet, EffectiveCerts, EntitlementState, FileScope, RequiredRight, WsChannelStore,
};
use bankchannel_ws_channel::{model::Bank, service_texts};
use tokio::sync::OwnedRwLockReadGuard;

use super::{AccountBankConnection, ServiceBanks};
use crate::{HandlerFault, ServiceCall, WsChannelService, certs::material, fault::no_certificate};

/// The entitlement that a tenant needs for the simulator if the configuration requires it.
/// Number of connections cached; beyond that, all are looked up again.
const REMEMBERED: usize = 10_000;

/// A usable connection.
pub(crate) struct ReachedConnection {
    /// Its owner.
    pub(crate) scope: FileScope,
    set: CertSet,
    /// Until when it is valid, in milliseconds: then a certificate expires.
    pub(crate) until: i64,
}

impl ReachedConnection {
    /// The connection as passed to a bank. The bank writes to the service's own store through `writer`.
    pub(crate) fn connection<'a>(
        &'a self,
        service: &'a WsChannelService,
        writer: Option<WsChannelStore>,
        (now_ms, request_id): (i64, &'a str),
    ) -> AccountBankConnection<'a> {
        let store = service.store.reader();
        AccountBankConnection {
            scope: &self.scope,
            set: &self.set,
            now_ms,
            request_id: Some(request_id),
            store,
            writer,
            keys: &service.keys,
            refused: &service.banks.refused,
        }
    }

    fn ground(&self) -> RequiredRight {
        let serial = self.set.signing.as_ref().map(|found| found.serial.clone()).unwrap_or_default();
        RequiredRight::Connection { owner: self.scope.email.clone(), bank: self.scope.bank.clone(), serial }
    }
}

/// A connection while a call uses it: a renewal that ends its certificate waits.
pub(crate) struct ConnectionTurn {
    reached: Arc<ReachedConnection>,
    _turn: Option<OwnedRwLockReadGuard<()>>,
}

impl ConnectionTurn {
    /// The connection without the turn, for what no renewal has to wait for any longer.
    pub(crate) fn connection_alone(&self) -> Arc<ReachedConnection> {
        Arc::clone(&self.reached)
    }
}

impl Deref for ConnectionTurn {
    type Target = ReachedConnection;

    fn deref(&self) -> &ReachedConnection {
        &self.reached
    }
}

/// Connection cache.
#[derive(Default)]
pub(super) struct ConnectionCache(Mutex<FoundConnections>);

/// By account and bank; valid until the store's generation changes.
#[derive(Default)]
struct FoundConnections {
    generation: u64,
    connections: HashMap<(String, Bank), Arc<ReachedConnection>>,
}

impl ConnectionCache {
    fn get(&self, generation: u64, email: &str, bank: Bank, now: i64) -> Option<Arc<ReachedConnection>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.connections.get(&(email.to_owned(), bank))?;
        (known.generation == generation && now < found.until).then(|| Arc::clone(found))
    }

    /// Forgets all of them.
    pub(super) fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = FoundConnections::default();
    }

    fn put(&self, generation: u64, email: &str, bank: Bank, reached: Arc<ReachedConnection>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.generation != generation || known.connections.len() >= REMEMBERED {
            *known = FoundConnections { generation, connections: HashMap::new() };
        }
        known.connections.insert((email.to_owned(), bank), reached);
    }
}

impl ServiceBanks {
    /// The connection that a file operation of this call uses; from then on the call depends on it.
    ///
    /// # Errors
    /// The three texts of §1.7 by the state of the account's link; the entitlement's text.
    pub(crate) async fn reach(
        &self,
        service: &WsChannelService,
        call: &ServiceCall,
        bank: Bank,
    ) -> Result<ConnectionTurn, HandlerFault> {
        self.rely_on_entitlement(call, bank);
        let mut reached = self.find(service, call, bank).await?;
        let ends_others = self.channel(bank).is_some_and(|channel| channel.renewal_rules().supersedes_at_once);
        let turn = if ends_others {
            let turn = self.beside(&reached.scope).await;
            // The certificate may be another one since.
            reached = self.find(service, call, bank).await?;
            Some(turn)
        } else {
            None
        };
        call.rely_on(reached.ground());
        Ok(ConnectionTurn { reached, _turn: turn })
    }

    async fn find(
        &self,
        service: &WsChannelService,
        call: &ServiceCall,
        bank: Bank,
    ) -> Result<Arc<ReachedConnection>, HandlerFault> {
        let (session, now) = (call.caller()?, call.now_ms);
        let remember = service.store.is_only_writer();
        let generation = service.store.auth_generation();
        if remember && let Some(known) = self.reached.get(generation, &session.email, bank, now) {
            return Ok(known);
        }
        self.check_entitled(service, &session.api_key, bank).await?;
        let set = match service.store.effective_certs(&session.email, bank.as_str(), now).await? {
            EffectiveCerts::Usable { set, .. } => *set,
            none => return Err(no_certificate(&none).into()),
        };
        let scope =
            FileScope { api_key: session.api_key.clone(), email: set.email.clone(), bank: bank.as_str().to_owned() };
        let until = material::parts(&set).map(|(_, material)| material.not_after).min().unwrap_or(now);
        let reached = Arc::new(ReachedConnection { scope, set, until });
        if remember {
            self.reached.put(generation, &session.email, bank, Arc::clone(&reached));
        }
        Ok(reached)
    }

    /// As [`check_entitled`](Self::check_entitled), for the tenant of this call; from then on the call depends on the
    /// entitlement.
    ///
    /// # Errors
    /// As [`check_entitled`](Self::check_entitled).
    pub(crate) async fn check_entitled_call(
        &self,
        service: &WsChannelService,
        call: &ServiceCall,
        bank: Bank,
    ) -> Result<(), HandlerFault> {
        self.rely_on_entitlement(call, bank);
        self.check_entitled(service, &call.caller()?.api_key, bank).await
    }

    fn rely_on_entitlement(&self, call: &ServiceCall, bank: Bank) {
        if let Some(product) = self.entitlement(bank) {
            call.rely_on(RequiredRight::Entitlement { product: product.into() });
        }
    }

    /// Checks that a tenant may use a bank; only the simulator may need an entitlement.
    ///
    /// # Errors
    /// The text of §1.7.
    pub(crate) async fn check_entitled(
        &self,
        service: &WsChannelService,
        api_key: &str,
        bank: Bank,
    ) -> Result<(), HandlerFault> {
        let Some(product) = self.entitlement(bank) else { return Ok(()) };
        let entitlements = service.store.entitlements(api_key).await?;
        let entitled = entitlements.iter().any(|e| e.product == product && e.state == EntitlementState::Active);
        if entitled { Ok(()) } else { Err((&service_texts::NOT_ENTITLED).into()) }
    }

    /// The product that a tenant of this bank must be entitled to.
    fn entitlement(&self, bank: Bank) -> Option<&'static str> {
        self.channel(bank)?.entitlement()
    }
}
