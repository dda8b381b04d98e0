//! The audit trail: reading it, and checking that no record was changed.

use std::sync::Arc;

use bankchannel_crypto::digest;
use bankchannel_foundation::{
    Error, Result,
    model::{Boundary, Timestamp},
    operation::OperatorForm,
};
use bankchannel_server::{operator_commands, orders::PlainOrder};
use bankchannel_storage::ws_channel::{AuditFilter, AuditRecord, AuditVerdict};
use serde_json::Value;

use super::{API_KEY_OPTION, api::AdminApi, key_names::key_name};
use crate::{
    audit_heads,
    data::{storage, unusable},
    service::audited_ids,
};

operator_commands! {
    /// Commands about the audit trail.
    pub(super) static AUDIT_COMMANDS: AdminApi, "ws-channel";

    /// Read the audit trail: the newest records, or with `after` the records after that number.
    ///
    /// They are in the order of writing. `more` says whether others fit too.
    ReadAudit("ws_channel_operator.audit", OperatorForm {
        options: &[API_KEY_OPTION],
        examples: &["--email me@example.com --limit 20", "--since 2026-11-20"],
        // What has no id of a caller has no such member.
        writes_nulls: false,
        notes: of_more_records,
        ..OperatorForm::reading("audit")
    }): AuditQuery => AuditPage, async AdminApi::audit;

    /// Verify the hash chain of the audit trail.
    ///
    /// It is compared with the heads in the data folder's `audit-heads.jsonl`, too. A record that was changed is a result, not
    /// an error.
    VerifyAudit("ws_channel_operator.verify_audit", OperatorForm {
        examples: &[""],
        verdict: Some("intact"),
        ..OperatorForm::reading("audit-verify")
    }): PlainOrder => AuditVerification, async AdminApi::verify_audit;
}

/// The number of records, unless another one is given.
const USUAL_LIMIT: i64 = 100;
/// The largest number of records of one answer.
const LIMIT_MAX: i64 = 100_000;

/// Which records of the audit trail are read.
#[derive(Debug, Clone, Default, Boundary)]
pub(super) struct AuditQuery {
    /// Only records of this API key.
    api_key: Option<String>,
    /// Only records of this account.
    email: Option<String>,
    /// Only records of this operation, such as ws_channel.upload_file.
    operation: Option<String>,
    /// Only records with this outcome.
    outcome: Option<String>,
    /// Only records from this time on.
    since: Option<Timestamp>,
    /// Only records before this time.
    until: Option<Timestamp>,
    /// Start after this record number.
    after: Option<i64>,
    /// Whether the last ones are read if more fit than `limit`, in place of the first. Default: true without `after`.
    newest: Option<bool>,
    /// The largest number of records, 1 to 100000. Default: 100.
    limit: Option<i64>,
}

/// A part of the audit trail.
#[derive(Debug, Boundary)]
pub(super) struct AuditPage {
    /// The records, in the order of writing.
    pub(super) records: Vec<AuditLine>,
    /// Whether there are more records that fit.
    more: bool,
}

/// The result of checking the audit trail.
#[derive(Debug, Boundary)]
pub(super) struct AuditVerification {
    /// The result.
    pub(super) audit: AuditCheck,
}

/// One record of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
pub struct AuditLine {
    /// Its number, from 1.
    pub seq: i64,
    /// Its time, RFC 3339.
    pub at: String,
    /// The request's id, made by the service.
    pub request_id: String,
    /// The caller's own id (`X-Request-ID`), if it gave one.
    pub caller_request_id: Option<String>,
    /// The name of the tenant's key, as `key-list` has it.
    pub api_key: String,
    /// The acting account, or the claimed one.
    pub email: String,
    /// `admin`, `data`, `operator` or empty.
    pub mode: String,
    /// The operation's name.
    pub operation: String,
    /// The outcome.
    pub outcome: String,
    /// The object of the operation.
    pub object: String,
    /// Further facts; of a refused request first why it was refused.
    pub detail: String,
    /// The address that the request came from; absent for the service's own work, and in records of earlier versions.
    pub origin: Option<String>,
    /// The chain's hash up to here, hex.
    pub hash: String,
}

/// The result of checking the audit trail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Boundary)]
pub struct AuditCheck {
    /// Whether every record follows from the one before in its account's chain, and everything that the checkpoints
    /// cover exists.
    pub intact: bool,
    /// The number of records, if it is intact.
    pub records: Option<i64>,
    /// The number of chains: one per account, and one for records without an account.
    pub chains: Option<i64>,
    /// The newest checkpoint's number.
    pub checkpoint: Option<i64>,
    /// The newest checkpoint's hash, hex: keep a copy elsewhere.
    pub head: Option<String>,
    /// The number of records that no checkpoint covers yet.
    pub after_checkpoint: Option<i64>,
    /// The number of heads in the data folder's `audit-heads.jsonl` that it was compared with.
    pub compared: Option<usize>,
    /// The first record that does not fit.
    pub broken_at: Option<i64>,
    /// The account whose chain is broken; empty: records without an account.
    pub broken_chain: Option<String>,
    /// The fault found.
    pub reason: Option<String>,
}

