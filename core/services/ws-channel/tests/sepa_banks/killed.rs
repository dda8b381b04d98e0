//! kill -9 of the service at each place of an enrolment, a renewal and an upload (docs/protocols/sepa-web-services.md §6.4).

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use bankchannel_crypto::{digest, random, x509::CertificateRequest};
use bankchannel_ws_channel_service::{
    Channels, ServiceOptions,
    operator::{CertificateInfo, ServiceOperator},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, Connection as _, Row as _, sqlite::SqliteConnectOptions};

use crate::{
    killed_process::{JOB, KillPlace, KilledService, LONGEST, shim},
    postgres::{Shared, server},
    random_kills::RandomKills,
    relay::Relay,
    sandbox::{BANKS, Sandbox},
    served::{Person, Served, Signer, payment},
    world::World,
};

/// The work under way when the service is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum KilledWork {
    Enrolment,
    Renewal,
    Upload,
}

/// Before and after a request leaves; before its answer is read, and that of the next.
const ON_THE_WIRE: [(&str, usize, bool); 5] =
    [("send", 1, true), ("send", 1, false), ("receive", 1, true), ("receive", 2, true), ("send", 2, true)];

/// Where the service that is killed keeps its data.
struct KillGround<'g> {
    shim: &'g Path,
    /// PostgreSQL: the configuration of each instance, and the URL.
    shared: Option<&'g Shared>,
    /// A second instance that is at work all the time.
    other: Option<&'g Served>,
}

impl KillGround<'_> {
    /// Moves all clocks.
    async fn pass(&self, world: &World, seconds: i64) {
        if let Some(other) = self.other {
            other.control("clock", json!({ "advance_s": seconds })).await;
        }
        world.pass(seconds).await;
    }

    fn config(&self, sandbox: &Sandbox) -> String {
        format!("{}{}", self.shared.map_or("", |shared| &shared.config), sandbox.config())
    }

    /// The keys that the service has, SHA-256.
    async fn keys(&self, folder: &Path) -> BTreeSet<String> {
        let sql = "SELECT request FROM certificate_pair WHERE request IS NOT NULL";
        let requests: Vec<String> = match self.shared {
            Some(shared) => {
                let mut connection = sqlx::PgConnection::connect(&shared.url).await.unwrap();
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                rows.into_iter().map(|row| row.get(0)).collect()
            }
            None => {
                let options = SqliteConnectOptions::new().filename(folder.join("data/service.sqlite")).read_only(true);
                let mut connection = options.connect().await.unwrap();
                let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                rows.into_iter().map(|row| row.get(0)).collect()
            }
        };
        let key = |pem: String| CertificateRequest::from_pem(&pem).unwrap().key().spki_der().to_vec();
        requests.into_iter().map(|pem| digest::hex(&digest::sha256(&key(pem)))).collect()
    }
}

async fn issued(sandbox: &Sandbox) -> Vec<Value> {
    sandbox.order("sandbox/certificates", json!({})).await["certificates"].as_array().unwrap().clone()
}

/// One customer of one bank, whose service is killed.
struct KilledCustomer {
    who: Person,
    signer: Signer,
    bank: &'static str,
    family: &'static str,
    payments: &'static str,
    enrolment: Value,
}

