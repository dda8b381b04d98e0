//! Starts and stops a sandbox bank.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use bankchannel_foundation::{
    Error, Result,
    clock::{Clock as _, SystemClock},
    model::{Seconds, Timestamp},
};
use bankchannel_sepa_web_services::profile::{self, BankEnvironment, BankFamily};
use bankchannel_server::{
    counterpart::ServerKind,
    folder::{self, write_whole_readable},
    http::{Listener, server::RunningServers, shell},
    orders::CallableOrder,
    temporary::TemporaryFolder,
};
use bankchannel_transport::background;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::{
    DESCRIPTOR, SepaBankClientSettings, SepaBankClients, SepaBankCustomer, SepaBankFamilies, SepaBankFamily,
    SepaBankOptions, SepaBankReadiness,
    certificates::{self, BankTls, FamilyCertificates},
    control::SepaBankControlTarget,
    dialect::{BankDialect, CERTIFICATES, REVOCATION_LIST},
    held::HeldAnswers,
    load::BankLoad,
    pipeline::SepaBankPipeline,
    received::DocumentsReceived,
    service::SandboxSepaBank,
    state::{SandboxCustomer, SepaBankState},
};

/// The default listen address.
const LISTEN: &str = "127.0.0.1:0";
/// The default time between an upload and its status report.
const REPORT_AFTER: Duration = Duration::from_secs(60);
/// The maximum of that time.
const REPORT_AFTER_MAX: Duration = Duration::from_secs(86_400);

/// A running sandbox bank.
pub struct RunningSepaBank {
    families: SepaBankFamilies,
    /// Profiles with the sandbox's settings, for the banks whose shipped ones lack them.
    profiles: BankProfiles,
    ca_file: Option<PathBuf>,
    server: RunningServers,
    // Dropped last, after everything that writes into it.
    _temporary: Option<TemporaryFolder>,
}

