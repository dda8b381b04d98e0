//! A bank in a temporary data folder, and third parties that use the protocol's own signing functions.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use bankchannel_crypto::{random, signature::SigningKey};
use bankchannel_foundation::model::Timestamp;
use bankchannel_nextgen_psd2::{
    certificates::{Certificate, TestAuthority},
    http::Request,
    signing::{SigningDialect, SigningProfile, sign},
};
use bankchannel_nextgen_psd2_bank::{BankOptions, RunningBank};
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The time of the specification's vectors.
pub(crate) const NOW: &str = "2026-03-03T10:15:30Z";
pub(crate) const NOW_S: i64 = 1_772_532_930;
pub(crate) const VECTOR_A: &[u8] = include_bytes!("../../../../protocols/nextgen-psd2/src/signing/vectors/a.http");
pub(crate) const VECTOR_B: &[u8] = include_bytes!("../../../../protocols/nextgen-psd2/src/signing/vectors/b.http");
pub(crate) const SIGNING_STRING_A: &[u8] =
    include_bytes!("../../../../protocols/nextgen-psd2/src/signing/vectors/a.signing-string");
/// The hash of PSU 1's personal identifier.
pub(crate) const HASH: &str = "nJ9X7+BPj1pltpnbHHdyONWHa0TO8kBlTHSd0J4XkO8=";
pub(crate) const PSU: &str = "psu-7f3a91";
pub(crate) const REDIRECT: &str = "https://tpp.example/cb?state=9d1f&lang=nb";
pub(crate) const VERIFY: &str = "/api/v1/user/verification";

pub(crate) struct World {
    running: Option<RunningBank>,
    pub(crate) ready: Value,
    http: reqwest::Client,
    folder: TempDir,
    options: BankOptions,
    clock_s: i64,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
    pub(crate) text: String,
}

impl Answer {
    /// The code in either dialect.
    pub(crate) fn code(&self) -> &str {
        let era = self.body["code"].as_str();
        era.or_else(|| self.body["tppMessages"][0]["code"].as_str()).unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        let era = self.body["message"].as_str();
        era.or_else(|| self.body["tppMessages"][0]["text"].as_str()).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Was refused with this status and code by this check; the explanation reports the same.
    #[track_caller]
    pub(crate) fn is_refused(&self, status: u16, code: &str, check: &str) -> &Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        assert!(self.message().starts_with(&format!("{check}: ")), "{}", self.message());
        assert_eq!(self.body["explain"]["verdict"], check, "{}", self.text);
        self
    }
}

/// A third party: its signing key and certificate, and its TLS client certificate.
pub(crate) struct Tpp {
    pub(crate) certificate: Certificate,
    pub(crate) key: SigningKey,
    pub(crate) profile: SigningProfile,
    http: Option<reqwest::Client>,
}

/// The data folder's certificates are created once for all tests: generating keys is slow.
fn prepared() -> &'static Path {
    static PREPARED: OnceLock<TempDir> = OnceLock::new();
    PREPARED
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let options = BankOptions {
                data: Some(folder.path().to_str().unwrap().to_owned()),
                plain: Some(true),
                clock: Some(Timestamp::new(NOW).unwrap()),
                ..BankOptions::default()
            };
            let made = std::thread::spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async { RunningBank::start(options).await.unwrap().stop().await });
            });
            made.join().unwrap();
            folder
        })
        .path()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else if ["pem", "key"].iter().any(|end| entry.path().extension().is_some_and(|found| found == *end)) {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}

pub(crate) fn uuid() -> String {
    random::uuid_v4()
}

fn builder() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

impl World {
    /// Starts a bank at the test clock, without TLS, with the control interface.
    pub(crate) async fn start() -> Self {
        Self::with(|options| options.plain = Some(true)).await
    }

