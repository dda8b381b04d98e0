//! What a scenario happens in: a service or a bank of its own, its clock, its outbox, and keys made for it.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    process::Command,
    sync::{
        Mutex, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::SystemTime,
};

use bankchannel_counterparts::{
    nextgen_psd2,
    ws_channel::{self, ServiceOptions},
};
use bankchannel_crypto::rsa;
use bankchannel_foundation::model;
use bankchannel_openpgp as openpgp;
use serde_json::{Value, json};

use crate::{
    bank,
    connection::Tls,
    scenario::{Case, Surroundings},
    template, wire,
};

/// What was started for a case.
enum Running {
    Service(ws_channel::Running),
    Bank(nextgen_psd2::Running),
}

/// A folder for one case, and, where the case needs one, a service or a bank started for it.
pub struct World {
    /// What runs; `None` while it is stopped, and where there is nothing.
    running: Option<Running>,
    surroundings: Surroundings,
    options: Value,
    folder: tempfile::TempDir,
    /// Its base URL.
    pub base_url: String,
    /// Its control URL.
    pub control_url: String,
    /// Its public key, PEM.
    pub public_key_pem: String,
    /// The bank, where it is one.
    pub bank: Option<bank::Known>,
    /// How far its clock was moved, in seconds.
    pub advanced_s: i64,
    /// Values that steps have saved.
    pub values: BTreeMap<String, Value>,
}

/// What goes wrong is told as text: a scenario's failure is read by a person.
pub type Told<T> = Result<T, String>;

/// Set to a PostgreSQL URL, the services of all cases keep their data there, each in a schema of its own.
pub const POSTGRES: &str = "BANKCHANNEL_SERVICE_POSTGRES";

/// Makes a schema and gives the URL that leads into it.
///
/// # Errors
/// What `psql` says.
pub fn schema_of_its_own(url: &str) -> Told<String> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let schema = format!("case_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
    let made = Command::new("psql")
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-c", &format!("CREATE SCHEMA {schema}"), url])
        .output();
    let made = made.map_err(|why| format!("psql does not start: {why}"))?;
    if !made.status.success() {
        return Err(format!("psql: {}", String::from_utf8_lossy(&made.stderr)));
    }
    let separator = if url.contains('?') { '&' } else { '?' };
    Ok(format!("{url}{separator}options[search_path]={schema}"))
}

impl World {
    /// A folder without any service: for what only computes.
    ///
    /// # Errors
    /// No folder can be made.
    pub fn without_service() -> Told<Self> {
        let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
        Ok(Self::of(folder, Surroundings::None, Value::Null))
    }

    /// What a case happens in, with its values.
    ///
    /// # Errors
    /// What does not start.
    pub async fn of_case(case: &Case, common: &BTreeMap<String, Value>) -> Told<Self> {
        let mut world = match case.world {
            Surroundings::Service => Self::start(&case.config, &case.options).await?,
            Surroundings::Bank => Self::start_bank(&case.options).await?,
            Surroundings::None => Self::without_service()?,
        };
        world.values = template::given(&world, common, &case.values);
        Ok(world)
    }

    fn of(folder: tempfile::TempDir, surroundings: Surroundings, options: Value) -> Self {
        Self {
            running: None,
            surroundings,
            options,
            folder,
            bank: None,
            base_url: String::new(),
            control_url: String::new(),
            public_key_pem: String::new(),
            advanced_s: 0,
            values: BTreeMap::new(),
        }
    }