/// Files with profiles, by the bank's name.
type BankProfiles = Vec<(&'static str, PathBuf)>;

/// The data that is read and made before anything is served.
struct PreparedBank {
    state: SepaBankState,
    certificates: Vec<FamilyCertificates>,
    tls: Option<BankTls>,
    profiles: BankProfiles,
    /// The customers of each family, with their files.
    customers: Vec<Vec<SepaBankCustomer>>,
}

impl PreparedBank {
    /// Reads the data folder and makes the missing files. Takes some seconds the first time.
    fn new(data: &std::path::Path, now: jiff::Timestamp, plain: bool) -> Result<Self> {
        // The state first: its lock keeps other processes away from the rest of the folder.
        let state = SepaBankState::open(data)?;
        let certificates = certificates::prepare_all(data, now)?;
        let tls = if plain { None } else { Some(BankTls::prepare(data, now)?) };
        let profiles = write_profiles(&certificates)?;
        let known = state.read(|state| state.customers.clone());
        let customers = super::dialect::DIALECTS
            .iter()
            .zip(&certificates)
            .map(|(dialect, certificates)| {
                let own = known.iter().filter(|customer| customer.family == dialect.name());
                own.map(|customer| described(customer, certificates, &state)).collect::<Result<Vec<_>>>()
            })
            .collect::<Result<_>>()?;
        Ok(Self { state, certificates, tls, profiles, customers })
    }
}

/// Writes a profile for each bank whose shipped one does not say with which certificates it signs: a client would believe
/// no answer.
fn write_profiles(certificates: &[FamilyCertificates]) -> Result<BankProfiles> {
    let dialect = BankDialect::for_family(BankFamily::Samlink);
    let at = super::dialect::DIALECTS.iter().position(|one| one.family == dialect.family);
    let Some(folder) = at.and_then(|at| certificates.get(at)?.anchors_file.parent()) else { return Ok(Vec::new()) };
    let signers = json!([{ "level": "any", "common_name_contains": dialect.signers.0 }]);
    let lacks = |bank: &&str| {
        profile::named(bank).is_ok_and(|shipped| shipped.family == Some(dialect.family) && shipped.signers.is_none())
    };
    let write = |bank| {
        let file = folder.join(format!("{bank}.json"));
        let text = json!({ "extends": bank, "signers": signers }).to_string();
        write_whole_readable(&file, text.as_bytes()).map(|()| (bank, file))
    };
    profile::names().filter(lacks).map(write).collect()
}

fn report_after_ms(wanted: Option<Seconds>) -> Result<i64> {
    let after = wanted.map_or(REPORT_AFTER, |Seconds(after)| after);
    if after > REPORT_AFTER_MAX {
        return Err(Error::invalid_setting("report_after_s", "must be at most 86400: a day"));
    }
    Ok(i64::try_from(after.as_millis()).unwrap_or_default())
}

/// A customer with its files. Those whose ids stand for a state share nothing with the others.
fn described(
    customer: &SandboxCustomer,
    certificates: &FamilyCertificates,
    state: &SepaBankState,
) -> Result<SepaBankCustomer> {
    let key = customer.key();
    let pair = certificates.customer(&customer.customer_id, &customer.company)?;
    Ok(SepaBankCustomer {
        customer_id: customer.customer_id.clone(),
        target_id: customer.target_id.clone(),
        company: customer.company.clone(),
        certificate_file: pair.signing.certificate.display().to_string(),
        key_file: pair.signing.key.display().to_string(),
        encryption_certificate_file: pair.encryption.as_ref().map(|pair| pair.certificate.display().to_string()),
        encryption_key_file: pair.encryption.as_ref().map(|pair| pair.key.display().to_string()),
        code: state.read(|state| state.code(&key).filter(|sent| sent.used_for.is_none()).map(|sent| sent.code.clone())),
    })
}

impl RunningSepaBank {
    /// Opens the data folder, binds the address and starts serving.
    ///
    /// # Errors
    /// `configuration.invalid` for invalid options, `resource.storage` for an unusable data folder.
    pub fn start(options: SepaBankOptions) -> BoxFuture<'static, Result<Self>> {
        // An `async fn` would be compiled again, with everything it awaits, in every program that calls it.
        Box::pin(Self::open(options))
    }

    async fn open(options: SepaBankOptions) -> Result<Self> {
        let listen: SocketAddr = options
            .listen
            .as_deref()
            .unwrap_or(LISTEN)
            .parse()
            .map_err(|_| Error::invalid_setting("listen", "must be an address and port such as 127.0.0.1:8080"))?;
        if !listen.ip().is_loopback() {
            return Err(Error::invalid_setting("listen", "must be a loopback address: the bank is for tests"));
        }
        let (data, temporary) = folder::prepare(options.data.as_deref())?;
        let clock_ms = options.clock.as_ref().map(Timestamp::as_ms);
        let clock = || clock_ms.map_or_else(SystemClock::default, SystemClock::standing_at_ms);
        let message_clock = clock();
        let now = jiff::Timestamp::from_second(message_clock.now_s())
            .map_err(|_| Error::invalid_setting("clock", "is no time that certificates can have"))?;
        let plain = options.plain.unwrap_or_default();
        let report_after_ms = report_after_ms(options.report_after_s)?;
        let prepared =
            background::blocking(move || PreparedBank::new(&data, now, plain)).await.map_err(Error::internal)??;
        let PreparedBank { state, certificates, tls, profiles, customers } = prepared;
        let files = tls.as_ref().map(|tls| &tls.files);
        let listener = Listener::bind(listen, files).await.map_err(|why| Error::invalid_setting("listen", why))?;
        let origin = format!("{}://{}", listener.scheme(), listener.address());
        let bank = Arc::new(SandboxSepaBank {
            state,
            certificates,
            faults: super::chaos::OrderedFaults::default(),
            held: HeldAnswers::default(),
            load: BankLoad::default(),
            message_clock,
            scenario_clock: Arc::new(clock()),
            strict: options.strict.unwrap_or_default(),
            report_after_ms,
            control: options.control.unwrap_or_default().then(Arc::default),
            received: DocumentsReceived::default(),
        });
        let families = families(&bank, &origin, customers);
        let pipeline = Arc::new(SepaBankPipeline { bank: Arc::clone(&bank) });
        let serve = move |request, peer| shell::answer(Arc::clone(&pipeline), request, peer);
        let mut server = RunningServers::begin(listener, Arc::default(), serve);
        server.take_orders(Arc::new(SepaBankControlTarget::new(&bank)), bank.control.is_some()).await?;
        Ok(Self { families, profiles, ca_file: tls.map(|tls| tls.ca_file), server, _temporary: temporary })
    }

    /// Adds data for tests and demonstrations. Input and result are described in
    /// `docs/reference/server-orders.md`.
    ///
    /// # Errors
    /// `input.*`, which names the invalid value.
    pub fn seed(&self, data: Value) -> BoxFuture<'static, Result<Value>> {
        self.server.seed(data)
    }

    /// The content of the readiness line.
    #[must_use]
    pub fn readiness(&self) -> Value {
        DESCRIPTOR.readiness_line(self.ready())
    }

    /// Stops: accepts no new requests, gives running ones some time to finish.
    pub async fn stop(self) {
        self.server.end().await;
    }
}

