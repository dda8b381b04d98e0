//! Payment files and statements: reading in each language, making, and the memory of the command line, each compared with
//! the library that a user would pick instead. The scripts are in `bindings/*/benchmarks/`.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    languages::{LANGUAGES, number},
    table::{Bound, Table},
};

/// Entries of the statement: about 50 MB.
const ENTRIES: &str = "100000";
/// Entries of the statements whose memory is compared: about 10 and 50 MB.
const SMALLER: &str = "20000";

pub(crate) fn measure(table: &mut Table) {
    let folder = tempfile::tempdir().expect("a folder");
    let statement = statement(folder.path(), ENTRIES);
    let told = example(&["read_speed", ENTRIES]);
    let row = told.lines().rfind(|line| line.starts_with('{')).unwrap_or_default();
    let read: Value = serde_json::from_str(row).unwrap_or_else(|why| panic!("read_speed prints JSON ({why}): {told}"));
    let seconds = |found: &Value| format!("{:.2} s", number(found, "seconds"));
    table.ratio(
        "Rust: a statement of 50 MB, entry by entry",
        &seconds(&read),
        &format!("quick-xml alone {:.2} s", number(&read, "parser_seconds")),
        number(&read, "seconds") / number(&read, "parser_seconds"),
        Bound::AtMost(2.0),
    );
    let path = statement.display().to_string();
    let bounds: [(&str, &[(&str, f64)]); 3] = [
        ("python", &[("xpath", 5.0), ("iterparse", 2.0)]),
        ("node", &[("fast-xml-parser", 3.0)]),
        ("php", &[("XMLReader", 2.0)]),
    ];
    for (name, others) in bounds {
        let language = LANGUAGES.iter().find(|language| language.name == name).expect("a language");
        let found = language.run("statement", &[&path], &[]);
        for (other, least) in others {
            let times = number(&found["times"], other);
            let theirs = format!("{other} {:.2} s", times * number(&found, "seconds"));
            table.ratio(
                &format!("{name}: the same statement"),
                &seconds(&found),
                &theirs,
                times,
                Bound::AtLeast(*least),
            );
        }
        if name == "node" {
            let mib = number(&found, "kib_added") / 1024.0;
            let title = "node: memory added by its iterator";
            table.ratio(title, &format!("{mib:.1} MiB"), "32 MiB", mib / 32.0, Bound::AtMost(1.0));
        }
    }
    let python = LANGUAGES.iter().find(|language| language.name == "python").expect("a language");
    let made = python.run("make_payment", &[], &[]);
    let times = number(&made["times"], "sepaxml");
    let theirs = format!("sepaxml without validation {:.2} s", times * number(&made, "seconds"));
    table.ratio("python: a payment file of 50,000 transfers", &seconds(&made), &theirs, times, Bound::AtLeast(3.0));
    swift(table, folder.path());
    memory(table, folder.path(), &statement);
}

/// Statements of SWIFT, against a bare pass over their lines and the Python package for them.
fn swift(table: &mut Table, folder: &Path) {
    let told = example(&["swift_speed", ENTRIES]);
    let row = told.lines().rfind(|line| line.starts_with('{')).unwrap_or_default();
    let read: Value = serde_json::from_str(row).unwrap_or_else(|why| panic!("swift_speed prints JSON ({why}): {told}"));
    let (own, lines) = (number(&read, "seconds"), number(&read, "lines_seconds"));
    table.ratio(
        "Rust: an MT940 of 100,000 entries, entry by entry",
        &format!("{own:.3} s"),
        &format!("its lines alone {lines:.3} s"),
        own / lines,
        Bound::AtMost(2.0),
    );
    let path = folder.join("statement.sta").display().to_string();
    example(&["swift_speed", SMALLER, &path]);
    let python = LANGUAGES.iter().find(|language| language.name == "python").expect("a language");
    let found = python.run("swift_statement", &[&path], &[]);
    let times = number(&found["times"], "mt-940");
    let seconds = number(&found, "seconds");
    table.ratio(
        "python: an MT940 of 20,000 entries",
        &format!("{seconds:.2} s"),
        &format!("mt-940 {:.2} s", times * seconds),
        times,
        Bound::AtLeast(10.0),
    );
}

/// The peak memory of commands, relative to the file, or to that of a smaller file.
fn memory(table: &mut Table, folder: &Path, large: &Path) {
    let small = self::statement(folder, SMALLER);
    let size = std::fs::metadata(large).expect("the statement").len() as f64 / (1024.0 * 1024.0);
    let peak = |arguments: &[&str], file: &Path| {
        let program = "import resource, subprocess, sys\n\
                       subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n\
                       print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";
        let command = std::env::current_exe().expect("this program has a path").with_file_name("bankchannel");
        let output = Command::new("python3")
            .args(["-c", program])
            .arg(command)
            .arg("iso20022")
            .args(arguments)
            .arg(file)
            .output()
            .expect("python3 runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().parse::<f64>().expect("a number of KiB") / 1024.0
    };
    let json = peak(&["read-statement", "--json"], large);
    let title = "memory of read-statement --json";
    table.ratio(title, &format!("{json:.1} MiB"), &format!("the file {size:.1} MiB"), json / size, Bound::AtMost(6.0));
    for arguments in [&["show", "--csv"][..], &["show"]] {
        let (of_large, of_small) = (peak(arguments, large), peak(arguments, &small));
        let title = format!("memory of {}: 50 MB", arguments.join(" "));
        let against = format!("10 MB {of_small:.1} MiB");
        table.ratio(&title, &format!("{of_large:.1} MiB"), &against, of_large / of_small, Bound::AtMost(1.2));
    }
}

/// A statement of so many entries.
fn statement(folder: &Path, entries: &str) -> PathBuf {
    let path = folder.join(format!("statement-{entries}.xml"));
    example(&["read_speed", entries, &path.display().to_string()]);
    path
}

/// The output of an example of the library.
fn example(arguments: &[&str]) -> String {
    let output = Command::new("cargo")
        .args(["run", "--release", "--quiet", "-p", "bankchannel-iso20022", "--example", arguments[0], "--"])
        .args(&arguments[1..])
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
