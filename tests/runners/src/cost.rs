//! The cost of reading foreign bytes, in CPU time of the reading thread: a long read delays all others.
//!
//! An input may cost [`PER_KB`] for each kB, all inputs of a target together [`AVERAGE_PER_KB`]; smaller ones count as
//! one kB. Targets that are meant to take long are in [`DELIBERATE`], with a bound for the whole input.

use std::time::Duration;

use nix::time::ClockId;

use crate::fuzz::Target;

/// The most that any input may cost, for each kB of it.
pub const PER_KB: Duration = Duration::from_millis(20);
/// The most that a target's inputs may cost together, for each kB of them.
pub const AVERAGE_PER_KB: Duration = Duration::from_millis(1);
/// Targets that are meant to take long, and the bound of a whole input, however small: those that derive keys from a
/// passphrase, as slowly as their limits of rounds allow, for files of our own user; and explanations of refusals, up
/// to four per input, each of which hashes up to 16 MiB of guesses, on separate threads.
pub const DELIBERATE: &[(&str, Duration)] = &[
    ("encrypted_key", Duration::from_secs(15)),
    ("pkcs12", Duration::from_secs(6)),
    ("psd2_explain", Duration::from_millis(400)),
];
/// How often an expensive input is retried: the machine may have been busy.
const TRIES: usize = 4;

/// Runs `target` on `input` and returns the CPU time; `slower` is the slowdown of the build, under a sanitizer.
///
/// # Panics
/// If every try is above the bound: the parser must be fixed.
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

/// The CPU time of `target` for `input`: the first try within `bound`, or the lowest of a few.
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

/// The size of an input for its bound.
#[must_use]
pub fn kilobytes(input: &[u8]) -> f64 {
    (input.len() as f64 / 1024.0).max(1.0)
}

fn once(target: Target, input: &[u8]) -> Duration {
    let start = processor_time();
    target(input);
    processor_time().saturating_sub(start)
}

/// The CPU time of this thread.
fn processor_time() -> Duration {
    ClockId::CLOCK_THREAD_CPUTIME_ID.now().map(Duration::from).expect("Linux and macOS count a thread's time")
}
