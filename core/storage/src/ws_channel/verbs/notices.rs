//! Notices that wait to be sent, and alerts that hold until they clear.

use crate::engine::{Result, StoredRow as _, args, sql};
use crate::ws_channel::{AlertRaised, DueNotice, NewNotice, NotedAlert, NoticeEnd, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Puts a notice in, to be taken at once.
    pub fn put_notice(&self, notice: NewNotice, now: i64) -> BoxFuture<'_, Result<()>> {
        self.write((notice, now), |tx, (notice, now)| Box::pin(put(tx, notice, *now)))
    }

    /// Takes due notices until `until`: after that others may take them. Of each channel so many as there is room for, the oldest
    /// first.
    pub fn take_notices(
        &self,
        now: i64,
        until: i64,
        room: Vec<(&'static str, i64)>,
    ) -> BoxFuture<'_, Result<Vec<DueNotice>>> {
        Box::pin(async move {
            // Looked for outside the writer: mostly there is none.
            let due = self.database().read(now, |tx, now| {
                let sql = "SELECT DISTINCT channel FROM notice WHERE due <= $1";
                Box::pin(async move { tx.all::<String>(sql, args![*now]).await })
            });
            let due = due.await?;
            let room: Vec<_> =
                room.into_iter().filter(|(channel, limit)| *limit > 0 && due.iter().any(|of| of == channel)).collect();
            if room.is_empty() {
                return Ok(Vec::new());
            }
            self.write((now, until, room), |tx, (now, until, room)| {
                Box::pin(async move {
                    let sql = sql!(
                        "UPDATE notice SET tries = tries + 1, due = $2 WHERE id IN \
                         (SELECT id FROM notice WHERE due <= $1 AND channel = $3 ORDER BY due LIMIT $4) RETURNING ",
                        DueNotice::COLUMNS
                    );
                    let mut taken = Vec::new();
                    for (channel, limit) in room {
                        taken.extend(tx.all(sql, args![*now, *until, *channel, *limit]).await?);
                    }
                    Ok(taken)
                })
            })
            .await
        })
    }

    /// Makes all notices due that were tried: for a start of the only instance, which may have been ended while it sent some.
    pub fn free_notices(&self, now: i64) -> BoxFuture<'_, Result<()>> {
        self.write(now, |tx, now| {
            let sql = "UPDATE notice SET due = $1 WHERE due > $1 AND tries > 0";
            Box::pin(async move { tx.execute(sql, args![*now]).await.map(drop) })
        })
    }

    /// Stores what became of a notice. False if somebody else has taken it meanwhile: one that is over goes all the same.
    pub fn end_notice(&self, id: &str, tries: i64, end: NoticeEnd) -> BoxFuture<'_, Result<bool>> {
        self.write((id.to_owned(), tries, end), |tx, (id, tries, end)| {
            Box::pin(async move {
                let changed = match end {
                    NoticeEnd::Over => tx.execute("DELETE FROM notice WHERE id = $1", args![id]).await?,
                    NoticeEnd::Later(at) => {
                        let sql = "UPDATE notice SET due = $3 WHERE id = $1 AND tries = $2";
                        tx.execute(sql, args![id, *tries, *at]).await?
                    }
                };
                Ok(changed == 1)
            })
        })
    }

    /// Notes that something holds of which the operator is to be told, and puts the notice of it in: true for the first one who
    /// says so since it was cleared, be it in this process or in another. Only that one's notice is put in.
    pub fn raise_alert(
        &self,
        (kind, subject): (&str, &str),
        notice: Option<NewNotice>,
        now: i64,
    ) -> BoxFuture<'_, Result<AlertRaised>> {
        self.write((kind.to_owned(), subject.to_owned(), notice, now), |tx, (kind, subject, notice, now)| {
            Box::pin(async move {
                let sql = "INSERT INTO alert (kind, subject, since, seen) VALUES ($1, $2, $3, $3) \
                           ON CONFLICT (kind, subject) DO NOTHING";
                let is_first = tx.execute(sql, args![kind, subject, *now]).await? == 1;
                if let (true, Some(notice)) = (is_first, notice) {
                    put(tx, notice, *now).await?;
                }
                Ok(AlertRaised(is_first))
            })
        })
    }

    /// Notes that an alert holds still: no other instance takes it for over meanwhile.
    pub fn see_alert(&self, kind: &str, subject: &str, now: i64) -> BoxFuture<'_, Result<()>> {
        self.write((kind.to_owned(), subject.to_owned(), now), |tx, (kind, subject, now)| {
            let sql = "UPDATE alert SET seen = $3 WHERE kind = $1 AND subject = $2";
            Box::pin(async move { tx.execute(sql, args![kind, subject, *now]).await.map(drop) })
        })
    }

    /// Notes that the alert of this time holds no longer. False if it was not noted; a newer one stays.
    pub fn clear_alert(&self, kind: &str, subject: &str, since: i64) -> BoxFuture<'_, Result<bool>> {
        self.write((kind.to_owned(), subject.to_owned(), since), |tx, (kind, subject, since)| {
            Box::pin(async move {
                let sql = "DELETE FROM alert WHERE kind = $1 AND subject = $2 AND since = $3";
                Ok(tx.execute(sql, args![kind, subject, *since]).await? == 1)
            })
        })
    }

    /// The alerts that hold.
    pub fn alerts(&self) -> BoxFuture<'_, Result<Vec<NotedAlert>>> {
        self.database().read((), |tx, ()| {
            let sql = sql!("SELECT ", NotedAlert::COLUMNS, " FROM alert ORDER BY kind, subject");
            Box::pin(async move { tx.all(sql, &[]).await })
        })
    }
}

pub(super) async fn put(tx: &mut WsChannelTx, notice: &NewNotice, now: i64) -> Result<()> {
    if let Some(slot) = &notice.slot {
        tx.execute("DELETE FROM notice WHERE slot = $1", args![slot]).await?;
    }
    let sql = "INSERT INTO notice (id, channel, sealed, due, tries, created, expires, slot) \
               VALUES ($1, $2, $3, $4, 0, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
    let values = args![&notice.id, &notice.channel, notice.sealed.as_slice(), now, notice.expires, &notice.slot];
    tx.execute(sql, values).await.map(drop)
}
