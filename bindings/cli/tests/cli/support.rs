//! Runs the program, starts a service for it, and serves scripted answers.

use std::{
    fs::{self, Permissions},
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bankchannel::Secret;
use bankchannel_ws_channel_service::{RunningService, ServiceOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::remedies;

/// Every code that the service sends.
pub(crate) const CODE: &str = "123456";
/// A password that the service accepts; made up for these tests.
pub(crate) const PASSWORD: &str = "aA1!cli-tests-only-0123456789";
/// An address without a server: a test that must not send anything would fail there.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9/v2";

/// The service that all tests share; each test has its own accounts.
pub(crate) static SERVICE: LazyLock<Service> = LazyLock::new(|| {
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli-service");
    let _ = fs::remove_dir_all(&data);
    let options = ServiceOptions {
        data: Some(data.display().to_string()),
        verification_code: Some(Secret::new(CODE)),
        no_limits: Some(true),
        ..ServiceOptions::default()
    };
    let running = bankchannel_bridge::runtime().unwrap().block_on(RunningService::start(options)).unwrap();
    let ready = running.readiness();
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    Service { base_url: text("base_url"), public_key_file: text("public_key_file"), _running: running }
});

pub(crate) struct Service {
    pub(crate) base_url: String,
    pub(crate) public_key_file: String,
    _running: RunningService,
}

/// A home with settings for one account.
pub(crate) struct Home {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// The result of a run.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// The one JSON object on stdout.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|why| panic!("{why}: {}\n{}", self.out, self.err))
    }

    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }
}

impl Home {
    /// A home with an account and a session, with a script as the service.
    pub(crate) fn with_session(email: &str, script: &Script) -> Self {
        let home = Self::with_account(email, "data");
        home.set("base_url", &script.base_url);
        home.set("idtoken", "stored-token");
        home.set("idtokenmode", "data");
        home.set("idtokenexpiry", &in_helsinki(600));
        home.set("apikey", "abcdefghijklmnopqrstuvwxyz0123456789ABCD");
        home
    }

    /// A home without settings.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    /// A home with a settings file for the shared service.
    pub(crate) fn with_account(email: &str, mode: &str) -> Self {
        let home = Self::empty();
        home.write_settings(&format!(
            "# mine\nsettings:\n  email: {email}\n  mode: {mode}\n  password: \"{PASSWORD}\"\n  name: Eve Example\n  company: Example Oy\n  \
             phone: \"+358401234567\"\n  apikey: 0\n  bank: simulator\n  base_url: {}\n  public_key_file: {}\n  x_unknown: [kept, as it is] # and this\n",
            SERVICE.base_url, SERVICE.public_key_file
        ));
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn settings_path(&self) -> PathBuf {
        self.path(".wscli/settings.yaml")
    }

    pub(crate) fn write_settings(&self, text: &str) {
        let path = self.settings_path();
        if !path.parent().unwrap().exists() {
            fs::DirBuilder::new().mode(0o700).create(path.parent().unwrap()).unwrap();
        }
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn settings(&self) -> String {
        fs::read_to_string(self.settings_path()).unwrap()
    }

    /// One value of the settings file, without quotes.
    pub(crate) fn setting(&self, key: &str) -> Option<String> {
        let text = self.settings();
        let line = text.lines().find_map(|line| line.trim().strip_prefix(&format!("{key}:")).map(str::trim))?;
        Some(line.trim_matches('"').to_owned())
    }

    /// Changes one value of the settings file by hand.
    pub(crate) fn set(&self, key: &str, value: &str) {
        let text = self.settings();
        let mut lines: Vec<String> =
            text.lines().filter(|line| !line.trim().starts_with(&format!("{key}:"))).map(str::to_owned).collect();
        lines.push(format!("  {key}: \"{value}\""));
        self.write_settings(&(lines.join("\n") + "\n"));
    }

    /// Takes every code from the environment.
    pub(crate) fn with_codes(mut self) -> Self {
        for name in ["ISECURE_MFA_CODE", "ISECURE_EMAIL_CODE", "ISECURE_PHONE_CODE"] {
            self.environment.push((name.to_owned(), CODE.to_owned()));
        }
        self
    }

    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bankchannel"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().env("HOME", self.folder.path());
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().unwrap())
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A program that refuses its arguments may have ended before its input is there.
        if let Err(why) = child.stdin.take().unwrap().write_all(input) {
            assert_eq!(why.kind(), std::io::ErrorKind::BrokenPipe, "{why}");
        }
        ran(child.wait_with_output().unwrap())
    }
}

/// The result of a run on a terminal.
#[derive(serde::Deserialize, Debug)]
pub(crate) struct Shown {
    pub(crate) code: i32,
    /// All text that the terminal showed.
    pub(crate) terminal: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    problem: Option<String>,
    /// Whether the terminal's settings were restored.
    pub(crate) restored: bool,
}

