//! The ABI as it is pinned: symbols, layouts, and a header that two compilers take. A change here that is no addition
//! breaks programs that were built before it.

#![allow(clippy::unwrap_used)]

mod support;

use std::{
    fs,
    mem::{align_of, offset_of, size_of},
    process::Command,
};

use bankchannel_c::{BankchannelBytes, BankchannelCallOptions, BankchannelCategory, BankchannelStatus};
use support::{library, root, run};

/// Every exported symbol. Only ever add to this list.
const SYMBOLS: [&str; 24] = [
    "bankchannel_abi_version",
    "bankchannel_bytes_free",
    "bankchannel_call",
    "bankchannel_call_begin",
    "bankchannel_call_free",
    "bankchannel_call_options_init",
    "bankchannel_call_resume",
    "bankchannel_cancel_free",
    "bankchannel_cancel_new",
    "bankchannel_cancel_now",
    "bankchannel_catalogue",
    "bankchannel_client_free",
    "bankchannel_client_new",
    "bankchannel_error_category",
    "bankchannel_error_code",
    "bankchannel_error_free",
    "bankchannel_error_json",
    "bankchannel_error_message",
    "bankchannel_local",
    "bankchannel_server_free",
    "bankchannel_server_info",
    "bankchannel_server_start",
    "bankchannel_server_stop",
    "bankchannel_version",
];

#[test]
fn the_library_exports_these_symbols_and_no_other() {
    let listed = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let mut found: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    found.sort_unstable();
    assert_eq!(found, SYMBOLS);
}

#[test]
fn the_library_needs_nothing_but_the_c_runtime() {
    let needed = run(Command::new("readelf").arg("-d").arg(library()));
    for line in needed.lines().filter(|line| line.contains("(NEEDED)")) {
        let known = ["libc.so", "libm.so", "libgcc_s.so", "libpthread.so", "libdl.so", "ld-linux"];
        assert!(known.iter().any(|name| line.contains(name)), "{line}");
    }
}

#[test]
#[cfg(target_pointer_width = "64")]
fn structs_are_laid_out_as_pinned() {
    assert_eq!((size_of::<BankchannelStatus>(), size_of::<BankchannelCategory>()), (4, 4));
    assert_eq!((size_of::<BankchannelBytes>(), align_of::<BankchannelBytes>()), (24, 8));
    assert_eq!(
        [offset_of!(BankchannelBytes, data), offset_of!(BankchannelBytes, size), offset_of!(BankchannelBytes, owner)],
        [0, 8, 16]
    );
    assert_eq!((size_of::<BankchannelCallOptions>(), align_of::<BankchannelCallOptions>()), (64, 8));
    assert_eq!(options_in_rust(), [0, 8, 16, 24, 28, 32, 40, 48, 56]);
}

fn options_in_rust() -> [usize; 9] {
    [
        offset_of!(BankchannelCallOptions, size),
        offset_of!(BankchannelCallOptions, timeout_ms),
        offset_of!(BankchannelCallOptions, cancel),
        offset_of!(BankchannelCallOptions, content_kind),
        offset_of!(BankchannelCallOptions, destination_kind),
        offset_of!(BankchannelCallOptions, content),
        offset_of!(BankchannelCallOptions, content_size),
        offset_of!(BankchannelCallOptions, destination),
        offset_of!(BankchannelCallOptions, destination_size),
    ]
}

/// What the C compiler makes of the header is what Rust made of the structs.
#[test]
fn c_lays_the_structs_out_like_rust() {
    let scratch = tempfile::tempdir().unwrap();
    let (source, program) = (scratch.path().join("layout.c"), scratch.path().join("layout"));
    let members = [
        "size",
        "timeout_ms",
        "cancel",
        "content_kind",
        "destination_kind",
        "content",
        "content_size",
        "destination",
        "destination_size",
    ];
    let prints: String = members.iter().map(|name| format!("P(offsetof(BankchannelCallOptions, {name}));")).collect();
    let text = format!(
        "#include <stdio.h>\n#include \"bankchannel.h\"\n#define P(x) printf(\"%lu \", (unsigned long)(x))\n\
         int main(void) {{ {prints} P(sizeof(BankchannelCallOptions)); P(sizeof(BankchannelBytes)); P(sizeof(BankchannelStatus)); return 0; }}\n"
    );
    fs::write(&source, text).unwrap();
    run(compiler("cc", "-std=c99").arg(&source).arg("-o").arg(&program));
    let found: Vec<usize> =
        run(&mut Command::new(&program)).split_whitespace().map(|number| number.parse().unwrap()).collect();
    let mut expected = options_in_rust().to_vec();
    expected.extend([
        size_of::<BankchannelCallOptions>(),
        size_of::<BankchannelBytes>(),
        size_of::<BankchannelStatus>(),
    ]);
    assert_eq!(found, expected);
}

#[test]
fn the_header_compiles_as_c99_c11_and_cpp17() {
    let scratch = tempfile::tempdir().unwrap();
    for (program, standard, name) in
        [("cc", "-std=c99", "a.c"), ("cc", "-std=c11", "b.c"), ("c++", "-std=c++17", "c.cpp")]
    {
        let source = scratch.path().join(name);
        fs::write(&source, "#include \"bankchannel.h\"\n#include \"bankchannel.h\"\nint main(void) { return (int)BANKCHANNEL_STATUS_OK; }\n").unwrap();
        run(compiler(program, standard).arg("-fsyntax-only").arg(&source));
    }
}

fn compiler(program: &str, standard: &str) -> Command {
    let mut command = Command::new(program);
    command.args([standard, "-Wall", "-Wextra", "-pedantic", "-Werror", "-I"]).arg(root().join("include"));
    command
}
