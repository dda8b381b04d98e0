//! Each fuzz target's corpus, mutations of it, and random bytes. The seed is not fixed: a failure prints its input.

use std::hash::{BuildHasher, Hasher, RandomState};

use bankchannel_tests::{
    cost,
    fuzz::{TARGETS, Target, corpus},
};

/// Mutations of each corpus file, and additional random inputs.
const ROUNDS: u64 = 200;
/// Inputs longer than this are mutated less often: the XML readers need milliseconds for them.
const LARGE: usize = 4096;

#[test]
fn every_target_survives_its_corpus_and_what_becomes_of_it() {
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        assert!(!corpus.is_empty(), "tests/fuzz/corpus/{name} has a file to begin with");
        for input in &corpus {
            run(name, *target, input);
            let rounds = if input.len() > LARGE { ROUNDS / 10 } else { ROUNDS };
            for round in 0..rounds {
                run(name, *target, &mutated(input, round));
            }
        }
        for round in 0..ROUNDS {
            let length = draw(round) as usize % 300;
            let input: Vec<u8> = (0..length).map(|at| draw(round ^ (at as u64) << 20) as u8).collect();
            run(name, *target, &input);
        }
    }
}

/// It does not panic, and stays within its cost.
fn run(name: &str, target: Target, input: &[u8]) {
    let result = std::panic::catch_unwind(|| cost::checked(name, target, input, 1));
    assert!(result.is_ok(), "{name} panicked on {:?}", String::from_utf8_lossy(input));
}

/// One to four changes: a byte flipped, removed, doubled, or a piece moved.
fn mutated(input: &[u8], round: u64) -> Vec<u8> {
    let mut out = input.to_vec();
    for change in 0..=draw(round) % 4 {
        if out.is_empty() {
            break;
        }
        let seed = draw(round << 8 | change);
        let at = seed as usize % out.len();
        match seed >> 60 & 3 {
            0 => out[at] ^= 1 << (seed >> 32 & 7),
            1 => drop(out.remove(at)),
            2 => out.insert(at, out[at]),
            _ => {
                let tail = out.split_off(at);
                out = [tail, out].concat();
            }
        }
    }
    out
}

/// Random enough, and different in each run.
fn draw(from: u64) -> u64 {
    static STATE: std::sync::OnceLock<RandomState> = std::sync::OnceLock::new();
    let mut hasher = STATE.get_or_init(RandomState::new).build_hasher();
    hasher.write_u64(from);
    hasher.finish()
}
