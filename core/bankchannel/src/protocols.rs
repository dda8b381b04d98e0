//! The list of protocols: the one place that names them all.

use crate::{
    nextgen_psd2,
    protocol::{Callable, Protocol},
    ws_channel,
};

/// Every protocol there is, in the catalogue's order. Settings that name no protocol are the first one's.
pub static PROTOCOLS: &[&Protocol] = &[
    &ws_channel::DESCRIPTOR,
    &nextgen_psd2::DESCRIPTOR,
    #[cfg(feature = "testing")]
    &crate::toy::DESCRIPTOR,
];

/// The protocol of this name.
#[must_use]
pub fn protocol(name: &str) -> Option<&'static Protocol> {
    PROTOCOLS.iter().copied().find(|protocol| protocol.name == name)
}

/// The operation of this name, and whose it is.
pub(crate) fn find(name: &str) -> Option<(&'static Protocol, &'static Callable)> {
    let (module, _) = name.split_once('.')?;
    let protocol = PROTOCOLS.iter().copied().find(|protocol| protocol.module == module)?;
    let callable = protocol.callables().find(|callable| callable.entry.declaration.name == name)?;
    Some((protocol, callable))
}
