//! Alerts on certificates, in time for a person to act (docs/protocols/sepa-web-services.md §6.2): log, audit trail,
//! outbox.

use bankchannel_crypto::random;
use bankchannel_foundation::model::Timestamp;
use bankchannel_renewal::CertificateLife;
use bankchannel_storage::ws_channel::{AuditEntry, DueCertSet};
use bankchannel_ws_channel::model::Bank;
use serde_json::{Value, json};

use crate::{
    certs::material,
    notices::{NoticeChannel, OutgoingNotice},
    service::{BackgroundService, WsChannelService},
};

/// The operation name of alerts in the audit trail.
const OPERATION: &str = "ws_channel.certificate_alert";

async fn hand_over(service: &WsChannelService, (channel, message): (NoticeChannel, Value), bank: &str) {
    if let Err(why) = service.outbox.hand_over(OutgoingNotice::alert(channel, service.now_ms(), message)).await {
        tracing::error!(%why, bank, "an alert could not be handed over");
    }
}

async fn record(service: &WsChannelService, operation: &str, (api_key, email, bank): (&str, &str, &str), text: &str) {
    let entry = AuditEntry {
        at: service.now_ms(),
        request_id: random::uuid_v4(),
        api_key: api_key.to_owned(),
        email: email.to_owned(),
        operation: operation.to_owned(),
        object: bank.to_owned(),
        outcome: "told".into(),
        detail: text.to_owned(),
        ..AuditEntry::default()
    };
    if let Err(why) = service.record_alert(entry).await {
        tracing::error!(%why, "an alert could not be recorded");
    }
}

/// The operation name of alerts about codes in the audit trail.
const CODES: &str = "ws_channel.code_alert";

/// Tells the operator that codes for a user id were not right, or are not sent any more: once a day for each.
pub(crate) async fn tell_of_codes(
    service: &WsChannelService,
    (api_key, email): (&str, &str),
    (bank, ws_user_id): (Bank, &str),
    (least, what): (usize, &str),
) {
    let text = format!(
        "{} at {}, account {email}: {what}. See `bankchannel admin code-list`, then code-release, code-allow",
        material::named(ws_user_id),
        bank.as_str()
    );
    let message = json!({
        "to": "",
        "purpose": "code_alert",
        "email": email,
        "bank": bank.as_str(),
        "ws_user_id": ws_user_id,
        "text": text,
    });
    let notice = OutgoingNotice::alert(NoticeChannel::Operator, service.now_ms(), message);
    let of = (bank.as_str(), ws_user_id);
    let told = match service.outbox.sealed_for_operator(&notice) {
        Ok(sealed) => service.tell_of_codes(of, least, sealed).await.map_err(|why| why.to_string()),
        Err(why) => Err(why.to_string()),
    };
    match told {
        Ok(true) => {}
        Ok(false) => return,
        Err(why) => return tracing::error!(%why, "whether the operator knows of refused codes cannot be read"),
    }
    if let Err(why) = service.outbox.tell_noted(notice).await {
        tracing::error!(%why, bank = bank.as_str(), "an alert could not be handed over: the next refused code tells it");
        if let Err(why) = service.untell_codes(of).await {
            tracing::error!(%why, "that an alert was not handed over cannot be stored");
        }
        return;
    }
    tracing::warn!(
        bank = bank.as_str(),
        account = &*service.pseudonym(email),
        user = material::named(ws_user_id),
        "codes for a user id are refused: see `bankchannel admin code-list`"
    );
    record(service, CODES, (api_key, email, bank.as_str()), &text).await;
}

/// Something that a person has to know of a set.
pub(super) struct SetAlert<'a> {
    pub(super) due: &'a DueCertSet,
    pub(super) api_key: &'a str,
    /// Its user id, as the audit trail names it.
    pub(super) user: &'a str,
    pub(super) life: &'a CertificateLife,
    /// The days before the end of the certificate that are reached now.
    pub(super) days: Option<u32>,
    /// A person's task, if it is new.
    pub(super) person: Option<&'a str>,
    /// Why the last attempt has failed.
    pub(super) failure: Option<&'a str>,
}

/// Tells it: once for each day and each stop. What cannot be handed over is logged.
pub(super) async fn tell(service: &BackgroundService, alert: SetAlert<'_>) {
    let SetAlert { due, api_key, user, life, days, person, failure } = alert;
    if days.is_none() && person.is_none() {
        return;
    }
    let end_s = life.active.as_ref().map(|active| active.not_after_s);
    let end = end_s.map(|end_s| Timestamp::from_ms(end_s * 1000));
    let mut text = match (&end, days) {
        (Some(end), Some(days)) => {
            format!("the certificate of {user} at {} ends in {days} days, on {}", due.bank, end.as_str())
        }
        _ => format!("the certificate of {user} at {} needs a person", due.bank),
    };
    if let Some(why) = person.or(failure) {
        text = format!("{text}: {why}");
    }
    tracing::warn!(
        bank = due.bank,
        account = &*service.pseudonym(&due.email),
        user,
        days,
        "a certificate needs a person: see `bankchannel admin cert-list`"
    );
    let message = json!({
        "to": due.email,
        "purpose": "certificate_alert",
        "email": due.email,
        "bank": due.bank,
        "days_left": days,
        "expires_at": end.as_ref().map(Timestamp::as_str),
        "text": text,
    });
    if person.is_some() {
        // What only a person can do: whoever runs the service knows of it too.
        let to_operator =
            json!({"to": "", "purpose": "certificate_alert", "email": due.email, "bank": due.bank, "text": text});
        hand_over(service, (NoticeChannel::Operator, to_operator), &due.bank).await;
    }
    hand_over(service, (NoticeChannel::Email, message), &due.bank).await;
    record(service, OPERATION, (api_key, &due.email, &due.bank), &text).await;
}
