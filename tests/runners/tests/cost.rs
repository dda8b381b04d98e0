//! The cost of every parser of foreign bytes: its corpus, and inputs built against it.
#![allow(clippy::print_stdout)] // The test reports the figures.

use std::time::Duration;

use bankchannel_tests::{
    cost::{self, AVERAGE_PER_KB},
    fuzz::{TARGETS, corpus},
    hostile,
};

#[test]
fn every_parser_reads_in_bounded_time() {
    println!("{:<26}{:>7}{:>9}{:>12}{:>12}  the dearest", "target", "inputs", "kB", "ms per kB", "at most");
    let mut above = Vec::new();
    for (name, target) in TARGETS {
        let corpus = corpus(name).into_iter().map(|input| ("corpus", input));
        let built = hostile::inputs(name);
        assert!(!built.is_empty(), "{name} has inputs built against it");
        let (mut spent, mut size, mut count) = (Duration::ZERO, 0.0, 0);
        let mut dearest = (0.0, "");
        for (what, input) in corpus.chain(built) {
            let cost = cost::least(*target, &input, cost::bound(name, &input));
            let per_kb = cost.as_secs_f64() * 1000.0 / cost::kilobytes(&input);
            if cost > cost::bound(name, &input) {
                above.push(format!("{name}: {what}, {} bytes: {per_kb:.2} ms per kB", input.len()));
            }
            if per_kb > dearest.0 {
                dearest = (per_kb, what);
            }
            (spent, size, count) = (spent + cost, size + cost::kilobytes(&input), count + 1);
        }
        let average = spent.div_f64(size);
        println!(
            "{name:<26}{count:>7}{size:>9.0}{:>12.3}{:>12.2}  {}",
            average.as_secs_f64() * 1000.0,
            dearest.0,
            dearest.1
        );
        if average > AVERAGE_PER_KB && cost::deliberate(name).is_none() {
            above.push(format!("{name}: {:.2} ms per kB on average", average.as_secs_f64() * 1000.0));
        }
    }
    assert!(above.is_empty(), "above the bounds:\n{}", above.join("\n"));
}

/// A slow parser is detected: the check does measure and can fail.
#[test]
fn the_check_fails_where_a_parser_takes_long() {
    fn cubic(input: &[u8]) {
        for (at, _) in input.iter().enumerate() {
            for end in 0..at {
                std::hint::black_box(input[..end].iter().fold(0u8, |sum, byte| std::hint::black_box(sum ^ byte)));
            }
        }
    }
    let long = vec![b'a'; 1024];
    let failed = std::panic::catch_unwind(|| cost::checked("cubic", cubic, &long, 1));
    let why = *failed.expect_err("it costs too much").downcast::<String>().expect("a text");
    assert!(why.starts_with("cubic: 1024 bytes cost"), "{why}");
    cost::checked("cubic", cubic, &long[..100], 1);
}
