//! The sandbox bank under load, compared with a bare handler that verifies one RSA signature.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{SystemTime, UNIX_EPOCH},
};

use bankchannel::{
    message::Request,
    nextgen_psd2::{
        certificates::Certificate,
        signing::{SigningProfile, sign},
    },
};
use bankchannel_crypto::{digest::sha256, random::uuid_v4, signature::SigningKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    bare::Bare,
    load,
    served::program,
    table::{Bound, Table},
};

const CONNECTIONS: usize = 64;
const ROUNDS: usize = 5;
/// Each is signed separately: the bank accepts none twice.
const REQUESTS: usize = 16_000;
const TARGET: &str = "/api/v1/user/verification";
/// A customer of a bank with unchanged data.
const CUSTOMER: &str = "psu-7f3a91";

pub(crate) fn measure(table: &mut Table) {
    let bank = Running::start();
    let bare = Bare::verifying(b"{}");
    let runtime = Runtime::new().expect("a runtime");
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let requests = bank.requests();
        let mine = runtime.block_on(load::answered_per_second(&bank.address, &requests, CONNECTIONS));
        let theirs = runtime.block_on(load::answered_per_second(&bare.address, &requests, CONNECTIONS));
        ratios.push((mine / theirs, mine, theirs));
    }
    ratios.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, mine, theirs) = ratios[ROUNDS / 2];
    table.ratio(
        "sandbox bank, verify_user, 64 connections, requests per second",
        &format!("{mine:.0}/s"),
        &format!("bare axum handler that verifies a signature {theirs:.0}/s"),
        ratio,
        Bound::AtLeast(0.6),
    );
}

/// The bank in a separate process, as in real use, with a customer.
struct Running {
    child: Child,
    address: String,
    certificate: Certificate,
    key: SigningKey,
    _folder: tempfile::TempDir,
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (child, ready) = serve(&folder);
        let text = |name: &str| ready[name].as_str().unwrap_or_else(|| panic!("{name} in {ready}")).to_owned();
        let read = |name: &str| {
            std::fs::read_to_string(format!("{}/{name}", text("certificates_dir")))
                .unwrap_or_else(|why| panic!("{name}: {why}"))
        };
        let address = text("base_url").trim_start_matches("http://").trim_end_matches("/api").to_owned();
        let certificate = Certificate::from_pem(&read("tpp1-qseal.pem")).expect("a certificate");
        let key = SigningKey::from_pem(&read("tpp1-qseal.key"), None).expect("a key");
        Self { child, address, certificate, key, _folder: folder }
    }

    /// Freshly signed requests, made on as many threads as there are processors.
    fn requests(&self) -> Vec<Vec<u8>> {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let now_s = i64::try_from(now_s).expect("a time");
        let body =
            json!({"PSU-ID": CUSTOMER, "PSUPersonalIdentifier": STANDARD.encode(sha256(b"00000000000"))}).to_string();
        let length = body.len();
        let text = format!(
            "POST {TARGET} HTTP/1.1\nHost: {}\nContent-Type: application/json\nContent-Length: {length}\n\n{body}",
            self.address
        );
        let request = Request::parse(text.as_bytes()).expect("a request");
        let profile = SigningProfile { self_verify: false, ..SigningProfile::default() };
        let one = || {
            let signed = sign(request.clone(), &self.certificate, &self.key, &profile, now_s, &uuid_v4());
            signed.expect("signs").0.to_bytes()
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let each = |_| scope.spawn(|| (0..REQUESTS / threads).map(|_| one()).collect::<Vec<_>>());
            let all: Vec<_> = (0..threads).map(each).collect();
            all.into_iter().flat_map(|thread| thread.join().expect("signs")).collect()
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(folder: &tempfile::TempDir) -> (Child, Value) {
    let mut child = Command::new(program())
        .args(["serve", "nextgen-psd2-bank", "--plain", "--data"])
        .arg(folder.path().join("data"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the bank starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    (child, serde_json::from_str(&line).expect("a readiness line"))
}
