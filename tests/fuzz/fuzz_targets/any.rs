//! Every target in one binary: `BANKCHANNEL_FUZZ_TARGET` selects it. An input that costs too much fails like one that
//! panics.

#![no_main]

use std::sync::OnceLock;

use bankchannel_tests::{
    cost,
    fuzz::{TARGETS, Target},
};
use libfuzzer_sys::fuzz_target;

/// How many times slower the sanitizers may make a target.
const SANITIZED: u32 = 20;

fuzz_target!(|bytes: &[u8]| {
    static TARGET: OnceLock<(&str, Target)> = OnceLock::new();
    let (name, target) = *TARGET.get_or_init(|| {
        let name = std::env::var("BANKCHANNEL_FUZZ_TARGET").expect("BANKCHANNEL_FUZZ_TARGET names a target");
        *TARGETS.iter().find(|(known, _)| *known == name).expect("there is such a target")
    });
    cost::checked(name, target, bytes, SANITIZED);
});
