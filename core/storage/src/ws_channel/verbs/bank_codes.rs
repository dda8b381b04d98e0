//! The guard for the banks' codes: a bank locks a user id after a few wrong ones of any sender. So they are counted by
//! bank and user id over all accounts, and no more are sent before the bank's limit.
//!
//! ```text
//!   begin_enrol ──► reserved ──► sent ──► wrong       counted until a code was right, the operator releases them, or
//!                       │          └────► right       they are so old that no code of the bank holds any longer
//!                       └─ not sent: gone     (all rows of the user id go)
//! ```

use super::{lives::HOLD_MS, notices};
use crate::engine::{Result, args};
use crate::ws_channel::{
    BankCodeLimits, CodeAttemptState, CodeMark, CodeRefusal, EnrolmentBegin, GuardedUserId, NewNotice, PermitOutcome,
    WsChannelStore, WsChannelTx,
};
use futures_util::future::BoxFuture;

/// How long a code is counted, milliseconds: no code of a bank holds for longer than three months.
pub const CODES_COUNTED_MS: i64 = 92 * 24 * 60 * 60 * 1000;
/// How often the operator is told of one user id at most, milliseconds.
const TELL_AGAIN_MS: i64 = 24 * 60 * 60 * 1000;

/// The user id as it is counted: banks do not tell its spellings apart.
fn counted_id(ws_user_id: &str) -> String {
    ws_user_id.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase()
}

impl WsChannelStore {
    /// The user ids for which codes are counted, or accounts named, by bank and user id.
    pub fn guarded_user_ids(&self, now: i64) -> BoxFuture<'_, Result<Vec<GuardedUserId>>> {
        self.database().read_snapshot(now, |tx, now| Box::pin(guarded(tx, *now)))
    }

    /// The same of one user id, of which nothing may be known.
    pub fn guarded_user_id(&self, bank: &str, ws_user_id: &str, now: i64) -> BoxFuture<'_, Result<GuardedUserId>> {
        self.database().read_snapshot((bank.to_owned(), counted_id(ws_user_id), now), |tx, (bank, user, now)| {
            Box::pin(async move {
                let all = guarded(tx, *now).await?;
                let found = all.into_iter().find(|one| (&one.bank, &one.ws_user_id) == (bank, user));
                let (bank, ws_user_id) = (bank.clone(), user.clone());
                Ok(found.unwrap_or(GuardedUserId { bank, ws_user_id, ..GuardedUserId::default() }))
            })
        })
    }

    /// Forgets the codes that were counted for a user id: the bank has sent a new one, or said that it is not locked. False
    /// if none is counted.
    pub fn release_codes(&self, bank: &str, ws_user_id: &str) -> BoxFuture<'_, Result<bool>> {
        self.write((bank.to_owned(), counted_id(ws_user_id)), |tx, (bank, user)| {
            Box::pin(async move {
                let sql = "DELETE FROM code_alert WHERE bank = $1 AND ws_user_id = $2";
                tx.execute(sql, args![bank, user]).await?;
                // One that is about to be sent stays counted.
                let sql = "DELETE FROM code_attempt WHERE bank = $1 AND ws_user_id = $2 AND state <> $3";
                Ok(tx.execute(sql, args![bank, user, CodeAttemptState::Reserved]).await? > 0)
            })
        })
    }

    /// Names an account that uses a user id. As long as accounts are named for one, no other may send codes for it.
    pub fn allow_user_id(
        &self,
        bank: &str,
        ws_user_id: &str,
        email: &str,
        now: i64,
    ) -> BoxFuture<'_, Result<PermitOutcome>> {
        let args = (bank.to_owned(), counted_id(ws_user_id), email.to_owned(), now);
        self.write(args, |tx, (bank, user, email, now)| {
            Box::pin(async move {
                if tx.number("SELECT count(*) FROM account WHERE email = $1", args![email]).await? == 0 {
                    return Ok(PermitOutcome::NoAccount);
                }
                let sql = "INSERT INTO user_id_permit (bank, ws_user_id, email, at) VALUES ($1, $2, $3, $4) \
                           ON CONFLICT (bank, ws_user_id, email) DO UPDATE SET at = excluded.at";
                tx.execute(sql, args![bank, user, email, *now]).await?;
                Ok(PermitOutcome::Done)
            })
        })
    }

    /// Takes [`allow_user_id`](Self::allow_user_id) back. False if the account is not named.
    pub fn withdraw_user_id(&self, bank: &str, ws_user_id: &str, email: &str) -> BoxFuture<'_, Result<bool>> {
        self.write((bank.to_owned(), counted_id(ws_user_id), email.to_owned()), |tx, (bank, user, email)| {
            Box::pin(async move {
                let sql = "DELETE FROM user_id_permit WHERE bank = $1 AND ws_user_id = $2 AND email = $3";
                Ok(tx.execute(sql, args![bank, user, email]).await? == 1)
            })
        })
    }

    /// Whether the operator is to be told now of the codes for a user id: once a day, if at least so many are counted. If so, the
    /// notice is put in.
    pub fn tell_of_codes(
        &self,
        (bank, ws_user_id): (&str, &str),
        least: usize,
        notice: Option<NewNotice>,
        now: i64,
    ) -> BoxFuture<'_, Result<bool>> {
        let given = (bank.to_owned(), counted_id(ws_user_id), least, notice, now);
        self.write(given, |tx, (bank, user, least, notice, now)| {
            Box::pin(async move {
                if counted(tx, Some((bank, user)), *now).await?.len() < *least {
                    return Ok(false);
                }
                // A time ahead was noted under a clock that has been set right since.
                let sql = "INSERT INTO code_alert (bank, ws_user_id, at) VALUES ($1, $2, $3) ON CONFLICT (bank, ws_user_id) \
                           DO UPDATE SET at = excluded.at WHERE code_alert.at <= $4 OR code_alert.at > $3";
                let is_told = tx.execute(sql, args![bank, user, *now, *now - TELL_AGAIN_MS]).await? == 1;
                if let (true, Some(notice)) = (is_told, notice) {
                    notices::put(tx, notice, *now).await?;
                }
                Ok(is_told)
            })
        })
    }

    /// Forgets that the operator was told of the codes for a user id: it was not.
    pub fn untell_codes(&self, bank: &str, ws_user_id: &str) -> BoxFuture<'_, Result<()>> {
        self.write((bank.to_owned(), counted_id(ws_user_id)), |tx, (bank, user)| {
            let sql = "DELETE FROM code_alert WHERE bank = $1 AND ws_user_id = $2";
            Box::pin(async move { tx.execute(sql, args![bank, user]).await.map(drop) })
        })
    }
}

