//! Token buckets by key: rate limits per address, API key or third party.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// Number of keys kept; full buckets are dropped first, then the least recently used ones.
const REMEMBERED: usize = 50_000;
/// One in this many keys is dropped when no bucket is full.
const FORGOTTEN_PART: usize = 8;

/// Fill rate and capacity of a bucket.
#[derive(Clone, Copy)]
pub struct BucketRate {
    per_ms: f64,
    burst: f64,
}

impl BucketRate {
    /// `count` tokens per `within_ms`, and up to `burst` at once.
    pub fn new(count: u32, within_ms: i64, burst: u32) -> Self {
        Self { per_ms: f64::from(count.max(1)) / within_ms as f64, burst: f64::from(burst.max(1)) }
    }
}

/// The bucket is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyBucket {
    /// Seconds until it holds a token again; at least 1.
    pub wait_s: u64,
}

/// A bucket for each key. An unused bucket is full.
pub struct RateBuckets<K> {
    levels: Mutex<HashMap<K, (f64, i64)>>,
    /// Whether any bucket was used: until then no call takes the lock.
    is_used: AtomicBool,
}

impl<K> Default for RateBuckets<K> {
    fn default() -> Self {
        Self { levels: Mutex::default(), is_used: AtomicBool::new(false) }
    }
}

impl<K: Eq + Hash> RateBuckets<K> {
    /// Takes a token.
    ///
    /// # Errors
    /// [`EmptyBucket`].
    pub fn take(&self, key: K, rate: BucketRate, now_ms: i64) -> Result<(), EmptyBucket> {
        let mut levels = self.levels();
        if levels.len() >= REMEMBERED && !levels.contains_key(&key) {
            levels.retain(|_, (level, at)| filled(*level, *at, rate, now_ms) < rate.burst);
            if levels.len() >= REMEMBERED {
                forget_oldest(&mut levels);
            }
        }
        let (level, at) = levels.get(&key).copied().unwrap_or((rate.burst, now_ms));
        let level = filled(level, at, rate, now_ms);
        enough(level, rate)?;
        levels.insert(key, (level - 1.0, now_ms));
        self.is_used.store(true, Ordering::Release);
        Ok(())
    }

    /// Checks that there is a token without taking it.
    ///
    /// # Errors
    /// [`EmptyBucket`].
    pub fn check_only<Q>(&self, key: &Q, rate: BucketRate, now_ms: i64) -> Result<(), EmptyBucket>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if !self.is_used.load(Ordering::Acquire) {
            return Ok(());
        }
        let found = self.levels().get(key).copied();
        found.map_or(Ok(()), |(level, at)| enough(filled(level, at, rate, now_ms), rate))
    }

    /// Charges a cost known only afterwards, down to an empty bucket and no further: the key waits for its next token,
    /// never longer.
    pub fn charge<Q>(&self, key: &Q, rate: BucketRate, now_ms: i64, cost: f64)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        if let Some((level, at)) = self.levels().get_mut(key) {
            *level = (filled(*level, *at, rate, now_ms) - cost).max(0.0);
            *at = now_ms.max(*at);
        }
    }

    /// Fills every bucket.
    pub fn forget(&self) {
        let mut levels = self.levels();
        levels.clear();
        self.is_used.store(false, Ordering::Release);
    }

    fn levels(&self) -> MutexGuard<'_, HashMap<K, (f64, i64)>> {
        self.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn enough(level: f64, rate: BucketRate) -> Result<(), EmptyBucket> {
    if level >= 1.0 {
        return Ok(());
    }
    Err(EmptyBucket { wait_s: ((1.0 - level) / rate.per_ms / 1000.0).ceil().max(1.0) as u64 })
}

fn forget_oldest<K: Eq + Hash>(levels: &mut HashMap<K, (f64, i64)>) {
    let mut times: Vec<i64> = levels.values().map(|(_, at)| *at).collect();
    let count = (times.len() / FORGOTTEN_PART).max(1);
    let (_, last, _) = times.select_nth_unstable(count - 1);
    let (last, mut left) = (*last, count);
    levels.retain(|_, (_, at)| {
        let forget = *at <= last && left > 0;
        left -= usize::from(forget);
        !forget
    });
}

fn filled(level: f64, at: i64, rate: BucketRate, now_ms: i64) -> f64 {
    let passed = (now_ms - at).max(0) as f64;
    (level + passed * rate.per_ms).min(rate.burst)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rate_refills() {
        let (buckets, rate) = (RateBuckets::default(), BucketRate::new(5, 1000, 3));
        assert!((0..3).all(|_| buckets.take("k", rate, 0).is_ok()));
        assert_eq!(buckets.take("k", rate, 0), Err(EmptyBucket { wait_s: 1 }));
        assert!(buckets.check_only(&"k", rate, 0).is_err() && buckets.check_only(&"other", rate, 0).is_ok());
        assert!(buckets.take("other", rate, 0).is_ok());
        assert!(buckets.take("k", rate, 200).is_ok() && buckets.take("k", rate, 200).is_err());
        buckets.forget();
        assert!(buckets.check_only(&"k", rate, 200).is_ok());
    }

    #[test]
    fn memory_is_bounded() {
        let buckets = RateBuckets::default();
        let rate = BucketRate::new(1, 3_600_000, 2);
        for n in 0..u32::try_from(REMEMBERED).unwrap() + 10 {
            buckets.take(n, rate, i64::from(n)).unwrap();
        }
        let levels = buckets.levels();
        assert!(levels.len() <= REMEMBERED && levels.len() > REMEMBERED / 2, "{}", levels.len());
        assert!(!levels.contains_key(&0) && levels.contains_key(&(REMEMBERED as u32)));
    }
}
