//! Codes and alerts that leave by a mail server, a webhook or a command: at least once, sealed while they wait, with an end.
#![allow(clippy::unwrap_used, clippy::print_stdout)] // tests report the cases that they skip

#[path = "auth/support.rs"]
mod support;

use std::{
    io::{BufRead as _, BufReader},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bankchannel_crypto::{
    digest,
    x509::{CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute, new_p256_key},
};
use bankchannel_ws_channel_service::{RunningService, ServiceOptions};
use serde_json::Value;
use support::{PASSWORD, VERIFY_EMAIL, World};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const LONG: Duration = Duration::from_secs(60);

/// Waits until something is there.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + LONG;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A gateway for SMS. Its answers are those that it is told, 0 for none; then it takes everything.
#[derive(Clone)]
struct Gateway {
    port: u16,
    answers: Arc<Mutex<Vec<u16>>>,
    got: Arc<Mutex<Vec<(String, String)>>>,
}

impl Gateway {
    async fn start(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self::on(listener, answers)
    }

    fn on(listener: TcpListener, answers: &[u16]) -> Self {
        let port = listener.local_addr().unwrap().port();
        let answers = answers.iter().rev().copied().collect();
        let gateway = Self { port, answers: Arc::new(Mutex::new(answers)), got: Arc::default() };
        let serving = gateway.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let of = serving.clone();
                tokio::spawn(async move { of.answer(stream).await });
            }
        });
        gateway
    }

    async fn answer(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let mut text = String::new();
            let (head, length) = loop {
                let mut part = [0; 4096];
                let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
                text.push_str(std::str::from_utf8(&part[..count]).unwrap());
                if let Some((head, _)) = text.split_once("\r\n\r\n") {
                    let head = head.to_ascii_lowercase();
                    let line = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                    break (head.clone(), line.trim().parse::<usize>().unwrap());
                }
            };
            while text.split_once("\r\n\r\n").unwrap().1.len() < length {
                let mut part = [0; 4096];
                let count = stream.read(&mut part).await.ok().filter(|count| *count > 0)?;
                text.push_str(std::str::from_utf8(&part[..count]).unwrap());
            }
            let body = text.split_once("\r\n\r\n").unwrap().1.to_owned();
            self.got.lock().unwrap().push((head, body));
            let status = self.answers.lock().unwrap().pop().unwrap_or(204);
            if status == 0 {
                std::future::pending::<()>().await;
            }
            let answer = format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.ok()?;
        }
    }

    /// The settings that name it.
    fn config(&self) -> String {
        format!(
            "delivery_of_sms = \"webhook\"\n[webhook]\nurl = \"http://127.0.0.1:{}/notices\"\nsecret = \"{SECRET}\"\n",
            self.port
        )
    }

    /// The notices, each checked by its signature.
    fn notices(&self) -> Vec<Value> {
        let got = self.got.lock().unwrap();
        let checked = got.iter().map(|(head, body)| {
            let field = |name: &str| {
                let line =
                    head.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name} in {head}"));
                line.trim().to_owned()
            };
            assert!(head.starts_with("post /notices "), "{head}");
            let time = field("notice-time:");
            let parts: [&[u8]; 5] = [time.as_bytes(), b"\n", b"/notices", b"\n", body.as_bytes()];
            assert_eq!(field("notice-signature:"), digest::hex(&digest::hmac_sha256(SECRET.as_bytes(), &parts)));
            let age = jiff::Timestamp::now().as_second() - time.parse::<i64>().unwrap();
            assert!((0..300).contains(&age), "{age}");
            serde_json::from_str(body).unwrap()
        });
        checked.collect()
    }
}

/// What the database holds of notices.
async fn waiting(world: &World) -> i64 {
    use sqlx::{ConnectOptions as _, Connection as _};
    let options =
        sqlx::sqlite::SqliteConnectOptions::new().filename(world.data().join("service.sqlite")).read_only(true);
    let mut connection = options.connect().await.unwrap();
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM notice").fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    count
}

