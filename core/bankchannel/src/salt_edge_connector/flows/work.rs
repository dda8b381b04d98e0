//! Work: the tasks that follow from the answers.

use bankchannel_foundation::{Result, prelude::*};
use bankchannel_salt_edge::connector::errors;

use super::{Flow, asking_the_bank, flow, needs_bank, opened};
use crate::{CallOptions, salt_edge_connector::SaltEdgeConnector};

/// The time of the work.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct WorkRequest {
    /// The time of the work. Default: now.
    pub at: Option<Timestamp>,
}

/// Counts of the work done.
#[derive(Debug, Clone, Boundary)]
#[non_exhaustive]
pub struct WorkResponse {
    /// The number of questions to the bank's code.
    pub asked: u32,
    /// The number of callbacks that Salt Edge accepted.
    pub delivered: u32,
    /// The number of callbacks that will be sent again.
    pub again: u32,
    /// The number of callbacks that wait for a fix by somebody; `list_callbacks` lists them with their cause.
    pub stopped: u32,
    /// The number of callbacks that will not be sent again.
    pub given_up: u32,
    /// The number of sessions and callbacks that expired.
    pub expired: u32,
    /// The time at which `work` is due next if nothing new arrives. Absent if nothing waits.
    pub next_due_at: Option<Timestamp>,
}

/// Ask the bank the open questions and send the reports to Salt Edge.
///
/// Does all work that is due and returns the time of the next work. Each answer of the bank is on disk, together with
/// its report, before the report is sent; a report is sent until Salt Edge has it. Any number of processes may work
/// on one store at once. After the time limit no new piece of work begins.
#[derive(Debug, Operation)]
#[operation(WorkRequest => WorkResponse)]
#[declaration(..asking_the_bank(flow("requests", "salt_edge_connector.work")))]
#[errors(..errors::OF_SIGNING)]
pub struct Work;

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
