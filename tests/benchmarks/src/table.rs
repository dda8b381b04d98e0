//! The table of results.

use std::time::{Duration, Instant};

/// The results.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
}

impl Table {
    /// A ratio against a bound: at most it, or at least it.
    pub(crate) fn ratio(&mut self, name: &str, ours: &str, against: &str, ratio: f64, bound: Bound) {
        let (holds, bound) = match bound {
            Bound::AtMost(max) => (ratio <= max, format!("≤ {max}")),
            Bound::AtLeast(least) => (ratio >= least, format!("≥ {least}")),
            Bound::None => (true, "none".into()),
        };
        let verdict = if holds { "" } else { "  falls short" };
        let row = [name.into(), ours.into(), against.into(), format!("{ratio:.2}"), format!("{bound}{verdict}")];
        println!("{}", row.join(" | "));
        self.rows.push(row);
    }

    /// Everything, aligned.
    pub(crate) fn print(&self) {
        let head = ["measurement", "bankchannel", "against", "ratio", "bound"].map(String::from);
        let all: Vec<&[String; 5]> = std::iter::once(&head).chain(&self.rows).collect();
        let width = |column: usize| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: [usize; 5] = std::array::from_fn(width);
        println!();
        for row in all {
            let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            println!("{}", cells.join("  ").trim_end());
        }
    }
}

/// The bound of a ratio.
pub(crate) enum Bound {
    /// No larger.
    AtMost(f64),
    /// No smaller.
    AtLeast(f64),
    /// Reported without a bound.
    None,
}

/// The median ratio of two alternating tasks, and their median times: a drift of the machine affects both.
pub(crate) fn paired(runs: usize, mut ours: impl FnMut(), mut other: impl FnMut()) -> (f64, Duration, Duration) {
    ours();
    other();
    let mut pairs: Vec<(f64, Duration, Duration)> = (0..runs)
        .map(|_| {
            let begun = Instant::now();
            ours();
            let mine = begun.elapsed();
            let begun = Instant::now();
            other();
            let theirs = begun.elapsed();
            (mine.as_secs_f64() / theirs.as_secs_f64(), mine, theirs)
        })
        .collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    pairs[pairs.len() / 2]
}

/// A time for the table, in microseconds.
pub(crate) fn us(time: Duration) -> String {
    format!("{:.1} µs", time.as_secs_f64() * 1e6)
}

/// A time for the table.
pub(crate) fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
