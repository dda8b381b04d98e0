//! Every target through one binary: `BANKCHANNEL_FUZZ_TARGET` says which.

#![no_main]

use std::sync::OnceLock;

use bankchannel_tests::fuzz::{TARGETS, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    static TARGET: OnceLock<Target> = OnceLock::new();
    let target = TARGET.get_or_init(|| {
        let name = std::env::var("BANKCHANNEL_FUZZ_TARGET").expect("BANKCHANNEL_FUZZ_TARGET names a target");
        TARGETS.iter().find(|(known, _)| *known == name).expect("there is such a target").1
    });
    target(bytes);
});
