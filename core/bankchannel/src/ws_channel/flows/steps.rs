//! The steps of this protocol's flows.

use bankchannel_foundation::{Result, operation::Exchange};
use bankchannel_ws_channel::WsChannelCodec;

pub(super) use crate::file_channel::steps::{code_question, needed};
use crate::{ContentDestination, ws_channel::WsChannel};

/// The steps of one flow.
pub(super) type FlowSteps<'a> = crate::file_channel::steps::ChannelFlowSteps<'a, WsChannel>;

impl FlowSteps<'_> {
    /// One exchange, within its own limit and the flow's.
    pub(super) async fn exchange<O: Exchange<Codec = WsChannelCodec>>(
        &self,
        request: O::Request,
    ) -> Result<O::Response> {
        self.exchange_to::<O>(request, ContentDestination::Memory).await
    }

    /// One exchange whose content goes to `destination`.
    pub(super) async fn exchange_to<O: Exchange<Codec = WsChannelCodec>>(
        &self,
        request: O::Request,
        destination: ContentDestination,
    ) -> Result<O::Response> {
        self.client.exchange::<O>(request, &self.exchange_options::<O>(destination)).await
    }
}
