//! Writes `include/bankchannel.h` and PHP's dialect of it from the sources of the C ABI.
//!
//! ```text
//!   cargo run --release -p bankchannel-ffi-generate               writes both
//!   cargo run --release -p bankchannel-ffi-generate -- --check    writes nothing; fails and names stale files
//!   … -- --root DIR                                               takes DIR for the root, in place of the current folder
//! ```
//!
//! A separate program, not a build script: so a build never writes into the sources, and building the library does not
//! compile a header generator.

mod c;
mod php;

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// The path of the C header.
const C_HEADER: &str = "include/bankchannel.h";

/// The path of PHP's header.
const PHP_HEADER: &str = "bindings/php/bankchannel.h";

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(why) => {
            say(&format!("bankchannel-ffi-generate: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (mut check, mut root) = (false, PathBuf::from("."));
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--root" => root = rest.next().ok_or("--root needs a folder")?.into(),
            other => return Err(format!("unknown argument {other}; there are --check and --root DIR")),
        }
    }
    let header = c::header(&root)?;
    let files = [(C_HEADER, header.clone()), (PHP_HEADER, php::dialect(&header)?)];
    let mut stale = false;
    for (path, text) in files {
        let path = root.join(path);
        if fs::read_to_string(&path).is_ok_and(|found| found == text) {
            continue;
        }
        stale = true;
        if check {
            say(&format!("stale: {}", path.display()));
        } else {
            write(&path, &text)?;
            say(&format!("written: {}", path.display()));
        }
    }
    if check && stale {
        say("run tests/regenerate, and commit what it writes");
    }
    Ok(if check && stale { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    let fault = |why: io::Error| format!("{}: {why}", path.display());
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(fault)?;
    }
    fs::write(path, text).map_err(fault)
}

fn say(line: &str) {
    // A closed standard error is not an error of the generator.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_headers_are_fresh() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..").to_owned();
        assert_eq!(run(&["--check".into(), "--root".into(), root]), Ok(ExitCode::SUCCESS));
    }

    #[test]
    fn unknown_arguments_and_a_wrong_root_are_refused() {
        assert!(run(&["--chekc".into()]).is_err());
        assert!(run(&["--check".into(), "--root".into(), "/nowhere".into()]).is_err());
    }
}
