//! The start options of a sandbox bank: the same on the command line and in every language.

use bankchannel_foundation::model::{Boundary, Seconds, Timestamp};

/// The start options of a sandbox bank.
#[derive(Debug, Clone, Default, Boundary)]
pub struct SepaBankOptions {
    /// The address and port to listen on, such as `127.0.0.1:0`; port 0 takes a free port. Loopback only.
    pub listen: Option<String>,
    /// The data folder, created with mode 0700 if absent. Default: a new temporary folder that is removed at the end.
    pub data: Option<String>,
    /// Serves HTTP without TLS.
    pub plain: Option<bool>,
    /// A fixed time for the bank's messages and its certificates. Default: the system's clock. When files appear has a
    /// clock of its own, which the control interface moves.
    pub clock: Option<Timestamp>,
    /// Refuses what real banks let pass: requests without a signed time.
    pub strict: Option<bool>,
    /// How long after an upload its status report appears, in seconds, fractions allowed, at most a day. Default: 60.
    pub report_after_s: Option<Seconds>,
    /// Opens the control interface.
    pub control: Option<bool>,
}

/// The addresses and files of a ready sandbox bank.
#[derive(Debug, Clone, Boundary)]
pub struct SepaBankReadiness {
    /// The address of the bank, below which each family has its file service.
    pub base_url: String,
    /// The families.
    pub families: SepaBankFamilies,
    /// For each bank the settings of a client of its first customer.
    pub clients: SepaBankClients,
    /// The `ca_file` for clients, if the bank uses TLS: an absolute path.
    pub ca_file: Option<String>,
    /// The URL of the control interface, if it was requested.
    pub control_url: Option<String>,
}

/// The families of a sandbox bank.
#[derive(Debug, Clone, Boundary)]
pub struct SepaBankFamilies {
    /// Nordea's dialect.
    pub nordea: SepaBankFamily,
    /// OP's dialect.
    pub op: SepaBankFamily,
    /// The dialect of Säästöpankki, POP and Aktia.
    pub samlink: SepaBankFamily,
    /// Danske's dialect.
    pub danske: SepaBankFamily,
}

/// One family of a sandbox bank.
#[derive(Debug, Clone, Boundary)]
pub struct SepaBankFamily {
    /// The `file_url` for clients.
    pub file_url: String,
    /// The `certificate_url` for clients.
    pub certificate_url: Option<String>,
    /// The `crl_url` for clients: the revocation list of the authority of the bank's signers.
    pub crl_url: String,
    /// The `trusted_file` for clients: the authorities of the bank's signatures.
    pub anchors_file: String,
    /// Its customers.
    pub customers: Vec<SepaBankCustomer>,
}

/// For each bank that a sandbox bank plays, the settings of a client of its first customer.
#[derive(Debug, Clone, Boundary)]
pub struct SepaBankClients {
    /// Of Nordea.
    pub nordea: SepaBankClientSettings,
    /// Of OP.
    pub op: SepaBankClientSettings,
    /// Of the family samlink: the same as that of Säästöpankki.
    pub samlink: SepaBankClientSettings,
    /// Of Säästöpankki.
    pub saastopankki: SepaBankClientSettings,
    /// Of POP Pankki.
    pub pop: SepaBankClientSettings,
    /// Of Aktia.
    pub aktia: SepaBankClientSettings,
    /// Of Oma Säästöpankki.
    pub omasp: SepaBankClientSettings,
    /// Of Danske Bank.
    pub danske: SepaBankClientSettings,
}

/// The settings of a client of a sandbox bank, under their own names.
#[derive(Debug, Clone, Boundary)]
pub struct SepaBankClientSettings {
    /// The bank whose rules hold.
    pub bank: Option<String>,
    /// The same as a file, for a bank whose shipped profile does not say with which certificates it signs: its profile
    /// with those of the sandbox.
    pub profile_file: Option<String>,
    /// The sandbox's file service.
    pub file_url: String,
    /// The sandbox's certificate service.
    pub certificate_url: String,
    /// The sandbox's revocation list; absent if the bank's shipped profile has none.
    pub crl_url: Option<String>,
    /// The authorities of the sandbox's signatures.
    pub trusted_file: String,
    /// The authority of the sandbox's TLS certificate; absent without TLS.
    pub ca_file: Option<String>,
    /// The customer.
    pub customer_id: String,
    /// The part of its agreement; absent if the bank has none.
    pub target_id: Option<String>,
    /// Its name.
    pub company: String,
    /// Its certificate.
    pub certificate_file: String,
    /// Its key.
    pub private_key_file: String,
    /// The certificate of its key that decrypts; absent if the bank encrypts nothing.
    pub encryption_certificate_file: Option<String>,
    /// Its key that decrypts.
    pub encryption_private_key_file: Option<String>,
}

/// A customer of a sandbox bank.
#[derive(Debug, Clone, Boundary)]
pub struct SepaBankCustomer {
    /// The `customer_id` for clients.
    pub customer_id: String,
    /// The `target_id` for clients; absent if the family has none.
    pub target_id: Option<String>,
    /// The name.
    pub company: String,
    /// The `certificate_file` for clients.
    pub certificate_file: String,
    /// The `private_key_file` for clients.
    pub key_file: String,
    /// The `encryption_certificate_file` for clients; absent if the family encrypts nothing.
    pub encryption_certificate_file: Option<String>,
    /// The `encryption_private_key_file` for clients.
    pub encryption_key_file: Option<String>,
    /// The code for a first certificate; absent once it is used.
    pub code: Option<String>,
}