    /// Starts a service with this configuration and these options.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start(config: &Value, options: &Value) -> Told<Self> {
        let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
        let mut table = config.as_object().cloned().unwrap_or_default();
        let key_file = folder.path().join("service-key.pem");
        write_private(&key_file, shared_rsa_key()).map_err(|why| why.to_string())?;
        table.entry("rsa_private_key").or_insert_with(|| json!(key_file));
        if let Ok(url) = std::env::var(POSTGRES) {
            table.insert("postgres_url".into(), json!(schema_of_its_own(&url)?));
        }
        let text = toml::to_string(&table).map_err(|why| why.to_string())?;
        let config_file = folder.path().join("service.toml");
        std::fs::write(&config_file, text).map_err(|why| why.to_string())?;
        let all = json!({
            "data": folder.path().join("data"),
            "config": config_file,
            "control": true,
        });
        Self::begin(folder, Surroundings::Service, all, options).await
    }

    /// Starts a sandbox bank with these options, without TLS unless they say otherwise.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn start_bank(options: &Value) -> Told<Self> {
        let folder = tempfile::tempdir().map_err(|why| why.to_string())?;
        let all = json!({"data": folder.path().join("data"), "plain": true, "control": true, "auto_answer": true});
        Self::begin(folder, Surroundings::Bank, all, options).await
    }

    async fn begin(
        folder: tempfile::TempDir,
        surroundings: Surroundings,
        mut all: Value,
        options: &Value,
    ) -> Told<Self> {
        for (name, value) in options.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        let mut world = Self::of(folder, surroundings, all);
        world.resume().await?;
        Ok(world)
    }

    /// Stops what runs and starts it again on the same data.
    ///
    /// # Errors
    /// Why it does not start.
    pub async fn restart(&mut self) -> Told<()> {
        self.stop().await;
        self.resume().await?;
        // It listens elsewhere now.
        let moved = template::known(self);
        self.values.extend(moved);
        Ok(())
    }

    /// Stops what runs.
    pub async fn stop(&mut self) {
        match self.running.take() {
            Some(Running::Service(running)) => running.stop().await,
            Some(Running::Bank(running)) => running.stop().await,
            None => {}
        }
    }

    async fn resume(&mut self) -> Told<()> {
        if self.surroundings == Surroundings::Bank {
            let (running, known) = bank::start(&self.options).await?;
            self.base_url.clone_from(&known.base_url);
            self.control_url.clone_from(&known.control_url);
            self.bank = Some(known);
            self.running = Some(Running::Bank(running));
        } else {
            let options: ServiceOptions = model::read_boundary(self.options.clone()).map_err(|why| why.to_string())?;
            let running = ws_channel::Running::start(options).await.map_err(|why| why.to_string())?;
            let ready = running.readiness();
            let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
            self.base_url = text("base_url");
            self.control_url = text("control_url");
            self.public_key_pem = std::fs::read_to_string(text("public_key_file")).map_err(|why| why.to_string())?;
            self.running = Some(Running::Service(running));
        }
        if self.advanced_s != 0 {
            // What was restarted has its clock as at first; time does not run back in a case.
            self.control("POST", "clock", &json!({"advance_s": self.advanced_s})).await?;
        }
        Ok(())
    }

    /// The data folder.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A folder for the files of this case.
    #[must_use]
    pub fn scratch(&self) -> PathBuf {
        let path = self.folder.path().join("scratch");
        let _ = std::fs::create_dir_all(&path);
        path
    }

    /// Calls the control interface.
    ///
    /// # Errors
    /// What it answered.
    pub async fn control(&self, method: &str, path: &str, body: &Value) -> Told<Value> {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let answer = wire::exchange(&format!("{}/{path}", self.control_url), method, &[], text.as_bytes()).await?;
        if answer.status / 100 != 2 {
            return Err(format!("control {method} {path}: HTTP {} {}", answer.status, answer.text()));
        }
        Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    /// Every message that would have been sent, oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.data().join("outbox.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The last code sent to this user for this purpose.
    #[must_use]
    pub fn last_code(&self, email: &str, mode: &str, purpose: &str) -> Option<String> {
        let is = |message: &Value, name: &str, value: &str| {
            message[name].as_str().is_some_and(|text| text.eq_ignore_ascii_case(value))
        };
        self.outbox()
            .iter()
            .rev()
            .find(|message| is(message, "email", email) && is(message, "mode", mode) && is(message, "purpose", purpose))
            .and_then(|message| Some(message["code"].as_str()?.to_owned()))
    }

    /// Now, by the clock of what runs, in seconds.
    #[must_use]
    pub fn now_s(&self) -> i64 {
        let standing = self.options["clock"].as_str().and_then(|at| at.parse::<jiff::Timestamp>().ok());
        standing.unwrap_or_else(jiff::Timestamp::now).as_second() + self.advanced_s
    }

    /// TLS to the bank as this third party, or as a browser; `None` where there is none.
    ///
    /// # Errors
    /// Files that cannot be used.
    pub fn tls(&self, tpp: Option<u64>) -> Told<Option<Tls>> {
        match &self.bank {
            Some(bank) => bank.tls(tpp),
            None => Ok(None),
        }
    }
}

/// One service key for all cases of a run: making one takes longer than most cases.
fn shared_rsa_key() -> &'static str {
    static KEY: OnceLock<String> = OnceLock::new();
    KEY.get_or_init(|| rsa::PrivateKey::generate(2048).expect("a key can be made").to_pkcs8_pem().to_string())
}

/// Writes a file that only we may read: the service takes its key from no other.
fn write_private(path: &std::path::Path, text: &str) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

/// How long a key with a name that begins with `brief` lives, from a minute before it is made.
const BRIEF: std::time::Duration = std::time::Duration::from_secs(30 * 60);

/// The PGP key of this name: made at first use, the same for the whole run. `rsa…` names give RSA-2048 keys, `brief…` names
/// keys that expire after half an hour.
///
/// # Panics
/// When no key can be made.
#[must_use]
pub fn pgp_key(name: &str) -> openpgp::PrivateKey {
    static KEYS: Mutex<BTreeMap<String, openpgp::PrivateKey>> = Mutex::new(BTreeMap::new());
    let mut keys = KEYS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    keys.entry(name.to_owned())
        .or_insert_with(|| {
            let algorithm =
                if name.starts_with("rsa") { openpgp::Algorithm::Rsa2048 } else { openpgp::Algorithm::Ed25519 };
            openpgp::PrivateKey::generate(openpgp::Generate {
                name: name.to_owned(),
                email: format!("{name}@example.test"),
                algorithm,
                // A little in the past: a case may look at the key with a clock that lags.
                created: SystemTime::now() - std::time::Duration::from_secs(60),
                expires: name.starts_with("brief").then(|| SystemTime::now() + BRIEF),
                passphrase: None,
            })
            .expect("a PGP key can be made")
        })
        .clone()
}
