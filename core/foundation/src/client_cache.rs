//! A client's cache of parsed keys, certificates and the like.

use std::{
    any::{Any, TypeId},
    sync::Arc,
};

use crate::Cache;

/// The maximum number of entries of a client's cache. The least recently used is evicted first.
const MAX_CACHED: usize = 32;

/// Keys, certificates and the like that a client has parsed, each found by its type and by the SHA-256 of its source
/// text. The texts themselves are not stored here.
pub struct ClientCache {
    things: Cache<([u8; 32], TypeId), Arc<dyn Any + Send + Sync>>,
}

/// The means of a client for its operations, beside the fields that they may omit.
#[derive(Clone, Copy)]
pub struct ClientResources<'a> {
    /// Its cache of parsed values.
    pub cache: &'a ClientCache,
    /// Its own key, of a type of its protocol.
    pub key: Option<&'a (dyn Any + Send + Sync)>,
}

crate::redacted_debug!(ClientResources<'_>);

impl Default for ClientCache {
    fn default() -> Self {
        Self { things: Cache::new(MAX_CACHED as u64) }
    }
}

impl ClientCache {
    /// The value made from the source with this SHA-256; if absent, it is made now. A failure is not cached.
    ///
    /// # Errors
    /// Those of `make`.
    pub fn get_or_make<T, E>(&self, of: [u8; 32], make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E>
    where
        T: Any + Send + Sync,
    {
        let key = (of, TypeId::of::<T>());
        if let Some(Ok(found)) = self.things.get(&key).map(|thing| thing.downcast()) {
            return Ok(found);
        }
        let made = Arc::new(make()?);
        self.things.insert(key, Arc::<T>::clone(&made), 1);
        Ok(made)
    }

    /// The number of entries; 0 while another thread is adding one.
    #[must_use]
    pub fn count(&self) -> usize {
        self.things.count()
    }
}

// Shows no content: it holds keys.
crate::redacted_debug!(ClientCache);

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn of(number: usize) -> [u8; 32] {
        let mut of = [0; 32];
        of[..8].copy_from_slice(&number.to_be_bytes());
        of
    }

    /// Whether the number was not in the cache and had to be made.
    fn made(cache: &ClientCache, number: usize) -> bool {
        let mut made = false;
        let found = cache.get_or_make(of(number), || {
            made = true;
            Ok::<_, Infallible>(number)
        });
        assert_eq!(found.ok().as_deref(), Some(&number));
        made
    }

    #[test]
    fn a_thing_is_made_once_and_another_text_is_another_thing() {
        let cache = ClientCache::default();
        assert!(made(&cache, 1) && !made(&cache, 1));
        assert!(made(&cache, 2) && !made(&cache, 1) && !made(&cache, 2));
        // The same hash with another type is another entry.
        let other = cache.get_or_make(of(1), || Ok::<_, Infallible>("one"));
        assert_eq!(other.ok().as_deref(), Some(&"one"));
        assert!(!made(&cache, 1));
    }

    #[test]
    fn what_cannot_be_made_is_tried_each_time() {
        let cache = ClientCache::default();
        for _ in 0..2 {
            assert_eq!(cache.get_or_make(of(1), || Err::<usize, _>("no")), Err("no"));
        }
        assert!(made(&cache, 1));
    }

    #[test]
    fn it_is_bounded_and_what_is_used_stays() {
        let cache = ClientCache::default();
        assert!(made(&cache, 0));
        for number in 1..10 * MAX_CACHED {
            assert!(made(&cache, number));
            assert!(!made(&cache, 0), "the one in use stays ({number})");
        }
        assert_eq!(cache.count(), MAX_CACHED);
        assert!(made(&cache, 1), "one that was not used for long is gone");
    }

    #[test]
    fn two_share_nothing() {
        let (one, other) = (ClientCache::default(), ClientCache::default());
        assert!(made(&one, 1) && made(&other, 1));
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let cache = ClientCache::default();
        let _ = cache.get_or_make(of(1), || Ok::<_, Infallible>("hidden"));
        assert_eq!(format!("{cache:?}"), "ClientCache { .. }");
    }
}