async fn until_none_waits(world: &World) {
    let end = Instant::now() + LONG;
    while waiting(world).await > 0 {
        assert!(Instant::now() < end, "a notice waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_goes_to_the_webhook_until_it_is_taken_and_is_sealed_meanwhile() {
    let gateway = Gateway::start(&[503, 500]).await;
    let world = World::configured(&gateway.config()).await;
    let email = "webhook@example.test";
    world.register(email, "admin", "0").await;
    let first = until("a try", || gateway.notices().first().cloned()).await;
    assert_eq!((&first["channel"], &first["purpose"]), (&"sms".into(), &"verify_phone".into()), "{first}");
    let files = ["service.sqlite", "service.sqlite-wal"];
    for file in files {
        let bytes = std::fs::read(world.data().join(file)).unwrap_or_default();
        let clear = bytes.windows(6).any(|window| window == b"\"code\"");
        assert!(!clear, "{file} has a notice in the clear");
    }
    // The pauses are by the service's clock.
    for tries in 2..=3 {
        assert_eq!(waiting(&world).await, 1);
        world.advance(60.0).await;
        until("another try", || (gateway.notices().len() >= tries).then_some(())).await;
    }
    until_none_waits(&world).await;
    let all = gateway.notices();
    assert!(all.len() == 3 && all.iter().all(|one| *one == first), "each try is the same: {all:?}");
    let code = first["code"].as_str().unwrap();
    assert_eq!(code, world.code(email, "admin", "verify_phone").await);
    world.verify_phone(email, "admin", code).await.is(200, "Phone confirmation successful.");
    assert!(
        !world.data().join("outbox.jsonl").exists()
            || std::fs::read(world.data().join("outbox.jsonl")).unwrap().is_empty()
    );
}

/// Of several codes for one thing the last one counts, and is the one that is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_code_takes_the_place_of_the_earlier_one_that_waits() {
    let gateway = Gateway::start(&[503, 503]).await;
    let world = World::configured(&gateway.config()).await;
    let email = "again@example.test";
    world.register(email, "admin", "0").await;
    until("a try", || gateway.notices().first().cloned()).await;
    world.register(email, "admin", "0").await;
    let second = until("the second code", || gateway.notices().get(1).cloned()).await;
    assert_eq!(waiting(&world).await, 1);
    world.advance(60.0).await;
    let third = until("another try", || gateway.notices().get(2).cloned()).await;
    assert_eq!(third, second);
    until_none_waits(&world).await;
    assert_eq!(gateway.notices().len(), 3);
    let code = second["code"].as_str().unwrap();
    world.verify_phone(email, "admin", code).await.is(200, "Phone confirmation successful.");
}

/// A gateway that does not want one notice works; one that is silent is told of.
#[tokio::test(flavor = "multi_thread")]
async fn the_operator_is_told_of_a_gateway_that_is_away_and_of_no_other() {
    let gateway = Gateway::start(&[400, 400, 400]).await;
    let world = World::configured(&gateway.config()).await;
    world.register("odd@example.test", "admin", "0").await;
    let told = || std::fs::read_to_string(world.data().join("outbox.jsonl")).unwrap_or_default();
    for tries in 1..=2 {
        until("a try", || (gateway.notices().len() >= tries).then_some(())).await;
        world.advance(400.0).await;
    }
    // Two looks.
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert!(!told().contains("operator_notices_stuck"), "{}", told());
    *gateway.answers.lock().unwrap() = vec![503; 30];
    let before = gateway.notices().len();
    world.advance(700.0).await;
    until("a try", || (gateway.notices().len() > before).then_some(())).await;
    until("the alert", || told().contains("operator_notices_stuck").then_some(())).await;
    let line: Value = told().lines().map(|line| serde_json::from_str(line).unwrap()).next().unwrap();
    assert_eq!((&line["gateway"], &line["channel"]), (&"sms".into(), &"operator".into()), "{line}");
}

/// A code that was being sent at the end of a service is sent by the next one at once: it has not long to live.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_being_sent_at_the_end_is_sent_at_the_next_start() {
    let gateway = Gateway::start(&[0]).await;
    let world = World::configured(&gateway.config()).await;
    world.register("sent@example.test", "admin", "0").await;
    let first = until("a try", || gateway.notices().first().cloned()).await;
    let world = world.restart().await;
    until("another try", || gateway.notices().get(1).cloned().filter(|second| *second == first)).await;
    until_none_waits(&world).await;
}

/// A gateway that is away when the service stops gets the code from the next start; one that comes too late gets none.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_at_a_stop_is_sent_after_the_next_start_unless_its_time_is_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let config = Gateway { port, answers: Arc::default(), got: Arc::default() }.config();
    let world = World::configured(&config).await;
    world.register("early@example.test", "admin", "0").await;
    assert_eq!(waiting(&world).await, 1);
    let world = world.restart().await;
    let gateway = Gateway::on(TcpListener::bind(("127.0.0.1", port)).await.unwrap(), &[]);
    world.advance(1000.0).await;
    until("the code", || gateway.notices().first().cloned()).await;
    until_none_waits(&world).await;
    // A gateway that says 503 for longer than the code lives.
    *gateway.answers.lock().unwrap() = vec![503; 8];
    let before = gateway.notices().len();
    world.register("late@example.test", "admin", "0").await;
    until("a try", || (gateway.notices().len() > before).then_some(())).await;
    world.advance(3.0 * 24.0 * 3600.0).await;
    until_none_waits(&world).await;
    assert_eq!(gateway.answers.lock().unwrap().len(), 7, "it was given up, not sent");
}

