//! SIGHUP, and TLS files that change, at a running `serve`.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use bankchannel::ws_channel::{Email, InitLoginRequest, Mode, WsChannel};
use bankchannel_crypto::{
    rsa::RsaPrivateKey,
    x509::{CertificateIssuer, NewCertificate, SubjectAttribute},
};
use serde_json::{Value, json};

use crate::support::{Home, started};

/// A running service, and what it logs as JSON.
struct Logging {
    child: Child,
    ready: Value,
    lines: Receiver<Value>,
}

/// The same command with no signal ignored, as the tests themselves may have been started (`nohup`).
fn heeding(command: &Command) -> Command {
    if !cfg!(target_os = "linux") {
        let mut same = Command::new(command.get_program());
        same.args(command.get_args());
        return in_place_of(command, same);
    }
    let mut heeding = Command::new("env");
    heeding.arg("--default-signal").arg(command.get_program()).args(command.get_args());
    in_place_of(command, heeding)
}

/// With the folder and the environment of another command.
fn in_place_of(command: &Command, mut other: Command) -> Command {
    other.current_dir(command.get_current_dir().unwrap()).env_clear().stdin(Stdio::null());
    other.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    other
}

impl Logging {
    fn start(command: &Command) -> Self {
        let (mut child, ready) = started(heeding(command));
        let lines = lines_of(child.stderr.take().unwrap());
        Self { child, ready, lines }
    }

    fn send(&self, signal: &str) {
        send(&self.child, signal);
    }

    /// Waits for the line with this message; the lines before it are passed over.
    fn line(&self, message: &str) -> Value {
        self.line_where(message, |line| line["message"].as_str().is_some_and(|text| text.starts_with(message)))
    }

    fn line_where(&self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let mut passed = Vec::new();
        loop {
            match self.lines.recv_timeout(Duration::from_secs(60)) {
                Ok(line) if is_it(&line) => return line,
                Ok(line) => passed.push(line),
                Err(_) => panic!("no line {what}: {passed:#?}"),
            }
        }
    }

    /// Ends it; the lines that nobody has read.
    fn end(mut self) -> Vec<Value> {
        self.send("-TERM");
        assert!(self.child.wait().unwrap().success());
        self.lines.iter().collect()
    }