/// One kill, and what follows. Returns how many lines the process has noted, too.
async fn killed_once(
    sandbox: Sandbox,
    ground: &KillGround<'_>,
    (index, work): (usize, KilledWork),
    place: KillPlace,
) -> (Sandbox, usize) {
    let (bank, family, payments, _) = BANKS[index % BANKS.len()];
    let what = format!("{bank} {work:?} {place:?}");
    let config = ground.config(&sandbox);
    let served = Served::with(&config, Channels::default()).await;
    let world = World { sandbox, served };
    // On a shared database each has its own account.
    let who = world.served.owner(&format!("killed-{}@example.test", digest::hex(&random::bytes::<6>()))).await;
    let signer = Signer::new(&who.email);
    world.served.register_key(&who, &signer, "authorize").await.ok(201);
    let enrolment = world.enrolment(family, &world.added_customer(family).await).await;
    let customer = KilledCustomer { who, signer, bank, family, payments, enrolment };
    if work != KilledWork::Enrolment {
        let path = format!("/certs/{bank}");
        world.served.admin(&customer.who, Method::POST, &path, Some(customer.enrolment.clone())).await.ok(201);
        world.wait_until("enrolled", |all| is_done(all, &customer.who.email)).await;
        // A service that is stopped before leaves its hold behind.
        world.wait_until_free(&customer.who.email, bank).await;
    }
    let (issued_before, uploaded_before) = (issued(&world).await.len(), world.uploads(family).await);
    let World { sandbox, served } = world;
    let Served { running, folder, .. } = served;
    running.stop().await;
    let operator = operator_of(&folder);
    let before = operator.certificates().await.unwrap().certificates;
    if work == KilledWork::Renewal {
        operator.renew_certificate(&customer.who.email, bank).await.unwrap();
    }
    let email = customer.who.email.clone();
    let serial = |all: &[CertificateInfo]| all.iter().find(|one| one.email == email).and_then(|one| one.serial.clone());
    // In use is also the one that was to be renewed, until that has begun.
    let is_over = |all: &[CertificateInfo]| {
        is_done(all, &email) && (work != KilledWork::Renewal || serial(all) != serial(&before))
    };
    let is_renewed = async || {
        // The operator's answer fails at the moment of the kill.
        let Ok(listing) = operator.certificates().await else { return false };
        work == KilledWork::Renewal && is_over(&listing.certificates)
    };
    let answered = die(&folder, ground.shim, &customer, (work, place), is_renewed).await;
    let lines = fs::read_to_string(folder.path().join("events")).unwrap_or_default().lines().count();
    // Again, as a supervisor does; the caller reads what it was told.
    let served = Served::on(folder, &config, Channels::default()).await;
    let world = World { sandbox, served };
    if ground.shared.is_some() {
        // The killed instance's holds are free after a while, uploads after the time that a bank may take.
        ground.pass(&world, 16 * 60).await;
    }
    go_on(&world, &customer, (work, answered), &what).await;
    if work == KilledWork::Upload && ground.shared.is_none() {
        is_seen(&world, &customer, uploaded_before).await;
    }
    // An attempt whose failure was noted rests for an hour.
    let rests = |all: &[CertificateInfo]| {
        all.iter().any(|one| one.email == email && one.state == "renewing" && one.next_step_at > Some(soon(&world)))
    };
    let all = world.wait_until(&what, |all| is_over(all) || rests(all)).await;
    let has_rested = rests(&all);
    if has_rested {
        ground.pass(&world, 3700).await;
    }
    world.wait_until(&what, is_over).await;
    check(&world, ground, &customer, (issued_before, uploaded_before, work), &what).await;
    let World { sandbox, served } = world;
    served.running.stop().await;
    // The clocks of the next one's processes are those of the system.
    let sandbox = if has_rested || ground.shared.is_some() { Sandbox::new().await } else { sandbox };
    (sandbox, lines)
}

/// Whether the account has one certificate, in use.
fn is_done(all: &[CertificateInfo], email: &str) -> bool {
    let own: Vec<&CertificateInfo> = all.iter().filter(|one| one.email == email).collect();
    own.len() == 1 && own[0].state == "active"
}

/// Some minutes from now, RFC 3339: attempts that rest do so for an hour at least.
fn soon(world: &World) -> String {
    let now = jiff::Timestamp::from_second(world.now_s()).unwrap();
    now.checked_add(jiff::SignedDuration::from_mins(10)).unwrap().to_string()
}

