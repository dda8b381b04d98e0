//! The two ways into the bank: `/api` with the rules of `era`, `/bg` with those of `bg`.

use bankchannel_foundation::operation::Entry;
use bankchannel_nextgen_psd2::{CATALOGUE, signing::SigningDialect, terms, verify::Endpoint};

use crate::http::router::{Found, Router};

/// A path prefix with the operations of one dialect below it.
pub(super) struct Mount {
    pub(super) prefix: &'static str,
    pub(super) dialect: SigningDialect,
    router: Router,
    /// What each operation of the catalogue asks of a request, where this mount has it.
    endpoints: Vec<Option<Endpoint>>,
}

/// Where a request leads.
pub(super) enum Way {
    /// To this operation.
    Operation { entry: &'static Entry, endpoint: Option<Endpoint>, parameters: Vec<(&'static str, String)> },
    /// To a path that has only these methods.
    OtherMethods(String),
    /// Nowhere.
    Nothing,
}

/// Both mounts.
pub(super) fn mounts() -> [Mount; 2] {
    [Mount::new("/api", "era", SigningDialect::Era), Mount::new("/bg", "bg", SigningDialect::Bg)]
}

impl Mount {
    fn new(prefix: &'static str, name: &'static str, dialect: SigningDialect) -> Self {
        let endpoint = |entry: &Entry| {
            let route = entry.declaration.route.as_ref().filter(|_| has(entry, name))?;
            Endpoint::of(route.method.as_str(), route.path, dialect)
        };
        Self {
            prefix,
            dialect,
            router: Router::of(CATALOGUE, |entry| has(entry, name)),
            endpoints: CATALOGUE.iter().map(endpoint).collect(),
        }
    }

    /// Whether a path lies below this mount.
    pub(super) fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.prefix).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Where a request leads.
    pub(super) fn find(&self, method: &str, path: &str) -> Way {
        match self.router.find(method, path.strip_prefix(self.prefix).unwrap_or_default()) {
            Found::Operation { index, parameters } => Way::Operation {
                entry: &CATALOGUE[index],
                endpoint: self.endpoints.get(index).copied().flatten(),
                parameters,
            },
            Found::OtherMethods(methods) => Way::OtherMethods(methods.join(", ")),
            Found::Nothing | Found::Malformed => Way::Nothing,
        }
    }
}

fn has(entry: &Entry, dialect: &str) -> bool {
    terms(entry.declaration.name).is_some_and(|terms| terms.dialects.contains(&dialect))
}

#[cfg(test)]
mod tests {
    use bankchannel_nextgen_psd2::{Terms, certificates::Role};

    use super::*;

    /// V33: the verifier asks of each operation what its declaration says, whatever is appended to its path.
    #[test]
    fn every_route_is_known_to_the_verifier() {
        let mut served = 0;
        for mount in mounts() {
            for entry in CATALOGUE {
                let Some(route) = entry.declaration.route.as_ref() else { continue };
                let Terms { dialects, roles } = *terms(entry.declaration.name).expect("every exchange has terms");
                let own = if mount.dialect == SigningDialect::Era { "era" } else { "bg" };
                for tail in ["", "/"] {
                    let path = format!("{}{}{tail}", mount.prefix, route.path);
                    let way = mount.find(route.method.as_str(), &path);
                    let Way::Operation { entry: found, endpoint, .. } = way else {
                        assert!(!dialects.contains(&own), "{path}");
                        continue;
                    };
                    if !dialects.contains(&own) {
                        assert_ne!(found.declaration.name, entry.declaration.name);
                        continue;
                    }
                    assert_eq!(found.declaration.name, entry.declaration.name);
                    let wanted: Vec<Role> =
                        roles.iter().map(|role| if *role == "AISP" { Role::Ai } else { Role::Pi }).collect();
                    assert_eq!(endpoint.expect("is known").roles, wanted, "{path}");
                    served += 1;
                }
            }
        }
        assert_eq!(served, 2 * 12, "eleven operations, one of them in both dialects");
    }

    #[test]
    fn other_methods_and_other_paths() {
        let [era, bg] = mounts();
        assert!(era.holds("/api/v1") && !era.holds("/api") && !era.holds("/apix/v1") && bg.holds("/bg/"));
        assert!(matches!(era.find("PUT", "/api/v1/consents"), Way::OtherMethods(methods) if methods == "POST"));
        assert!(
            matches!(bg.find("PATCH", "/bg/v1/consents/1"), Way::OtherMethods(methods) if methods == "DELETE, GET")
        );
        assert!(matches!(era.find("GET", "/api/v1/consents/1"), Way::Nothing));
        assert!(matches!(era.find("GET", "/api/v1/../accounts"), Way::Nothing));
    }
}
