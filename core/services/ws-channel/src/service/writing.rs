//! Write access. Handlers only have a reading store; they write through their [`Call`], whose handle checks the
//! session's rights in the transaction of each change. Only background work has the whole store.

use std::{ops::Deref, sync::Arc};

use bankchannel_storage::ws_channel::{
    AuditEntry, Digest, FileScope, LifeStep, NewKeyRequest, NewLedger, NewNotice, RequiredRight, SessionRights,
    SettledByReport, StoreError, StoreReader, UploadEnd, WsChannelStore,
};

use super::{FinalStep, ServiceCall, WsChannelService};
use crate::HandlerFault;

/// The store of a service: readable for all, writable only through [`Call`] and [`BackgroundService`].
pub(crate) struct GuardedStore {
    reader: StoreReader,
    whole: WsChannelStore,
}

impl GuardedStore {
    pub(crate) fn new(store: WsChannelStore) -> Self {
        Self { reader: store.reader(), whole: store }
    }

    /// The reading handle.
    pub(crate) fn reader(&self) -> &StoreReader {
        &self.reader
    }
}

impl Deref for GuardedStore {
    type Target = StoreReader;

    fn deref(&self) -> &StoreReader {
        &self.reader
    }
}

/// The service as its background work sees it: settling, renewals, upkeep, seeding. A handler gets a borrowed
/// [`Service`], from which no `BackgroundService` can be created.
#[derive(Clone)]
pub(crate) struct BackgroundService(Arc<WsChannelService>);

impl BackgroundService {
    pub(crate) fn new(service: &Arc<WsChannelService>) -> Self {
        Self(Arc::clone(service))
    }

    /// The store, for writing without a session.
    pub(crate) fn writer(&self) -> &WsChannelStore {
        &self.0.store.whole
    }
}

impl Deref for BackgroundService {
    type Target = WsChannelService;

    fn deref(&self) -> &WsChannelService {
        &self.0
    }
}

impl WsChannelService {
    /// Records that a session was used just now.
    pub(crate) async fn touch_session(&self, token: &Digest, now_ms: i64) -> Result<bool, StoreError> {
        self.store.whole.touch_session(token, now_ms).await
    }

    /// Records that somebody was told of something.
    pub(crate) async fn record_alert(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.store.whole.append_audit(entry).await
    }

    /// Whether the operator is to be told now of the codes for a user id, at least so many of which are counted; if so, this
    /// notice is put in.
    pub(crate) async fn tell_of_codes(
        &self,
        of: (&str, &str),
        least: usize,
        notice: Option<NewNotice>,
    ) -> Result<bool, StoreError> {
        self.store.whole.tell_of_codes(of, least, notice, self.now_ms()).await
    }

    /// Forgets that the operator was told of them.
    pub(crate) async fn untell_codes(&self, (bank, ws_user_id): (&str, &str)) -> Result<(), StoreError> {
        self.store.whole.untell_codes(bank, ws_user_id).await
    }

    /// Records a refused request: it has changed nothing, and the right that it lacked may be the session itself.
    pub(crate) async fn record_refusal(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.store.whole.append_audit(entry).await
    }
}

impl ServiceCall {
    /// Adds a condition that the call depends on beyond its session: checked again in the transaction of each of its
    /// writes. A certificate takes the place of an earlier one: a call acts with one.
    pub(crate) fn rely_on(&self, ground: RequiredRight) {
        let mut grounds = self.grounds.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if matches!(ground, RequiredRight::Certificate { .. }) {
            grounds.retain(|earlier| !matches!(earlier, RequiredRight::Certificate { .. }));
        }
        if !grounds.contains(&ground) {
            grounds.push(ground);
        }
    }

    /// The store for the writes of this call. If the call has a session, every verb checks its rights; once one has
    /// ended, nothing is changed and the call is refused as a new one would be.
    ///
    /// # Errors
    /// An internal fault when an operation declared with a session has none.
    pub(crate) async fn store(&self, service: &WsChannelService) -> Result<WsChannelStore, HandlerFault> {
        if self.is_own {
            return Ok(service.store.whole.clone());
        }
        let Some(caller) = &self.caller else {
            let unjudged = || HandlerFault::internal("a call without its session writes nothing");
            return (!self.needs_session).then(|| service.store.whole.clone()).ok_or_else(unjudged);
        };
        service.holds.wait(self.operation).await;
        let grounds = self.grounds.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        Ok(service.store.whole.with_rights(SessionRights { token: caller.token, now: service.now_ms(), grounds }))
    }

