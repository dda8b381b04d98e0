//! A running service and the people who use it.

use std::{
    io::Write,
    time::{Duration, Instant, SystemTime},
};

use bankchannel_crypto::{
    rsa,
    x509::{CertificateIssuer, NewCertificate, SubjectAttribute},
};
use bankchannel_iso20022::EXAMPLE_PAIN001;
use bankchannel_openpgp::{GeneratedAlgorithm, HashAlgorithm, KeyGeneration, OpenPgpPrivateKey, sign_detached};
use bankchannel_ws_channel_service::{Channels, RunningService, ServiceOptions};
use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

pub(crate) const PASSWORD: &str = "Example_..1234567890abcdef";
pub(crate) const COMPANY: &str = "Example Company Oy";
pub(crate) const PAYMENT: &str = "pain.001.001.09";

/// The service, its data folder, and a client.
pub(crate) struct Served {
    pub(crate) running: RunningService,
    pub(crate) folder: tempfile::TempDir,
    client: reqwest::Client,
    base: String,
    control: String,
}

/// An account with a session in each mode.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) email: String,
    pub(crate) key: String,
    pub(crate) admin: String,
    pub(crate) data: String,
}

/// An answer of the service.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self) -> &str {
        self.body["ResponseText"].as_str().unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn ok(self, status: u16) -> Value {
        assert_eq!((self.status, self.body["ResponseCode"].as_str()), (status, Some("00")), "{:?}", self.body);
        self.body
    }

    #[track_caller]
    pub(crate) fn refused(&self, status: u16, text: &str) {
        assert_eq!((self.status, self.text()), (status, text), "{:?}", self.body);
        assert_eq!(self.body["ResponseCode"], "01");
        assert!(self.body["RequestId"].is_string());
    }
}

impl Served {
    pub(crate) async fn start() -> Self {
        Self::with("", Channels::default()).await
    }

    /// Starts a service with this configuration file and these channels.
    pub(crate) async fn with(config: &str, channels: Channels) -> Self {
        Self::on(tempfile::tempdir().unwrap(), config, channels).await
    }

