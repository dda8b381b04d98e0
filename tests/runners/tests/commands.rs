//! The command line of each package, which runs in the package's library, does what the program does: `python -m bankchannel`,
//! `bin` of npm, `bin` of Composer, a C program. As a user starts it, with the library of this build.

#![allow(clippy::unwrap_used)]

use std::{
    ffi::{OsStr, OsString},
    fs,
    io::{BufRead as _, BufReader, PipeReader, PipeWriter, Read as _, Write as _, pipe},
    os::unix::{ffi::OsStrExt as _, process::ExitStatusExt as _},
    path::Path,
    process::{Command, ExitStatus, Output, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use bankchannel_tests::faces::{built, root};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rustix::fs::{OFlags, fcntl_setfl};
use serde_json::{Value, json};

/// How the command is started: the program first, then what must do the same.
const WAYS: [&str; 5] = ["program", "python", "node", "php", "c"];

/// What a signal does not end within this time is killed: the test fails, and does not hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command that starts it in this way. No signal is ignored, as some are for what a script has put into the background.
fn way(name: &str) -> Command {
    let (library, root) = (built().join("libbankchannel_c.so"), root());
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal");
    match name {
        "python" => command.args(["python3", "-m", "bankchannel"]),
        "node" => command.arg("node").arg(root.join("bindings/node/bin/bankchannel.js")),
        "php" => command.arg("php").arg(root.join("bindings/php/bin/bankchannel")),
        "c" => command.arg(c_program()),
        _ => command.arg(built().join("bankchannel")),
    };
    command.env("PYTHONPATH", root.join("bindings/python")).env("BANKCHANNEL_LIBRARY", library).stdin(Stdio::null());
    command
}

/// The C program, compiled once.
fn c_program() -> &'static Path {
    static MADE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let (folder, root) = (tempfile::tempdir().unwrap(), root());
        let mut compiler = Command::new("cc");
        compiler.arg(root.join("ffi/tests/c/command.c")).arg("-I").arg(root.join("include")).arg("-o");
        compiler.arg(folder.path().join("bankchannel")).arg(built().join("libbankchannel_c.so"));
        // The library has another name for the loader.
        let named = folder.path().join("libbankchannel.so.1");
        std::os::unix::fs::symlink(built().join("libbankchannel_c.so"), named).unwrap();
        assert!(compiler.arg(format!("-Wl,-rpath,{}", folder.path().display())).status().unwrap().success());
        folder
    });
    static PATH: OnceLock<std::path::PathBuf> = OnceLock::new();
    PATH.get_or_init(|| folder.path().join("bankchannel"))
}

/// What all of them do with these arguments: the same as the program.
fn same(arguments: &[&OsStr], prepare: impl Fn(&mut Command)) -> Output {
    let ran = WAYS.map(|name| {
        let mut command = way(name);
        prepare(command.args(arguments));
        command.output().unwrap()
    });
    for (name, output) in WAYS.iter().zip(&ran) {
        let told = |output: &Output| {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (output.status.code(), text(&output.stdout), text(&output.stderr))
        };
        assert_eq!(told(output), told(&ran[0]), "{name} {arguments:?}");
    }
    ran.into_iter().next().unwrap()
}

fn words(text: &str) -> Vec<&OsStr> {
    text.split(' ').map(OsStr::new).collect()
}

#[test]
fn output_and_exit_codes_are_the_programs() {
    let empty = tempfile::tempdir().unwrap();
    let at_home = |command: &mut Command| {
        command.env("HOME", empty.path()).env("XDG_CONFIG_HOME", empty.path());
    };
    // A session is missing: a code of its own.
    let codes = [
        ("--version", 0),
        ("--help", 0),
        ("iso20022 check --help", 0),
        ("iso20022 list-banks --json", 0),
        ("iso20022 chekc", 1),
        ("files list-files --jsn", 1),
        ("files list-files -b nordea --json", 2),
    ];
    for (line, code) in codes {
        assert_eq!(same(&words(line), at_home).status.code(), Some(code), "{line}");
    }
    assert!(String::from_utf8(same(&words("--help"), |_| ()).stdout).unwrap().contains("Usage: bankchannel"));
}