impl AuditQuery {
    /// The query of a store's filter, in which 0 is the store's own limit. What is out of bounds is the nearest within.
    pub(super) fn of(filter: AuditFilter) -> Self {
        let AuditFilter { after_seq, from, until, api_key, email, operation, outcome, limit, newest } = filter;
        let instant = |at: Option<i64>| at.map(Timestamp::from_ms);
        Self {
            api_key,
            email,
            operation,
            outcome,
            since: instant(from),
            until: instant(until),
            after: Some(after_seq.max(0)),
            newest: Some(newest),
            limit: Some(if limit > 0 { limit.min(LIMIT_MAX) } else { STORE_LIMIT }),
        }
    }
}

/// What a store's filter means by 0.
const STORE_LIMIT: i64 = 1000;

impl AdminApi {
    async fn audit(self: Arc<Self>, query: AuditQuery) -> Result<AuditPage> {
        let limit = query.limit.unwrap_or(USUAL_LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid_field("limit", format!("must be from 1 to {LIMIT_MAX}")));
        }
        if query.after.is_some_and(|after| after < 0) {
            return Err(Error::invalid_field("after", "must be the number of a record, or 0 for all"));
        }
        let newest = query.newest.unwrap_or(query.after.is_none());
        let api_key = match query.api_key {
            Some(given) => Some(self.whole_key(given).await?),
            None => None,
        };
        let filter = AuditFilter {
            after_seq: query.after.unwrap_or_default(),
            from: query.since.map(|since| since.as_ms()),
            until: query.until.map(|until| until.as_ms()),
            api_key,
            email: query.email,
            operation: query.operation,
            outcome: query.outcome,
            // One more than wanted reveals whether there are more.
            limit: limit + 1,
            newest,
        };
        let mut records = self.store.read_audit(filter).await.map_err(storage)?;
        let more = i64::try_from(records.len()).is_ok_and(|count| count > limit);
        if more && newest {
            records.remove(0);
        } else if more {
            records.pop();
        }
        Ok(AuditPage { records: records.into_iter().map(line).collect(), more })
    }

    async fn verify_audit(self: Arc<Self>, _: PlainOrder) -> Result<AuditVerification> {
        self.verdict().await.map(|audit| AuditVerification { audit })
    }

    async fn verdict(&self) -> Result<AuditCheck> {
        let data = self.data()?;
        let known = audit_heads::read(data).map_err(|why| unusable(data, &why))?;
        let compared = Some(known.len());
        Ok(match self.store.verify_audit_against(known).await.map_err(storage)? {
            AuditVerdict::Intact { records, chains, checkpoint, after_checkpoint } => AuditCheck {
                intact: true,
                records: Some(records),
                chains: Some(chains),
                checkpoint: checkpoint.map(|checkpoint| checkpoint.number),
                head: checkpoint.map(|checkpoint| digest::hex(&checkpoint.hash)),
                after_checkpoint: Some(after_checkpoint),
                compared,
                ..AuditCheck::default()
            },
            AuditVerdict::Broken { seq, account, reason } => AuditCheck {
                broken_at: (seq > 0).then_some(seq),
                broken_chain: account,
                reason: Some(reason),
                compared,
                ..AuditCheck::default()
            },
        })
    }
}

fn line(record: AuditRecord) -> AuditLine {
    let entry = record.entry;
    let (own, callers) = audited_ids(&entry.request_id);
    AuditLine {
        seq: record.seq,
        at: Timestamp::from_ms(entry.at).as_str().to_owned(),
        request_id: own.to_owned(),
        caller_request_id: callers.map(str::to_owned),
        api_key: key_name(&entry.api_key),
        email: entry.email,
        mode: entry.mode,
        operation: entry.operation,
        outcome: entry.outcome,
        object: entry.object,
        detail: entry.detail,
        origin: entry.origin,
        hash: digest::hex(&record.hash),
    }
}

/// How to read the other records.
fn of_more_records(request: &Value, answer: &Value) -> Vec<String> {
    if answer["more"] != true {
        return Vec::new();
    }
    let last = answer["records"].as_array().and_then(|records| records.last());
    let is_newest = request["newest"].as_bool().unwrap_or(request["after"].is_null());
    match last {
        Some(last) if !is_newest => vec![format!("there are more records: use --after {}", last["seq"])],
        _ => vec!["there are older records: use --limit, --since or --after".to_owned()],
    }
}
