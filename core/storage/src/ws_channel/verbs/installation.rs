//! The identity of the data: recorded at the first start, compared at every later one.

use std::collections::BTreeSet;

use crate::engine::{Result, args};
use crate::ws_channel::{IdKind, InstallationIds, SealedKind, SealedSecret, WsChannelStore, WsChannelTx};
use futures_util::future::BoxFuture;

/// Number of content paths that are a sample of all when a folder is checked.
const SAMPLE: i64 = 50;

impl WsChannelStore {
    /// The recorded ids.
    pub fn installation(&self) -> BoxFuture<'_, Result<InstallationIds>> {
        self.database().read_snapshot((), |tx, ()| Box::pin(select(tx)))
    }

    /// Records ids of the kinds that have none yet. Of several instances that start at the same time the first decides,
    /// and each compares the result with its own ids.
    pub fn adopt(&self, ids: Vec<(IdKind, String)>) -> BoxFuture<'_, Result<InstallationIds>> {
        self.write(ids, |tx, ids| {
            Box::pin(async move {
                let found = select(tx).await?;
                for (kind, id) in ids.iter().filter(|(kind, _)| found.ids(*kind).next().is_none()) {
                    insert(tx, *kind, id).await?;
                }
                select(tx).await
            })
        })
    }

    /// Replaces all recorded ids of this kind.
    pub fn replace_ids(&self, kind: IdKind, ids: Vec<String>) -> BoxFuture<'_, Result<()>> {
        self.write((kind, ids), |tx, (kind, ids)| {
            Box::pin(async move {
                tx.execute("DELETE FROM installation WHERE kind = $1", args![kind.as_str()]).await?;
                for id in ids {
                    insert(tx, *kind, id).await?;
                }
                Ok(())
            })
        })
    }

    /// Every secret sealed in the database, with the associated data of its seal: reads all of them.
    pub fn sealed_secrets(&self) -> BoxFuture<'_, Result<Vec<SealedSecret>>> {
        self.database().read_snapshot((), |tx, ()| Box::pin(sealed(tx)))
    }

    /// Some of the content files that rows name: enough to check whether a folder contains them.
    pub fn some_content_paths(&self) -> BoxFuture<'_, Result<Vec<String>>> {
        self.database().read_snapshot((), |tx, ()| {
            Box::pin(async move {
                let mut paths = Vec::new();
                for sql in [
                    "SELECT path FROM bank_file WHERE path IS NOT NULL LIMIT $1",
                    "SELECT path FROM upload WHERE path IS NOT NULL LIMIT $1",
                ] {
                    paths.extend(tx.all::<String>(sql, args![SAMPLE]).await?);
                }
                Ok(paths)
            })
        })
    }
}

async fn select(tx: &mut WsChannelTx) -> Result<InstallationIds> {
    let mut ids = Vec::new();
    let known: BTreeSet<&str> = IdKind::ALL.iter().map(|kind| kind.as_str()).collect();
    // Data of an older version may not have the table yet.
    let rows: Vec<(String, String)> = match tx.has_table("installation").await? {
        true => tx.all("SELECT kind, id FROM installation ORDER BY kind, id", &[]).await?,
        false => Vec::new(),
    };
    ids.extend(rows.into_iter().filter(|(kind, _)| known.contains(&**kind)));
    let has_accounts = tx.first("SELECT 1 FROM account LIMIT 1", &[]).await?.is_some();
    Ok(InstallationIds::new(ids, has_accounts))
}

async fn insert(tx: &mut WsChannelTx, kind: IdKind, id: &str) -> Result<()> {
    let sql = "INSERT INTO installation (kind, id) VALUES ($1, $2) ON CONFLICT (kind, id) DO NOTHING";
    tx.execute(sql, args![kind.as_str(), id]).await.map(drop)
}

async fn sealed(tx: &mut WsChannelTx) -> Result<Vec<SealedSecret>> {
    let mut all = Vec::new();
    // Data of an older version has the certificates in another table.
    let sql = match tx.has_table("certificate_pair").await? {
        true => "SELECT email, bank, purpose, label, sealed_key FROM certificate_pair",
        false => "SELECT email, bank, purpose, serial, sealed_key FROM certificate",
    };
    for (email, bank, purpose, label, sealed) in tx.all(sql, &[]).await? {
        all.push(SealedSecret { email, kind: SealedKind::BankKey { bank, purpose, label }, sealed });
    }
    let sql = "SELECT email, totp_secret FROM mode_user WHERE totp_secret IS NOT NULL";
    for (email, sealed) in tx.all(sql, &[]).await? {
        all.push(SealedSecret { email, kind: SealedKind::Totp, sealed });
    }
    Ok(all)
}
