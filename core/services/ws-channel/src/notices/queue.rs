//! Notices that wait in the database, sealed, and the worker that sends them.
//!
//! A notice is taken by one instance for the time that its sending may take, and sent; one that nobody takes is tried again later
//! and later, until its time is over: a code's with the code, an alert's after a day.

use std::{
    io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
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
    HandedOver, NoticeChannel, NoticeDelivery, OutgoingNotice, alerts,
    senders::{NoticeSenders, SendFault},
};
use crate::{config::ServiceConfig, service::BackgroundService};

/// How often it is looked for notices: another instance may have put one in.
const LOOK: Duration = Duration::from_secs(1);
/// Notices of a channel that are sent at once: a gateway that hangs keeps the others from nothing.
const AT_ONCE: usize = 8;
/// What a notice is taken for beyond the time limit of its sending.
const MARGIN: Duration = Duration::from_secs(15);
/// The pauses before it is tried again; the last one from then on.
const PAUSES_S: [i64; 6] = [2, 10, 30, 60, 300, 600];
/// How long a stop waits for those that are being sent.
const LAST: Duration = Duration::from_secs(5);
/// How long it waits for the ends of those that were not sent by then.
const BROKEN_OFF: Duration = Duration::from_secs(1);

/// The last words of a channel's gateway, and its silence.
#[derive(Debug, Default, Clone, Copy)]
struct GatewayWord {
    /// The last word about a notice, whatever it was.
    answered: Option<Instant>,
    /// The last try without one.
    away: Option<Instant>,
}

/// Notices for a mail server, a webhook or a command.
pub(crate) struct NoticeQueue {
    senders: NoticeSenders,
    service: OnceLock<BackgroundService>,
    added: Notify,
    places: [Arc<Semaphore>; NoticeChannel::ALL.len()],
    heard: Mutex<[GatewayWord; NoticeChannel::ALL.len()]>,
    /// Cancelled when a stop waits for no sending any longer.
    broken_off: CancellationToken,
    sent: IntCounterVec,
}

impl NoticeQueue {
    /// # Errors
    /// `configuration.invalid` for senders that cannot be; `internal` if a series is declared twice.
    pub(crate) fn new(config: &ServiceConfig, metrics: &ServerMetrics) -> Result<Arc<Self>> {
        let senders = NoticeSenders::open(config)?;
        let sent = metrics.counter(
            "bankchannel_notices_total",
            "Tries to send a code or an alert, by channel, delivery and outcome: sent, later (this one was not taken), away (none would be), refused, or expired unsent",
            &["channel", "delivery", "outcome"],
        )?;
        // So that the first one of each is seen as one.
        for channel in NoticeChannel::ALL {
            for outcome in ["sent", "later", "away", "refused", "expired"] {
                sent.with_label_values(&[channel.as_str(), senders.kind(channel), outcome]);
            }
        }
        Ok(Arc::new(Self {
            senders,
            service: OnceLock::new(),
            added: Notify::new(),
            places: std::array::from_fn(|_| Arc::new(Semaphore::new(AT_ONCE))),
            heard: Mutex::default(),
            broken_off: CancellationToken::new(),
            sent,
        }))
    }

    /// Begins to send. Until then notices cannot be put in.
    pub(crate) fn begin(self: &Arc<Self>, service: BackgroundService, stop: &CancellationToken) -> JoinHandle<()> {
        let _ = self.service.set(service);
        let (queue, stop) = (Arc::clone(self), stop.clone());
        background::spawn(async move {
            let _ = stop.run_until_cancelled(queue.run()).await;
            // The others stay in the database.
            if tokio::time::timeout(LAST, queue.none_is_sent()).await.is_err() {
                queue.broken_off.cancel();
                let _ = tokio::time::timeout(BROKEN_OFF, queue.none_is_sent()).await;
            }
        })
    }

    async fn none_is_sent(&self) {
        for places in &self.places {
            let _ = places.acquire_many(AT_ONCE as u32).await;
        }
    }

    async fn run(self: &Arc<Self>) {
        let mut was_away = false;
        let mut is_begun = false;
        loop {
            let _ = tokio::time::timeout(LOOK, self.added.notified()).await;
            let taken = self.take(&mut is_begun).await;
            if let (Err(why), false) = (&taken, was_away) {
                tracing::error!(%why, "notices cannot be taken from the database yet");
            }
            was_away = taken.is_err();
            for due in taken.unwrap_or_default() {
                let Some(channel) = NoticeChannel::from_text(&due.channel) else { continue };
                let place = Arc::clone(&self.places[channel as usize]).acquire_owned().await;
                let queue = Arc::clone(self);
                drop(background::spawn(async move {
                    let _ = queue.broken_off.run_until_cancelled(queue.work_on(channel, &due)).await;
                    drop(place);
                }));
            }
        }
    }

