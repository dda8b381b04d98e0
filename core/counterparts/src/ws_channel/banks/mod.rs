//! The banks behind the service: WS Channel sheet §6.

use std::{path::Path, sync::Arc};

use bankchannel_foundation::Result;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{config::Config, keys::Keys, service::Service};

/// The banks behind the service.
pub(crate) struct Banks {}

impl Banks {
    /// Opens what the banks keep in the data folder.
    pub(crate) fn open(_data: &Path, _config: &Config, _keys: &Keys) -> Result<Self> {
        Ok(Self {})
    }
}

/// What runs beside the requests.
pub(crate) fn background(_service: &Arc<Service>, _stop: &CancellationToken) -> Vec<JoinHandle<()>> {
    Vec::new()
}
