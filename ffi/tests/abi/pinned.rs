//! The ABI as pinned in `snapshots/`: symbols, functions, layouts. Any change except an addition breaks programs that
//! were built before it.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs,
    mem::{align_of, offset_of, size_of},
    process::Command,
};

use crate::support::{
    c::{STRICT, testing_library},
    library, root, run,
};
use bankchannel_c::{BankchannelAnswer, BankchannelBytes, BankchannelCallOptions};

/// Compares the result with the committed file, line by line.
fn compare(name: &str, found: &str) {
    let path = root().join("ffi/tests/snapshots").join(name);
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let (was, is) = (lines(&committed), lines(found));
    let listed = |from: &BTreeSet<String>, other: &BTreeSet<String>, sign: char| {
        from.difference(other).fold(String::new(), |mut text, line| {
            writeln!(text, "  {sign} {line}").unwrap();
            text
        })
    };
    let (gone, new) = (listed(&was, &is, '-'), listed(&is, &was, '+'));
    assert!(
        gone.is_empty(),
        "THE ABI IS BROKEN: ffi/tests/snapshots/{name} has lines that are no longer so. Programs that were built before do not \
         work with this library. Take the change back; a wanted break is a new ABI_MAJOR in ffi/build.rs.\n{gone}{new}"
    );
    assert!(
        new.is_empty(),
        "the ABI has grown: add these lines to ffi/tests/snapshots/{name}, for they are promised from now on.\n{new}"
    );
}

#[test]
fn the_library_exports_the_pinned_symbols_and_no_other() {
    let listed = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library()));
    let mut found: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().last()).collect();
    found.sort_unstable();
    let foreign: Vec<_> = found.iter().filter(|name| !name.starts_with("bankchannel_")).collect();
    assert!(foreign.is_empty(), "the library exports what is not its own: {foreign:?}");
    compare("symbols.txt", &found.join("\n"));
}

/// The operations that fail on demand are for tests: a released build does not have them.
#[test]
fn the_library_has_no_operation_of_the_testing_build() {
    let has = |path: &std::path::Path| fs::read(path).unwrap().windows(14).any(|bytes| bytes == b"asked to panic");
    assert!(!has(&library()));
    if let Some(testing) = testing_library() {
        assert!(has(&testing), "the name that is looked for is theirs no longer");
    }
}