    async fn take(&self, is_begun: &mut bool) -> std::result::Result<Vec<DueNotice>, StoreError> {
        let Some(service) = self.service.get() else { return Ok(Vec::new()) };
        let now = service.now_ms();
        if !*is_begun && service.store.is_only_writer() {
            // The instance before sends no longer.
            service.writer().free_notices(now).await?;
        }
        *is_begun = true;
        let room = NoticeChannel::ALL.map(|channel| {
            let free = self.places[channel as usize].available_permits();
            (channel.as_str(), i64::try_from(free).unwrap_or(0))
        });
        let lease = self.senders.longest() + MARGIN;
        let until = now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        service.writer().take_notices(now, until, room.to_vec()).await
    }

    /// Sends a notice, and stores what became of it.
    async fn work_on(&self, channel: NoticeChannel, due: &DueNotice) {
        let Some(service) = self.service.get() else { return };
        let count = |outcome: &str| {
            self.sent.with_label_values(&[channel.as_str(), self.senders.kind(channel), outcome]).inc();
        };
        let opened = service.keys.vault().open(&label(&due.id), &due.sealed).ok();
        let message = opened.and_then(|opened| serde_json::from_slice(&opened).ok());
        let Some(message) = message else {
            count("refused");
            return self.over(service, due, "it cannot be opened with the service's key").await;
        };
        let notice = OutgoingNotice { id: due.id.clone(), channel, message, expires_ms: due.expires, slot: None };
        if due.expires <= service.now_ms() {
            count("expired");
            if let Err(why) = alerts::untell(service, &notice.message).await {
                tracing::error!(%why, notice = due.id, "an alert that nobody has taken cannot be told again");
            }
            return self.over(service, due, "its time is over, and nobody has taken it").await;
        }
        // The operator's own notices are not given up for one word of a mail server.
        let sent = match self.senders.send(&notice).await {
            Err(SendFault::Refused(why)) if channel == NoticeChannel::Operator => Err(SendFault::Later(why)),
            sent => sent,
        };
        let is_away = matches!(sent, Err(SendFault::Away(_)));
        self.heard(channel, is_away);
        match sent {
            Ok(()) => {
                count("sent");
                self.store(service, due, NoticeEnd::Over).await;
            }
            Err(SendFault::Refused(why)) => {
                count("refused");
                self.over(service, due, &why).await;
            }
            Err(SendFault::Later(why) | SendFault::Away(why)) => {
                count(if is_away { "away" } else { "later" });
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

    fn heard(&self, channel: NoticeChannel, is_away: bool) {
        let word = &mut self.heard.lock().unwrap_or_else(PoisonError::into_inner)[channel as usize];
        *(if is_away { &mut word.away } else { &mut word.answered }) = Some(Instant::now());
    }

    /// Whether this instance's last try by this channel had no word about its notice.
    pub(super) fn is_away(&self, channel: NoticeChannel) -> bool {
        let word = self.heard.lock().unwrap_or_else(PoisonError::into_inner)[channel as usize];
        word.away.is_some_and(|away| word.answered.is_none_or(|answered| answered < away))
    }

    /// How long ago this instance had a word about a notice of this channel.
    pub(super) fn answered_ago(&self, channel: NoticeChannel) -> Option<Duration> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)[channel as usize].answered.map(|at| at.elapsed())
    }

    /// Looks for notices at once.
    pub(super) fn look(&self) {
        self.added.notify_one();
    }

    /// The row of a notice.
    pub(super) fn sealed(&self, notice: &OutgoingNotice) -> io::Result<NewNotice> {
        let service = self.service.get().ok_or_else(|| io::Error::other("the service has not begun"))?;
        let sealed = service.keys.vault().seal(&label(&notice.id), notice.message.to_string().as_bytes());
        Ok(NewNotice {
            id: notice.id.clone(),
            channel: notice.channel.as_str().to_owned(),
            sealed: sealed.map_err(io::Error::other)?,
            expires: notice.expires_ms,
            slot: notice.slot.as_ref().map(|slot| service.keys.challenge.slot(slot)),
        })
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
            let new = self.sealed(notice)?;
            service.writer().put_notice(new, service.now_ms()).await.map_err(io::Error::other)?;
            self.look();
            Ok(())
        })
    }
}

/// The label that the seal of a notice is bound to.
fn label(id: &str) -> Vec<u8> {
    [b"notice\n", id.as_bytes()].concat()
}
