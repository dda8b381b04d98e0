//! The README's section for C, word for word: compiled and run against a service, until the statement is on disk.

use std::{
    fs,
    os::unix::fs::symlink,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::support::{
    PASSWORD, Service, built,
    c::{STRICT, printed_by, tool},
    pgp_key, root, run,
};

/// The section's code blocks in a language.
fn blocks(language: &str) -> Vec<String> {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n## C\n").nth(1).expect("a section for C").split("\n## ").next().unwrap().to_owned();
    let fence = format!("```{language}\n");
    section.split(fence.as_str()).skip(1).map(|text| text.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_readmes_program_downloads_a_statement() {
    if !tool("pkg-config") {
        return;
    }
    let [program] = blocks("c").try_into().expect("one program");
    let lines = program.lines().filter(|line| !line.trim().is_empty()).count();
    assert!(lines <= 15, "{lines} lines");
    let commands = blocks("sh").concat();
    assert!(
        commands.contains(&format!("bankchannel-c-{}-", env!("CARGO_PKG_VERSION"))),
        "the package's name: {commands}"
    );
    let compile = commands.lines().find(|line| line.starts_with("cc ")).expect("how to compile it");

    // Installed as described there, except for the prefix.
    let (libraries, scratch) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["libbankchannel_c.so", "libbankchannel_c.a"] {
        symlink(built(name), libraries.path().join(name)).unwrap();
    }
    let prefix = scratch.path().join("usr");
    let mut install = Command::new(root().join("ffi/install.sh"));
    run(install.arg("--prefix").arg(&prefix).arg("--from").arg(libraries.path()));
    fs::write(scratch.path().join("statement.c"), &program).unwrap();
    let in_shell = |line: &str| {
        let mut command = Command::new("sh");
        command.args(["-ec", line]).current_dir(scratch.path()).env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig"));
        command
    };
    run(&mut in_shell(&format!("{compile} {}", STRICT.join(" "))));

    let service = Service::start();
    let (public, _) = pgp_key();
    let statement = b"<Document>a statement</Document>";
    let account = json!({
        "email": "reader@example.test", "password": PASSWORD, "certificates": ["simulator"], "pgp_keys": [{"key": public}],
        "files": [{"file_type": "camt.053.001.02", "content": crate::support::base64(statement), "reference": "S1"}],
    });
    let seeded = service.control("seed", &json!({"accounts": [account]}))["accounts"][0].clone();
    let execute = |password: &str| {
        in_shell("./statement")
            .env("LD_LIBRARY_PATH", prefix.join("lib"))
            .env("ISECURE_BASE_URL", service.info["base_url"].as_str().unwrap())
            .env("ISECURE_PUBLIC_KEY_PEM_FILE", service.info["public_key_file"].as_str().unwrap())
            .env("ISECURE_API_KEY", seeded["api_key"].as_str().unwrap())
            .env("ISECURE_EMAIL", "reader@example.test")
            .env("ISECURE_MODE", "data")
            .env("ISECURE_BANK", "simulator")
            .env("ISECURE_PASSWORD", password)
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let output = execute(PASSWORD);
    assert!(output.status.success(), "{}", printed_by(&output));
    // The simulator may have made its own statement in addition.
    let mut downloaded = scratch
        .path()
        .join("statements")
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "dat"));
    let found = downloaded.find(|path| fs::read(path).unwrap() == statement).expect("the statement");
    assert!(String::from_utf8_lossy(&output.stdout).contains(found.file_name().unwrap().to_str().unwrap()));

    let refused = execute("Wrong-Horse-Battery-10!");
    assert!(!refused.status.success() && !refused.stderr.is_empty(), "{}", printed_by(&refused));
}
