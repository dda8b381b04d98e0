//! Random kills: of which process, and at which of its places. How many places there are is learnt from the kills before: of
//! each kind of work one in five is a place that does not come, where the process ends once its work is done.

use std::{collections::HashMap, fmt::Debug, hash::Hash};

/// How many random kills; without it, the caller takes each named place once.
const ROUNDS: &str = "BANKCHANNEL_KILL_ROUNDS";

/// `W`: the kind of work that is killed.
pub(crate) struct RandomKills<W> {
    all: usize,
    done: usize,
    drawn: u64,
    /// Lines that a process noted that came past its place; no entry before one is known.
    lengths: HashMap<W, usize>,
    killed: usize,
}

impl<W: Eq + Hash + Copy + Debug> RandomKills<W> {
    /// As many as the environment asks for.
    pub(crate) fn from_environment() -> Option<Self> {
        let all = std::env::var(ROUNDS).ok()?.parse().unwrap();
        Some(Self { all, done: 0, drawn: 0x9e37_79b9_7f4a_7c15, lengths: HashMap::new(), killed: 0 })
    }

    /// The next work, which `work` makes of a random number; the line at which it is killed, and whether before it.
    pub(crate) fn draw(&mut self, work: impl FnOnce(u64) -> W) -> Option<(W, usize, bool)> {
        if self.done == self.all {
            return None;
        }
        self.drawn = self.drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let work = work(self.drawn);
        let at = match self.lengths.get(&work) {
            Some(length) => 1 + (self.drawn >> 45) as usize % (length + length.div_ceil(4)),
            None => usize::MAX,
        };
        Some((work, at, (self.drawn >> 60).is_multiple_of(2)))
    }

    /// Its visible progress: how many lines the process has noted.
    #[allow(clippy::print_stdout)]
    pub(crate) fn learn(&mut self, work: W, at: usize, lines: usize) {
        self.done += 1;
        if lines < at {
            self.lengths.insert(work, lines);
        } else {
            self.killed += 1;
        }
        if self.done.is_multiple_of(50) {
            println!("{} rounds, {} killed at their place", self.done, self.killed);
        }
    }

    /// Fails if most processes came past their places.
    #[allow(clippy::print_stdout)]
    pub(crate) fn end(self) {
        let Self { all, lengths, killed, .. } = self;
        println!("places: {lengths:?}");
        assert!(all < 50 || killed > all / 2, "most processes came past their places: {killed} of {all}");
    }
}