#[test]
fn functions_are_declared_as_pinned() {
    let header = bare_header();
    let (_, functions) = header.split_once("extern \"C\" {").unwrap();
    let functions: Vec<String> = functions
        .split(';')
        .filter(|text| text.contains("bankchannel_"))
        .map(|text| {
            let text = text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" ");
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect();
    compare("functions.txt", &functions.join("\n"));
    let symbols = fs::read_to_string(root().join("ffi/tests/snapshots/symbols.txt")).unwrap();
    for symbol in symbols.lines() {
        let declared = functions.iter().any(|function| function.contains(&format!("{symbol}(")));
        assert!(declared, "{symbol} is exported and not declared");
    }
    assert_eq!(functions.len(), symbols.lines().count());
    let page = fs::read_to_string(root().join("docs/c-abi.md")).unwrap();
    let counted = format!("It has {} functions", functions.len());
    assert!(page.contains(&counted), "docs/c-abi.md does not say: {counted}");
}

/// A C program, written from the header, prints the compiler's layout of every struct, enum and constant.
#[test]
#[cfg(target_pointer_width = "64")]
fn structs_and_enums_are_laid_out_as_pinned() {
    let found = layout();
    compare("layout-64.txt", &found);
    // And Rust's layout is the same.
    let mut rust = Vec::new();
    macro_rules! laid_out {
        ($name:ident: $($member:ident)+) => {
            rust.push(format!("struct {} size {} align {}", stringify!($name), size_of::<$name>(), align_of::<$name>()));
            $(rust.push(format!("{}.{} offset {}", stringify!($name), stringify!($member), offset_of!($name, $member)));)+
        };
    }
    laid_out!(BankchannelBytes: data size owner);
    laid_out!(BankchannelAnswer: buffer buffer_size json error);
    laid_out!(BankchannelCallOptions: size timeout_ms cancel content_kind destination_kind content content_size destination
        destination_size log progress request_id request_id_size retries with_response hooks reserved traceparent
        traceparent_size);
    for line in &rust {
        assert!(found.lines().any(|of_c| of_c == line || of_c.starts_with(&format!("{line} "))), "{line}\n{found}");
    }
    let structs = found.lines().filter(|line| line.contains(" align ") || line.contains(" offset ")).count();
    assert_eq!(rust.len(), structs, "a struct that this test does not compare with Rust");
}

fn layout() -> String {
    let header = bare_header();
    let mut prints = String::new();
    for text in header.split("typedef struct {").skip(1) {
        let (members, rest) = text.split_once('}').unwrap();
        let name = rest.split(';').next().unwrap().trim();
        writeln!(prints, "printf(\"struct {name} size %lu align %lu\\n\", N(sizeof({name})), N(offsetof(struct {{ char c; {name} n; }}, n)));").unwrap();
        for member in members.split(';').map(str::trim).filter(|member| !member.is_empty()) {
            let member = member.rsplit([' ', '*']).next().unwrap();
            writeln!(prints, "printf(\"{name}.{member} offset %lu size %lu\\n\", N(offsetof({name}, {member})), N(sizeof((({name} *)0)->{member})));").unwrap();
        }
    }
    for text in header.split("\nenum ").skip(1) {
        let name = text.split_whitespace().next().unwrap();
        writeln!(prints, "printf(\"enum {name} size %lu\\n\", N(sizeof({name})));").unwrap();
        let members = text.split_once('{').unwrap().1.split_once('}').unwrap().0;
        for member in members.split(',').map(str::trim).filter(|member| !member.is_empty()) {
            let member = member.split_whitespace().next().unwrap();
            writeln!(prints, "printf(\"{name} {member} = %lu\\n\", N({member}));").unwrap();
        }
    }
    for constant in header.lines().filter_map(|line| line.strip_prefix("#define BANKCHANNEL_")) {
        // A macro with arguments is not a constant.
        if let Some((name, _)) = constant.split_once(' ').filter(|(name, _)| !name.contains('(')) {
            writeln!(prints, "printf(\"constant BANKCHANNEL_{name} = %lu\\n\", N(BANKCHANNEL_{name}));").unwrap();
        }
    }
    let scratch = tempfile::tempdir().unwrap();
    let (source, program) = (scratch.path().join("layout.c"), scratch.path().join("layout"));
    let text = format!(
        "#include <stdio.h>\n#include \"bankchannel.h\"\n#define N(x) ((unsigned long)(x))\nint main(void) {{\n{prints}return 0;\n}}\n"
    );
    fs::write(&source, text).unwrap();
    run(compiler("cc", "-std=c99").arg(&source).arg("-o").arg(&program));
    run(&mut Command::new(&program))
}

/// The header without its comments.
fn bare_header() -> String {
    let header = fs::read_to_string(root().join("include/bankchannel.h")).unwrap();
    let mut bare = String::new();
    let mut rest = header.as_str();
    while let Some((before, comment)) = rest.split_once("/*") {
        bare.push_str(before);
        rest = comment.split_once("*/").unwrap().1;
    }
    bare.push_str(rest);
    bare.lines().map(|line| format!("{}\n", line.split("//").next().unwrap())).collect()
}

/// C23 if the compiler supports it: its enums have an underlying type, as in C++.
#[test]
fn the_headers_compile_as_c99_c11_c23_and_cpp17() {
    let scratch = tempfile::tempdir().unwrap();
    let knows = |standard: &str| {
        let empty = scratch.path().join("empty.c");
        fs::write(&empty, "int main(void) { return 0; }\n").unwrap();
        Command::new("cc")
            .args([standard, "-fsyntax-only"])
            .arg(&empty)
            .output()
            .is_ok_and(|told| told.status.success())
    };
    let c23 = ["-std=c23", "-std=c2x"].into_iter().find(|standard| knows(standard));
    let mut compiled = vec![("cc", "-std=c99", "a.c"), ("cc", "-std=c11", "b.c"), ("c++", "-std=c++17", "c.cpp")];
    compiled.extend(c23.map(|standard| ("cc", standard, "d.c")));
    for (program, standard, name) in compiled {
        let source = scratch.path().join(name);
        let text = "#include \"bankchannel.h\"\n#include \"bankchannel.h\"\n#include \"bankchannel_operations.h\"\n\
                    #include \"bankchannel_operations.h\"\nint main(void) {\n    BankchannelStatus status = BANKCHANNEL_STATUS_OK;\n    \
                    const char *name = BANKCHANNEL_OP_WS_CHANNEL_LOG_IN;\n    \
                    if (false) status = bankchannel_local(BANKCHANNEL_TEXT(name), BANKCHANNEL_TEXT(\"{}\"), NULL, NULL, NULL, NULL);\n    \
                    return name[0] == 'w' ? (int)status : 1;\n}\n";
        fs::write(&source, text).unwrap();
        run(compiler(program, standard).arg("-fsyntax-only").arg(&source));
    }
}

fn compiler(program: &str, standard: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(standard).args(STRICT).arg("-I").arg(root().join("include"));
    command
}
