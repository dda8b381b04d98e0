//! Puts the keys in the folder under another passphrase.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_sepa_web_services::errors;

use super::{Flow, certificates_flow, channel::FileFlowSteps, not_sent};
use crate::{CallOptions, sepa_web_services::SepaWebServices};

/// The new passphrase.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct ChangeIdentityPassphraseRequest {
    /// The new passphrase, at least one character. The present one is the setting `passphrase`.
    pub new_passphrase: Secret,
}

/// The keys are under the new passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ChangeIdentityPassphraseResponse {
    /// The number of keys that are under it now.
    pub keys: u32,
}

/// Encrypt the keys in `identity_dir` under another passphrase: all of them, or none.
///
/// The present passphrase is that of the settings; without one the keys are not encrypted yet. Nothing is sent. Afterwards put
/// the new passphrase into the settings: programs that run go on with the keys that they have opened, and open no other. A copy of
/// the folder from before still opens with the old one.
#[derive(Debug, Operation)]
#[operation(ChangeIdentityPassphraseRequest => ChangeIdentityPassphraseResponse)]
#[declaration(commands: COMMANDS, ..certificates_flow("sepa_web_services.change_passphrase"))]
#[errors(errors::IDENTITY_BUSY)]
pub struct ChangeIdentityPassphrase;

const COMMANDS: &[Command] = &[Command::named("change-passphrase")];

impl Flow<SepaWebServices> for ChangeIdentityPassphrase {
    async fn run(
        client: &SepaWebServices,
        request: ChangeIdentityPassphraseRequest,
        options: &CallOptions,
    ) -> Result<ChangeIdentityPassphraseResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let identity = client.sender()?.identity()?.clone();
        let new = request.new_passphrase;
        if new.expose().is_empty() {
            return Err(not_sent(Error::invalid_field("new_passphrase", "is empty: the keys would lie open")));
        }
        let keys = steps.work(move || identity.hold()?.change_passphrase(&new)).await.map_err(not_sent)?;
        Ok(ChangeIdentityPassphraseResponse { keys: u32::try_from(keys).unwrap_or(u32::MAX) })
    }
}
