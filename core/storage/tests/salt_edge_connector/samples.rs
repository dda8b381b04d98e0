//! Sample rows for tests. Ids and digests are derived from a number.

use bankchannel_storage::salt_edge_connector::{
    CallbackKind, ConnectorSessionState, ConnectorStore, Digest, DueTask, GrantedToken, NewCallback,
    NewConnectorSession, NewTask, OpenedSession, PresentedToken, RowId, SessionChange, SessionKind, SessionSettlement,
    SessionToken2, SettledSession, SettlementSource, TaskKind,
};

/// The start time of all cases.
pub(crate) const NOW: i64 = 1_732_436_063_000;
pub(crate) const MINUTE: i64 = 60_000;
/// The third party.
pub(crate) const CLIENT: i64 = 517;

pub(crate) fn id(number: u8) -> RowId {
    [number; 16]
}

pub(crate) fn digest(number: u8) -> Digest {
    [number; 32]
}

pub(crate) fn task(number: u8, kind: TaskKind) -> NewTask {
    NewTask { id: id(number), kind, sealed: vec![number] }
}

/// An enrolment in which all ids are derived from this number.
pub(crate) fn enrolment(number: u8) -> NewConnectorSession {
    NewConnectorSession {
        client_jwt: None,
        id: id(number),
        secret: digest(number),
        client_id: CLIENT,
        kind: SessionKind::Enrolment,
        about: SessionToken2::New { id: id(number), sealed: vec![number] },
        sealed: vec![number],
        now: NOW,
        expires_at: NOW + 15 * MINUTE,
        task: task(number, TaskKind::Authenticate),
        may_begin: true,
    }
}

/// A session about the token that the enrolment of this number has created.
pub(crate) fn about_token(number: u8, kind: SessionKind, token: u8) -> NewConnectorSession {
    let asked = if kind == SessionKind::Refresh { TaskKind::Refresh } else { TaskKind::Reconnect };
    NewConnectorSession {
        kind,
        about: SessionToken2::Presented(digest(token)),
        task: task(number, asked),
        ..enrolment(number)
    }
}

pub(crate) fn callback(kind: CallbackKind) -> NewCallback {
    NewCallback { kind, reason: None, sealed: Some(b"sealed".to_vec()), expires_at: NOW + 15 * MINUTE }
}

pub(crate) fn presented(token: u8, now: i64) -> PresentedToken {
    PresentedToken { access_token: digest(token), client_id: CLIENT, now }
}

/// The end of an enrolment: its token is the digest of this number.
pub(crate) fn approval(number: u8) -> SessionChange {
    granting(number, 0)
}

/// The end of the first renewal of a token: it is then the digest of this number.
pub(crate) fn renewal(number: u8) -> SessionChange {
    granting(number, 1)
}

fn granting(number: u8, generation: i64) -> SessionChange {
    SessionChange::Succeed {
        sealed: vec![number, 1],
        granted: Some(GrantedToken {
            access_token: digest(number),
            holder: digest(200),
            generation,
            expires_at: NOW + 90 * 24 * 60 * MINUTE,
            sealed: vec![number, 1],
        }),
        callback: callback(CallbackKind::Success),
    }
}

/// A session that waits for the customer.
pub(crate) fn waiting(state: ConnectorSessionState) -> SessionChange {
    let update = Some(callback(CallbackKind::Update));
    SessionChange::Wait { state, sealed: vec![1], expires_at: NOW + 15 * MINUTE, update }
}

pub(crate) fn by_bank(session: u8, change: SessionChange) -> SessionSettlement {
    SessionSettlement { session: id(session), by: SettlementSource::Bank, now: NOW + 1, holder: None, change }
}

pub(crate) fn by_task(task: &DueTask, change: SessionChange) -> SessionSettlement {
    let session = task.session.as_ref().unwrap().id;
    SessionSettlement {
        session,
        by: SettlementSource::Task { id: task.id, lease: task.lease },
        now: NOW + 1,
        holder: None,
        change,
    }
}

/// An enrolment that ended well: its token is confirmed, its callback delivered.
pub(crate) async fn enrolled(store: &ConnectorStore, number: u8) {
    assert_eq!(store.open_session(enrolment(number)).await.unwrap(), OpenedSession::New);
    assert_eq!(store.settle(by_bank(number, approval(number))).await.unwrap(), SettledSession::Done);
    deliver_all(store).await;
}

/// Delivers all waiting callbacks as if the hub had accepted them, and returns them.
pub(crate) async fn deliver_all(store: &ConnectorStore) -> Vec<(Option<RowId>, CallbackKind)> {
    let mut delivered = Vec::new();
    loop {
        let due = store.take_callbacks(i64::MAX - 1, i64::MAX, 10).await.unwrap();
        if due.is_empty() {
            return delivered;
        }
        for due in due {
            delivered.push((due.session.or(due.token), due.kind));
            assert!(store.end_attempt(super::callbacks::ended(&due, NOW, super::callbacks::DELIVERED)).await.unwrap());
        }
    }
}