/// The readiness of each family. Customers whose ids stand for a state come last.
fn families(bank: &SandboxSepaBank, origin: &str, customers: Vec<Vec<SepaBankCustomer>>) -> SepaBankFamilies {
    let mut customers = customers.into_iter();
    let mut one = |family: BankFamily| {
        let dialect = BankDialect::for_family(family);
        SepaBankFamily {
            file_url: format!("{origin}{}", dialect.path),
            certificate_url: Some(format!("{origin}{}{CERTIFICATES}", dialect.path)),
            crl_url: format!("{origin}{}{REVOCATION_LIST}", dialect.path),
            anchors_file: bank.certificates_of(dialect).anchors_file.display().to_string(),
            customers: customers.next().unwrap_or_default(),
        }
    };
    SepaBankFamilies {
        nordea: one(BankFamily::Nordea),
        op: one(BankFamily::Op),
        samlink: one(BankFamily::Samlink),
        danske: one(BankFamily::Danske),
    }
}

/// The settings of a client of this bank. Every family has a customer in its first place from the first start on.
fn client(
    bank: &str,
    family: &SepaBankFamily,
    profiles: &BankProfiles,
    ca_file: Option<&String>,
) -> SepaBankClientSettings {
    let profile = profiles.iter().find(|(known, _)| *known == bank).map(|(_, file)| file.display().to_string());
    let first = family.customers.first();
    let shipped = profile::named(bank).ok();
    let has_list = shipped.is_some_and(|one| one.crl_url_of(BankEnvironment::Production).is_some());
    let optional = |of: fn(&SepaBankCustomer) -> &Option<String>| first.and_then(|one| of(one).clone());
    let text = |of: fn(&SepaBankCustomer) -> &String| first.map(of).cloned().unwrap_or_default();
    SepaBankClientSettings {
        bank: profile.is_none().then(|| bank.to_owned()),
        profile_file: profile,
        file_url: family.file_url.clone(),
        certificate_url: family.certificate_url.clone().unwrap_or_default(),
        crl_url: has_list.then(|| family.crl_url.clone()),
        trusted_file: family.anchors_file.clone(),
        ca_file: ca_file.cloned(),
        customer_id: text(|one| &one.customer_id),
        target_id: first.and_then(|one| one.target_id.clone()),
        company: text(|one| &one.company),
        certificate_file: text(|one| &one.certificate_file),
        private_key_file: text(|one| &one.key_file),
        encryption_certificate_file: optional(|one| &one.encryption_certificate_file),
        encryption_private_key_file: optional(|one| &one.encryption_key_file),
    }
}

fn clients(families: &SepaBankFamilies, profiles: &BankProfiles, ca_file: Option<&String>) -> SepaBankClients {
    let one = |bank, family| client(bank, family, profiles, ca_file);
    let SepaBankFamilies { nordea, op, samlink, danske } = families;
    SepaBankClients {
        nordea: one("nordea", nordea),
        op: one("op", op),
        samlink: one("saastopankki", samlink),
        saastopankki: one("saastopankki", samlink),
        pop: one("pop", samlink),
        aktia: one("aktia", samlink),
        omasp: one("omasp", samlink),
        danske: one("danske", danske),
    }
}

impl ServerKind for RunningSepaBank {
    type Options = SepaBankOptions;
    type Readiness = SepaBankReadiness;
    const ORDERS: &'static [&'static [CallableOrder]] = crate::orders::ALL;

    fn begin(options: SepaBankOptions) -> BoxFuture<'static, Result<Self>> {
        Self::start(options)
    }

    fn ready(&self) -> SepaBankReadiness {
        let ca_file = self.ca_file.as_ref().map(|path| path.display().to_string());
        SepaBankReadiness {
            base_url: self.server.origin.clone(),
            families: self.families.clone(),
            clients: clients(&self.families, &self.profiles, ca_file.as_ref()),
            ca_file,
            control_url: self.server.control_url.clone(),
        }
    }

    fn server(&self) -> &RunningServers {
        &self.server
    }

    fn end(self) -> BoxFuture<'static, ()> {
        Box::pin(self.stop())
    }
}