#[test]
fn arguments_arrive_as_they_are() {
    let named = OsStr::from_bytes(b"\xff.xml");
    let refused = same(&["iso20022".as_ref(), "check".as_ref(), named], |_| ());
    assert!(String::from_utf8(refused.stderr).unwrap().contains("argument 3 is not UTF-8"));
    // None is an option of the interpreter, or ends its own.
    for line in ["-h", "-v", "--", "-- -r", "--eval 1", "iso20022 check -d x ä€🏦"] {
        same(&words(line), |_| ());
    }
    same(&["iso20022".as_ref(), "check".as_ref(), "".as_ref(), "a b\n\"c\" $d".as_ref()], |_| ());
}

#[test]
fn the_shell_gets_candidates() {
    let asked = same(&words("-- bankchannel iso20022 che"), |command| {
        command.env("BANKCHANNEL_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2").env("_CLAP_IFS", "\n");
    });
    assert_eq!(
        String::from_utf8(asked.stdout).unwrap().split_whitespace().collect::<Vec<_>>(),
        ["check-statements", "check"]
    );
}

#[test]
fn a_reader_that_has_closed_the_pipe_is_no_error() {
    for name in WAYS {
        for line in ["--help", "catalogue --json", "iso20022 list-banks"] {
            let (reader, writer) = pipe().unwrap();
            drop(reader);
            let ended = way(name).args(words(line)).stdout(writer).stderr(Stdio::piped()).output().unwrap();
            assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &[][..]), "{name} {line}");
        }
    }
}

#[test]
fn closed_streams_are_the_null_device() {
    let folder = tempfile::tempdir().unwrap();
    for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
        let ended = WAYS.map(|name| {
            let command = way(name);
            let started = std::iter::once(command.get_program()).chain(command.get_args());
            let quoted: Vec<String> = started.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
            let code = folder.path().join("code");
            let script = format!("{} iso20022 check - {closed}; echo $? >'{}'", quoted.join(" "), code.display());
            let variables = command.get_envs().map(|(variable, value)| (variable, value.unwrap()));
            let mut shell = Command::new("sh");
            let output = shell.args(["-c", &script]).envs(variables).stdin(Stdio::null()).output().unwrap();
            (fs::read_to_string(code).unwrap(), output.stdout, output.stderr)
        });
        for (name, found) in WAYS.iter().zip(&ended) {
            assert_eq!(found, &ended[0], "{name} {closed}");
        }
    }
}

/// Lets reads or writes of this end fail that cannot be done at once, as Node does with the pipes that it shares.
fn fails_at_once(end: &impl std::os::fd::AsFd) {
    fcntl_setfl(end, OFlags::NONBLOCK).unwrap();
}

#[test]
fn a_pipe_that_another_program_has_set_to_fail_at_once_loses_nothing() {
    let whole = way("program").args(words("catalogue --json")).output().unwrap().stdout;
    assert!(whole.len() > 1 << 20);
    for name in WAYS {
        let (mut reader, writer): (PipeReader, PipeWriter) = pipe().unwrap();
        fails_at_once(&writer);
        let shared = writer.try_clone().unwrap();
        let mut child = way(name).args(words("catalogue --json")).stdout(writer).spawn().unwrap();
        let (mut found, mut piece) = (Vec::new(), vec![0; 300_000]);
        // The pipe is full before the first of it is read, and set again while the command writes.
        thread::sleep(Duration::from_millis(300));
        fails_at_once(&shared);
        drop(shared);
        while let more @ 1.. = reader.read(&mut piece).unwrap() {
            found.extend_from_slice(&piece[..more]);
        }
        assert!(child.wait().unwrap().success() && found == whole, "{name}: {} of {} bytes", found.len(), whole.len());
    }
}

#[test]
fn standard_input_is_read_as_it_comes() {
    let example = fs::read(root().join("core/iso20022/examples/pain.001.001.09.xml")).unwrap();
    let checked = WAYS.map(|name| {
        let (reader, mut writer) = pipe().unwrap();
        fails_at_once(&reader);
        let mut command = way(name);
        let command = command.args(words("iso20022 check - --json")).stdin(reader);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The command holds the other end too.
        *command = Command::new("true");
        for piece in example.chunks(example.len() / 3) {
            thread::sleep(Duration::from_millis(150));
            writer.write_all(piece).unwrap();
        }
        drop(writer);
        let output = child.wait_with_output().unwrap();
        // Its execution date has passed.
        assert!(output.status.code() == Some(1) && output.stdout.len() > 100, "{name}: {output:?}");
        output.stdout
    });
    assert!(checked.iter().all(|found| *found == checked[0]));
}

