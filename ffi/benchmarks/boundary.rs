//! The cost of the C boundary: an operation that does nothing, with 200 bytes of JSON each way, compared with
//! `serde_json::Value` reading and writing the same JSON. Medians over alternating rounds; one JSON line.
//!
//! ```text
//!   cargo run --release -p bankchannel-ffi --features testing --example boundary [CALLS]
//! ```
//!
//! `generic_us` is `bankchannel_call` with a client, `local_us` is `bankchannel_local`: the functions that C calls,
//! including freeing the response. C has no typed face.

#![allow(clippy::unwrap_used, clippy::print_stdout)] // It prints its figures.

use std::{ffi::c_char, hint::black_box, ptr, time::Instant};

use bankchannel_c::*;
use serde_json::{Value, json};

const NAME: &str = "toy.echo";
const ROUNDS: usize = 15;

fn main() {
    let calls = std::env::args().nth(1).map_or(20_000, |calls| calls.parse().expect("a number of calls"));
    let request = json!({"text": "x".repeat(189)}).to_string();
    assert_eq!(request.len(), 200);
    let mut client = ptr::null_mut();
    let (settings, size) = view(r#"{"protocol":"toy"}"#);
    // SAFETY: our own text and output.
    let status = unsafe { bankchannel_client_new(settings, size, &raw mut client, ptr::null_mut()) };
    assert_eq!(status, BankchannelStatus::Ok);

    let natively = || {
        let value: Value = serde_json::from_str(black_box(&request)).unwrap();
        black_box(value.to_string());
    };
    let generic = || {
        taken(|json, content| {
            let ((name, name_size), (text, size)) = (view(NAME), view(&request));
            // SAFETY: our own texts and outputs; the client is alive.
            unsafe {
                bankchannel_call(client, name, name_size, text, size, ptr::null(), json, content, ptr::null_mut())
            }
        });
    };
    let local = || {
        taken(|json, content| {
            let ((name, name_size), (text, size)) = (view(NAME), view(&request));
            // SAFETY: our own texts and outputs.
            unsafe { bankchannel_local(name, name_size, text, size, ptr::null(), json, content, ptr::null_mut()) }
        });
    };
    let works: [&dyn Fn(); 3] = [&natively, &generic, &local];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (work, found) in works.iter().zip(&mut rounds) {
            let begun = Instant::now();
            (0..calls).for_each(|_| work());
            found.push(begun.elapsed().as_secs_f64() * 1e6 / f64::from(calls));
        }
    }
    let [native, generic, local] = rounds.map(|mut found| {
        found.sort_by(f64::total_cmp);
        (found[ROUNDS / 2] * 1000.0).round() / 1000.0
    });
    // SAFETY: last use.
    unsafe { bankchannel_client_free(client) };
    let told = json!({"native_us": native, "generic_us": generic, "local_us": local, "typed_us": null});
    println!("{told}");
}

fn view(text: &str) -> (*const c_char, usize) {
    (text.as_ptr().cast(), text.len())
}

/// Calls, reads the response, and frees it.
fn taken(call: impl FnOnce(*mut BankchannelBytes, *mut BankchannelBytes) -> BankchannelStatus) {
    let (mut json, mut content) = (BankchannelBytes::NOTHING, BankchannelBytes::NOTHING);
    assert_eq!(call(&raw mut json, &raw mut content), BankchannelStatus::Ok);
    assert_eq!(black_box(json.size), 200);
    // SAFETY: the library wrote both.
    unsafe {
        bankchannel_bytes_free(&raw mut json);
        bankchannel_bytes_free(&raw mut content);
    }
}
