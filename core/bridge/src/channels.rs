//! What a running call asks its caller for and delivers to it: pieces of content, and questions.

use std::{pin::Pin, sync::Arc};

use bankchannel::{CallAnswer, CallAsker, Content, Error, Question, Result};
use bankchannel_foundation::{error::row, model::ContentPieces};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{CallEvent, CallReply, call::CallMessage};

/// Content that is requested piece by piece. It is read on a thread that may block.
pub(crate) fn requested_content(
    events: mpsc::Sender<CallMessage>,
    replies: Arc<tokio::sync::Mutex<mpsc::Receiver<CallReply>>>,
) -> Content {
    Content::Pieces(ContentPieces::new(move || {
        events.blocking_send(CallMessage::Event(CallEvent::WantPiece)).map_err(|_| Error::new(&row::CANCELLED))?;
        match replies.blocking_lock().blocking_recv() {
            Some(CallReply::Piece(piece)) => Ok(Some(piece)),
            Some(CallReply::End) => Ok(None),
            Some(CallReply::Fail(error)) => Err(error),
            _ => Err(Error::new(&row::CANCELLED)),
        }
    }))
}

/// Content that is delivered piece by piece.
pub(crate) fn delivered_content(
    events: mpsc::Sender<CallMessage>,
    runtime: &tokio::runtime::Runtime,
) -> (mpsc::Sender<Bytes>, tokio::task::JoinHandle<()>) {
    let (sender, mut receiver) = mpsc::channel(1);
    let task = runtime.spawn(async move {
        while let Some(piece) = receiver.recv().await {
            if events.send(CallMessage::Event(CallEvent::Piece(piece))).await.is_err() {
                break;
            }
        }
    });
    (sender, task)
}

/// Asks the caller, through a call's events and replies.
pub(crate) struct QuestionChannel {
    events: mpsc::Sender<CallMessage>,
    replies: Arc<tokio::sync::Mutex<mpsc::Receiver<CallReply>>>,
    /// One question at a time: a reply does not name its question. The number counts abandoned questions whose replies
    /// are still to come.
    turn: tokio::sync::Mutex<usize>,
}

impl QuestionChannel {
    pub(crate) fn new(
        events: mpsc::Sender<CallMessage>,
        replies: Arc<tokio::sync::Mutex<mpsc::Receiver<CallReply>>>,
    ) -> Self {
        Self { events, replies, turn: tokio::sync::Mutex::default() }
    }
}

/// A question in progress. If it is abandoned, its answer is discarded on arrival.
struct AskedQuestion<'a> {
    owed: tokio::sync::MutexGuard<'a, usize>,
    is_answered: bool,
}

impl Drop for AskedQuestion<'_> {
    fn drop(&mut self) {
        *self.owed += usize::from(!self.is_answered);
    }
}

impl CallAsker for QuestionChannel {
    fn ask(&self, question: Question) -> Pin<Box<dyn Future<Output = Result<CallAnswer>> + Send + '_>> {
        Box::pin(async move {
            let mut turn = self.turn.lock().await;
            while *turn > 0 {
                // A received reply is consumed, whatever happens to this question.
                self.replies.lock().await.recv().await;
                *turn -= 1;
            }
            self.events
                .send(CallMessage::Event(CallEvent::Ask(question)))
                .await
                .map_err(|_| Error::new(&row::CANCELLED))?;
            let mut asked = AskedQuestion { owed: turn, is_answered: false };
            let reply = self.replies.lock().await.recv().await;
            asked.is_answered = true;
            match reply {
                Some(CallReply::Answer(answer)) => Ok(answer),
                Some(CallReply::Fail(error)) => Err(error),
                _ => Err(Error::new(&row::CANCELLED)),
            }
        })
    }
}
