//! Notices that wait in the database, sealed, and the worker that sends them.
//!
//! A notice is taken by one instance for the time that its sending may take, and sent; one that nobody takes is tried again later
//! and later, until its time is over: a code's with the code, an alert's after a day.

use std::{
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bankchannel_foundation::Result;
use bankchannel_server::metrics::ServerMetrics;
use bankchannel_storage::ws_channel::{DueNotice, NewNotice, NoticeEnd, StoreError};
use bankchannel_transport::background;
use prometheus::IntCounterVec;
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use super::{
    HandedOver, NoticeChannel, NoticeDelivery, OutgoingNotice,
    senders::{NoticeSenders, SendFault},
};
use crate::{config::ServiceConfig, service::BackgroundService};

/// How often it is looked for notices: another instance may have put one in.
const LOOK: Duration = Duration::from_secs(1);
/// Notices that are sent at once.
const AT_ONCE: usize = 16;
/// For how long a notice is taken: longer than any of the settings' time limits.
const LEASE_MS: i64 = 330_000;
/// The pauses before it is tried again; the last one from then on.
const PAUSES_S: [i64; 6] = [2, 10, 30, 60, 300, 600];
/// How long a stop waits for those that are being sent.
const LAST: Duration = Duration::from_secs(5);

/// Notices for a mail server, a webhook or a command.
pub(crate) struct NoticeQueue {
    senders: NoticeSenders,
    service: OnceLock<BackgroundService>,
    added: Notify,
    places: Arc<Semaphore>,
    sent: IntCounterVec,
}

impl NoticeQueue {
    /// # Errors
    /// `configuration.invalid` for senders that cannot be; `internal` if a series is declared twice.
    pub(crate) fn new(config: &ServiceConfig, metrics: &ServerMetrics) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            senders: NoticeSenders::open(config)?,
            service: OnceLock::new(),
            added: Notify::new(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
            sent: metrics.counter(
                "bankchannel_notices_total",
                "Tries to send a code or an alert, by channel, delivery and outcome: sent, later, refused, or expired unsent",
                &["channel", "delivery", "outcome"],
            )?,
        }))
    }

    /// Begins to send. Until then notices cannot be put in.
    pub(crate) fn begin(self: &Arc<Self>, service: BackgroundService, stop: &CancellationToken) -> JoinHandle<()> {
        let _ = self.service.set(service);
        let (queue, stop) = (Arc::clone(self), stop.clone());
        background::spawn(async move {
            let _ = stop.run_until_cancelled(queue.run()).await;
            let all = u32::try_from(AT_ONCE).unwrap_or(1);
            // The others stay in the database.
            let _ = tokio::time::timeout(LAST, queue.places.acquire_many(all)).await;
        })
    }

    async fn run(self: &Arc<Self>) {
        let mut was_away = false;
        loop {
            let _ = tokio::time::timeout(LOOK, self.added.notified()).await;
            let taken = self.take().await;
            if let (Err(why), false) = (&taken, was_away) {
                tracing::error!(%why, "notices cannot be taken from the database yet");
            }
            was_away = taken.is_err();
            for due in taken.unwrap_or_default() {
                let (queue, place) = (Arc::clone(self), Arc::clone(&self.places).acquire_owned().await);
                drop(background::spawn(async move {
                    queue.work_on(&due).await;
                    drop(place);
                }));
            }
        }
    }

    async fn take(&self) -> std::result::Result<Vec<DueNotice>, StoreError> {
        let Some(service) = self.service.get() else { return Ok(Vec::new()) };
        let now = service.now_ms();
        let free = i64::try_from(self.places.available_permits()).unwrap_or(0);
        service.writer().take_notices(now, now + LEASE_MS, free).await
    }

    /// Sends a notice, and stores what became of it.
    async fn work_on(&self, due: &DueNotice) {
        let Some(service) = self.service.get() else { return };
        let Some(channel) = NoticeChannel::from_text(&due.channel) else {
            return self.over(service, due, "of a channel that this version does not have").await;
        };
        let count = |outcome: &str| {
            self.sent.with_label_values(&[channel.as_str(), self.senders.kind(channel), outcome]).inc();
        };
        if due.expires <= service.now_ms() {
            count("expired");
            return self.over(service, due, "its time is over, and nobody has taken it").await;
        }
        let opened = service.keys.vault().open(&label(&due.id), &due.sealed).ok();
        let message = opened.and_then(|opened| serde_json::from_slice(&opened).ok());
        let Some(message) = message else {
            count("refused");
            return self.over(service, due, "it cannot be opened with the service's key").await;
        };
        let notice = OutgoingNotice { id: due.id.clone(), channel, message, expires_ms: due.expires };
        match self.senders.send(&notice).await {
            Ok(()) => {
                count("sent");
                self.store(service, due, NoticeEnd::Over).await;
            }
            Err(SendFault::Refused(why)) => {
                count("refused");
                self.over(service, due, &why).await;
            }
            Err(SendFault::Later(why)) => {
                count("later");
                let pause = usize::try_from(due.tries - 1).unwrap_or(0).min(PAUSES_S.len() - 1);
                tracing::warn!(
                    target: "bankchannel::notice",
                    notice = due.id,
                    channel = due.channel,
                    delivery = self.senders.kind(channel),
                    tries = due.tries,
                    again_s = PAUSES_S[pause],
                    why,
                    "a notice was not taken"
                );
                self.store(service, due, NoticeEnd::Later(service.now_ms() + PAUSES_S[pause] * 1000)).await;
            }
        }
    }

    /// Gives a notice up.
    async fn over(&self, service: &BackgroundService, due: &DueNotice, why: &str) {
        tracing::error!(
            target: "bankchannel::notice",
            notice = due.id,
            channel = due.channel,
            tries = due.tries,
            why,
            "a notice is given up"
        );
        self.store(service, due, NoticeEnd::Over).await;
    }

    async fn store(&self, service: &BackgroundService, due: &DueNotice, end: NoticeEnd) {
        if let Err(why) = service.writer().end_notice(&due.id, due.tries, end).await {
            tracing::error!(%why, notice = due.id, "what became of a notice cannot be stored: it may be sent again");
        }
    }

    /// Sends a notice past the database, which cannot take it.
    pub(super) async fn send_now(&self, notice: &OutgoingNotice) -> std::result::Result<(), SendFault> {
        self.senders.send(notice).await
    }
}

impl NoticeDelivery for NoticeQueue {
    fn deliver<'a>(&'a self, notice: &'a OutgoingNotice) -> HandedOver<'a> {
        Box::pin(async move {
            let service = self.service.get().ok_or_else(|| io::Error::other("the service has not begun"))?;
            let sealed = service.keys.vault().seal(&label(&notice.id), notice.message.to_string().as_bytes());
            let new = NewNotice {
                id: notice.id.clone(),
                channel: notice.channel.as_str().to_owned(),
                sealed: sealed.map_err(io::Error::other)?,
                expires: notice.expires_ms,
            };
            service.writer().put_notice(new, service.now_ms()).await.map_err(io::Error::other)?;
            self.added.notify_one();
            Ok(())
        })
    }
}

/// The label that the seal of a notice is bound to.
fn label(id: &str) -> Vec<u8> {
    [b"notice\n", id.as_bytes()].concat()
}
