//! A bounded cache, shared by threads.

use std::{
    borrow::Borrow,
    collections::HashMap,
    fmt,
    hash::{BuildHasher, Hash, RandomState},
    sync::{
        RwLock, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

/// A full cache evicts this fraction of its entries at once, least recently used first; at least one.
const EVICTED_PART: usize = 64;

/// Values found by key. Entries have weights; the cache is full when their sum reaches its limit.
///
/// It never blocks: while another thread is writing, or if one was writing when this process was forked, a lookup finds
/// nothing and nothing is added.
pub struct Cache<K, V, S = RandomState> {
    held: RwLock<HeldValues<K, V, S>>,
    limit: u64,
    /// Counts uses: the lowest is evicted first.
    uses: AtomicU64,
}

#[derive(Default)]
struct HeldValues<K, V, S> {
    weight: u64,
    entries: HashMap<K, CacheEntry<V>, S>,
}

struct CacheEntry<V> {
    value: V,
    weight: u64,
    last_use: AtomicU64,
}

impl<K: Hash + Eq, V: Clone, S: BuildHasher + Default> Cache<K, V, S> {
    /// An empty cache. If every entry weighs 1, `limit` is the number of entries.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        let held = HeldValues { weight: 0, entries: HashMap::default() };
        Self { held: RwLock::new(held), limit, uses: AtomicU64::new(0) }
    }

    /// The value for this key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let held = available(self.held.try_read())?;
        let entry = held.entries.get(key)?;
        // What was used last stays so: threads that look up the same do not write to the same memory.
        if entry.last_use.load(Ordering::Relaxed) + 1 != self.uses.load(Ordering::Relaxed) {
            entry.last_use.store(self.next_use(), Ordering::Relaxed);
        }
        Some(entry.value.clone())
    }

    /// Adds or replaces a value. A value that weighs more than the limit is not added.
    pub fn insert(&self, key: K, value: V, weight: u64) {
        let Some(mut held) = available(self.held.try_write()) else { return };
        if let Some(old) = held.entries.remove(&key) {
            held.weight -= old.weight;
        }
        if weight > self.limit {
            return;
        }
        while held.weight + weight > self.limit {
            held.evict();
        }
        held.weight += weight;
        held.entries.insert(key, CacheEntry { value, weight, last_use: AtomicU64::new(self.next_use()) });
    }

    /// Removes every value.
    pub fn clear(&self) {
        if let Some(mut held) = available(self.held.try_write()) {
            held.entries.clear();
            held.weight = 0;
        }
    }

    /// The value for this key; if absent, it is made, with weight 1.
    ///
    /// # Errors
    /// Those of `make`; then nothing is added.
    pub fn get_or_make<Q, E>(&self, key: &Q, make: impl FnOnce() -> Result<V, E>) -> Result<V, E>
    where
        Q: Hash + Eq + ?Sized,
        K: Borrow<Q> + for<'q> From<&'q Q>,
    {
        if let Some(found) = self.get(key) {
            return Ok(found);
        }
        let made = make()?;
        self.insert(K::from(key), made.clone(), 1);
        Ok(made)
    }

    /// The number of entries; 0 while another thread is writing.
    #[must_use]
    pub fn count(&self) -> usize {
        available(self.held.try_read()).map_or(0, |held| held.entries.len())
    }

    fn next_use(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }
}

impl<K, V, S> HeldValues<K, V, S> {
    fn evict(&mut self) {
        let mut uses: Vec<u64> = self.entries.values().map(|entry| entry.last_use.load(Ordering::Relaxed)).collect();
        let part = (uses.len() / EVICTED_PART).saturating_sub(1);
        let newest_to_go = *uses.select_nth_unstable(part).1;
        let weight = &mut self.weight;
        self.entries.retain(|_, entry| {
            let stays = *entry.last_use.get_mut() > newest_to_go;
            *weight -= if stays { 0 } else { entry.weight };
            stays
        });
    }
}

/// The lock's guard; `None` if another thread holds it. A poisoned lock is used: each change is one step, so entries
/// are whole.
fn available<G>(locked: Result<G, TryLockError<G>>) -> Option<G> {
    match locked {
        Ok(held) => Some(held),
        Err(TryLockError::Poisoned(held)) => Some(held.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl<K, V, S> fmt::Debug for Cache<K, V, S> {
    /// Shows no content: it may hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Cache<u64, u64>;

    #[test]
    fn what_is_used_stays_and_the_rest_goes() {
        for limit in [1, 2, 32, 1024] {
            let cache = Numbers::new(limit);
            for number in 0..5 * limit {
                cache.insert(number, number, 1);
                assert_eq!(cache.get(&number), Some(number));
                assert_eq!(cache.get(&0).is_some(), limit > 1 || number == 0, "{number} of {limit}");
            }
            let count = cache.count() as u64;
            assert!(count <= limit && count + limit / EVICTED_PART as u64 >= limit, "{count} of {limit}");
        }
    }

    #[test]
    fn weights_are_summed() {
        let cache = Numbers::new(100);
        cache.insert(1, 1, 60);
        cache.insert(1, 2, 40);
        cache.insert(2, 2, 60);
        assert_eq!(
            (cache.get(&1), cache.get(&2), cache.count()),
            (Some(2), Some(2), 2),
            "a replaced one weighs nothing"
        );
        cache.insert(3, 3, 1);
        assert_eq!((cache.get(&1), cache.get(&2), cache.get(&3)), (None, Some(2), Some(3)));
        cache.insert(2, 4, 101);
        assert_eq!((cache.get(&2), cache.count()), (None, 1), "too heavy, and the old one is no longer right");
    }

    #[test]
    fn what_is_removed_weighs_nothing() {
        let cache = Numbers::new(100);
        cache.insert(1, 1, 60);
        cache.clear();
        cache.insert(2, 2, 40);
        cache.insert(3, 3, 60);
        assert_eq!((cache.get(&1), cache.get(&2), cache.get(&3)), (None, Some(2), Some(3)));
    }

    /// As in the child of a fork whose parent was writing at that moment.
    #[test]
    fn a_lock_that_is_never_given_back_stops_nobody() {
        let cache = Numbers::new(10);
        cache.insert(1, 1, 1);
        let reading = cache.held.read();
        cache.insert(2, 2, 1);
        assert_eq!((cache.get(&1), cache.get(&2)), (Some(1), None));
        drop(reading);
        let writing = cache.held.write();
        assert_eq!((cache.get(&1), cache.count()), (None, 0));
        cache.insert(3, 3, 1);
        drop(writing);
        assert_eq!((cache.get(&1), cache.get(&3)), (Some(1), None));
    }

    #[test]
    fn a_panic_while_it_is_held_stops_nobody() {
        let cache = Numbers::new(10);
        std::thread::scope(|scope| {
            let panics = scope.spawn(|| {
                let _held = cache.held.write();
                panic!("on purpose");
            });
            assert!(panics.join().is_err());
        });
        cache.insert(1, 1, 1);
        assert_eq!((cache.held.is_poisoned(), cache.get(&1)), (true, Some(1)));
    }
}
