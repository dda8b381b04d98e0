//! Compiles the programs that the reference shows for each operation.

#[cfg(feature = "iso20022")]
#[doc = include_str!("../../../docs/reference/iso20022.md")]
struct Iso20022;

#[cfg(feature = "nextgen-psd2")]
#[doc = include_str!("../../../docs/reference/nextgen-psd2.md")]
struct NextGenPsd2;

#[cfg(feature = "salt-edge")]
#[doc = include_str!("../../../docs/reference/salt-edge-connector.md")]
struct SaltEdgeConnector;

#[cfg(feature = "salt-edge")]
#[doc = include_str!("../../../docs/reference/salt-edge-hub.md")]
struct SaltEdgeHub;

#[cfg(feature = "ws-channel")]
#[doc = include_str!("../../../docs/reference/ws-channel.md")]
struct WsChannel;
