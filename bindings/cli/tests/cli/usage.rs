//! Help, usage errors, completion, and a closed reader.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Stdio},
};

use crate::support::{Home, NOWHERE, ran};

#[test]
fn help_and_version_are_success() {
    let home = Home::empty();
    for arguments in [
        &["--help"][..],
        &["--version"],
        &["-V"],
        &["-v"],
        &["files", "--help"],
        &["files", "upload-file", "--help"],
        &["help", "demo"],
    ] {
        let ran = home.run(arguments).expect(0);
        assert!(!ran.out.is_empty() && ran.err.is_empty(), "{arguments:?}: {}", ran.err);
    }
    assert_eq!(home.run(&["--version"]).out, format!("bankchannel {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn wrong_usage_is_exit_1() {
    let home = Home::empty();
    for arguments in [
        &[][..],
        &["nonsense"],
        &["files"],
        &["files", "list-files", "--nonsense"],
        &["call"],
        &["call", "no_such_operation"],
        &["session", "login", "-m", "root"],
        &["pgp", "sign"],
        &["call", "init_login", "{"],
    ] {
        let ran = home.run(arguments).expect(1);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?}: {}", ran.out);
    }
    let ran = home.run(&["files", "nonsense", "--json"]).expect(1);
    assert_eq!(ran.json()["error"]["category"], "invalid_input");
}

#[test]
fn a_failure_is_one_though_nobody_reads() {
    let home = Home::with_account("unread@example.test", "data");
    for more in [&["--json"][..], &[]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command(&["call", "list_keys", "-i", "token", "--base-url", NOWHERE]);
        let failed = ran(command.args(more).stdout(writer).output().unwrap()).expect(1);
        assert!(failed.err.contains("error"), "{}", failed.err);
        // A command that succeeds stays a success.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.command(&["catalogue"]);
        ran(command.args(more).stdout(writer).output().unwrap()).expect(0);
    }
}

#[test]
fn a_missing_value_is_told_as_the_option_that_gives_it() {
    let upload = ["files", "upload-file", "-b", "nordea", "-i", "token"];
    let ran = Home::empty().run(&upload).expect(1);
    for option in ["--private-key", "--signatures", "FILE", "--file-type", "bankchannel files upload-file --help"] {
        assert!(ran.err.contains(option), "{option}: {}", ran.err);
    }
    let ran = Home::empty().run(&[&upload[..], &["--key", "mistyped.asc", "payment.xml"]].concat()).expect(1);
    assert!(ran.err.contains("mistyped.asc is neither a file"), "{}", ran.err);
    let ran = Home::empty().run(&["session", "logout"]).expect(2);
    assert_eq!(
        ran.err,
        "no session is stored: log in with `bankchannel session login`\nSession expired. Please re-login.\n"
    );
    let ran = Home::empty().run(&["account", "verify-phone", "--code", "123456", "-e", "a@example.test"]).expect(1);
    assert!(ran.err.contains("--phone"), "{}", ran.err);
}

#[test]
fn a_value_may_begin_with_a_hyphen() {
    let home = Home::empty();
    let list = ["files", "list-files", "-b", "nordea", "-a", "0", "--base-url", NOWHERE, "--environment", "test"];
    for token in [&["-i", "-Xa8-random_token"][..], &["--idtoken", "--Xa8-random_token"], &["-i-Xa8"]] {
        // It gets as far as the connection.
        let ran = home.run(&[&list[..], token].concat()).expect(1);
        assert!(ran.err.contains("transport."), "{}", ran.err);
    }
    for forgotten in [&["-i", "-e"][..], &["-i", "--json"], &["--file-type", "--idtoken=x"]] {
        let ran = home.run(&[&list[..], forgotten].concat()).expect(1);
        assert!(ran.err.contains("looks like an option"), "{}", ran.err);
    }
}

#[test]
fn a_password_on_the_command_line_is_warned_about_and_a_short_one_refused() {
    let arguments = ["session", "login", "-e", "a@example.test", "--password", "short", "--noninteractive"];
    let ran = Home::empty().run(&arguments).expect(1);
    assert!(
        ran.err.contains("warning: a password on the command line") && ran.err.contains("shorter than 20"),
        "{}",
        ran.err
    );
    let arguments = ["session", "login", "-e", "a@example.test", "--password-stdin", "--noninteractive"];
    let ran = Home::empty().run_with_input(&arguments, b"short too\n").expect(1);
    assert!(!ran.err.contains("warning") && ran.err.contains("shorter than 20"), "{}", ran.err);
}

#[test]
fn completion_is_made_for_the_shells_and_bash_reads_it() {
    let home = Home::empty();
    for shell in ["bash", "zsh", "fish"] {
        let ran = home.run(&["completion", shell]).expect(0);
        assert!(ran.out.contains("bankchannel") && ran.out.len() < 100_000, "{shell}: {}", ran.out);
        let asked = [("BANKCHANNEL_COMPLETE", shell), ("_CLAP_COMPLETE_INDEX", "2")];
        let output = home.command(&["--", "bankchannel", "files", "li"]).envs(asked).output().unwrap();
        assert!(String::from_utf8(output.stdout).unwrap().contains("list-files"), "{shell}");
    }
    let script = home.run(&["completion", "bash"]).out;
    let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
    bash.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(bash.wait().unwrap().success());
    home.run(&["completion", "nonsense"]).expect(1);
    std::fs::write(home.path("completion"), script).unwrap();
    let completed = |words: &str| {
        let count = words.split(' ').count();
        let (last, before) = (words.split(' ').next_back().unwrap(), words.split(' ').nth(count - 2).unwrap());
        let line = format!(
            "source completion; COMP_WORDS=({words}); COMP_CWORD={}; COMP_TYPE=9; \
             $(complete -p bankchannel | sed 's/.*-F \\([^ ]*\\) .*/\\1/') bankchannel {last} {before}; echo ${{COMPREPLY[@]}}",
            count - 1
        );
        let program = std::path::Path::new(env!("CARGO_BIN_EXE_bankchannel")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let shell = Command::new("bash").args(["-c", &line]).env("PATH", path).current_dir(home.path("")).output();
        let output = shell.unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!(completed("bankchannel files li"), "list-files list-uploads");
    assert_eq!(completed("bankchannel files list-f"), "list-files");
    assert_eq!(completed("bankchannel session login --mode a"), "admin");
    assert!(completed("bankchannel files upload-file --wait").contains("--wait-for"));
}

#[test]
fn every_command_has_a_manual_page() {
    let home = Home::empty();
    let overview = home.run(&["man"]).expect(0).out;
    assert!(overview.starts_with(".ie") && overview.contains(".TH bankchannel 1"), "{overview}");
    let page = home.run(&["man", "files", "upload-file"]).expect(0).out;
    assert!(page.contains("wait\\-for") && page.contains("bankchannel\\-files\\-upload\\-file"), "{page}");
    home.run(&["man", "files", "nonsense"]).expect(1);
    std::fs::create_dir(home.path("pages")).unwrap();
    home.run(&["man", "--output", "pages"]).expect(0);
    let pages = std::fs::read_dir(home.path("pages")).unwrap().count();
    assert!(pages > 100 && home.path("pages/bankchannel-files-list-files.1").is_file(), "{pages}");
    home.run(&["man", "--output", "nowhere"]).expect(1);
}

#[test]
fn a_reader_that_goes_away_ends_the_program_quietly() {
    let home = Home::empty();
    let mut child =
        home.command(&["catalogue", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 4];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn what_two_commands_do_is_listed_once_and_understood_under_both_names() {
    let home = Home::empty();
    for (group, known, other) in [
        ("account", "  register ", "register-account"),
        ("session", "  login ", "  log-in "),
        ("files", "  download-files ", "download-new-files"),
    ] {
        let listed = home.run(&[group, "--help"]).expect(0).out;
        assert!(listed.contains(known) && !listed.contains(other), "{listed}");
        assert!(home.run(&[group, other.trim(), "--help"]).expect(0).out.contains("Usage:"));
    }
}

#[test]
fn every_help_text_can_be_shown() {
    let home = Home::empty();
    let groups = ["account", "session", "certs", "files", "pgp", "integrator", "admin"];
    for group in groups {
        let listed = home.run(&[group, "--help"]).expect(0).out;
        let commands: Vec<&str> = listed
            .lines()
            .skip_while(|line| !line.starts_with("Commands:"))
            .skip(1)
            .take_while(|line| line.starts_with("  "))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert!(commands.len() >= 3, "{group}: {listed}");
        for command in commands.into_iter().filter(|command| *command != "help") {
            let help = home.run(&[group, command, "--help"]).expect(0).out;
            assert!(help.contains("Usage:"), "{group} {command}");
        }
    }
}

#[test]
fn what_has_two_names_is_listed_under_one() {
    let home = Home::empty();
    let listed = home.run(&["pgp", "--help"]).expect(0).out;
    for (name, other) in
        [("sign", "sign-file"), ("verify", "verify-file"), ("generate", "generate-key"), ("inspect", "inspect-key")]
    {
        assert!(listed.contains(&format!("  {name} ")) && !listed.contains(other), "{listed}");
        assert!(home.run(&["pgp", other, "--help"]).expect(0).out.contains("Usage"), "{other}");
    }
}
