//! A guest's settings.

use std::time::Duration;

use bankchannel_foundation::{Boundary, Result, model::Seconds};

use super::Toy;
use crate::{call, client::ClientSettings};

/// The environment's variables, each with its setting.
pub(super) const VARIABLES: [(&str, &str); 2] = [("TOY_BASE_URL", "base_url"), ("TOY_NAME", "name")];

/// A guest's settings.
#[derive(Debug, Clone, Default, Boundary)]
pub struct ToySettings {
    /// The host's base URL.
    pub base_url: Option<String>,
    /// Who is greeted where a request says nothing.
    pub name: Option<String>,
    /// How long one exchange may take, in seconds, fractions allowed.
    pub exchange_timeout_s: Option<Seconds>,
}

impl ClientSettings for ToySettings {
    type Client = Toy;

    fn exchange_limit(&self) -> Option<Duration> {
        call::said(self.exchange_timeout_s)
    }

    fn or_variables(&self, variable: &dyn Fn(&str) -> Option<String>) -> Option<Result<Self>> {
        let [(base_url, _), (name, _)] = VARIABLES;
        Some(Ok(Self {
            base_url: self.base_url.clone().or_else(|| variable(base_url)),
            name: self.name.clone().or_else(|| variable(name)),
            exchange_timeout_s: self.exchange_timeout_s,
        }))
    }
}
