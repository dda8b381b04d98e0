//! Certificates that renew themselves in the service: 200 due at a bank of two seconds, and what others notice of it.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Child, Command},
    time::{Duration, Instant},
};

use bankchannel_crypto::rsa::RsaPrivateKey;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    load,
    served::{program, serve, serve_kind},
    table::{Bound, Table, ms},
};

/// The certificates that are due.
const DUE: usize = 200;
/// How many are asked for, or tried, at once.
const AT_ONCE: usize = 16;
/// How long the bank takes for each.
const BANK: Duration = Duration::from_secs(2);
/// Keys that are made to measure how long one takes.
const KEYS: usize = 40;
/// Lists of others, one after the other.
const LISTS: usize = 200;
/// Until OP's certificates are due, days.
const DAYS: i64 = 700;

/// Two servers, which end with this.
struct Running {
    children: Vec<Child>,
    folder: tempfile::TempDir,
    bank: Value,
    service: Value,
}

impl Drop for Running {
    fn drop(&mut self) {
        for child in &mut self.children {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Running {
    fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = ["--plain", "--control"].map(OsStr::new);
        let (bank_child, bank) = serve_kind("sepa-bank", &folder.path().join("bank"), &options);
        let table = |name: &str, family: &str| {
            let of = &bank["families"][family];
            format!(
                "[banks.{name}]\nenvironment = \"production\"\nfile_url = {}\ncertificate_url = {}\nanchors_file = {}\n\
                 certificates_at_once = {AT_ONCE}\n",
                of["file_url"], of["certificate_url"], of["anchors_file"]
            )
        };
        let config = folder.path().join("service.toml");
        std::fs::write(&config, table("osuuspankki", "op") + &table("nordea", "nordea")).expect("a file");
        let options = [OsStr::new("--no-limits"), OsStr::new("--control"), OsStr::new("--config"), config.as_os_str()];
        let (service_child, service) = serve(&folder.path().join("service"), &options);
        Self { children: vec![bank_child, service_child], folder, bank, service }
    }

    fn of_bank(&self, order: &str, body: &Value) -> Value {
        load::post(&format!("{}/{order}", self.bank["control_url"].as_str().expect("a URL")), &body.to_string())
    }

    fn of_service(&self, order: &str, body: &Value) -> Value {
        load::post(&format!("{}/{order}", self.service["control_url"].as_str().expect("a URL")), &body.to_string())
    }

    fn address(&self) -> String {
        let url = self.service["base_url"].as_str().expect("a URL");
        url.trim_start_matches("http://").trim_end_matches("/v2").to_owned()
    }

    /// Makes accounts; their seeds.
    fn accounts(&self, emails: &[String]) -> Vec<Value> {
        let accounts: Vec<Value> = emails
            .iter()
            .map(|email| json!({"email": email, "password": "Benchmark_1234567890", "company": "Bench", "sessions": true}))
            .collect();
        self.of_service("seed", &json!({ "accounts": accounts }))["accounts"].as_array().expect("accounts").clone()
    }

    /// The request of an enrolment of this account, as a customer of its own: a user id belongs to one account.
    fn enrolment(&self, account: &Value, customer: &str, (bank, family): (&str, &str)) -> Vec<u8> {
        let company = format!("Bench {customer}");
        self.of_bank(
            "sandbox/customers",
            &json!([{"family": family, "customer_id": customer, "company": company, "target_id": format!("{customer}A1")}]),
        );
        let order = json!({"family": family, "customer_id": customer});
        let code = self.of_bank("sandbox/code", &order)["code"].clone();
        let body = json!({"Code": code, "Company": company, "WsUserId": customer});
        request(account, "admin", ("POST", &format!("/certs/{bank}")), &body.to_string())
    }

    /// The serial numbers of the certificates that are in use.
    fn in_use(&self) -> Vec<String> {
        let mut command = Command::new(program());
        command.args(["admin", "cert-list", "--json", "--data"]).arg(self.folder.path().join("service"));
        command.arg("--config").arg(self.folder.path().join("service.toml"));
        let listed: Value = serde_json::from_slice(&command.output().expect("it lists").stdout).expect("JSON");
        let all = listed["certificates"].as_array().or_else(|| listed.as_array()).expect("a list").clone();
        let used = all.iter().filter(|one| one["state"] == "active" && one["bank"] == "osuuspankki");
        used.map(|one| one["serial"].as_str().expect("a serial").to_owned()).collect()
    }

    /// The memory of the service, its highest so far, KiB.
    fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(Path::new("/proc").join(self.children[1].id().to_string()).join("status"));
        let status = status.expect("the kernel tells");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("its memory");
        line.trim().trim_end_matches("kB").trim().parse().expect("a number")
    }
}

fn request(account: &Value, mode: &str, (method, path): (&str, &str), body: &str) -> Vec<u8> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (token, key) = (text(&account["id_tokens"][mode]), text(&account["api_key"]));
    format!(
        "{method} /v2{path} HTTP/1.1\r\nhost: x\r\nauthorization: {token}\r\nx-api-key: {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len(),
    )
    .into_bytes()
}

