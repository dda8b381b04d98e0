//! Looks up host names on threads that can be refused, unlike those that reqwest takes.

use std::net::{SocketAddr, ToSocketAddrs};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::background;

/// The system's names.
#[derive(Debug)]
pub(crate) struct SystemNames;

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = background::blocking(move || (name.as_str(), 0).to_socket_addrs()).await;
            // This error is found in the chain of the HTTP library's.
            let found = found.map_err(|why| why.error("looking up the host's name was aborted"))??;
            let found: Addrs = Box::new(found.collect::<Vec<SocketAddr>>().into_iter());
            Ok(found)
        })
    }
}