/// Whether an account may send a code now; if so, that is counted from now on.
pub(super) async fn reserve(
    tx: &mut WsChannelTx,
    begin: &EnrolmentBegin,
    limits: BankCodeLimits,
) -> Result<Option<CodeRefusal>> {
    let (email, bank, user) = (&*begin.scope.email, &*begin.scope.bank, counted_id(&begin.ws_user_id));
    let standing = standing(tx, email, bank, &user, begin.now).await?;
    if standing == UserIdStanding::Others {
        return Ok(Some(CodeRefusal::OtherAccount));
    }
    let (mut all, mut own, mut own_wrong) = (0, 0, 0);
    for (_, _, sender, state, _) in counted(tx, Some((bank, &user)), begin.now).await? {
        all += 1;
        if sender == email {
            own += 1;
            own_wrong += i64::from(state != CodeAttemptState::Sent);
        }
    }
    // An account of which nothing is known leaves one for another: it may be of somebody who guesses.
    let is_spent = all >= limits.all
        || standing == UserIdStanding::Unknown && (own_wrong >= limits.per_account || own >= (limits.all - 1).max(1));
    if is_spent {
        return Ok(Some(CodeRefusal::Spent));
    }
    let sql = "INSERT INTO code_attempt (ticket, bank, ws_user_id, email, state, at) VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(sql, args![&begin.ticket, bank, &user, email, CodeAttemptState::Reserved, begin.now]).await?;
    Ok(None)
}

/// The standing of an account at a user id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UserIdStanding {
    /// It has a certificate of the bank for it, or the operator has named it.
    Known,
    /// No account has, or one that has lends it to this account.
    Unknown,
    /// Others have, or are named.
    Others,
}

async fn standing(tx: &mut WsChannelTx, email: &str, bank: &str, user: &str, now: i64) -> Result<UserIdStanding> {
    let sql = "SELECT email FROM user_id_permit WHERE bank = $1 AND ws_user_id = $2";
    let allowed = emails(tx, sql, args![bank, user]).await?;
    if allowed.iter().any(|one| one == email) {
        return Ok(UserIdStanding::Known);
    }
    // One that was brought along, or is asked for, shows nothing: anybody could occupy another company's user id by that.
    let sql = "SELECT s.email FROM cert_set s JOIN certificate_pair p ON p.email = s.email AND p.bank = s.bank AND p.name = s.pair \
               AND p.purpose = 'signing' AND p.request IS NOT NULL AND p.pem IS NOT NULL \
               WHERE s.bank = $1 AND UPPER(REPLACE(s.ws_user_id, ' ', '')) = $2 AND s.first_expiry > $3";
    let holders = emails(tx, sql, args![bank, user, now]).await?;
    if holders.iter().any(|one| one == email) {
        return Ok(UserIdStanding::Known);
    }
    if !allowed.is_empty() {
        return Ok(UserIdStanding::Others);
    }
    let sql = "SELECT linked_to FROM account WHERE email = $1";
    let lender = tx.one::<Option<String>>(sql, args![email]).await?;
    let is_lent = lender.flatten().is_some_and(|lender| holders.contains(&lender));
    Ok(if holders.is_empty() || is_lent { UserIdStanding::Unknown } else { UserIdStanding::Others })
}

