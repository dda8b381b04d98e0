//! The memory of large answers, of all calls of a process together: a peer whose answers never end costs its limit once,
//! not once for each caller.
//!
//! ```text
//!   pieces ─► up to FREE: unreserved ─► beyond: all that the answer may become, at once ─► collected ─► read ─► free
//!                                           └── no room: the peer waits, until this call's time is up
//! ```
//!
//! An answer asks once, and for all of it: of two that each have a half, neither would end. One that is slow keeps its
//! room until it ends, or until the time of its call is up; answers up to `FREE` never wait.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What each answer may take without asking, bytes: more than nearly all files of banks.
pub(crate) const FREE: usize = 8 * 1024 * 1024;
/// The memory for all larger answers of a process, bytes: the largest answer of any protocol, and some more.
const TOGETHER: usize = 256 * 1024 * 1024;
/// The unit of room, bytes.
const UNIT: usize = 64 * 1024;

/// Room for large answers.
#[derive(Debug, Clone)]
pub(crate) struct AnswerMemory(Arc<Semaphore>);

/// Room that is taken until it is dropped.
#[derive(Debug)]
pub(crate) struct AnswerRoom(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

impl Default for AnswerMemory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TOGETHER / UNIT)))
    }
}

impl AnswerMemory {
    /// That of this process.
    pub(crate) fn of_process() -> &'static Self {
        static MEMORY: std::sync::LazyLock<AnswerMemory> = std::sync::LazyLock::new(AnswerMemory::default);
        &MEMORY
    }

    /// Room for an answer that may have so many bytes; `None` for one that needs none. Waits for it.
    pub(crate) async fn room(&self, bytes: usize) -> Option<AnswerRoom> {
        if bytes <= FREE {
            return None;
        }
        let units = u32::try_from(bytes.min(TOGETHER).div_ceil(UNIT)).unwrap_or(u32::MAX);
        // It is never closed.
        Arc::clone(&self.0).acquire_many_owned(units).await.ok().map(AnswerRoom)
    }
}

/// An answer whose room is free again once none of its bytes are held.
struct RoomedAnswer {
    body: BytesMut,
    _room: AnswerRoom,
}

impl AsRef<[u8]> for RoomedAnswer {
    fn as_ref(&self) -> &[u8] {
        &self.body
    }
}

/// The collected answer, with its room.
pub(crate) fn collected(body: BytesMut, room: Option<AnswerRoom>) -> Bytes {
    match room {
        Some(room) => Bytes::from_owner(RoomedAnswer { body, _room: room }),
        None => body.freeze(),
    }
}

#[cfg(test)]
mod tests {
    use std::{future::Future as _, pin::pin, task::Context};

    use super::*;

    #[tokio::test]
    async fn endless_answers_take_their_room_one_after_the_other_and_small_ones_none() {
        const LIMIT: usize = 200 * 1024 * 1024;
        let memory = AnswerMemory::default();
        let first = memory.room(LIMIT).await;
        let mut second = pin!(memory.room(LIMIT));
        let mut context = Context::from_waker(std::task::Waker::noop());
        assert!(second.as_mut().poll(&mut context).is_pending(), "the limit is there once");
        assert!(memory.room(FREE).await.is_none(), "nobody asks for a small one");
        // The room is free when the last of the bytes is, and not when the call has the answer.
        let answer = collected(BytesMut::from(&b"<Envelope/>"[..]), first);
        let part = answer.slice(1..9);
        drop(answer);
        assert!(second.as_mut().poll(&mut context).is_pending());
        assert_eq!(part, "Envelope");
        drop(part);
        assert!(second.await.is_some());
        // A limit beyond all room is all of it.
        assert!(memory.room(usize::MAX).await.is_some());
    }
}
