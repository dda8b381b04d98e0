//! Notices: codes for users, and what customers and the operator are to be told (docs/protocols/ws-channel.md §3.8).
//!
//! ```text
//!   handler, background work ──► outbox ──► file or memory, at once
//!                                  └──────► queue in the database, sealed ──► worker ──► mail server, webhook, command
//!
//!   message   a notice as one JSON object             mail    the texts of mails
//!   file      lines for a program that sends them    queue   what waits, and the worker that sends it
//!   senders   mail server, webhook, command          alerts  told to the operator once until they clear
//! ```
//!
//! Whoever asks for a notice never waits for a mail server or a gateway: it is in the file, or in the database, when it is handed
//! over. From the database it is sent at least once, by any instance, until it is taken or its time is over.

pub(crate) mod alerts;
mod file;
mod mail;
mod message;
mod platform;
pub(crate) mod queue;
mod senders;
mod settings;

use std::{
    collections::VecDeque,
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bankchannel_crypto::random;
use bankchannel_foundation::{Result, Secret};
use bankchannel_storage::ws_channel::NewNotice;
use serde_json::Value;

use super::config::{DeliveryKind, ServiceConfig};
use file::FileDelivery;
pub(crate) use message::{CodeMessage, NoticeChannel, OutgoingNotice};
pub(crate) use queue::NoticeQueue;
pub(crate) use settings::check;
pub use settings::{NoticeCommandSettings, SmtpSecurity, SmtpSettings, WebhookSettings};

/// The message file below the data folder.
pub(crate) const FILE: &str = "outbox.jsonl";
/// Number of messages that the control interface keeps.
const REMEMBERED: usize = 10_000;

/// A notice on its way out of the service's hands.
type HandedOver<'a> = Pin<Box<dyn Future<Output = std::io::Result<()>> + Send + 'a>>;

/// A way out of the service's hands.
trait NoticeDelivery: Send + Sync {
    /// Hands a notice over. After `Ok` it is not lost.
    fn deliver<'a>(&'a self, notice: &'a OutgoingNotice) -> HandedOver<'a>;

    /// Discards notices that were handed over and are still here.
    fn forget(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Makes codes, and takes every notice.
pub(crate) struct NoticeOutbox {
    ways: [Arc<dyn NoticeDelivery>; 3],
    /// The queue of the operator's notices, if they wait in the database.
    queue: Option<Arc<NoticeQueue>>,
    sending: Arc<NoticeQueue>,
    fixed_code: Option<Secret>,
    /// The messages shown by the control interface; `None` without it.
    recent: Option<Mutex<VecDeque<Value>>>,
}

impl NoticeOutbox {
    /// Opens the configured deliveries.
    ///
    /// # Errors
    /// `resource.storage` when the file cannot be written.
    pub(crate) fn open(data: &Path, config: &ServiceConfig, queue: &Arc<NoticeQueue>) -> Result<Self> {
        let mut file: Option<Arc<FileDelivery>> = None;
        let mut way = |channel| -> Result<Arc<dyn NoticeDelivery>> {
            Ok(match settings::delivery_of(config, channel) {
                DeliveryKind::File => match &file {
                    Some(file) => Arc::clone(file) as _,
                    None => Arc::clone(file.insert(Arc::new(FileDelivery::open(&data.join(FILE))?))) as _,
                },
                DeliveryKind::Memory => Arc::new(MemoryDelivery),
                DeliveryKind::Smtp | DeliveryKind::Webhook | DeliveryKind::Command => Arc::clone(queue) as _,
            })
        };
        let ways = [way(NoticeChannel::Sms)?, way(NoticeChannel::Email)?, way(NoticeChannel::Operator)?];
        let recent = config.control.then(Mutex::default);
        let kind = settings::delivery_of(config, NoticeChannel::Operator);
        let is_queued = matches!(kind, DeliveryKind::Smtp | DeliveryKind::Webhook | DeliveryKind::Command);
        let sending = Arc::clone(queue);
        let queue = is_queued.then(|| Arc::clone(queue));
        Ok(Self { ways, queue, sending, fixed_code: config.fixed_code.clone(), recent })
    }

    /// A new code: six random digits, or the fixed one.
    pub(crate) fn new_code(&self) -> Secret {
        self.fixed_code.clone().unwrap_or_else(|| Secret::new(random::digits6()))
    }

    /// Hands a notice over.
    ///
    /// # Errors
    /// When it could not be handed over: it is not sent, or not certainly.
    pub(crate) async fn hand_over(&self, notice: OutgoingNotice) -> std::io::Result<()> {
        self.ways[notice.channel as usize].deliver(&notice).await?;
        self.remember(notice.message);
        Ok(())
    }

    fn remember(&self, message: Value) {
        let Some(recent) = &self.recent else { return };
        let mut recent = recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(message);
        if recent.len() > REMEMBERED {
            recent.pop_front();
        }
    }

    /// Prepares the notice of an alert: one that waits in the database is to be put in with the alert, any other is handed over.
    ///
    /// # Errors
    /// When it could not be handed over.
    async fn begin_alert(&self, notice: OutgoingNotice) -> std::io::Result<Option<NewNotice>> {
        let sealed = self.sealed_for_operator(&notice)?;
        match sealed {
            Some(_) => self.remember(notice.message),
            None => self.hand_over(notice).await?,
        }
        Ok(sealed)
    }

    /// The operator's notice, sealed, if it waits in the database: to be put in with its cause.
    ///
    /// # Errors
    /// When it cannot be sealed.
    pub(crate) fn sealed_for_operator(&self, notice: &OutgoingNotice) -> std::io::Result<Option<NewNotice>> {
        self.queue.as_ref().map(|queue| queue.sealed(notice)).transpose()
    }

    /// Sends the operator's notice once its cause is noted: one that was put in is looked at, any other is handed over.
    ///
    /// # Errors
    /// When it could not be handed over.
    pub(crate) async fn tell_noted(&self, notice: OutgoingNotice) -> std::io::Result<()> {
        if self.queue.is_none() {
            return self.hand_over(notice).await;
        }
        self.remember(notice.message);
        self.look_at_queue();
        Ok(())
    }

    /// Has the queue looked at at once.
    fn look_at_queue(&self) {
        if let Some(queue) = &self.queue {
            queue.look();
        }
    }

    /// Whether this channel's gateway gave no word at this instance's last try.
    fn is_away(&self, channel: &str) -> bool {
        NoticeChannel::from_text(channel).is_some_and(|channel| self.sending.is_away(channel))
    }

    /// How long ago this instance had a word about a notice of this channel.
    fn answered_ago(&self, channel: &str) -> Option<Duration> {
        self.sending.answered_ago(NoticeChannel::from_text(channel)?)
    }

    /// Tells the operator past the database; false if it was not taken yet.
    async fn tell_past_the_database(&self, notice: &OutgoingNotice) -> bool {
        match &self.queue {
            Some(queue) => queue.send_now(notice).await.is_ok(),
            None => self.hand_over(notice.clone()).await.is_ok(),
        }
    }

    /// The messages since the start, oldest first; none without the control interface.
    pub(crate) fn recent(&self) -> Vec<Value> {
        let Some(recent) = &self.recent else { return Vec::new() };
        recent.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Discards the messages of [`recent`](Self::recent) and those in the file.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) async fn forget(&self) -> std::io::Result<()> {
        if let Some(recent) = &self.recent {
            recent.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.ways.iter().try_for_each(|way| way.forget())
    }
}

/// Sends nothing; the control interface shows the messages.
struct MemoryDelivery;

impl NoticeDelivery for MemoryDelivery {
    fn deliver<'a>(&'a self, _: &'a OutgoingNotice) -> HandedOver<'a> {
        Box::pin(std::future::ready(Ok(())))
    }
}
