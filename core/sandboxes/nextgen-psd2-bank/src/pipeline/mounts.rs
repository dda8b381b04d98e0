//! The two path prefixes of the bank: `/api` with the rules of `era`, `/bg` with those of `bg`.

use bankchannel_foundation::operation::CatalogueEntry;
use bankchannel_nextgen_psd2::{CATALOGUE, signing::SigningDialect, terms, verify::EndpointRequirements};

use bankchannel_server::http::router::{RouteMatch, RouteMount};

/// A path prefix with the operations of one dialect below it.
pub(super) struct DialectMount {
    pub(super) mount: RouteMount,
    pub(super) dialect: SigningDialect,
    /// The verifier's requirements of each operation in the catalogue; `None` if this mount does not have it.
    endpoints: Vec<Option<EndpointRequirements>>,
}

/// Both mounts.
pub(super) fn mounts() -> [DialectMount; 2] {
    [DialectMount::new("/api", "era", SigningDialect::Era), DialectMount::new("/bg", "bg", SigningDialect::Bg)]
}

impl DialectMount {
    fn new(prefix: &str, name: &'static str, dialect: SigningDialect) -> Self {
        let endpoint = |entry: &CatalogueEntry| {
            let route = entry.declaration.route.as_ref().filter(|_| has(entry, name))?;
            EndpointRequirements::for_request(route.method.as_str(), route.path, dialect)
        };
        Self {
            mount: RouteMount::new(prefix, CATALOGUE, |entry| has(entry, name)),
            dialect,
            endpoints: CATALOGUE.iter().map(endpoint).collect(),
        }
    }

    /// The verifier's requirements for a request with this route.
    pub(super) fn endpoint(&self, found: &RouteMatch) -> Option<EndpointRequirements> {
        match found {
            RouteMatch::Operation { index, .. } => self.endpoints.get(*index).copied().flatten(),
            _ => None,
        }
    }
}

fn has(entry: &CatalogueEntry, dialect: &str) -> bool {
    terms(entry.declaration.name).is_some_and(|terms| terms.dialects.contains(&dialect))
}

#[cfg(test)]
mod tests {
    use bankchannel_nextgen_psd2::{NextGenPsd2Terms, certificates::Psd2Role};

    use super::*;

    /// V33: the verifier requires of each operation what its declaration specifies, whatever is appended to its path.
    #[test]
    fn every_route_is_known_to_the_verifier() {
        let mut served = 0;
        for mount in mounts() {
            for entry in CATALOGUE {
                let Some(route) = entry.declaration.route.as_ref() else { continue };
                let NextGenPsd2Terms { dialects, roles } =
                    *terms(entry.declaration.name).expect("every exchange has terms");
                let own = if mount.dialect == SigningDialect::Era { "era" } else { "bg" };
                for tail in ["", "/"] {
                    let path = format!("{}{}{tail}", mount.mount.prefix(), route.path);
                    let found = mount.mount.find(route.method.as_str(), &path).unwrap();
                    let endpoint = mount.endpoint(&found);
                    let RouteMatch::Operation { entry: found, .. } = found else {
                        assert!(!dialects.contains(&own), "{path}");
                        continue;
                    };
                    if !dialects.contains(&own) {
                        assert_ne!(found.declaration.name, entry.declaration.name);
                        continue;
                    }
                    assert_eq!(found.declaration.name, entry.declaration.name);
                    let wanted: Vec<Psd2Role> =
                        roles.iter().map(|role| if *role == "AISP" { Psd2Role::Ai } else { Psd2Role::Pi }).collect();
                    assert_eq!(endpoint.expect("is known").roles, wanted, "{path}");
                    served += 1;
                }
            }
        }
        assert_eq!(served, 2 * 12, "eleven operations, one of them in both dialects");
    }

    #[test]
    fn other_methods_and_other_paths() {
        let [era, bg] = mounts().map(|mount| mount.mount);
        assert!(era.holds("/api/v1") && !era.holds("/api") && !era.holds("/apix/v1") && bg.holds("/bg/"));
        let other = era.find("PUT", "/api/v1/consents");
        assert!(matches!(other, Some(RouteMatch::OtherMethods(methods)) if methods == ["POST"]));
        let other = bg.find("PATCH", "/bg/v1/consents/1");
        assert!(matches!(other, Some(RouteMatch::OtherMethods(methods)) if methods == ["DELETE", "GET"]));
        assert!(matches!(era.find("GET", "/api/v1/consents/1"), Some(RouteMatch::Nothing)));
        assert!(matches!(era.find("GET", "/api/v1/../accounts"), Some(RouteMatch::Malformed)));
    }
}
