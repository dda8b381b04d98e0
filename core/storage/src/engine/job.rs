//! A type-erased verb with its arguments: the database code is compiled once per schema, not once per verb.

use super::{Result, StorageSchema, StorageTx, StorageVerb, StoreError};
use futures_util::future::BoxFuture;
use std::any::Any;

/// A verb that can be run, and run again after a conflict, and that keeps its result.
pub(super) trait VerbJob<S: StorageSchema>: Send {
    /// Runs the verb; its result replaces that of an earlier run.
    fn run<'t>(&'t mut self, tx: &'t mut StorageTx<S>) -> BoxFuture<'t, Result<()>>;
    /// The job for downcasting.
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

/// A job of any verb.
pub(super) type BoxedJob<S> = Box<dyn VerbJob<S>>;

struct BoundVerb<S: StorageSchema, A, T> {
    args: A,
    verb: StorageVerb<S, A, T>,
    value: Option<T>,
}

/// Binds a verb and its arguments into a job.
pub(super) fn bound<S, A, T>(args: A, verb: StorageVerb<S, A, T>) -> BoxedJob<S>
where
    S: StorageSchema,
    A: Send + Sync + 'static,
    T: Send + 'static,
{
    Box::new(BoundVerb { args, verb, value: None })
}

/// The result of a job's verb; the types must be those of [`bound`].
///
/// # Errors
/// [`StoreError::Internal`] for a job that was not run.
pub(super) fn value<S, A, T>(job: BoxedJob<S>) -> Result<T>
where
    S: StorageSchema,
    A: 'static,
    T: 'static,
{
    let bound = job.into_any().downcast::<BoundVerb<S, A, T>>().ok();
    bound.and_then(|bound| bound.value).ok_or_else(|| StoreError::internal("a verb ended without a value"))
}

impl<S, A, T> VerbJob<S> for BoundVerb<S, A, T>
where
    S: StorageSchema,
    A: Send + Sync + 'static,
    T: Send + 'static,
{
    fn run<'t>(&'t mut self, tx: &'t mut StorageTx<S>) -> BoxFuture<'t, Result<()>> {
        Box::pin(async move {
            self.value = Some((self.verb)(tx, &self.args).await?);
            Ok(())
        })
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