/// A real mail server, of which each message is a line of output.
struct MailServer {
    running: Child,
    port: u16,
    got: Arc<Mutex<Vec<Value>>>,
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.running.kill();
        let _ = self.running.wait();
    }
}

impl MailServer {
    /// `None` where there is none: `tests/run` installs it.
    fn start(arguments: &[&str]) -> Option<Self> {
        let python = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("venv").join("bin/python");
        let has = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status();
        if !has.is_ok_and(|done| done.success()) {
            println!("not run: {} has no aiosmtpd (tests/run tools installs it)", python.display());
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/support/smtp_server.py");
        let mut running = Command::new(python)
            .arg(script)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(running.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let got = Arc::<Mutex<Vec<Value>>>::default();
        let told = Arc::clone(&got);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                told.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Some(Self { running, port: u16::try_from(first["port"].as_u64().unwrap()).unwrap(), got })
    }

    fn to(&self, address: &str) -> Option<Value> {
        let is_to = |mail: &&Value| mail["to"].as_array().is_some_and(|to| to.iter().any(|one| one == address));
        self.got.lock().unwrap().iter().find(is_to).cloned()
    }
}

/// An authority, and a certificate of `localhost` with its key.
fn tls_files(folder: &Path) -> [PathBuf; 3] {
    let (begin, end) = (jiff::Timestamp::now(), jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1));
    let issuer = CertificateIssuer::create("Mail Test Root", begin, end).unwrap();
    let subject = [(SubjectAttribute::CommonName, "localhost")];
    let (purpose, hosts) = (CertificatePurpose::TlsServer, vec!["localhost"]);
    let key = new_p256_key().unwrap();
    let new = NewCertificate { purpose, hosts, ..NewCertificate::new(&subject, begin, end) };
    let issued = issuer.issue_for(&new, &key).unwrap();
    let files = ["ca.pem", "chain.pem", "key.pem"].map(|name| folder.join(name));
    std::fs::write(&files[0], issuer.certificate().to_pem()).unwrap();
    std::fs::write(&files[1], issued.to_pem()).unwrap();
    std::fs::write(&files[2], key.as_bytes()).unwrap();
    files
}

/// An account whose address is still to be confirmed: its login sends a mail.
async fn log_in_for_mail(world: &World, email: &str) {
    world.register(email, "admin", "0").await;
    let code = world.code(email, "admin", "verify_phone").await;
    world.verify_phone(email, "admin", &code).await.is(200, "Phone confirmation successful.");
    world.login(email, "admin", PASSWORD).await.is(200, VERIFY_EMAIL);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_go_over_tls_with_a_login_and_one_that_hangs_holds_up_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let [ca, chain, key] = tls_files(folder.path()).map(|path| path.display().to_string());
    for mode in ["starttls", "tls"] {
        let refused = [
            ("unknown@example.test", "550"),
            ("hangs@example.test", "000"),
            // About us, not about the address.
            ("relay@example.test", "550/5.7.1"),
        ];
        let refused: Vec<&str> = refused.iter().flat_map(|(address, code)| ["--refuse", address, code]).collect();
        let arguments = [&[mode, &*chain, &*key], &refused[..]].concat();
        let Some(server) = MailServer::start(&arguments) else { return };
        let config = format!(
            "delivery_of_email = \"smtp\"\n[smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"{mode}\"\nuser = \"user\"\n\
             password = \"planted-password\"\nfrom = \"Payments <payments@company.test>\"\nca_file = \"{ca}\"\ntimeout_s = 3\n",
            server.port
        );
        let world = World::configured(&config).await;
        for email in ["hangs@example.test", "unknown@example.test", "relay@example.test", "me@example.test"] {
            log_in_for_mail(&world, email).await;
        }
        let mail = until("the mail", || server.to("me@example.test")).await;
        assert_eq!((&mail["tls"], &mail["from"]), (&true.into(), &"payments@company.test".into()), "{mail}");
        let code = world.code("me@example.test", "admin", "verify_email").await;
        assert!(mail["text"].as_str().unwrap().contains(&code) && !mail["subject"].as_str().unwrap().contains(&code));
        assert!(mail["id"].as_str().unwrap().ends_with("@company.test>"), "{mail}");
        // The address that the server does not know is given up; the others wait for another try.
        let end = Instant::now() + LONG;
        while waiting(&world).await != 2 {
            assert!(Instant::now() < end, "{} wait", waiting(&world).await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(server.to("unknown@example.test").is_none() && server.to("hangs@example.test").is_none());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_whose_certificate_is_unknown_gets_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let [_, chain, key] = tls_files(folder.path()).map(|path| path.display().to_string());
    let Some(server) = MailServer::start(&["starttls", &chain, &key]) else { return };
    let config = format!(
        "delivery_of_email = \"smtp\"\n[smtp]\nhost = \"localhost\"\nport = {}\nfrom = \"payments@company.test\"\n",
        server.port
    );
    let world = World::configured(&config).await;
    log_in_for_mail(&world, "me@example.test").await;
    world.advance(1000.0).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(server.got.lock().unwrap().is_empty());
    assert_eq!(waiting(&world).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_gets_each_notice_and_none_of_the_services_variables() {
    let folder = tempfile::tempdir().unwrap();
    let (script, got) = (folder.path().join("send"), folder.path().join("got"));
    // The first time it fails, after it has read everything.
    let text = format!(
        "#!/bin/sh\ncat >>'{0}'\necho >>'{0}'\nenv >>'{0}.env'\n[ -f '{0}.once' ] || {{ touch '{0}.once'; exit 7; }}\n",
        got.display()
    );
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    let config = format!("delivery = \"command\"\n[notice_command]\nprogram = \"{}\"\n", script.display());
    let world = World::configured(&config).await;
    world.register("command@example.test", "admin", "0").await;
    let lines = || -> Vec<Value> {
        let text = std::fs::read_to_string(&got).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    until("a try", || (lines().len() == 1).then_some(())).await;
    until("its end", || folder.path().join("got.once").exists().then_some(())).await;
    let end = Instant::now() + LONG;
    while waiting(&world).await > 0 {
        assert!(Instant::now() < end, "a notice waits");
        world.advance(60.0).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let lines = lines();
    assert!(lines.len() == 2 && lines[0] == lines[1], "{lines:?}");
    assert_eq!(lines[0]["code"], *world.code("command@example.test", "admin", "verify_phone").await);
    let variables = std::fs::read_to_string(folder.path().join("got.env")).unwrap();
    let names: Vec<&str> = variables.lines().filter_map(|line| line.split_once('=')).map(|(name, _)| name).collect();
    assert!(names.iter().all(|name| matches!(*name, "PATH" | "PWD" | "_" | "SHLVL" | "OLDPWD")), "{names:?}");
}

#[tokio::test]
async fn settings_that_cannot_carry_a_notice_are_refused_with_their_name() {
    let smtp = "[smtp]\nhost = \"localhost\"\nfrom = \"payments@company.test\"\n";
    for (config, setting) in [
        ("delivery = \"smtp\"\n".to_owned(), "delivery_of_sms"),
        ("delivery_of_email = \"smtp\"\n".to_owned(), "smtp"),
        ("delivery_of_sms = \"webhook\"\n".to_owned(), "webhook"),
        ("delivery_of_sms = \"command\"\n".to_owned(), "notice_command"),
        (format!("delivery_of_operator = \"smtp\"\n{smtp}"), "operator_email"),
        (format!("delivery_of_email = \"smtp\"\n{smtp}timeout_s = 0\n"), "smtp.timeout_s"),
        (format!("delivery_of_email = \"smtp\"\n{smtp}user = \"user\"\n"), "smtp.password"),
        (format!("delivery_of_email = \"smtp\"\n{}", smtp.replace("payments@company.test", "payments")), "smtp.from"),
        (
            format!(
                "delivery_of_email = \"smtp\"\n{}security = \"plain\"\n",
                smtp.replace("localhost", "mail.example")
            ),
            "smtp.security",
        ),
        (format!("delivery_of_email = \"smtp\"\n{smtp}ca_file = \"/nowhere/ca.pem\"\n"), "smtp.ca_file"),
        (
            format!(
                "delivery_of_sms = \"webhook\"\n[webhook]\nurl = \"http://gateway.example/\"\nsecret = \"{SECRET}\"\n"
            ),
            "webhook.url",
        ),
        ("delivery_of_sms = \"command\"\n[notice_command]\nprogram = \"send\"\n".to_owned(), "notice_command.program"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, &config).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        let options = ServiceOptions {
            data: Some(folder.path().join("data").display().to_string()),
            config: Some(file.display().to_string()),
            ..ServiceOptions::default()
        };
        let refused = RunningService::start(options).await.err().unwrap_or_else(|| panic!("{config}"));
        assert!(refused.message().contains(setting), "{config}: {refused}");
        assert!(!folder.path().join("data").exists(), "nothing is made: {config}");
    }
}
