//! Operations that only compute, and what they are given.

use std::{any::Any, cell::OnceCell, io::Read as _, sync::Arc};

use bytes::Bytes;

use super::Operation;
use crate::{
    ClientCache, ClientResources, Error,
    clock::Clock,
    error::row,
    model::{Content, OpenContent, Profile},
};

/// An operation that only computes: synchronous in every language, no network.
pub trait Local: Operation {
    /// Runs the operation.
    ///
    /// # Errors
    /// Those of the declaration, and `input.*`.
    fn run(request: Self::Request, with: LocalContext<'_>) -> Result<Self::Response, Error>;
}

/// The inputs of a local operation in addition to its request.
#[non_exhaustive]
pub struct LocalContext<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    client: Option<&'a dyn Profile>,
    /// The client's own value, once it was looked for: that costs a system call, so only operations that use it do.
    resources: OnceCell<Option<ClientResources<'a>>>,
    /// Opens content that is not in memory, such as a file.
    pub open: OpenFunction<'a>,
}

/// Opens content for reading it once.
pub type OpenFunction<'a> = &'a dyn Fn(Content) -> Result<OpenContent, Error>;

crate::redacted_debug!(LocalContext<'_>);

impl<'a> LocalContext<'a> {
    /// At this time; no client, and no files can be opened.
    #[must_use]
    pub fn new(clock: &'a dyn Clock) -> Self {
        Self { clock, client: None, resources: OnceCell::new(), open: &only_in_memory }
    }

    /// With the cache and the key of this client.
    #[must_use]
    pub fn of_client(mut self, client: Option<&'a dyn Profile>) -> Self {
        self.client = client;
        self
    }

    /// With a function that opens the content named in the request.
    #[must_use]
    pub fn opening(mut self, open: OpenFunction<'a>) -> Self {
        self.open = open;
        self
    }

    /// The client's cache; `None` without a client: then nothing is cached.
    #[must_use]
    pub fn cache(&self) -> Option<&'a ClientCache> {
        self.resources().map(|resources| resources.cache)
    }

    /// The client's own key; `None` without a client, or with one that has no key of this type.
    #[must_use]
    pub fn key<T: Any>(&self) -> Option<&'a T> {
        self.resources()?.key?.downcast_ref()
    }

    fn resources(&self) -> Option<ClientResources<'a>> {
        *self.resources.get_or_init(|| self.client.and_then(Profile::resources))
    }

    /// The client's value for this SHA-256, or a new one: see [`ClientCache::get_or_make`].
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or_make<T, E>(&self, of: [u8; 32], make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        match self.cache() {
            Some(kept) => kept.get_or_make(of, make),
            None => make().map(Arc::new),
        }
    }

    /// The time, as the standard library's type.
    #[must_use]
    pub fn now(&self) -> std::time::SystemTime {
        let ms = u64::try_from(self.clock.now_ms()).unwrap_or_default();
        std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(ms)
    }

    /// The content of a request, to be read once.
    ///
    /// # Errors
    /// `input.content_unreadable` if the content cannot be opened.
    pub fn open_content(&self, given: Content) -> Result<OpenContent, Error> {
        match given {
            Content::Bytes(bytes) => Ok(OpenContent::Bytes(bytes)),
            named => (self.open)(named),
        }
    }

    /// The same, whole: content in memory is not copied. Of longer content, only `max` bytes plus one are read.
    ///
    /// # Errors
    /// `input.content_unreadable`.
    pub fn whole_content(&self, given: Content, max: usize) -> Result<Bytes, Error> {
        if let Content::Bytes(bytes) = given {
            return Ok(bytes);
        }
        let mut bytes = Vec::new();
        let read = self.open_content(given)?.take(max as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|why| {
            Error::because(&row::CONTENT_UNREADABLE, format!("the content cannot be read: {why}")).with_source(why)
        })?;
        Ok(bytes.into())
    }
}

fn only_in_memory(_: Content) -> Result<OpenContent, Error> {
    Err(Error::because(&row::CONTENT_UNREADABLE, "the content was not opened before the call"))
}
