//! The page of the operator's first day, and the security checklist, run to the letter: against PostgreSQL, nginx, a mail server
//! and Prometheus; then the pages of the operator's commands, which their own tests run with SQLite, on PostgreSQL. `machine` is the
//! machine of a page, `page` reads it.
#![allow(clippy::unwrap_used)]

mod machine;
mod page;

use std::fs;

use machine::Machine;
use serde_json::{Value, json};

/// What the pages name, and what stands for it here. `ROOT` is a temporary folder, `REPOSITORY` the repository's; names in capitals
/// with `_PORT` are free ports, and that of the mail server.
const REPLACED: [(&str, &str); 24] = [
    // Users and rights: here one user does all, and PostgreSQL's superuser is named by PGUSER.
    ("runuser -u bankchannel -- ", ""),
    ("runuser -u postgres -- ", ""),
    (" -o bankchannel -g bankchannel", ""),
    // Folders.
    ("/etc/bankchannel", "ROOT/etc/bankchannel"),
    ("/etc/nginx/conf.d", "ROOT/etc/nginx/conf.d"),
    ("/etc/prometheus", "ROOT/etc/prometheus"),
    ("/etc/ssl/private/payments.key", "ROOT/tls/key.pem"),
    ("/etc/ssl/payments.pem", "ROOT/tls/chain.pem"),
    ("/var/lib/bankchannel", "ROOT/var/bankchannel"),
    ("/var/backups/bankchannel", "ROOT/backups"),
    ("/usr/share/bankchannel-server/alerts.yml", "REPOSITORY/docs/monitoring/alerts.yml"),
    // Addresses.
    ("@127.0.0.1/payments", "@localhost/payments?host=$PGHOST"),
    ("https://payments.company.example", "https://localhost:PROXY_PORT"),
    ("server_name payments.company.example", "server_name localhost"),
    ("listen 443 ssl", "listen 127.0.0.1:PROXY_PORT ssl"),
    ("127.0.0.1:8080", "127.0.0.1:SERVICE_PORT"),
    ("127.0.0.1:8081", "127.0.0.1:REHEARSAL_PORT"),
    ("127.0.0.1:8444", "127.0.0.1:BANK_PORT"),
    ("127.0.0.1:9464", "127.0.0.1:METRICS_PORT"),
    ("127.0.0.1:9090", "127.0.0.1:PROMETHEUS_PORT"),
    ("host = \"mail.company.example\"", "host = \"localhost\""),
    ("port = 587", "port = MAIL_PORT"),
    // The only user that the mail server knows.
    ("user = \"payments\"", "user = \"user\""),
    ("scrape_interval: 15s", "scrape_interval: 1s"),
];

/// Commands of packages and of systemd, and what stands for each; `true` for nothing. Functions are those of `machine`.
const STOOD_IN: [(&str, &str); 7] = [
    ("apt install ./bankchannel_*_amd64.deb ./bankchannel-server_*_all.deb postgresql nginx prometheus", "true"),
    ("systemctl enable --now bankchannel-ws-channel", "start_service"),
    ("nginx -t", "nginx -t -q -c ROOT/nginx.conf -p ROOT"),
    ("systemctl reload nginx", "start_nginx"),
    ("systemctl reload bankchannel-ws-channel", "reload_service"),
    ("systemctl restart prometheus", "start_prometheus"),
    ("systemd-analyze security bankchannel-ws-channel", "true"),
];

/// Programs that need root, systemd or a system's own configuration: a command of one of these stands in `STOOD_IN`.
const OF_THE_SYSTEM: [&str; 8] =
    ["apt", "apt-get", "dpkg", "systemctl", "systemd-analyze", "systemd-run", "journalctl", "nginx"];

/// A call from another address of this machine, which claims to be for yet another one.
const CALLER: &str = "curl -fsS --interface 127.0.0.2 -H 'X-Forwarded-For: 192.0.2.9' \\
    https://payments.company.example/v2/account/eve@company.example/admin";

const PASSWORD: &str = "Example-Password-2026";

#[test]
fn the_first_day_is_followed_to_the_letter() {
    let machine = Machine::new();
    let blocks = [
        page::blocks("docs/first-day.md", ""),
        // What the proxy was told of the caller: the last entry counts, and only if the proxy has written it.
        vec![page::Block::check(CALLER)],
        page::blocks("docs/operating.md", "\n## Security checklist\n"),
    ]
    .concat();
    let script = page::script(&blocks, &REPLACED, &STOOD_IN, &OF_THE_SYSTEM);
    let done = machine.follow(&script, &steps(&blocks, &machine));
    let shown = done["terminal"].as_str().unwrap();
    assert_eq!((&done["problem"], &done["code"]), (&Value::Null, &json!(0)), "{shown}\n{}", machine.log());
    seen(&machine, shown);
}

