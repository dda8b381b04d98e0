//! Trusts an authority no longer (§6.6).

use bankchannel_foundation::{Result, prelude::*};
use data_encoding::HEXLOWER_PERMISSIVE;

use super::{Flow, certificates_flow, channel::FileFlowSteps};
use crate::{
    CallOptions,
    sepa_web_services::{SepaWebServices, trust::BankAnchor},
};

/// The authority.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct RemoveBankAnchorRequest {
    /// SHA-256 of its certificate, 64 hex digits, as `list_anchors` shows it; colons do not count.
    pub sha256: String,
}

/// What was removed.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct RemoveBankAnchorResponse {
    /// The anchor that is trusted no longer.
    pub removed: BankAnchor,
    /// Whether the settings or the profile give the same anchor, so that it is trusted all the same.
    pub still_trusted: bool,
}

/// Trust an authority no longer: its certificate is removed from `anchors_dir`.
///
/// Anchors of the profile and of the settings stay. Clients that run read the folder anew within a second.
#[derive(Debug, Operation)]
#[operation(RemoveBankAnchorRequest => RemoveBankAnchorResponse)]
#[declaration(commands: COMMANDS, ..certificates_flow("sepa_web_services.remove_anchor"))]
pub struct RemoveBankAnchor;

const COMMANDS: &[Command] = &[Command::named("anchors remove").with_form(&CommandForm {
    replaces: false,
    fields: &[CommandField::argument(
        "sha256",
        "SHA256",
        CommandInput::Value,
        "Of its certificate, as `list` shows it",
    )],
    ..CommandForm::new("Trust an authority of the folder no longer")
})];

impl Flow<SepaWebServices> for RemoveBankAnchor {
    async fn run(
        client: &SepaWebServices,
        request: RemoveBankAnchorRequest,
        options: &CallOptions,
    ) -> Result<RemoveBankAnchorResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let (sources, now_s) = (client.0.ready.anchors.sources.clone(), client.now_s());
        let folder = sources.folder()?.clone();
        let digits: String = request.sha256.chars().filter(|one| *one != ':' && !one.is_whitespace()).collect();
        let digest = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok();
        let digest: [u8; 32] = digest
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| Error::invalid_field("sha256", "must be 64 hex digits: the SHA-256 of a certificate"))?;
        let done = steps.work(move || {
            let removed = folder.remove(&digest)?;
            let left = sources.read()?;
            let still_trusted = left.iter().any(|one| one.certificate == removed.certificate);
            Ok(RemoveBankAnchorResponse { removed: BankAnchor::from_trusted(&removed, now_s), still_trusted })
        });
        let done = done.await?;
        client.look_at_anchors_again();
        Ok(done)
    }
}
