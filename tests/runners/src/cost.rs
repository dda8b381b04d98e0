//! What reading foreign bytes costs, in processor time of the thread that reads: a long read holds up everybody.
//!
//! An input may cost [`PER_KB`] for each kB, all inputs of a target together [`AVERAGE_PER_KB`]; smaller ones count as
//! one kB. Where time is meant to be spent, the target stands in [`DELIBERATE`], with a bound for the whole input.

use std::time::Duration;

use nix::time::ClockId;

use crate::fuzz::Target;

/// The most that any input may cost, for each kB of it.
pub const PER_KB: Duration = Duration::from_millis(20);
/// The most that a target's inputs may cost together, for each kB of them.
pub const AVERAGE_PER_KB: Duration = Duration::from_millis(1);
/// Targets that are meant to take long, and what a whole input may cost, however small: those that derive keys from a
/// passphrase, as slowly as their limits of rounds allow, of files of our own user; and explanations of refusals, up to
/// four for an input, each of which hashes up to 16 MiB of guesses, on threads of their own.
pub const DELIBERATE: &[(&str, Duration)] = &[
    ("encrypted_key", Duration::from_secs(15)),
    ("pkcs12", Duration::from_secs(6)),
    ("psd2_explain", Duration::from_millis(400)),
];
/// How often an input that costs too much is tried: the machine may have been busy with something else.
const TRIES: usize = 4;

/// What `target` makes of `input`, in processor time; in a build that is so many times slower, under a sanitizer.
///
/// # Panics
/// Where every try is above the bound: the parser is to be mended.
pub fn checked(name: &str, target: Target, input: &[u8], slower: u32) -> Duration {
    let bound = bound(name, input) * slower;
    let least = least(target, input, bound);
    if least <= bound {
        return least;
    }
    let shown: Vec<u8> = input.iter().copied().take(200).collect();
    panic!(
        "{name}: {} bytes cost {:.1} ms, the bound is {:.1} ms; they begin with {:?}",
        input.len(),
        least.as_secs_f64() * 1000.0,
        bound.as_secs_f64() * 1000.0,
        String::from_utf8_lossy(&shown),
    );
}

/// What `target` makes of `input`: the first try within `bound`, or the least of a few.
pub fn least(target: Target, input: &[u8], bound: Duration) -> Duration {
    let mut least = Duration::MAX;
    for _ in 0..TRIES {
        least = least.min(once(target, input));
        if least <= bound {
            break;
        }
    }
    least
}

/// The most that an input may cost.
#[must_use]
pub fn bound(name: &str, input: &[u8]) -> Duration {
    let by_size = PER_KB.mul_f64(kilobytes(input));
    deliberate(name).map_or(by_size, |whole| whole.max(by_size))
}

/// The bound of a small input of a target that is meant to take long.
#[must_use]
pub fn deliberate(name: &str) -> Option<Duration> {
    DELIBERATE.iter().find(|(known, _)| *known == name).map(|(_, bound)| *bound)
}

/// The size of an input as it counts.
#[must_use]
pub fn kilobytes(input: &[u8]) -> f64 {
    (input.len() as f64 / 1024.0).max(1.0)
}

fn once(target: Target, input: &[u8]) -> Duration {
    let start = processor_time();
    target(input);
    processor_time().saturating_sub(start)
}

/// The processor time that this thread has used.
fn processor_time() -> Duration {
    ClockId::CLOCK_THREAD_CPUTIME_ID.now().map(Duration::from).expect("Linux and macOS count a thread's time")
}