    /// Starts a service with this data folder.
    pub(crate) async fn on(folder: tempfile::TempDir, config: &str, channels: Channels) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let file = folder.path().join("config.toml");
        std::fs::File::create(&file).unwrap().write_all(config.as_bytes()).unwrap();
        let options = ServiceOptions {
            data: Some(folder.path().join("data").display().to_string()),
            config: Some(file.display().to_string()),
            no_limits: Some(true),
            control: Some(true),
            ..ServiceOptions::default()
        };
        let running = RunningService::start_with(options, channels).await.unwrap();
        let readiness = running.readiness();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let text = |name: &str| readiness[name].as_str().unwrap().to_owned();
        Self { base: text("base_url"), control: text("control_url"), running, folder, client }
    }

    /// Stops, and restarts with the same data.
    pub(crate) async fn again(self, config: &str) -> Self {
        self.running.stop().await;
        Self::on(self.folder, config, Channels::default()).await
    }

    /// Creates an account under a new API key.
    pub(crate) async fn owner(&self, email: &str) -> Person {
        self.person(email, None).await
    }

    /// Creates an account under this API key or a new one.
    pub(crate) async fn person(&self, email: &str, key: Option<&str>) -> Person {
        let mut account = json!({"email": email, "password": PASSWORD, "company": COMPANY, "sessions": true});
        if let Some(key) = key {
            account["api_key"] = key.into();
        }
        let seeded = self.control("seed", json!({ "accounts": [account] })).await;
        let seeded = &seeded["accounts"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            email: email.to_owned(),
            key: text(&seeded["api_key"]),
            admin: text(&seeded["id_tokens"]["admin"]),
            data: text(&seeded["id_tokens"]["data"]),
        }
    }

    /// Creates an owner with a certificate at the simulator and an authorize key.
    pub(crate) async fn customer(&self, email: &str) -> (Person, Signer) {
        let person = self.owner(email).await;
        self.enrol(&person).await.ok(201);
        let signer = Signer::new(email);
        self.register_key(&person, &signer, "authorize").await.ok(201);
        (person, signer)
    }

    pub(crate) async fn control(&self, what: &str, body: Value) -> Value {
        let sent = self.client.post(format!("{}/{what}", self.control)).json(&body).send().await.unwrap();
        let status = sent.status();
        let body: Value = sent.json().await.unwrap();
        assert!(status.is_success(), "{body}");
        body
    }

    /// The messages that would go by SMS or mail.
    pub(crate) async fn outbox(&self) -> Vec<Value> {
        let all: Value =
            self.client.get(format!("{}/outbox", self.control)).send().await.unwrap().json().await.unwrap();
        all.as_array().unwrap().clone()
    }

    /// The metrics, as monitoring with this token gets them.
    pub(crate) async fn metrics(&self, token: Option<&str>) -> reqwest::Response {
        let url = self.running.readiness()["operator_url"].as_str().unwrap().to_owned();
        let mut request = self.client.get(format!("{url}/metrics"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.send().await.unwrap()
    }

    /// Waits for a line of the metrics, or until it is gone.
    #[allow(dead_code)]
    pub(crate) async fn until_metric(&self, line: &str, is_there: bool) {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let all = self.metrics(None).await.text().await.unwrap();
            if all.lines().any(|one| one == line) == is_there {
                return;
            }
            assert!(Instant::now() < until, "{line}: not {is_there} in {all}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for what a command of the operator's was given, see [`operators_command`].
    #[allow(dead_code)]
    pub(crate) async fn until_given(told: &std::path::Path, purpose: &str) {
        let until = Instant::now() + Duration::from_secs(60);
        while !std::fs::read_to_string(told).is_ok_and(|text| text.contains(purpose)) {
            assert!(Instant::now() < until, "{purpose}: not told");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until the operator is told with this purpose: the texts.
    #[allow(dead_code)]
    pub(crate) async fn until_told(&self, purpose: &str) -> Vec<String> {
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let all = self.outbox().await;
            let told: Vec<_> = all.iter().filter(|one| one["purpose"] == purpose).collect();
            if !told.is_empty() {
                return told.iter().map(|one| one["text"].as_str().unwrap().to_owned()).collect();
            }
            assert!(Instant::now() < until, "{purpose}: not told: {all:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn call(&self, method: Method, path: &str, token: &str, key: &str, body: Option<Value>) -> Answer {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        request = request.header("authorization", token).header("x-api-key", key);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Answer { status: response.status().as_u16(), body: response.json().await.unwrap() }
    }

    pub(crate) async fn admin(&self, who: &Person, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call(method, path, &who.admin, &who.key, body).await
    }

    pub(crate) async fn data(&self, who: &Person, method: Method, path: &str, body: Option<Value>) -> Answer {
        self.call(method, path, &who.data, &who.key, body).await
    }

    pub(crate) async fn get(&self, who: &Person, path: &str) -> Answer {
        self.data(who, Method::GET, path, None).await
    }

    pub(crate) async fn enrol(&self, who: &Person) -> Answer {
        self.admin(who, Method::POST, "/certs/simulator", Some(enrolment())).await
    }

    pub(crate) async fn register_key(&self, who: &Person, signer: &Signer, purpose: &str) -> Answer {
        let body = json!({"PgpKey": signer.public, "PgpKeyPurpose": purpose});
        self.admin(who, Method::PUT, "/pgp", Some(body)).await
    }

    pub(crate) async fn upload(&self, who: &Person, body: Value) -> Answer {
        self.data(who, Method::PUT, "/files/simulator", Some(body)).await
    }

    /// The references of files with this type and status.
    pub(crate) async fn references(&self, who: &Person, kind: &str, status: &str) -> Vec<String> {
        let path = format!("/files/simulator?FileType={kind}&Status={status}");
        let listed = self.get(who, &path).await.ok(200);
        let items = listed["FileDescriptors"].as_array().unwrap();
        items.iter().map(|item| item["FileReference"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn download(&self, who: &Person, kind: &str, reference: &str) -> Vec<u8> {
        let body = self.get(who, &format!("/files/simulator/{kind}/{reference}")).await.ok(200);
        STANDARD.decode(body["Content"].as_str().unwrap()).unwrap()
    }

    /// Waits for the answer to an upload: a new file of this type.
    pub(crate) async fn new_file(&self, who: &Person, kind: &str) -> Vec<u8> {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(reference) = self.references(who, kind, "NEW").await.first() {
                return self.download(who, kind, reference).await;
            }
            assert!(Instant::now() < until, "no new {kind} came");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub(crate) async fn import(&self, who: &Person, bank: &str, body: Value) -> Answer {
        self.admin(who, Method::PUT, &format!("/certs/{bank}"), Some(body)).await
    }
}

/// The settings of a command that appends what the operator is told to this file.
#[allow(dead_code)]
pub(crate) fn operators_command(told: &std::path::Path) -> String {
    format!(
        "delivery_of_operator = \"command\"\n[notice_command]\nprogram = \"/bin/sh\"\narguments = [\"-c\", \"cat >> '{}'\"]\n",
        told.display()
    )
}

/// The content files in this folder, without the marker of the installation.
pub(crate) fn content_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| !path.ends_with(".installation")).collect()
}

/// The body of an enrolment at the simulator.
pub(crate) fn enrolment() -> Value {
    json!({"Code": "SIM-0123456789abcdef01234567", "Company": COMPANY, "WsUserId": "SIM-0123456789ab"})
}

/// A PGP key pair.
pub(crate) struct Signer {
    pub(crate) private: OpenPgpPrivateKey,
    pub(crate) public: String,
    pub(crate) short_id: String,
}

impl Signer {
    pub(crate) fn new(email: &str) -> Self {
        Self::expiring(email, None)
    }

    pub(crate) fn expiring(email: &str, expires: Option<SystemTime>) -> Self {
        let wanted = KeyGeneration {
            name: "Example User".into(),
            email: email.into(),
            algorithm: GeneratedAlgorithm::Ed25519,
            created: SystemTime::now() - Duration::from_secs(60),
            expires,
            passphrase: None,
        };
        let private = OpenPgpPrivateKey::generate(wanted).unwrap();
        let public = private.public();
        Self { public: public.to_armored().unwrap(), short_id: public.short_id(), private }
    }

    pub(crate) fn sign(&self, content: &[u8]) -> String {
        let now = SystemTime::now();
        let signer = self.private.signer(now).unwrap();
        sign_detached(&[&signer], content, HashAlgorithm::default(), now).unwrap()
    }

    /// The body of an upload with this content, signed.
    pub(crate) fn signed(&self, content: &[u8]) -> Value {
        upload(content, &self.sign(content))
    }
}

pub(crate) fn upload(content: &[u8], signature: &str) -> Value {
    json!({
        "FileContents": STANDARD.encode(content),
        "FileName": "synthetic.xml",
        "FileType": PAYMENT,
        "Signature": signature,
    })
}

pub(crate) fn payment() -> &'static [u8] {
    EXAMPLE_PAIN001.as_bytes()
}

/// A certificate with its private key, both PEM, issued by the test's own authority.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) private_key: String,
}

pub(crate) fn identity(days: i64) -> Identity {
    let now = Timestamp::now();
    let ahead = |days: i64| now.checked_add(SignedDuration::from_hours(24 * days)).unwrap();
    let issuer = CertificateIssuer::create("CUSTOMER TEST CA", ahead(-1000), ahead(4000)).unwrap();
    let key = rsa::RsaPrivateKey::generate(2048).unwrap();
    let subject = [(SubjectAttribute::CommonName, "1000038023"), (SubjectAttribute::Organization, COMPANY)];
    let serial = Some(&[0x11, 0xa0, 0x5d][..]);
    let new = NewCertificate { serial, ..NewCertificate::new(&subject, ahead(days.min(0) - 1), ahead(days)) };
    let certificate = issuer.issue(&new, key.public()).unwrap().to_pem();
    Identity { certificate, private_key: key.to_pkcs8_pem().to_string() }
}

pub(crate) fn import_of(identity: &Identity) -> Value {
    json!({
        "Certificate": identity.certificate,
        "PrivateKey": identity.private_key,
        "Company": COMPANY,
        "WsUserId": "1000038023",
    })
}
