//! The only writer: all waiting verbs run in one transaction and are acknowledged only after its COMMIT returned, that
//! is, after the log was synced. If a verb fails, nothing of the transaction is stored, and each verb runs again in its
//! own transaction.

use crate::engine::job::BoxedJob;
use crate::engine::watch::DatabaseWatch;
use crate::engine::{CommitOutcome, Result, StorageSchema, StorageTx, StoreError};
use futures_util::FutureExt as _;
use std::fs::File;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Limit of verbs in one COMMIT: bounds how long the first of them waits.
const MAX_GROUP: usize = 256;
/// Limit of waiting verbs; beyond it callers wait for room.
const QUEUE: usize = 4096;

/// Hands verbs to the writer task.
pub(super) struct SqliteWriter<S: StorageSchema> {
    queue: Mutex<Option<mpsc::Sender<QueuedJob<S>>>>,
    task: tokio::sync::Mutex<Option<JoinHandle<()>>>,
}

impl<S: StorageSchema> SqliteWriter<S> {
    /// Starts the task. It owns the folder's lock: a store that is dropped without being closed still writes the
    /// accepted verbs, and until then the folder stays locked.
    pub(super) fn spawn(tx: StorageTx<S>, lock: File, schema: Arc<S>, watch: Arc<DatabaseWatch>) -> Self {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let task = tokio::spawn(write_until_closed(tx, lock, receiver, (schema, watch)));
        Self { queue: Mutex::new(Some(sender)), task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// The number of jobs that wait.
    pub(super) fn waiting(&self) -> usize {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.as_ref().map_or(0, |queue| QUEUE - queue.capacity())
    }

    /// Runs a job after those before it; returns it when its COMMIT has returned.
    pub(super) async fn submit(&self, job: BoxedJob<S>) -> Result<BoxedJob<S>> {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        queue.send(QueuedJob { job, reply }).await.map_err(|_| StoreError::Closed)?;
        drop(queue);
        answer.await.map_err(|_| StoreError::Closed)?
    }

    pub(super) async fn close(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(task) = self.task.lock().await.take() {
            // A writer that panicked has nothing left to close.
            let _ = task.await;
        }
    }
}

async fn write_until_closed<S: StorageSchema>(
    mut tx: StorageTx<S>,
    lock: File,
    mut queue: mpsc::Receiver<QueuedJob<S>>,
    (schema, watch): (Arc<S>, Arc<DatabaseWatch>),
) {
    let told = (&*schema, &*watch);
    let mut group = Vec::new();
    while let Some(first) = queue.recv().await {
        group.push(first);
        while group.len() < MAX_GROUP {
            match queue.try_recv() {
                Ok(next) => group.push(next),
                Err(_) => break,
            }
        }
        run_group(&mut tx, &mut group, told).await;
    }
    // Merging the log speeds up the next start; a failure loses nothing.
    let _ = tx.script("PRAGMA wal_checkpoint(TRUNCATE)".to_owned()).await;
    tx.close().await;
    drop(lock);
}

/// Runs all of `group` in one transaction and replies to each.
async fn run_group<S: StorageSchema>(tx: &mut StorageTx<S>, group: &mut Vec<QueuedJob<S>>, told: ToldOfCommits<'_, S>) {
    let answers = match run_transaction(tx, group, told).await {
        Ok(answers) => answers,
        Err(TransactionFailure::InVerb(_)) if group.len() > 1 => run_one_by_one(tx, group, told).await,
        Err(TransactionFailure::InVerb(error) | TransactionFailure::AtEnds(error)) => {
            group.iter().map(|_| Err(error.clone())).collect()
        }
    };
    for (job, answer) in group.drain(..).zip(answers) {
        job.finish(answer);
    }
}

/// One verb's fault rolled back the whole transaction. The others did nothing wrong and nothing of them was stored:
/// each runs in its own transaction.
async fn run_one_by_one<S: StorageSchema>(
    tx: &mut StorageTx<S>,
    group: &mut [QueuedJob<S>],
    told: ToldOfCommits<'_, S>,
) -> Vec<Result<()>> {
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        match run_transaction(tx, std::slice::from_mut(job), told).await {
            Ok(mut answer) => answers.append(&mut answer),
            Err(TransactionFailure::InVerb(error) | TransactionFailure::AtEnds(error)) => answers.push(Err(error)),
        }
    }
    answers
}

/// The schema, and the observer.
type ToldOfCommits<'a, S> = (&'a S, &'a DatabaseWatch);

/// Why a transaction had no effect.
enum TransactionFailure {
    /// A verb's fault: certainly rolled back.
    InVerb(StoreError),
    /// BEGIN or COMMIT failed. After a failed COMMIT the outcome of a crash is unknown, so nothing is repeated.
    AtEnds(StoreError),
}

async fn run_transaction<S: StorageSchema>(
    tx: &mut StorageTx<S>,
    group: &mut [QueuedJob<S>],
    (schema, watch): ToldOfCommits<'_, S>,
) -> std::result::Result<Vec<Result<()>>, TransactionFailure> {
    tx.script("BEGIN IMMEDIATE".to_owned()).await.map_err(TransactionFailure::AtEnds)?;
    let ended = match run_jobs(tx, group).await {
        Ok(answers) => {
            let begun = Instant::now();
            let committed = tx.script("COMMIT".to_owned()).await;
            watch.committed(begun, if committed.is_ok() { CommitOutcome::Done } else { CommitOutcome::Failed });
            committed.map(|()| answers).map_err(TransactionFailure::AtEnds)
        }
        Err(error) => Err(TransactionFailure::InVerb(error)),
    };
    if ended.is_ok() {
        // Before the acknowledgement: a caller notified of the change must not get older data from a cache.
        schema.committed(&mut tx.state);
    } else {
        tx.state = S::State::default();
        // If SQLite has already rolled back, this statement fails, which is fine.
        let _ = tx.script("ROLLBACK".to_owned()).await;
    }
    ended
}

/// The first error ends the transaction: it is an environment fault or a misuse, so rare that a savepoint around every
/// verb would cost more than running the group again one by one.
async fn run_jobs<S: StorageSchema>(tx: &mut StorageTx<S>, group: &mut [QueuedJob<S>]) -> Result<Vec<Result<()>>> {
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        run_caught(job, tx).await?;
        answers.push(Ok(()));
    }
    S::before_commit(tx).await?;
    Ok(answers)
}

/// A panic in one verb is that verb's error, not the end of the writer.
async fn run_caught<S: StorageSchema>(queued: &mut QueuedJob<S>, tx: &mut StorageTx<S>) -> Result<()> {
    match AssertUnwindSafe(queued.job.run(tx)).catch_unwind().await {
        Ok(result) => result,
        Err(_) => Err(StoreError::internal("a verb panicked")),
    }
}

/// A waiting job, and the channel for its reply.
struct QueuedJob<S: StorageSchema> {
    job: BoxedJob<S>,
    reply: oneshot::Sender<Result<BoxedJob<S>>>,
}

impl<S: StorageSchema> QueuedJob<S> {
    fn finish(self, answer: Result<()>) {
        // A caller that stopped waiting needs no reply; the verb is still carried out.
        let _ = self.reply.send(answer.map(|()| self.job));
    }
}