async fn emails(tx: &mut WsChannelTx, sql: &'static str, args: &[crate::engine::ColumnValue]) -> Result<Vec<String>> {
    tx.all(sql, args).await
}

type CountedCode = (String, String, String, CodeAttemptState, i64);

/// The codes that are counted, of one user id or of all, the oldest first.
async fn counted(tx: &mut WsChannelTx, of: Option<(&str, &str)>, now: i64) -> Result<Vec<CountedCode>> {
    // Attempts that a crash has left were not sent.
    const ALL: &str = "SELECT bank, ws_user_id, email, state, at FROM code_attempt \
        WHERE at > $1 AND (state <> 'reserved' OR at > $2) ORDER BY bank, ws_user_id, at, email";
    const OF_ONE: &str = "SELECT bank, ws_user_id, email, state, at FROM code_attempt \
        WHERE at > $1 AND (state <> 'reserved' OR at > $2) AND bank = $3 AND ws_user_id = $4 ORDER BY at, email";
    let (since, reserved_since) = (now - CODES_COUNTED_MS, now - HOLD_MS);
    match of {
        None => tx.all(ALL, args![since, reserved_since]).await,
        Some((bank, user)) => tx.all(OF_ONE, args![since, reserved_since, bank, user]).await,
    }
}

async fn guarded(tx: &mut WsChannelTx, now: i64) -> Result<Vec<GuardedUserId>> {
    let mut all = std::collections::BTreeMap::<(String, String), GuardedUserId>::new();
    for (bank, user, email, state, at) in counted(tx, None, now).await? {
        all.entry((bank, user)).or_default().sent.push((email, state, at));
    }
    let sql = "SELECT bank, ws_user_id, email FROM user_id_permit ORDER BY email";
    for (bank, user, email) in tx.all(sql, &[]).await? {
        all.entry((bank, user)).or_default().allowed.push(email);
    }
    let named = |((bank, ws_user_id), one)| GuardedUserId { bank, ws_user_id, ..one };
    Ok(all.into_iter().map(named).collect())
}

/// Stores what became of the code of this ticket.
pub(super) async fn mark(tx: &mut WsChannelTx, ticket: &str, mark: CodeMark) -> Result<()> {
    match mark {
        CodeMark::Sent => {
            let sql = "UPDATE code_attempt SET state = $2 WHERE ticket = $1 AND state = $3";
            tx.execute(sql, args![ticket, CodeAttemptState::Sent, CodeAttemptState::Reserved]).await?;
        }
        CodeMark::Wrong => {
            let sql = "UPDATE code_attempt SET state = $2 WHERE ticket = $1";
            tx.execute(sql, args![ticket, CodeAttemptState::Wrong]).await?;
        }
        CodeMark::Unspent => {
            tx.execute("DELETE FROM code_attempt WHERE ticket = $1", args![ticket]).await?;
        }
        CodeMark::Right => {
            let sql = "SELECT bank, ws_user_id FROM code_attempt WHERE ticket = $1";
            let Some((bank, user)) = tx.one::<(String, String)>(sql, args![ticket]).await? else { return Ok(()) };
            for sql in [
                "DELETE FROM code_attempt WHERE bank = $1 AND ws_user_id = $2",
                "DELETE FROM code_alert WHERE bank = $1 AND ws_user_id = $2",
            ] {
                tx.execute(sql, args![&bank, &user]).await?;
            }
        }
    }
    Ok(())
}

/// Forgets a code that was not sent.
pub(super) async fn give_back(tx: &mut WsChannelTx, ticket: &str) -> Result<()> {
    let sql = "DELETE FROM code_attempt WHERE ticket = $1 AND state = $2";
    tx.execute(sql, args![ticket, CodeAttemptState::Reserved]).await.map(drop)
}

/// Removes attempts that are not counted any more.
pub(super) async fn purge(tx: &mut WsChannelTx, now: i64) -> Result<()> {
    tx.execute("DELETE FROM code_attempt WHERE at <= $1", args![now - CODES_COUNTED_MS]).await?;
    tx.execute("DELETE FROM code_alert WHERE at <= $1", args![now - CODES_COUNTED_MS]).await.map(drop)
}
