//! Notices that wait to be sent, and alerts that hold until they clear.

use crate::engine::{Result, StoredRow as _, args, sql};
use crate::ws_channel::{AlertRaised, DueNotice, NewNotice, NoticeEnd, WsChannelStore};
use futures_util::future::BoxFuture;

impl WsChannelStore {
    /// Puts a notice in, to be taken at once.
    pub fn put_notice(&self, notice: NewNotice, now: i64) -> BoxFuture<'_, Result<()>> {
        self.write((notice, now), |tx, (notice, now)| {
            Box::pin(async move {
                let sql = "INSERT INTO notice (id, channel, sealed, due, tries, created, expires) VALUES ($1, $2, $3, $4, 0, $4, $5) \
                           ON CONFLICT (id) DO NOTHING";
                let values = args![&notice.id, &notice.channel, notice.sealed.as_slice(), *now, notice.expires];
                tx.execute(sql, values).await.map(drop)
            })
        })
    }

    /// Takes due notices until `until`: after that others may take them. The oldest first.
    pub fn take_notices(&self, now: i64, until: i64, limit: i64) -> BoxFuture<'_, Result<Vec<DueNotice>>> {
        Box::pin(async move {
            // Looked for outside the writer: mostly there is none.
            let due = self.database().read(now, |tx, now| {
                Box::pin(async move { tx.number("SELECT count(*) FROM notice WHERE due <= $1", args![*now]).await })
            });
            if limit < 1 || due.await? == 0 {
                return Ok(Vec::new());
            }
            self.write((now, until, limit), |tx, (now, until, limit)| {
                Box::pin(async move {
                    let sql = sql!(
                        "UPDATE notice SET tries = tries + 1, due = $2 WHERE id IN \
                         (SELECT id FROM notice WHERE due <= $1 ORDER BY due LIMIT $3) RETURNING ",
                        DueNotice::COLUMNS
                    );
                    tx.all(sql, args![*now, *until, *limit]).await
                })
            })
            .await
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

    /// Notes that something holds of which the operator is to be told: true for the first one who says so since it was cleared, be
    /// it in this process or in another.
    pub fn raise_alert(&self, kind: &str, subject: &str, now: i64) -> BoxFuture<'_, Result<AlertRaised>> {
        self.write((kind.to_owned(), subject.to_owned(), now), |tx, (kind, subject, now)| {
            Box::pin(async move {
                let sql = "INSERT INTO alert (kind, subject, since) VALUES ($1, $2, $3) ON CONFLICT (kind, subject) DO NOTHING";
                Ok(AlertRaised(tx.execute(sql, args![kind, subject, *now]).await? == 1))
            })
        })
    }

    /// Notes that it holds no longer. False if it was not noted.
    pub fn clear_alert(&self, kind: &str, subject: &str) -> BoxFuture<'_, Result<bool>> {
        self.write((kind.to_owned(), subject.to_owned()), |tx, (kind, subject)| {
            Box::pin(async move {
                let sql = "DELETE FROM alert WHERE kind = $1 AND subject = $2";
                Ok(tx.execute(sql, args![kind, subject]).await? == 1)
            })
        })
    }

    /// The alerts that hold: kind, subject, since when.
    pub fn alerts(&self) -> BoxFuture<'_, Result<Vec<(String, String, i64)>>> {
        self.database().read((), |tx, ()| {
            Box::pin(async move { tx.all("SELECT kind, subject, since FROM alert ORDER BY kind, subject", &[]).await })
        })
    }
}