    /// The value of a series.
    fn metric(&self, series: &str) -> f64 {
        let url = self.ready["operator_url"].as_str().unwrap();
        let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        let host = url.strip_prefix("http://").unwrap();
        write!(stream, "GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let line =
            text.lines().find_map(|line| line.strip_prefix(series)).unwrap_or_else(|| panic!("{series}: {text}"));
        line.trim().parse().unwrap()
    }

    /// Whether a client that trusts this certificate alone reaches it.
    fn is_reached_by(&self, trusted: &Path) -> bool {
        let settings = json!({
            "base_url": self.ready["base_url"], "public_key_file": self.ready["public_key_file"],
            "ca_file": trusted, "only_ca_file": true,
        });
        let asked = async {
            let client = WsChannel::from_json(settings).unwrap();
            let request = InitLoginRequest::new(Email::new("somebody@example.test").unwrap(), Mode::Data);
            client.init_login(request).await
        };
        bankchannel_bridge::runtime().unwrap().block_on(asked).is_ok()
    }
}

fn send(child: &Child, signal: &str) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

fn lines_of(stderr: ChildStderr) -> Receiver<Value> {
    let (told, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
            if told.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

/// A certificate with its authority, as files: `NAME-ca.pem`, `NAME.pem`, `NAME.key`; the end of the certificate.
fn certificate(folder: &Path, name: &str, hours: i64) -> i64 {
    let (begin, end) = (jiff::Timestamp::now(), jiff::Timestamp::now() + jiff::SignedDuration::from_hours(hours));
    let issuer = CertificateIssuer::create(name, begin, end).unwrap();
    let key = RsaPrivateKey::generate(2048).unwrap();
    let subject = [(SubjectAttribute::CommonName, "127.0.0.1")];
    let purpose = bankchannel_crypto::x509::CertificatePurpose::TlsServer;
    let new = NewCertificate { purpose, hosts: vec!["127.0.0.1"], ..NewCertificate::new(&subject, begin, end) };
    let made = issuer.issue(&new, key.public()).unwrap();
    fs::write(folder.join(format!("{name}-ca.pem")), issuer.certificate().to_pem()).unwrap();
    fs::write(folder.join(format!("{name}.pem")), made.to_pem()).unwrap();
    let key = key.to_pkcs8_pem();
    bankchannel_private_files::write_whole(&folder.join(format!("{name}.key")), key.as_bytes()).unwrap();
    made.not_after_s()
}

/// Puts the files of this name in the place of those that the service was started with.
fn use_certificate(folder: &Path, name: &str) {
    for end in ["pem", "key"] {
        fs::copy(folder.join(format!("{name}.{end}")), folder.join(format!("next.{end}"))).unwrap();
        fs::rename(folder.join(format!("next.{end}")), folder.join(format!("tls.{end}"))).unwrap();
    }
}

const ENDS: &str = "bankchannel_tls_certificate_expiry_timestamp_seconds{listener=\"service\"}";

#[test]
fn sighup_reads_settings_and_tls_files_again_and_a_mistake_changes_nothing() {
    let home = Home::empty();
    let folder = home.path("");
    let [one, two, three] =
        [("one", 1), ("two", 2), ("three", 3)].map(|(name, hours)| certificate(&folder, name, hours));
    use_certificate(&folder, "one");
    let write = |text: &str| fs::write(home.path("service.toml"), format!("log_format = \"json\"\n{text}")).unwrap();
    write("");
    let options = ["--tls-cert", "tls.pem", "--tls-key", "tls.key", "--config", "service.toml"];
    let service = Logging::start(&home.command(&[&["serve", "ws-channel", "--data", "data"], &options[..]].concat()));
    let authority = |name: &str| -> PathBuf { home.path(&format!("{name}-ca.pem")) };
    let ends = |wanted: i64| assert_eq!(service.metric(ENDS), wanted as f64);
    ends(one);
    assert!(service.is_reached_by(&authority("one")) && !service.is_reached_by(&authority("two")));

    use_certificate(&folder, "two");
    write("max_file_bytes = 1000\nlog_level = \"info,bankchannel::bank=warn\"\nbase_path = \"/v9\"\n");
    service.send("-HUP");
    let line = service.line("reloaded");
    assert_eq!((&line["target"], &line["level"]), (&json!("bankchannel::life"), &json!("WARN")), "{line}");
    // On a machine that is slow the certificate may have been seen without the signal.
    assert!(line["applied"].as_str().unwrap().starts_with("max_file_bytes, log_level"), "{line}");
    assert_eq!(line["needs_restart"], "base_path", "{line}");
    ends(two);
    assert!(service.is_reached_by(&authority("two")) && !service.is_reached_by(&authority("one")));

    // A mistake: nothing of it counts, nor what stands beside it.
    write("max_file_bytes = 2000\ntoken_ttl_s = \"planted\"\n");
    service.send("-HUP");
    let line = service.line("not reloaded");
    let why = line["why"].as_str().unwrap();
    assert!(why.contains("service.toml") && why.contains("line 3") && why.contains("token_ttl_s"), "{line}");
    assert!(line["level"] == "ERROR" && !line.to_string().contains("planted"), "{line}");

    // A key of another certificate: the same, and the file that would do is seen by itself within seconds.
    fs::copy(folder.join("three.pem"), folder.join("tls.pem")).unwrap();
    write("max_file_bytes = 3000\n");
    service.send("-HUP");
    let line = service.line("not reloaded");
    assert!(line["why"].as_str().unwrap().contains("tls.key"), "{line}");
    ends(two);
    use_certificate(&folder, "three");
    let line = service.line("the TLS files have changed");
    assert_eq!((&line["listener"], &line["level"]), (&json!("service"), &json!("INFO")), "{line}");
    ends(three);
    assert!(service.is_reached_by(&authority("three")));

    // The log's level counts at once, also for the line itself.
    write("log_level = \"error\"\n");
    service.send("-HUP");
    assert_eq!(service.line("reloaded")["applied"], "max_file_bytes, log_level");
    write("log_level = \"info\"\n");
    service.send("-HUP");
    assert_eq!(service.line("reloaded")["applied"], "log_level");
    let left = service.end();
    assert!(left.iter().any(|line| line["message"] == "stopped"), "{left:#?}");
}

#[test]
fn the_variable_goes_before_the_level_of_the_file() {
    let mut home = Home::empty();
    home.variable("BANKCHANNEL_LOG", "info");
    fs::write(home.path("service.toml"), "log_format = \"json\"\n").unwrap();
    let command = home.command(&["serve", "salt-edge-connector", "--data", "data", "--config", "service.toml"]);
    let service = Logging::start(&command);
    let text = "log_format = \"json\"\nlog_level = \"error\"\ntrusted_proxy = [\"192.0.2.1\"]\nworkers = 7\n";
    fs::write(home.path("service.toml"), text).unwrap();
    service.send("-HUP");
    let line = service.line("reloaded");
    assert_eq!(line["applied"], "trusted_proxy, log_level (BANKCHANNEL_LOG goes before it)", "{line}");
    assert_eq!(line["needs_restart"], "workers", "{line}");
    assert!(service.end().iter().any(|line| line["message"] == "stopped"), "the variable's level still counts");
}

/// While it starts, several times, and while it stops: it is neither ended by it, nor is it lost without a word.
#[test]
#[cfg(target_os = "linux")]
fn sighup_at_any_time_neither_ends_a_service_nor_is_lost() {
    let home = Home::empty();
    // In one step: it may be read at any time.
    let write = |text: &str| {
        fs::write(home.path("next"), format!("log_format = \"json\"\n{text}")).unwrap();
        fs::rename(home.path("next"), home.path("service.toml")).unwrap();
    };
    // It is in the midst of its start while it waits for its configuration: at first this is a pipe.
    let (file, pipe) = (home.path("service.toml"), home.path("pipe"));
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    fs::rename(&pipe, &file).unwrap();
    let command = home.command(&["serve", "ws-channel", "--data", "data", "--config", "service.toml"]);
    let mut child = heeding(&command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut waiting = fs::OpenOptions::new().write(true).open(&file).unwrap();
    send(&child, "-HUP");
    write("");
    waiting.write_all(b"log_format = \"json\"\n").unwrap();
    drop(waiting);
    let lines = lines_of(child.stderr.take().unwrap());
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    let service = Logging { child, ready: serde_json::from_str(&first).unwrap(), lines };
    let line = service.line("reloaded");
    assert_eq!(line["message"], "reloaded: nothing has changed", "{line}");

    write("max_file_bytes = 2000\n");
    service.send("-HUP");
    service.send("-HUP");
    assert_eq!(service.line("reloaded")["applied"], "max_file_bytes");
    write("drain_s = 2\n");
    service.send("-HUP");
    // It may be the second one of those before that has found it.
    let line =
        service.line_where("drain_s", |line| line["applied"].as_str().is_some_and(|all| all.contains("drain_s")));
    assert_eq!(line["applied"], "drain_s, max_file_bytes");
    service.send("-TERM");
    service.line("draining");
    service.send("-HUP");
    assert_eq!(service.line("not reloaded")["why"], "the service is stopping");
    service.line("stopped");
    let Logging { mut child, .. } = service;
    assert!(child.wait().unwrap().success());
}

/// A pipe is read once: what it says counts for the log and for the service, and a reload says that it cannot be read again.
#[test]
fn a_configuration_from_a_pipe_counts_and_is_not_read_again() {
    let home = Home::empty();
    let service = home.command(&["serve", "ws-channel", "--data", "data", "--config"]);
    let mut piped = Command::new("bash");
    let text = "log_format = \"json\"\nbase_path = \"/v9\"\n";
    piped.args(["-c", &format!("exec \"$0\" \"$@\" <(printf '%s' '{text}')")]).arg(service.get_program());
    piped.args(service.get_args());
    let service = Logging::start(&in_place_of(&service, piped));
    assert!(service.ready["base_url"].as_str().unwrap().ends_with("/v9"), "{}", service.ready);
    service.send("-HUP");
    let line = service.line("not reloaded");
    assert!(line["why"].as_str().unwrap().contains("is a pipe"), "{line}");
    service.end();
}

/// As `nohup` starts it; and a sandbox has nothing to reload.
#[test]
#[cfg(target_os = "linux")]
fn who_is_started_with_sighup_ignored_goes_on_ignoring_it() {
    let home = Home::empty();
    fs::write(home.path("service.toml"), "log_format = \"json\"\n").unwrap();
    let service = home.command(&["serve", "ws-channel", "--data", "data", "--config", "service.toml"]);
    let mut ignoring = Command::new("sh");
    ignoring.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]).arg(service.get_program()).args(service.get_args());
    let service = Logging::start(&in_place_of(&service, ignoring));
    fs::write(home.path("service.toml"), "log_format = \"json\"\nmax_file_bytes = 1\n").unwrap();
    service.send("-HUP");
    assert!(!service.end().iter().any(|line| line.to_string().contains("reloaded")));
    let (sandbox, _) = started(heeding(&home.command(&["serve", "sepa-bank", "--data", "bank", "--plain"])));
    send(&sandbox, "-HUP");
    let ran = crate::support::stop(sandbox, "-TERM").expect(0);
    assert!(!ran.err.contains("reloaded"), "{}", ran.err);
}
