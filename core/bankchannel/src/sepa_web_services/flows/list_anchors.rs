//! Shows the trusted anchors (§6.6).

use bankchannel_foundation::{Result, prelude::*};

use super::{Flow, certificates_flow, channel::FileFlowSteps};
use crate::{
    CallOptions,
    sepa_web_services::{SepaWebServices, trust::BankAnchor},
};

/// A request has nothing to say.
#[derive(Debug, Clone, Default, Boundary)]
#[non_exhaustive]
pub struct ListBankAnchorsRequest {}

/// The anchors.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct ListBankAnchorsResponse {
    /// The authorities that a bank's signers must lead to: of the settings, of the folder, then of the profile.
    pub anchors: Vec<BankAnchor>,
}

/// Show the authorities that are trusted: where each comes from, and until when it holds.
///
/// Nothing is sent, and nothing changes.
#[derive(Debug, Operation)]
#[operation(ListBankAnchorsRequest => ListBankAnchorsResponse)]
#[declaration(commands: COMMANDS, ..certificates_flow("sepa_web_services.list_anchors"))]
pub struct ListBankAnchors;

const COMMANDS: &[Command] = &[Command::named("anchors list")
    .with_form(&CommandForm::new("Show each anchor: its name, its end, where it comes from"))];

impl Flow<SepaWebServices> for ListBankAnchors {
    async fn run(
        client: &SepaWebServices,
        _request: ListBankAnchorsRequest,
        options: &CallOptions,
    ) -> Result<ListBankAnchorsResponse> {
        let steps = FileFlowSteps::begin(client, options)?;
        let (sources, now_s) = (client.0.ready.anchors.sources.clone(), client.now_s());
        let anchors = steps.work(move || sources.read()).await?;
        Ok(ListBankAnchorsResponse {
            anchors: anchors.iter().map(|one| BankAnchor::from_trusted(one, now_s)).collect(),
        })
    }
}