    /// The same with TLS.
    pub(crate) async fn tls() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut BankOptions)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        copy(prepared(), &data);
        let mut options = BankOptions {
            data: Some(data.to_str().unwrap().to_owned()),
            clock: Some(Timestamp::new(NOW).unwrap()),
            control: Some(true),
            auto_answer: Some(true),
            ..BankOptions::default()
        };
        change(&mut options);
        Self::run(folder, options).await
    }

    async fn run(folder: TempDir, options: BankOptions) -> Self {
        let running = RunningBank::start(options.clone()).await.unwrap();
        let ready = running.readiness();
        Self { running: Some(running), ready, http: builder().build().unwrap(), folder, options, clock_s: NOW_S }
    }

    pub(crate) async fn restart(mut self) -> Self {
        self.running.take().unwrap().stop().await;
        Self::run(self.folder, self.options).await
    }

    pub(crate) fn ready(&self, name: &str) -> &str {
        self.ready[name].as_str().unwrap()
    }

    pub(crate) fn origin(&self) -> &str {
        self.ready("base_url").strip_suffix("/api").unwrap()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(Path::new(self.ready("certificates_dir")).join(name)).unwrap()
    }

    /// The third party with this number, from the bank's folder.
    pub(crate) fn tpp(&self, number: usize) -> Tpp {
        let certificate = Certificate::from_pem(&self.read(&format!("tpp{number}-qseal.pem"))).unwrap();
        let key = SigningKey::from_pem(&self.read(&format!("tpp{number}-qseal.key")), None).unwrap();
        let http = self.origin().starts_with("https:").then(|| self.client(Some(&format!("tpp{number}-qwac"))));
        Tpp { certificate, key, profile: SigningProfile::default(), http }
    }

    /// A client that trusts the bank's authority and presents this certificate.
    pub(crate) fn client(&self, name: Option<&str>) -> reqwest::Client {
        let read = |name: &str| format!("{}{}", self.read(&format!("{name}.pem")), self.read(&format!("{name}.key")));
        self.client_showing(name.map(read).as_deref())
    }

    /// The same with certificate and key as PEM.
    pub(crate) fn client_showing(&self, identity: Option<&str>) -> reqwest::Client {
        let ca = std::fs::read(self.ready("ca_file")).unwrap();
        let mut builder = builder().tls_certs_only([reqwest::Certificate::from_pem(&ca).unwrap()]);
        if let Some(pem) = identity {
            builder = builder.identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
        }
        builder.build().unwrap()
    }

    /// The bank's authority, which can issue more certificates.
    pub(crate) fn authority(&self) -> TestAuthority {
        let key = std::fs::read_to_string(self.data().join("ca.key")).unwrap();
        TestAuthority::from_pem(&self.read("ca.pem"), &key).unwrap()
    }

    /// Signs a request in the dialect of its path.
    pub(crate) fn sign(&self, tpp: &Tpp, method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let mut request = unsigned(method, target, headers, body);
        if !body.is_empty() {
            request.headers.push("Content-Type", "application/json");
        }
        let dialect = if target.starts_with("/bg") { SigningDialect::Bg } else { SigningDialect::Era };
        let profile = SigningProfile { dialect, ..tpp.profile.clone() };
        sign(request, &tpp.certificate, &tpp.key, &profile, self.clock_s, &uuid()).unwrap().0
    }

    /// Signs and sends a request.
    pub(crate) async fn call(
        &self,
        tpp: &Tpp,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Value,
    ) -> Answer {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = self.sign(tpp, method, target, headers, &body);
        self.send_by(tpp.http.as_ref().unwrap_or(&self.http), &request).await
    }

    pub(crate) async fn send(&self, request: &Request) -> Answer {
        self.send_by(&self.http, request).await
    }

    pub(crate) async fn send_by(&self, client: &reqwest::Client, request: &Request) -> Answer {
        let url = format!("{}{}", self.origin(), request.target);
        let mut out = client.request(Method::from_bytes(request.method.as_bytes()).unwrap(), url);
        for header in request.headers.iter().filter(|header| !header.name.eq_ignore_ascii_case("host")) {
            out = out.header(header.name.as_str(), header.trimmed());
        }
        answered(out.body(request.body.clone()).send().await.unwrap()).await
    }

    /// A page, as a browser receives it.
    pub(crate) async fn page(&self, path: &str) -> Answer {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.origin()) };
        let client = if url.starts_with("https") { self.client(None) } else { self.http.clone() };
        answered(client.get(url).send().await.unwrap()).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(form);
        let request = self.http.post(format!("{}{path}", self.origin()));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body.finish());
        answered(request.send().await.unwrap()).await
    }

    pub(crate) async fn control(&self, path: &str, body: Value) -> Answer {
        let url = format!("{}/{path}", self.ready("control_url"));
        let body = if body.is_null() { String::new() } else { body.to_string() };
        answered(self.http.post(url).body(body).send().await.unwrap()).await
    }

    pub(crate) async fn control_raw(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = self.http.post(format!("{}/{path}", self.ready("control_url"))).body(body.to_vec());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request.send().await.unwrap()).await
    }

    /// Advances the clocks of the bank and the third parties.
    pub(crate) async fn advance(&mut self, seconds: i64) {
        let answer = self.control("clock", json!({ "advance_s": seconds })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.clock_s += seconds;
    }

    /// The status of the answer to raw bytes; 0 if the connection ends without an answer.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> (u16, String) {
        self.raw_in_parts(bytes, std::future::ready(()), b"").await
    }

    /// The same in two parts, with an action after the bank has received the first.
    pub(crate) async fn raw_in_parts(
        &self,
        first: &[u8],
        between: impl Future<Output = ()>,
        rest: &[u8],
    ) -> (u16, String) {
        let address = self.origin().strip_prefix("http://").unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(first).await;
        if !rest.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        between.await;
        let _ = stream.write_all(rest).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        (status, answer)
    }

    /// The body of `verify_user` for PSU 1.
    pub(crate) fn question(&self) -> Value {
        json!({ "PSU-ID": PSU, "PSUPersonalIdentifier": HASH })
    }
}

async fn answered(response: reqwest::Response) -> Answer {
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let text = response.text().await.unwrap();
    Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null), text }
}

pub(crate) fn unsigned(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), Bytes::copy_from_slice(value.as_bytes())));
    Request {
        method: method.to_owned(),
        target: target.to_owned(),
        headers: headers.collect(),
        body: Bytes::copy_from_slice(body.as_bytes()),
    }
}

pub(crate) fn parsed(request: &[u8]) -> Request {
    Request::parse(request).unwrap()
}

impl Tpp {
    /// The specification's published key, with the leaf certificate of vector A.
    pub(crate) fn of_the_sheet() -> Self {
        let key = include_str!("../../../../protocols/nextgen-psd2/src/signing/vectors/test-key.pem");
        let request = parsed(VECTOR_A);
        let der = bankchannel_nextgen_psd2::certificates::read_certificate_header(
            request.headers.get("tpp-signature-certificate").unwrap(),
            false,
        );
        Self {
            certificate: der.unwrap().certificate,
            key: SigningKey::from_pem(key, None).unwrap(),
            profile: SigningProfile::default(),
            http: None,
        }
    }

    pub(crate) fn org(&self) -> &str {
        self.certificate.organization_identifier().unwrap()
    }
}
