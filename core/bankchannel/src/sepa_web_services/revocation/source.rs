//! The setting of revocation lists, and where they are.

use bankchannel_crypto::x509::MAX_REVOCATION_LIST_BYTES;
use bankchannel_foundation::{Error, Result, model::Boundary};
use bankchannel_transport::TransportSettings;

use super::{super::bank_address::of_address, TIMEOUT};
use crate::ConnectionSettings;

/// What happens if the revocation list of a bank's authority cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Boundary)]
pub enum RevocationCheck {
    /// Requests are sent, with a warning in the log: the default. Who holds up the list, which comes over plain HTTP, does not
    /// hold up payments.
    #[default]
    #[boundary("soft_fail")]
    SoftFail,
    /// Nothing is sent, and a signer whose issuer's list is not there is not believed.
    #[boundary("hard_fail")]
    HardFail,
    /// The list is not fetched, nor read.
    #[boundary("off")]
    Off,
}

/// Where the list of a bank's authority is. Nothing in it is open: a forked process uses it, too.
#[derive(Clone)]
pub(in super::super) struct RevocationSource {
    pub(super) settings: TransportSettings,
    pub(super) check: RevocationCheck,
}

impl RevocationSource {
    /// The source at this address; `None` if nothing is fetched.
    ///
    /// # Errors
    /// `configuration.invalid`.
    pub(in super::super) fn new(
        check: RevocationCheck,
        url: Option<String>,
        connection: &ConnectionSettings,
    ) -> Result<Option<Self>> {
        let url = match (check, url) {
            (RevocationCheck::Off, _) | (RevocationCheck::SoftFail, None) => return Ok(None),
            (RevocationCheck::HardFail, None) => {
                let why = "is missing: crl_check is hard_fail, and the bank's profile has no list that goes with these addresses";
                return Err(Error::invalid_setting("crl_url", why));
            }
            (_, Some(url)) => url,
        };
        let settings = connection.transport(url)?;
        let settings = TransportSettings {
            allows_plain: true,
            connect_timeout: settings.connect_timeout.min(TIMEOUT),
            // As PEM a list is a third longer.
            max_answer_bytes: MAX_REVOCATION_LIST_BYTES * 3 / 2,
            retries: 0,
            send_traceparent: false,
            record_to: None,
            ..settings
        };
        settings.check_address().map_err(|error| of_address("crl_url", error))?;
        Ok(Some(Self { settings, check }))
    }
}
