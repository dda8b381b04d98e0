//! Trusts another authority, because a person says so (§6.6).

use bankchannel_crypto::x509::Certificate;
use bankchannel_foundation::{Result, prelude::*};
use bankchannel_sepa_web_services::errors;

use super::{Flow, certificates_flow, channel::FileFlowSteps};
use crate::{
    CallOptions,
    sepa_web_services::{SepaWebServices, trust::BankAnchor},
};

/// The authority.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct AddBankAnchorRequest {
    /// Its certificate as PEM text, or several, one after the other. Compare its SHA-256 with what the bank publishes.
    pub certificate: String,
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct AddBankAnchorResponse {
    /// The number of certificates that were not in the folder before.
    pub added: u32,
    /// The anchors of the folder as they are now.
    pub anchors: Vec<BankAnchor>,
}

/// Trust another authority: its certificate is put into `anchors_dir`.
///
/// All or nothing: if one of several certificates cannot be an anchor, none is added. Clients that run read the folder anew
/// within a second. Nothing that comes from a bank is ever added by itself.
#[derive(Debug, Operation)]
#[operation(AddBankAnchorRequest => AddBankAnchorResponse)]
#[declaration(commands: COMMANDS, ..certificates_flow("sepa_web_services.add_anchor"))]
#[errors(errors::CERTIFICATE_UNUSABLE)]
pub struct AddBankAnchor;

const COMMANDS: &[Command] = &[Command::named("anchors add").with_form(&CommandForm {
    replaces: false,
    fields: &[CommandField::argument(
        "certificate",
        "FILE",
        CommandInput::Files(FileForm::Certificates),
        "Their certificates, PEM or DER; - reads standard input",
    )],
    ..CommandForm::new("Trust further authorities")
})];

impl Flow<SepaWebServices> for AddBankAnchor {
    async fn run(
        client: &SepaWebServices,
        request: AddBankAnchorRequest,
        options: &CallOptions,
    ) -> Result<AddBankAnchorResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let (folder, now_s) = (client.0.ready.anchors.sources.folder()?.clone(), client.now_s());
        let all = Certificate::all_from_pem(&request.certificate).map_err(|fault| {
            Error::because(&errors::CERTIFICATE_UNUSABLE, fault.to_string()).with("field", "certificate")
        })?;
        let done = steps.work(move || {
            let added = folder.add(&all, now_s)?;
            let anchors = folder.anchors()?;
            let anchors = anchors.iter().map(|one| BankAnchor::from_trusted(one, now_s)).collect();
            Ok(AddBankAnchorResponse { added, anchors })
        });
        let done = done.await?;
        client.look_at_anchors_again();
        Ok(done)
    }
}