/// What the pages of the operator's commands name: each service has its data in PostgreSQL.
const ON_POSTGRESQL: [(&str, &[(&str, &str)]); 2] = [
    (
        "docs/ws-channel-orders.md",
        &[("drain_s = 0", "postgres_url_file = \"ROOT/url\""), ("127.0.0.1:8443", "127.0.0.1:SERVICE_PORT")],
    ),
    (
        "docs/ws-channel-first-bank.md",
        &[
            ("[banks.osuuspankki]", "postgres_url_file = \"ROOT/url\"\n[banks.osuuspankki]"),
            ("127.0.0.1:8443", "127.0.0.1:SERVICE_PORT"),
            ("127.0.0.1:8444", "127.0.0.1:BANK_PORT"),
        ],
    ),
];

#[test]
fn every_command_of_the_operators_pages_works_on_postgresql() {
    for (page, replaced) in ON_POSTGRESQL {
        let machine = Machine::new();
        let script = page::script(&page::blocks(page, ""), replaced, &[], &OF_THE_SYSTEM);
        let done = machine.follow(&script, &[json!({"expect": page::END})]);
        let shown = done["terminal"].as_str().unwrap();
        assert_eq!((&done["problem"], &done["code"]), (&Value::Null, &json!(0)), "{page}: {shown}");
        // The service and the commands have looked at no other database.
        assert!(!machine.path("home/service/service.sqlite").exists(), "{page}: {shown}");
    }
}

#[test]
#[should_panic(expected = "has no row")]
fn a_command_of_the_system_is_not_run() {
    let _ = page::script(&[page::Block::check("true && systemctl stop nginx")], &[], &[], &OF_THE_SYSTEM);
}

#[test]
#[should_panic(expected = "nothing is replaced")]
fn a_row_for_nothing_is_found() {
    let _ = page::script(&[page::Block::check("true")], &[("/etc", "ROOT")], &[], &OF_THE_SYSTEM);
}

/// The shell shows each block's mark when it comes to it; what a person types then.
fn steps(blocks: &[page::Block], machine: &Machine) -> Vec<Value> {
    let mut steps = Vec::new();
    let codes = |ways: &[&str]| -> Vec<Value> {
        let asked = ways.iter().map(|way| {
            let question = format!("The code from the {}", if *way == "sms" { "SMS" } else { "mail" });
            [json!({"expect": question}), json!({"type": machine.code(way)})]
        });
        asked.flatten().collect()
    };
    for block in blocks {
        steps.push(json!({"expect": block.mark()}));
        let has = |text: &str| block.text.contains(text);
        if has("/etc/bankchannel/smtp-password\n") {
            // The password of the mail account, and Ctrl-D.
            steps.push(json!({"send": "planted-password\n\u{4}"}));
        }
        if has("read -rsp") {
            steps.extend([json!({"expect": "A password of"}), json!({"send": format!("{PASSWORD}\n")})]);
        }
        for line in block.text.lines() {
            let Some(user) = line.strip_prefix("bankchannel session login -m ") else { continue };
            if has("account register") {
                steps.extend(codes(&["sms", "mail"]));
            }
            if user == "admin" {
                steps.extend(codes(&["sms"]));
            }
        }
    }
    steps.push(json!({"expect": page::END}));
    steps
}

/// What the day has left, beside commands that did not fail.
fn seen(machine: &Machine, shown: &str) {
    // What the blocks have shown that begin so.
    let of_block = |begin: &str| {
        let (_, shown) = shown.split_once(&format!("== {begin}")).unwrap_or_else(|| panic!("{begin} in\n{shown}"));
        shown.split("\n== ").next().unwrap()
    };
    // The file is at the bank; what was restored has it too: each time in the customer's list and in the operator's.
    for block in ["printf '%s\\n' creditor_name", "rehearsed="] {
        let (_, listed) = of_block(block).split_once("\nUploads").expect("the customer's list");
        assert_eq!(listed.matches("payment.xml").count(), 2, "{block}: {listed}");
        assert_eq!(listed.matches("accepted").count(), 2, "{block}: {listed}");
    }
    let counted = of_block("promtool check config");
    assert!(counted.contains("bank=\"osuuspankki\"") && counted.contains("=> 1 @["), "{counted}");
    assert!(of_block("nginx -t").contains("{\"ready\":true}"), "{shown}");
    // The mail server has the code of the account, from the address of the settings, over TLS.
    let mails = machine.mails();
    let to_eve = mails.iter().find(|mail| mail["to"] == json!(["eve@company.example"])).expect("a mail");
    assert_eq!((&to_eve["from"], &to_eve["tls"]), (&json!("payments@company.example"), &json!(true)), "{to_eve}");
    // Requests came through the proxy, and the log knows whose they were.
    let log = machine.log();
    let lines: Vec<Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(lines.len(), log.lines().count(), "the log is JSON: {log}");
    let requests = lines.iter().filter(|line| line["target"] == "bankchannel::request");
    let of_proxy = requests.filter(|line| line["client"] == "127.0.0.2").count();
    assert_eq!(of_proxy, 1, "{log}");
    // Nothing that was typed is on the terminal or in the log.
    for secret in [PASSWORD, "planted-password"] {
        assert!(!log.contains(secret), "{secret}");
    }
    assert!(!shown.contains(PASSWORD), "the password is not shown");
    assert!(fs::read_dir(machine.path("var/bankchannel/rehearsal")).is_err(), "the rehearsal is gone");
}
