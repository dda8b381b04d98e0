//! Who may speak with a bank at once: requests for certificates a few at a time, and alone where the next certificate ends the
//! present one (docs/protocols/sepa-web-services.md §6.3).

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use bankchannel_storage::ws_channel::FileScope;
use bankchannel_ws_channel::model::Bank;
use tokio::{
    sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, OwnedSemaphorePermit, RwLock, Semaphore},
    time::Instant,
};

use super::ServiceBanks;
use crate::{HandlerFault, WsChannelService};

/// How often the journal is looked at for uploads of other instances.
const LOOK: Duration = Duration::from_millis(200);
/// When there are so many locks, those that are not held are dropped.
const LOCKS: usize = 1024;

/// An account and a bank.
type AccountAtBank = (String, String);

/// One lock for each connection that is in use.
#[derive(Default)]
pub(super) struct ConnectionLocks(Mutex<HashMap<AccountAtBank, Weak<RwLock<()>>>>);

impl ConnectionLocks {
    fn connection_lock(&self, scope: &FileScope) -> Arc<RwLock<()>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= LOCKS {
            all.retain(|_, lock| lock.strong_count() > 0);
        }
        let place = all.entry((scope.email.clone(), scope.bank.clone())).or_default();
        place.upgrade().unwrap_or_else(|| {
            let lock = Arc::new(RwLock::new(()));
            *place = Arc::downgrade(&lock);
            lock
        })
    }
}

/// The turns of each bank, made on first use.
#[derive(Default)]
pub(super) struct BankTurns(Mutex<HashMap<Bank, Arc<Semaphore>>>);

impl ServiceBanks {
    /// A call that goes on beside others of its connection, until the present certificate ends with the next one.
    pub(super) async fn beside(&self, scope: &FileScope) -> OwnedRwLockReadGuard<()> {
        self.locks.connection_lock(scope).read_owned().await
    }

    /// Waits until no call of this connection is under way, and keeps others away.
    ///
    /// # Errors
    /// Store faults.
    pub(super) async fn alone(
        &self,
        service: &WsChannelService,
        scope: &FileScope,
    ) -> Result<OwnedRwLockWriteGuard<()>, HandlerFault> {
        let alone = self.locks.connection_lock(scope).write_owned().await;
        // Another instance's uploads are in the journal. Its lists and downloads change nothing, and may be repeated.
        let until = Instant::now() + self.longest_exchange(Bank::from_text(&scope.bank));
        while !service.store.is_only_writer()
            && Instant::now() < until
            && service.store.is_uploading(&scope.email, &scope.bank).await?
        {
            tokio::time::sleep(LOOK).await;
        }
        Ok(alone)
    }

    /// Makes the turns of a bank anew on their next use: there may be another number of them. Those that are taken go on.
    pub(super) fn forget_turns(&self, bank: Bank) {
        self.turns.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&bank);
    }

    /// A turn to ask a bank for a certificate, or to try one.
    ///
    /// # Errors
    /// None but an internal one.
    pub(super) async fn permit(&self, bank: Bank) -> Result<OwnedSemaphorePermit, HandlerFault> {
        let turns = {
            let mut all = self.turns.0.lock().unwrap_or_else(PoisonError::into_inner);
            let at_once = || self.channel(bank).map_or(1, |channel| channel.renewals_at_once());
            Arc::clone(all.entry(bank).or_insert_with(|| Arc::new(Semaphore::new(at_once()))))
        };
        turns.acquire_owned().await.map_err(HandlerFault::internal)
    }
}
