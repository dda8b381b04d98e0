//! A guest's settings.

use bankchannel_foundation::model::Boundary;

use super::Toy;
use crate::{ConnectionSettings, client::ClientSettings};

/// A guest's settings.
#[derive(Debug, Clone, Default, Boundary)]
pub struct ToySettings {
    /// The host's base URL.
    pub base_url: Option<String>,
    /// Who is greeted where a request says nothing.
    pub name: Option<String>,
    /// How the host is reached.
    #[boundary(flatten)]
    pub connection: ConnectionSettings,
}

impl ClientSettings for ToySettings {
    type Client = Toy;
    const VARIABLE_PREFIX: &str = "TOY_";

    fn connection(&self) -> &ConnectionSettings {
        &self.connection
    }
}