impl Shown {
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!((self.problem.as_deref(), self.code), (None, code), "{self:#?}");
        self
    }
}

/// Waits for a prompt and for the terminal's echo to be off, then types.
pub(crate) fn typed_unseen(prompt: &str, text: &str) -> [Value; 3] {
    [json!({ "expect": prompt }), json!({ "hidden": true }), json!({ "send": text })]
}

/// Runs a program on its own terminal. `pipes` are the streams that go to pipes instead.
pub(crate) fn on_terminal(command: &Command, pipes: &[&str], steps: &[Value]) -> Shown {
    let text = |text: &std::ffi::OsStr| text.to_str().unwrap().to_owned();
    let argv: Vec<String> = std::iter::once(command.get_program()).chain(command.get_args()).map(text).collect();
    let mut env: std::collections::BTreeMap<String, String> =
        command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?)))).collect();
    env.entry("TERM".to_owned()).or_insert_with(|| "xterm".to_owned());
    let mut play = json!({ "argv": argv, "cwd": command.get_current_dir(), "env": env, "steps": steps });
    for pipe in pipes {
        play[*pipe] = "pipe".into();
    }
    let mut python = Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/terminal.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is installed");
    python.stdin.take().unwrap().write_all(play.to_string().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success(), "terminal.py failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a program that might hang; a hang is a failure.
pub(crate) fn ran_in_time(mut command: Command) -> Ran {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > end {
            child.kill().unwrap();
            panic!("it waits for ever");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    ran(child.wait_with_output().unwrap())
}

pub(crate) fn ran(output: Output) -> Ran {
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    remedies::check(&ran.err);
    ran
}

/// An address that no other test uses.
pub(crate) fn fresh_email() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    format!("cli-{}@example.test", NUMBER.fetch_add(1, Ordering::SeqCst))
}

/// Registers both users of an account and leaves a data session in the home's settings file.
pub(crate) fn logged_in() -> Home {
    let home = registered();
    home.set("mode", "data");
    home.run(&["session", "login", "--noninteractive"]).expect(0);
    home
}

/// Registers both users of an account, verified, with an admin session in the home's settings file.
pub(crate) fn registered() -> Home {
    let home = Home::with_account(&fresh_email(), "admin").with_codes();
    home.run(&["account", "register", "--noninteractive"]).expect(0);
    home.run(&["account", "register", "-m", "data", "--noninteractive"]).expect(0);
    home.run(&["session", "login", "-m", "data", "--noninteractive"]).expect(0);
    home.run(&["session", "login", "--noninteractive"]).expect(0);
    home
}

/// A server that answers requests with these answers, in this order, and records the requests.
pub(crate) struct Script {
    pub(crate) base_url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Script {
    /// `status` and body of each answer.
    pub(crate) fn serve(answers: Vec<(u16, String)>) -> Self {
        Self::serve_after(Duration::ZERO, answers)
    }

    /// The same, with a delay before each answer.
    pub(crate) fn serve_after(wait: Duration, answers: Vec<(u16, String)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}/v2", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&requests);
        std::thread::spawn(move || {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = Vec::new();
                let mut byte = [0];
                while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
                    head.push(byte[0]);
                }
                noted
                    .lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned());
                let answer = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
                std::thread::sleep(wait);
                let _ = stream.write_all(answer.as_bytes());
                // Unread bytes of the request would reset the connection before the answer arrives.
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.set_read_timeout(Some(Duration::from_secs(5)));
                let _ = std::io::copy(&mut stream, &mut std::io::sink());
            }
        });
        Self { base_url, requests }
    }

    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// A time relative to now in the form of the settings file: Helsinki's time.
pub(crate) fn in_helsinki(seconds: i64) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Helsinki").unwrap();
    let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds);
    time.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Starts a server; returns its readiness line.
pub(crate) fn started(mut service: Command) -> (Child, Value) {
    let mut child = service.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let ready = serde_json::from_str(&line).unwrap_or_else(|why| {
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        panic!("{why}: {line} {text}")
    });
    (child, ready)
}

/// Ends it with a signal.
pub(crate) fn stop(child: Child, signal: &str) -> Ran {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    ran(child.wait_with_output().unwrap())
}

/// A free port for a server whose page names one: outside of those that the system gives to others meanwhile.
pub(crate) fn port_of_its_own() -> String {
    static TURN: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 100 * 120).unwrap();
    let free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let turns = std::iter::repeat_with(|| 20_000 + (own + TURN.fetch_add(1, Ordering::Relaxed)) % 12_000);
    turns.take(12_000).find(free).expect("no port is free").to_string()
}