pub(crate) fn measure(table: &mut Table) {
    let runtime = Runtime::new().expect("a runtime");
    let due = std::env::var("BANKCHANNEL_RENEWALS").ok().and_then(|given| given.parse().ok()).unwrap_or(DUE);
    let begun = Instant::now();
    for _ in 0..KEYS {
        RsaPrivateKey::generate(2048).expect("a key");
    }
    // The service makes keys on half of the processors.
    let makers = (std::thread::available_parallelism().map_or(1, usize::from) / 2).max(1);
    let keys = begun.elapsed().as_secs_f64() / KEYS as f64 * due as f64 / makers as f64;

    let running = Running::start();
    let emails: Vec<String> = (0..due).map(|number| format!("due{number}@example.test")).collect();
    for (number, account) in running.accounts(&emails).iter().enumerate() {
        let request = running.enrolment(account, &format!("{}", 10_000_000 + number), ("osuuspankki", "op"));
        runtime.block_on(load::body(&running.address(), &request));
    }
    let until = Instant::now() + Duration::from_secs(120);
    while running.in_use().len() < due {
        assert!(Instant::now() < until, "not all are in use");
        std::thread::sleep(Duration::from_millis(100));
    }
    let before = running.in_use();
    let memory = running.memory();

    // Lists of another bank's customer, before and meanwhile.
    let moved = json!({"advance_s": (DAYS - 30) * 86_400});
    running.of_bank("sandbox/time", &moved);
    running.of_service("clock", &moved);
    let other = running.accounts(&["other@example.test".to_owned()]).remove(0);
    runtime.block_on(load::body(&running.address(), &running.enrolment(&other, "11111111", ("nordea", "nordea"))));
    let list = request(&other, "data", ("GET", "/files/nordea?FileType=NDCORPAYL"), "");
    let usual = median_list(&runtime, &running, &list);
    for operation in ["renew_certificate", "list_files"] {
        let order = json!({
            "fault": format!("delay={}", BANK.as_millis()), "family": "op", "operation": operation, "count": due,
        });
        running.of_bank("sandbox/faults", &order);
    }
    // Half an hour at a time: the session of the other one stays.
    let moved = json!({"advance_s": 30 * 86_400});
    running.of_bank("sandbox/time", &moved);
    running.of_service("clock", &moved);
    let begun = Instant::now();
    let other = running.accounts(&["later@example.test".to_owned()]).remove(0);
    runtime.block_on(load::body(&running.address(), &running.enrolment(&other, "22222222", ("nordea", "nordea"))));
    let list = request(&other, "data", ("GET", "/files/nordea?FileType=NDCORPAYL"), "");
    let meanwhile = median_list(&runtime, &running, &list);
    let is_renewed = || {
        let now = running.in_use();
        now.len() == due && now.iter().all(|serial| !before.contains(serial))
    };
    assert!(!is_renewed(), "the lists were made while certificates were renewed");
    while !is_renewed() {
        assert!(begun.elapsed() < Duration::from_secs(1800), "not all are renewed");
        std::thread::sleep(Duration::from_millis(200));
    }
    let took = begun.elapsed().as_secs_f64();
    // Each is asked for, then tried with a list.
    let waiting = due as f64 * 2.0 * BANK.as_secs_f64() / AT_ONCE as f64;
    let longer = waiting.max(keys);
    let against = format!("waiting {waiting:.1} s, making keys {keys:.1} s");
    let name = format!("{due} certificates due at a bank of 2 s, {AT_ONCE} at once");
    table.ratio(&name, &format!("{took:.1} s"), &against, took / longer, Bound::AtMost(1.2));
    let name = "a list at another bank meanwhile, against its usual time";
    let ratio = meanwhile.as_secs_f64() / usual.as_secs_f64();
    table.ratio(name, &ms(meanwhile), &ms(usual), ratio, Bound::AtMost(1.5));
    let added = running.memory().saturating_sub(memory) as f64 / 1024.0;
    let name = format!("memory that {due} renewals add");
    table.ratio(&name, &format!("{added:.1} MiB"), "32 MiB", added / 32.0, Bound::AtMost(1.0));
}

/// The median time of a list.
fn median_list(runtime: &Runtime, running: &Running, list: &[u8]) -> Duration {
    let mut times: Vec<Duration> = (0..LISTS)
        .map(|_| {
            let begun = Instant::now();
            runtime.block_on(load::body(&running.address(), list));
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[LISTS / 2]
}