#[test]
fn signals_end_a_service_as_they_end_the_programs() {
    for sent in [Signal::SIGINT, Signal::SIGTERM] {
        let ended = WAYS.map(|name| served(way(name), sent));
        for (name, found) in WAYS.iter().zip(&ended) {
            assert_eq!(found, &ended[0], "{name} {sent}");
        }
        assert_eq!(ended[0].0, Some(0));
    }
}

/// The end of a service that gets this signal when it is ready.
fn served(mut command: Command, sent: Signal) -> (Option<i32>, Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let data: OsString = folder.path().join("data").into();
    command.args(words("serve ws-channel --listen 127.0.0.1:0 --data")).arg(data);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut ready).unwrap();
    assert!(!ready.is_empty(), "it is ready");
    let (status, said) = ended_by(child, sent);
    // Times and ports are of each run.
    let own = regex_lite::Regex::new(r"\d{4}-\d\d-\d\dT[0-9:.]+Z|(took_ms=|127\.0\.0\.1:)\d+").unwrap();
    let said = own.replace_all(&said, "$1N").into_owned();
    assert!(["started", "stopping", "stopped"].iter().all(|word| said.contains(word)), "{said}");
    (status.code(), status.signal(), said)
}

fn ended_by(mut child: std::process::Child, sent: Signal) -> (ExitStatus, String) {
    kill(Pid::from_raw(child.id().try_into().unwrap()), sent).unwrap();
    let patience = Instant::now() + PATIENCE;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > patience {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(10));
    }
    let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
    (child.wait().unwrap(), said)
}

#[test]
fn a_signal_that_the_command_does_not_watch_ends_it() {
    for sent in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT] {
        for name in WAYS {
            // It reads its input when the pipe has no room for a part of it any more.
            let (reader, mut writer) = pipe().unwrap();
            let mut command = way(name);
            // A system may write what the process held into its folder.
            let folder = tempfile::tempdir().unwrap();
            command.args(words("iso20022 check -")).stdin(reader).stdout(Stdio::null()).stderr(Stdio::piped());
            let child = command.current_dir(folder.path()).spawn().unwrap();
            drop(command);
            writer.write_all(&vec![b' '; 1 << 20]).unwrap();
            let (status, said) = ended_by(child, sent);
            assert_eq!((status.signal(), said.as_str()), (Some(sent as i32), ""), "{name} {sent}");
        }
    }
}

/// A person at a terminal: bindings/cli/tests/cli/terminal.py.
fn on_terminal(mut command: Command, steps: &Value) -> Value {
    let home = tempfile::tempdir().unwrap();
    command.env("HOME", home.path()).env("TERM", "xterm").env("PATH", std::env::var_os("PATH").unwrap());
    let text = |text: &OsStr| text.to_str().unwrap().to_owned();
    let argv: Vec<String> = std::iter::once(command.get_program()).chain(command.get_args()).map(text).collect();
    let env: serde_json::Map<_, _> =
        command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?).into()))).collect();
    let play = json!({"argv": argv, "cwd": home.path(), "env": env, "steps": steps});
    let mut python = Command::new("python3");
    python.arg(root().join("bindings/cli/tests/cli/terminal.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut python = python.spawn().unwrap();
    python.stdin.take().unwrap().write_all(play.to_string().as_bytes()).unwrap();
    serde_json::from_slice(&python.wait_with_output().unwrap().stdout).unwrap()
}

#[test]
fn a_terminal_is_used_as_the_program_uses_it() {
    let login = words("session login -m admin --email eve@example.test");
    // Ctrl-C as a key, and signals from elsewhere, at a prompt that shows nothing.
    for (last, code) in
        [(json!({"send": "\u{3}"}), 130), (json!({"signal": "SIGINT"}), 130), (json!({"signal": "SIGTERM"}), 143)]
    {
        let steps = json!([{"expect": "Password: "}, {"hidden": true}, last]);
        for name in WAYS {
            let mut command = way(name);
            command.args(&login);
            let shown = on_terminal(command, &steps);
            assert_eq!((&shown["code"], &shown["restored"]), (&json!(code), &json!(true)), "{name}: {shown}");
        }
    }
    // Colours and widths: as a terminal gets them.
    let shown = WAYS.map(|name| {
        let mut command = way(name);
        command.args(words("iso20022 list-banks"));
        on_terminal(command, &json!([]))["terminal"].clone()
    });
    assert!(shown.iter().all(|found| *found == shown[0] && found.as_str().unwrap().len() > 100), "{shown:?}");
}

#[test]
fn the_demo_runs() {
    for name in &WAYS[1..] {
        let output = way(name).args(words("demo --json")).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(told.is_object(), "{name}: {told}");
    }
}
