//! A guest's settings.

use bankchannel_foundation::{Boundary, Result};

use super::Toy;
use crate::{ConnectionSettings, client::ClientSettings};

/// The environment's variables, each with its setting.
pub(super) const VARIABLES: [(&str, &str); 2] = [("TOY_BASE_URL", "base_url"), ("TOY_NAME", "name")];

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

    fn connection(&self) -> &ConnectionSettings {
        &self.connection
    }

    fn or_variables(&self, variable: &dyn Fn(&str) -> Option<String>) -> Option<Result<Self>> {
        let [(base_url, _), (name, _)] = VARIABLES;
        Some(Ok(Self {
            base_url: self.base_url.clone().or_else(|| variable(base_url)),
            name: self.name.clone().or_else(|| variable(name)),
            connection: self.connection.clone(),
        }))
    }
}