    /// As [`store`](Self::store); its next writing verb records this call in the same transaction, with `object` (a
    /// bank, an address) and further facts. The outcome is the verb's.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub(crate) async fn audited_store(
        &self,
        service: &WsChannelService,
        object: &str,
        detail: &str,
    ) -> Result<WsChannelStore, HandlerFault> {
        self.audited_as(service, object, detail, "").await
    }

    /// As [`audited_store`](Self::audited_store), with an outcome given by the caller.
    ///
    /// # Errors
    /// As [`store`](Self::store).
    pub(crate) async fn audited_as(
        &self,
        service: &WsChannelService,
        object: &str,
        detail: &str,
        outcome: &str,
    ) -> Result<WsChannelStore, HandlerFault> {
        let store = self.store(service).await?;
        self.set_audited();
        Ok(store.with_audit(AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, outcome) }))
    }

    /// Records a call that changed nothing in the store.
    ///
    /// # Errors
    /// Store faults; rights that have ended.
    pub(crate) async fn record(
        &self,
        service: &WsChannelService,
        object: &str,
        detail: &str,
    ) -> Result<(), HandlerFault> {
        let store = self.store(service).await?;
        let entry = AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, "done") };
        let appended = store.append_audit(entry).await.map_err(HandlerFault::from);
        // Where a right has ended the verb did not run.
        if !matches!(appended, Err(HandlerFault::RightsEnded(_))) {
            self.set_audited();
        }
        appended
    }

    /// Marks that a verb has recorded this call.
    pub(crate) fn is_recorded_by_its_step(&self) {
        self.set_audited();
    }

    /// As [`settling`](Self::settling), for an earlier upload, whose outcome the bank has told now.
    pub(crate) fn settling_upload(&self, service: &WsChannelService, bank: &str, detail: &str) -> SettlingStore {
        let entry = AuditEntry { detail: detail.to_owned(), ..self.audit_entry(bank, "") };
        let entry = AuditEntry { operation: "ws_channel.upload_file".to_owned(), ..entry };
        SettlingStore(service.store.whole.with_audit(entry))
    }

    /// A store for the last steps of work that began with checked rights: a bank has acted, or a file was sent
    /// completely.
    pub(crate) fn settling(&self, service: &WsChannelService) -> SettlingStore {
        SettlingStore(service.store.whole.clone())
    }

    /// Records an action of a bank. If the store is away, the record waits for it.
    ///
    /// # Errors
    /// An internal fault: the bank has acted, so that nothing invites the caller to repeat it.
    pub(crate) async fn record_done(
        &self,
        service: &WsChannelService,
        object: &str,
        detail: &str,
    ) -> Result<(), HandlerFault> {
        self.set_audited();
        let entry = AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, "done") };
        let step = FinalStep::record(self.settling(service), entry);
        service.unstored.store(step).await.map(drop).map_err(HandlerFault::internal)
    }

    /// The record of the last step of this call, whose outcome is not known yet.
    pub(crate) fn settling_entry(&self, object: &str, detail: &str) -> AuditEntry {
        self.set_audited();
        AuditEntry { detail: detail.to_owned(), ..self.audit_entry(object, "") }
    }
}

/// Writes the results of a completed step that cannot be undone, whatever happened to the session since. Each verb
/// checks that the preceding step still exists: it was written under rights, and deleting an account removes it.
#[derive(Clone)]
pub(crate) struct SettlingStore(WsChannelStore);

impl SettlingStore {
    /// As [`WsChannelStore::finish_upload`].
    pub(crate) async fn finish_upload(
        &self,
        id: &str,
        end: UploadEnd,
        now: i64,
    ) -> Result<Option<Vec<String>>, StoreError> {
        self.0.finish_upload(id, end, now).await
    }

    /// Appends a record.
    pub(super) async fn append(&self, entry: AuditEntry) -> Result<(), StoreError> {
        self.0.append_audit(entry).await
    }

    /// For the lives of certificates, which the service looks after by itself.
    pub(crate) fn new(service: &BackgroundService) -> Self {
        Self(service.writer().clone())
    }

    /// The same, recorded with the verb.
    pub(crate) fn recorded(&self, entry: AuditEntry) -> Self {
        Self(self.0.with_audit(entry))
    }

    /// As [`WsChannelStore::take_step`].
    pub(crate) async fn take_step(
        &self,
        scope: &FileScope,
        ticket: &str,
        step: LifeStep,
        now: i64,
    ) -> Result<bool, StoreError> {
        self.0.take_step(scope, ticket, step, now).await
    }

    /// As [`WsChannelStore::add_key_requests`].
    pub(crate) async fn add_key_requests(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        new: Vec<NewKeyRequest>,
    ) -> Result<bool, StoreError> {
        self.0.add_key_requests(email, bank, ticket, new).await
    }

    /// As [`WsChannelStore::remove_signing_key`].
    pub(crate) async fn remove_signing_key(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        self.0.remove_signing_key(email, bank, ticket, name).await
    }

    /// As [`WsChannelStore::remove_pair`].
    pub(crate) async fn remove_pair(
        &self,
        email: &str,
        bank: &str,
        ticket: &str,
        name: &str,
    ) -> Result<bool, StoreError> {
        self.0.remove_pair(email, bank, ticket, name).await
    }

    /// As [`WsChannelStore::release_set`].
    pub(crate) async fn release_set(&self, email: &str, bank: &str, ticket: &str) -> Result<bool, StoreError> {
        self.0.release_set(email, bank, ticket).await
    }

    /// As [`WsChannelStore::settle_by_report`].
    pub(crate) async fn settle_by_report(
        &self,
        scope: &FileScope,
        message_id: &str,
        received_before: i64,
        now: i64,
    ) -> Result<SettledByReport, StoreError> {
        self.0.settle_by_report(scope, message_id, received_before, now).await
    }

    /// As [`WsChannelStore::open_ledger`].
    pub(crate) async fn open_ledger(&self, scope: &FileScope, ledger: NewLedger) -> Result<(), StoreError> {
        self.0.open_ledger(scope, ledger).await
    }

    /// As [`WsChannelStore::mark_downloaded`].
    pub(crate) async fn mark_downloaded(&self, scope: &FileScope, reference: &str) -> Result<bool, StoreError> {
        self.0.mark_downloaded(scope, reference).await
    }
}
