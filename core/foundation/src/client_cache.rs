//! What a client keeps of what it was given: keys, certificates and the like, read once from their texts.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::Arc,
};

use crate::Cache;

/// Most things that a client keeps. The one whose last use is longest ago goes first.
pub const MAX_CACHED: usize = 32;

/// Keys, certificates and the like that one client has read, each found by its type and by the SHA-256 of what it was made of. The texts themselves are
/// not in here.
pub struct ClientCache {
    things: Cache<([u8; 32], TypeId), Arc<dyn Any + Send + Sync>>,
    /// What the client itself holds.
    own: Option<Box<dyn Any + Send + Sync>>,
}

impl Default for ClientCache {
    fn default() -> Self {
        Self { things: Cache::new(MAX_CACHED as u64), own: None }
    }
}

impl ClientCache {
    /// Nothing yet, beside what the client itself holds: its own key, say.
    pub fn holding(own: impl Any + Send + Sync) -> Self {
        Self { own: Some(Box::new(own)), ..Self::default() }
    }

    /// What the client itself holds, where it is of this type.
    #[must_use]
    pub fn own<T: Any>(&self) -> Option<&T> {
        self.own.as_ref()?.downcast_ref()
    }

    /// The thing that was made of what has this SHA-256, or one that is made now. What cannot be made is not kept.
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

    /// How many things are kept; where somebody is just adding one, 0.
    #[must_use]
    pub fn count(&self) -> usize {
        self.things.count()
    }
}

impl fmt::Debug for ClientCache {
    /// Nothing of its content: keys are among it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn of(number: usize) -> [u8; 32] {
        let mut of = [0; 32];
        of[..8].copy_from_slice(&number.to_be_bytes());
        of
    }

    /// Whether the number had to be made.
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
        // Of another type, it is another thing.
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
    fn what_the_client_holds_is_beside_what_is_kept() {
        let cache = ClientCache::holding("own");
        assert_eq!((cache.own::<&str>(), cache.own::<u8>(), cache.count()), (Some(&"own"), None, 0));
        assert_eq!(ClientCache::default().own::<&str>(), None);
    }

    #[test]
    fn debug_shows_nothing_of_it() {
        let cache = ClientCache::default();
        let _ = cache.get_or_make(of(1), || Ok::<_, Infallible>("hidden"));
        assert_eq!(format!("{cache:?}"), "ClientCache { .. }");
    }
}
