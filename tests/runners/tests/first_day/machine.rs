//! The machine of the page: folders, free ports, a mail server, a terminal, and what stands for systemd.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use bankchannel_crypto::x509::{CertificateIssuer, CertificatePurpose, NewCertificate, SubjectAttribute, new_p256_key};
use bankchannel_tests::faces::{built, root};
use serde_json::{Value, json};

/// How long a block may take until it asks something, or the next one begins.
const STEP_S: u64 = 120;

/// What the shell does before the page's first command. `tests/postgres.sh` trusts everybody: here the role of the page needs the
/// password that the page gives it.
const BEFORE: &str = r#"set -eu -o pipefail
trap 'kill $(jobs -p) 2> /dev/null || true; wait' EXIT
export PGHOST=${POSTGRES#*host=} PGUSER=bankchannel PGDATABASE=postgres
{ echo 'local all ws_channel scram-sha-256'; cat "$PGHOST/data/pg_hba.conf"; } > ROOT/pg_hba.conf
cat ROOT/pg_hba.conf > "$PGHOST/data/pg_hba.conf"
psql -qAtc 'SELECT pg_reload_conf()' > ROOT/reloaded
(umask 077 && echo "$POSTGRES" > ROOT/url)
start_service() {
    UNIT > ROOT/ready.json 2>> ROOT/log.jsonl & service=$!
    until [ -s ROOT/ready.json ]; do kill -0 $service; sleep 0.1; done
}
reload_service() {
    kill -HUP $service
    until grep -q '"message":"reloaded"' ROOT/log.jsonl; do kill -0 $service; sleep 0.1; done
}
start_nginx() {
    nginx -c ROOT/nginx.conf -p ROOT & nginx=$!
    until curl -fsS https://localhost:PROXY_PORT/readyz > ROOT/probe 2>&1; do kill -0 $nginx; sleep 0.1; done
}
start_prometheus() {
    prometheus --config.file=ROOT/etc/prometheus/prometheus.yml --storage.tsdb.path=ROOT/prometheus \
        --web.listen-address=127.0.0.1:PROMETHEUS_PORT 2> ROOT/prometheus.log &
    until curl -fsS http://127.0.0.1:PROMETHEUS_PORT/-/ready > ROOT/probe 2>&1; do sleep 0.1; done
}
"#;

/// nginx's own file, which includes the page's.
const NGINX: &str =
    "daemon off;\npid ROOT/nginx.pid;\nerror_log ROOT/nginx.log;\nworker_processes 1;\nUSER\nevents {}\nhttp {
    access_log off;
    client_body_temp_path ROOT/body;
    proxy_temp_path ROOT/proxy;
    fastcgi_temp_path ROOT/fastcgi;
    uwsgi_temp_path ROOT/uwsgi;
    scgi_temp_path ROOT/scgi;
    include ROOT/etc/nginx/conf.d/*.conf;\n}\n";

/// The newest code, once there is one that was not typed yet: by SMS from the outbox, by mail from what the mail server has.
const CODE: &str = r#"set -u
for try in $(seq 600); do
    case $1 in
    mail) found=$(grep -o 'eve@company.example.*' ROOT/mails.jsonl | grep -oE '\b[0-9]{6}\b' | tail -n 1) ;;
    *) found=$(grep '"channel":"sms"' ROOT/var/bankchannel/ws-channel/outbox.jsonl |
        grep -oE '"code":"[0-9]{6}"' | tail -n 1 | tr -dc 0-9) ;;
    esac
    if [ -n "$found" ] && ! grep -qx "$found" ROOT/typed; then echo "$found" | tee -a ROOT/typed; exit; fi
    sleep 0.1
done
exit 1
"#;

pub(crate) struct Machine {
    folder: tempfile::TempDir,
    names: Vec<(&'static str, String)>,
    mail: Child,
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.mail.kill();
        let _ = self.mail.wait();
    }
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["etc/bankchannel", "etc/nginx/conf.d", "etc/prometheus", "tls", "var/bankchannel", "home"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join("typed"), "").unwrap();
        tls_files(&folder.path().join("tls"));
        let (mail, mail_port) = mail_server(folder.path());
        // All at once, so that no two are the same.
        let free: Vec<TcpListener> = (0..6).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let ports = ["PROXY_PORT", "SERVICE_PORT", "REHEARSAL_PORT", "BANK_PORT", "METRICS_PORT", "PROMETHEUS_PORT"];
        let mut names: Vec<(&str, String)> = ports
            .into_iter()
            .zip(&free)
            .map(|(name, listener)| (name, listener.local_addr().unwrap().port().to_string()))
            .collect();
        names.push(("MAIL_PORT", mail_port));
        names.push(("ROOT", folder.path().display().to_string()));
        names.push(("REPOSITORY", root().display().to_string()));
        let is_root = folder.path().metadata().unwrap().uid() == 0;
        let machine = Self { folder, names, mail };
        let nginx = NGINX.replace("USER", if is_root { "user root;" } else { "" });
        fs::write(machine.path("nginx.conf"), machine.named(&nginx)).unwrap();
        fs::write(machine.path("code.sh"), machine.named(CODE)).unwrap();
        machine
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The command that gives the code which the account was sent this way, `sms` or `mail`.
    pub(crate) fn code(&self, way: &str) -> Value {
        json!(["bash", self.path("code.sh"), way])
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log.jsonl")).unwrap_or_default()
    }

    pub(crate) fn mails(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("mails.jsonl")).unwrap();
        text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Runs the script on a terminal, with a PostgreSQL server of its own: `bindings/cli/tests/cli/terminal.py` says what is told.
    pub(crate) fn follow(&self, script: &str, steps: &[Value]) -> Value {
        let before = BEFORE.replace("UNIT", &unit_command());
        fs::write(self.path("day.sh"), self.named(&format!("{before}{script}"))).unwrap();
        let programs = std::env::var("PATH").unwrap();
        let authority = self.path("tls/ca.pem");
        let play = json!({
            "argv": ["/bin/bash", self.path("day.sh")],
            "cwd": self.path("home"),
            "env": {
                "HOME": self.path("home"), "TERM": "dumb", "LANG": "C.UTF-8", "POSTGRES": "POSTGRES_URL",
                "PATH": format!("{}:{programs}:/usr/sbin", built().display()),
                "SSL_CERT_FILE": authority, "CURL_CA_BUNDLE": authority,
            },
            "steps": steps,
            "step_s": STEP_S,
        });
        let mut running = Command::new(root().join("tests/postgres.sh"));
        let with_url = r#"sed "s#POSTGRES_URL#$BANKCHANNEL_TEST_POSTGRES#" "$1" | python3 "$2""#;
        running.args(["run", "sh", "-c", with_url, "sh"]).arg(self.path("play.json"));
        running.arg(root().join("bindings/cli/tests/cli/terminal.py"));
        fs::write(self.path("play.json"), play.to_string()).unwrap();
        let done = running.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
        serde_json::from_slice(&done.stdout)
            .unwrap_or_else(|why| panic!("{why}: PostgreSQL, or python3: {}", String::from_utf8_lossy(&done.stdout)))
    }

    /// A text with this machine's folders and ports.
    fn named(&self, text: &str) -> String {
        self.names.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }
}

/// The command of the package's unit, with the options that it has by default.
fn unit_command() -> String {
    let unit = fs::read_to_string(root().join("packaging/debian/service")).unwrap();
    let value =
        |name: &str| unit.lines().find_map(|line| line.strip_prefix(name)).expect("a line of the unit").to_owned();
    let options = value("Environment=\"OPTIONS=").replace("PORT\"", "SERVICE_PORT");
    let command = value("ExecStart=/usr/bin/").replace("$OPTIONS", &options).replace("KIND", "ws-channel");
    command.replace("/var/lib/bankchannel", "ROOT/var/bankchannel").replace("/etc/bankchannel", "ROOT/etc/bankchannel")
}

/// An authority, and a certificate of `localhost` with its key: for the proxy and the mail server.
fn tls_files(folder: &Path) {
    let (begin, end) = (jiff::Timestamp::now(), jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24));
    let issuer = CertificateIssuer::create("First Day Root", begin, end).unwrap();
    let key = new_p256_key().unwrap();
    let subject = [(SubjectAttribute::CommonName, "localhost")];
    let (purpose, hosts) = (CertificatePurpose::TlsServer, vec!["localhost"]);
    let new = NewCertificate { purpose, hosts, ..NewCertificate::new(&subject, begin, end) };
    fs::write(folder.join("chain.pem"), issuer.issue_for(&new, &key).unwrap().to_pem()).unwrap();
    fs::write(folder.join("ca.pem"), issuer.certificate().to_pem()).unwrap();
    fs::write(folder.join("key.pem"), key.as_bytes()).unwrap();
    fs::set_permissions(folder.join("key.pem"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// The mail server, whose mails are lines of `mails.jsonl`, and its port.
fn mail_server(folder: &Path) -> (Child, String) {
    let mails = folder.join("mails.jsonl");
    let mut server = Command::new(built().with_file_name("venv").join("bin/python"));
    server.arg(root().join("tests/support/smtp_server.py")).arg("starttls");
    server.args([folder.join("tls/chain.pem"), folder.join("tls/key.pem")]);
    let output = fs::File::create(&mails).unwrap();
    let mut running = server.stdin(Stdio::piped()).stdout(output).spawn().expect("tests/run tools makes target/venv");
    let patience = Instant::now() + Duration::from_secs(60);
    loop {
        let told = fs::read_to_string(&mails).unwrap();
        if let Some(line) = told.split_once('\n').map(|(line, _)| line) {
            let first: Value = serde_json::from_str(line).unwrap();
            return (running, first["port"].to_string());
        }
        let ended = running.try_wait().unwrap();
        assert!(
            ended.is_none() && Instant::now() < patience,
            "the mail server needs aiosmtpd: tests/run tools installs it"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}
