//! The validated options.

use std::{net::SocketAddr, path::Path};

use bankchannel_foundation::{Error, Result};
use bankchannel_nextgen_psd2::{certificates::Certificate, verify::VerificationMode};

use super::BankOptions;
use bankchannel_server::folder::unusable;

/// The default listen address.
const LISTEN: &str = "127.0.0.1:0";

/// A bank's configuration.
#[derive(Debug, Clone)]
pub(crate) struct BankConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) plain: bool,
    /// The fixed time of the bank's clock, milliseconds since 1970.
    pub(crate) clock_ms: Option<i64>,
    pub(crate) mode: VerificationMode,
    pub(crate) control: bool,
    pub(crate) explain: bool,
    /// Whether a link may answer for the customer.
    pub(crate) auto_answer: bool,
    /// Issuers to trust in addition to the bank's own and the specification's.
    pub(crate) trusted: Vec<Certificate>,
    pub(crate) era_status_quirk: bool,
    pub(crate) era_bad_href: bool,
}

impl BankConfig {
    /// Validates the options.
    ///
    /// # Errors
    /// `configuration.invalid`, `resource.storage` for a file that cannot be read.
    pub(crate) fn from_options(options: &BankOptions) -> Result<Self> {
        let given = options.listen.as_deref().unwrap_or(LISTEN);
        let listen: SocketAddr = given
            .parse()
            .map_err(|_| Error::invalid_setting("listen", "must be an address and port such as 127.0.0.1:8080"))?;
        let is_on = |option: Option<bool>| option.unwrap_or(false);
        let (loopback, explain) = (listen.ip().is_loopback(), options.explain.unwrap_or(true));
        if !loopback && is_on(options.plain) {
            return Err(Error::invalid_setting("plain", "is for loopback addresses only"));
        }
        if !loopback && is_on(options.control) {
            return Err(Error::invalid_setting("control", "is for a bank on a loopback address only"));
        }
        if !loopback && explain && !is_on(options.explain_anywhere) {
            return Err(Error::invalid_setting(
                "explain",
                "shows what third parties send: beyond loopback set it to false, or set explain_anywhere",
            ));
        }
        Ok(Self {
            listen,
            plain: is_on(options.plain),
            clock_ms: options.clock.as_ref().map(bankchannel_foundation::model::Timestamp::as_ms),
            mode: options.mode.unwrap_or_default().into(),
            control: is_on(options.control),
            explain,
            auto_answer: is_on(options.auto_answer),
            trusted: options.trusted_file.as_deref().map(trusted).transpose()?.unwrap_or_default(),
            era_status_quirk: is_on(options.era_status_quirk),
            era_bad_href: is_on(options.era_bad_href),
        })
    }
}

fn trusted(file: &str) -> Result<Vec<Certificate>> {
    let text = std::fs::read_to_string(file).map_err(|why| unusable(Path::new(file), &why))?;
    Certificate::all_from_pem(&text).map_err(|fault| Error::invalid_setting("trusted_file", fault))
}