/// Runs the service until it is killed; the status of the call that it was given, if there was an answer.
async fn die(
    folder: &tempfile::TempDir,
    shim: &Path,
    customer: &KilledCustomer,
    (work, place): (KilledWork, KillPlace),
    is_renewed: impl AsyncFn() -> bool,
) -> Option<u16> {
    let mut service = KilledService::start(folder.path(), shim, place);
    let mut answered = None;
    if work != KilledWork::Renewal
        && let Some(ready) = service.ready().await
    {
        let base = ready["base_url"].as_str().unwrap();
        let (method, path, token, body) = match work {
            KilledWork::Enrolment => (Method::POST, "certs", &customer.who.admin, customer.enrolment.clone()),
            _ => {
                let mut body = customer.signer.signed(payment());
                body["FileType"] = customer.payments.into();
                (Method::PUT, "files", &customer.who.data, body)
            }
        };
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let sent = client
            .request(method, format!("{base}/{path}/{}", customer.bank))
            .header("authorization", token)
            .header("x-api-key", &customer.who.key)
            .json(&body)
            .send()
            .await;
        answered = sent.ok().map(|answer| answer.status().as_u16());
    }
    if place.is_full {
        let until = Instant::now() + LONGEST;
        while !service.names_full_disk() {
            let log = fs::read_to_string(&service.log).unwrap_or_default();
            assert!(Instant::now() < until, "{work:?} {place:?}: nobody says that the disk is full:\n{log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_ne!(answered, Some(201), "{work:?} {place:?}");
    }
    service.ended(async || place.is_full || answered.is_some() || is_renewed().await).await;
    answered
}

fn operator_of(folder: &tempfile::TempDir) -> ServiceOperator {
    let options = ServiceOptions {
        data: Some(folder.path().join("data").display().to_string()),
        config: Some(folder.path().join("config.toml").display().to_string()),
        ..ServiceOptions::default()
    };
    ServiceOperator::from_options(&options).unwrap()
}

async fn go_on(world: &World, customer: &KilledCustomer, (work, answered): (KilledWork, Option<u16>), what: &str) {
    let served = &world.served;
    match work {
        KilledWork::Enrolment => {
            let path = format!("/certs/{}", customer.bank);
            let again = served.admin(&customer.who, Method::POST, &path, Some(customer.enrolment.clone())).await;
            let is_there = again.status == 400 && again.text() == "Bank certificate(s) already exists";
            if again.status == 201 || is_there {
                return;
            }
            // The bank takes its code once: a person orders another.
            let mut body = customer.enrolment.clone();
            let id = body["WsUserId"].as_str().unwrap().to_owned();
            body["Code"] = world.code(customer.family, &id).await.into();
            let again = served.admin(&customer.who, Method::POST, &path, Some(body)).await;
            assert_eq!(again.status, 201, "{what}: {}", again.text());
        }
        KilledWork::Renewal => {}
        KilledWork::Upload => {
            let operator = world.operator();
            // Work under way is settled beside the first requests.
            let until = Instant::now() + Duration::from_secs(60);
            let own = async |state: &str| {
                let all = operator.uploads(state).await.unwrap();
                all.iter().filter(|one| one.email == customer.who.email).count()
            };
            while own("received").await > 0 {
                assert!(Instant::now() < until, "{what}: it stays open");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let (unknown, accepted) = (own("unknown").await, own("accepted").await);
            assert!(unknown + accepted <= 1, "{what}: {unknown} {accepted}");
            if answered == Some(201) {
                assert_eq!((unknown, accepted), (0, 1), "{what}");
            }
        }
    }
}

/// Of an upload of which it is not known whether the bank has it, who is on call sees and is told, once; an order settles it as
/// the bank says.
async fn is_seen(world: &World, customer: &KilledCustomer, uploaded_before: u64) {
    let (served, operator) = (&world.served, world.operator());
    let unknown = operator.uploads("unknown").await.unwrap();
    let Some(unknown) = unknown.iter().find(|one| one.email == customer.who.email) else { return };
    let open = format!("bankchannel_uploads_open{{bank=\"{}\",state=\"unknown\"}} 1", customer.bank);
    served.until_metric(&open, true).await;
    let told = served.until_told("operator_upload_unknown").await;
    assert!(told.len() == 1 && told[0].contains(customer.bank) && told[0].contains("upload-settle"), "{told:?}");
    let has_arrived = world.uploads(customer.family).await > uploaded_before;
    let state = if has_arrived { "accepted" } else { "failed" };
    operator.settle_upload(&unknown.id, state, "asked by telephone").await.unwrap();
    served.until_metric(&open, false).await;
    let listed = served.get(&customer.who, &format!("/uploads/{}", customer.bank)).await.ok(200);
    assert_eq!(listed["Uploads"][0]["Status"], state, "{listed}");
    assert_eq!(served.until_told("operator_upload_unknown").await.len(), 1);
}

/// What holds after every kill, once the service runs again.
async fn check(
    world: &World,
    ground: &KillGround<'_>,
    customer: &KilledCustomer,
    (issued_before, uploaded_before, work): (usize, u64, KilledWork),
    what: &str,
) {
    // In this order: a key is there before its certificate.
    let issued = issued(world).await;
    let keys = ground.keys(world.served.folder.path()).await;
    let mut seen = BTreeSet::new();
    for one in &issued[issued_before..] {
        let key = one["key_sha256"].as_str().unwrap().to_owned();
        assert!(keys.contains(&key), "{what}: the key of a certificate is lost");
        assert!(seen.insert(key), "{what}: two certificates for one request");
    }
    let uploaded = world.uploads(customer.family).await - uploaded_before;
    assert!(uploaded <= u64::from(work == KilledWork::Upload), "{what}: {uploaded} uploads");
    if work == KilledWork::Renewal {
        let renewed = world.recorded("ws_channel.renew_cert", "done").await;
        let own = renewed.iter().filter(|line| line.email == customer.who.email).count();
        assert!(own <= 1, "{what}: {own}");
    }
}

/// The disk is full at each commit of an enrolment and of a renewal; there is space again once the service is started
/// again.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_in_the_middle_loses_nothing_and_is_named() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let tools = tempfile::tempdir().unwrap();
    let shim = shim(tools.path());
    let ground = KillGround { shim: &shim, shared: None, other: None };
    let mut sandbox = Sandbox::new().await;
    for at in 1..=5 {
        for (index, work) in [KilledWork::Enrolment, KilledWork::Renewal].into_iter().enumerate() {
            let place = KillPlace { on: "sync service.sqlite-wal", at, is_before: false, is_full: true };
            (sandbox, _) = killed_once(sandbox, &ground, (at + index, work), place).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r22_a_kill_at_each_place_loses_nothing_and_sends_nothing_twice() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let tools = tempfile::tempdir().unwrap();
    let shim = shim(tools.path());
    let ground = KillGround { shim: &shim, shared: None, other: None };
    let mut sandbox = Sandbox::new().await;
    if let Some(mut random) = RandomKills::from_environment() {
        while let Some((work, at, is_before)) = random.draw(drawn_work) {
            let lines;
            let place = KillPlace { on: "", at, is_before, is_full: false };
            (sandbox, lines) = killed_once(sandbox, &ground, work, place).await;
            random.learn(work, at, lines);
        }
        return random.end();
    }
    // A renewal: held, key, begun, about to be sent, [sent, answered,] issued, worked. Each commit is one sync of the journal.
    let journal = "sync service.sqlite-wal";
    for at in 1..=7 {
        for (number, is_before) in [true, false].into_iter().enumerate() {
            let place = KillPlace { on: journal, at, is_before, is_full: false };
            (sandbox, _) = killed_once(sandbox, &ground, (at + number, KilledWork::Renewal), place).await;
        }
    }
    for (number, (on, at, is_before)) in ON_THE_WIRE.into_iter().enumerate() {
        for work in [KilledWork::Enrolment, KilledWork::Renewal, KilledWork::Upload] {
            let place = KillPlace { on, at, is_before, is_full: false };
            (sandbox, _) = killed_once(sandbox, &ground, (number, work), place).await;
        }
    }
}

/// The bank and the work of a random number.
fn drawn_work(drawn: u64) -> (usize, KilledWork) {
    let work = [KilledWork::Enrolment, KilledWork::Renewal, KilledWork::Upload][(drawn >> 40) as usize % 3];
    ((drawn >> 33) as usize % BANKS.len(), work)
}

/// On PostgreSQL, with another instance at work: whatever the killed one has held, the other goes on with.
#[tokio::test(flavor = "multi_thread")]
async fn r22_a_kill_of_one_of_two_instances_loses_nothing_and_sends_nothing_twice() {
    if std::env::var_os(JOB).is_some() {
        return;
    }
    let Some(url) = server() else { return };
    let tools = tempfile::tempdir().unwrap();
    let shim = shim(tools.path());
    let mut sandbox = Sandbox::new().await;
    if let Some(mut random) = RandomKills::from_environment() {
        // Bytes to the database count, too: they go over TCP.
        let relay = Relay::start(&url, Duration::ZERO).await;
        while let Some((work, at, is_before)) = random.draw(drawn_work) {
            let place = KillPlace { on: "", at, is_before, is_full: false };
            // A schema for each: at a start every account is looked at, which would be most of the places.
            let shared = Shared::make(&url, &relay.url);
            let lines;
            (sandbox, lines) = Box::pin(killed_of_two(sandbox, (&shim, &shared), work, place)).await;
            random.learn(work, at, lines);
        }
        return random.end();
    }
    let shared = Shared::make(&url, &url);
    for (number, (on, at, is_before)) in ON_THE_WIRE.into_iter().enumerate() {
        for work in [KilledWork::Enrolment, KilledWork::Renewal, KilledWork::Upload] {
            let place = KillPlace { on, at, is_before, is_full: false };
            (sandbox, _) = Box::pin(killed_of_two(sandbox, (&shim, &shared), (number, work), place)).await;
        }
    }
}

/// One kill beside another instance.
async fn killed_of_two(
    sandbox: Sandbox,
    (shim, shared): (&Path, &Shared),
    of: (usize, KilledWork),
    place: KillPlace,
) -> (Sandbox, usize) {
    let config = format!("{}{}", shared.config, sandbox.config());
    let other = Served::with(&config, Channels::default()).await;
    let ground = KillGround { shim, shared: Some(shared), other: Some(&other) };
    let killed = killed_once(sandbox, &ground, of, place).await;
    other.running.stop().await;
    killed
}
