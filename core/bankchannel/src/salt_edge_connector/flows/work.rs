//! Work: what follows the answers.

use bankchannel_foundation::{Boundary, Declaration, Operation, Result, model::Timestamp};
use bankchannel_salt_edge::connector::errors;

use super::{Flow, asking_the_bank, flow, needs_bank, opened};
use crate::{CallOptions, salt_edge_connector::SaltEdgeConnector};

/// When it is done.
#[derive(Debug, Clone, Boundary)]
pub struct WorkRequest {
    /// The instant at which it is done; now when left out.
    pub at: Option<Timestamp>,
}

/// What was done.
#[derive(Debug, Clone, Boundary)]
pub struct WorkResponse {
    /// How many questions the bank's code was asked.
    pub asked: u32,
    /// How many callbacks Salt Edge has taken.
    pub delivered: u32,
    /// How many will be sent again.
    pub again: u32,
    /// How many wait for somebody to set something right: `list_callbacks` says what.
    pub stopped: u32,
    /// How many will not be sent any more.
    pub given_up: u32,
    /// How many sessions and callbacks had their time over.
    pub expired: u32,
    /// When something is due next, if nothing new arrives; left out where nothing waits.
    pub next_due_at: Option<Timestamp>,
}

/// Does what follows the answers.
#[derive(Debug)]
pub struct Work;

impl Operation for Work {
    type Request = WorkRequest;
    type Response = WorkResponse;
    const DECLARATION: Declaration = asking_the_bank(flow(
        "requests",
        "salt_edge_connector.work",
        "Ask the bank what is to be asked, and tell Salt Edge what is to be told",
        "Does all that is due, and says when something is due next. Each answer of the bank's is on disk together with the report of it before that is sent; a report is sent until Salt Edge \
         has it. Any number of processes may work on one store at once. The time limit says until when something new is begun.",
        errors::OF_SIGNING,
    ));
}

impl Flow<SaltEdgeConnector> for Work {
    async fn run(client: &SaltEdgeConnector, asked: WorkRequest, options: &CallOptions) -> Result<WorkResponse> {
        needs_bank(options)?;
        let worked = opened(client, options, asked.at.as_ref()).await?.work().await?;
        Ok(WorkResponse {
            asked: worked.asked,
            delivered: worked.delivered,
            again: worked.again,
            stopped: worked.stopped,
            given_up: worked.given_up,
            expired: worked.expired,
            next_due_at: worked.next_due_ms.map(Timestamp::from_ms),
        })
    }
}
