//! The orders of embedded servers, as types for [`EmbeddedServer::order`](crate::EmbeddedServer::order).

pub use bankchannel_nextgen_psd2_bank::orders as nextgen_psd2_bank;
pub use bankchannel_salt_edge_connector_service::orders as salt_edge_connector;
pub use bankchannel_salt_edge_hub::orders as salt_edge_hub;
pub use bankchannel_sepa_bank::orders as sepa_bank;
pub use bankchannel_server::orders::{SEED, ServerOrder};
pub use bankchannel_ws_channel_service::orders as ws_channel;

/// The orders that every server has, their requests and answers.
pub mod server {
    pub use bankchannel_server::{
        http::control::{OrderedFault, TranscriptRecord},
        orders::{
            OrderDone, PlainOrder,
            common::{
                ClockOrder, ClockTime, FailNextRequests, ListMessages, ListRequests, Outbox, ResetServer,
                SetServerClock, Transcript,
            },
        },
    };
}
