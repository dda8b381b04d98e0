//! Routing by declaration: paths and methods come from the catalogue (docs/protocols/ws-channel.md §1.3, §1.4).

use bankchannel_foundation::{
    message::{Method, percent_decode},
    operation::{CatalogueEntry, path_parameter},
};

/// A path prefix and the operations of one protocol below it.
pub struct RouteMount {
    prefix: String,
    router: ProtocolRouter,
}

/// The routes of one protocol.
pub struct ProtocolRouter {
    catalogue: &'static [CatalogueEntry],
    routes: Vec<ServedRoute>,
}

struct ServedRoute {
    method: Method,
    parts: Vec<PathPart>,
    index: usize,
}

enum PathPart {
    Literal(&'static str),
    Parameter(&'static str),
}

/// The result of routing a path.
pub enum RouteMatch {
    /// An operation of the catalogue, with its parameters.
    Operation {
        /// The operation.
        entry: &'static CatalogueEntry,
        /// Its index in the catalogue.
        index: usize,
        /// The path's parameters, decoded once.
        parameters: Vec<(&'static str, String)>,
    },
    /// Several operations, which the request's body tells apart.
    InBody,
    /// The path exists, but only with these methods.
    OtherMethods(Vec<&'static str>),
    /// Not found.
    Nothing,
    /// The path itself is not acceptable.
    Malformed,
}

impl RouteMatch {
    /// The operation's name; empty if there is no operation.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Operation { entry, .. } => entry.declaration.name,
            _ => "",
        }
    }
}

impl RouteMount {
    /// Mounts the operations that `wanted` selects below this prefix.
    pub fn new(prefix: &str, catalogue: &'static [CatalogueEntry], wanted: impl Fn(&CatalogueEntry) -> bool) -> Self {
        Self { prefix: prefix.trim_end_matches('/').to_owned(), router: ProtocolRouter::new(catalogue, wanted) }
    }

    /// The path prefix of its operations.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Whether a path is below the mount.
    pub fn holds(&self, path: &str) -> bool {
        self.below(path).is_some()
    }

    /// Routes a path; `None` if it is not below the mount.
    pub fn find(&self, method: &str, path: &str) -> Option<RouteMatch> {
        self.below(path).map(|rest| self.router.find(method, rest))
    }

    fn below<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(&*self.prefix).filter(|rest| rest.starts_with('/'))
    }
}

impl ProtocolRouter {
    /// The routes of the operations that `wanted` selects.
    fn new(catalogue: &'static [CatalogueEntry], wanted: impl Fn(&CatalogueEntry) -> bool) -> Self {
        let mut routes: Vec<ServedRoute> = catalogue
            .iter()
            .enumerate()
            .filter(|(_, entry)| wanted(entry))
            .filter_map(|(index, entry)| {
                let route = entry.declaration.route.as_ref()?;
                let parts = route.path.split('/').skip(1).map(part).collect();
                Some(ServedRoute { method: route.method, parts, index })
            })
            .collect();
        // `…/{Mode}/password` before `…/{Mode}/{Phone}`: the path with fewer parameters wins.
        routes.sort_by_key(|route| route.parts.iter().filter(|part| matches!(part, PathPart::Parameter(_))).count());
        Self { catalogue, routes }
    }

    /// Finds the operation for a raw path below the base path. One trailing slash is ignored.
    fn find(&self, method: &str, path: &str) -> RouteMatch {
        let Some(mut segments) = segments(path) else { return RouteMatch::Malformed };
        let fitting = |segments: &[String]| {
            self.routes.iter().filter(|route| parts_match(&route.parts, segments)).collect::<Vec<_>>()
        };
        let mut matching = fitting(&segments);
        if matching.is_empty() && path.ends_with('/') {
            // If no path matches without the last slash, an empty parameter follows it: `/files/` has an empty bank.
            segments.push(String::new());
            matching = fitting(&segments);
        }
        // Only the most literal of the matching paths counts, whatever the method.
        let Some(best) = matching.first().map(|route| literals(&route.parts)) else { return RouteMatch::Nothing };
        let candidates = || matching.iter().filter(|route| literals(&route.parts) == best);
        match candidates().find(|route| route.method.as_str() == method) {
            Some(route) => self.found(route, segments),
            None => {
                // A method that only a less literal path has still leads to that path: `PUT …/mfacode` is one
                // operation, `POST …/{Phone}` another.
                match matching.iter().find(|route| route.method.as_str() == method) {
                    Some(route) => self.found(route, segments),
                    None => {
                        let mut methods: Vec<&str> = matching.iter().map(|route| route.method.as_str()).collect();
                        methods.sort_unstable();
                        methods.dedup();
                        RouteMatch::OtherMethods(methods)
                    }
                }
            }
        }
    }

    fn found(&self, route: &ServedRoute, segments: Vec<String>) -> RouteMatch {
        let (index, parameters) = (route.index, parameters(&route.parts, segments));
        RouteMatch::Operation { entry: &self.catalogue[index], index, parameters }
    }
}

fn part(text: &'static str) -> PathPart {
    match path_parameter(text) {
        Some(name) => PathPart::Parameter(name),
        None => PathPart::Literal(text),
    }
}

/// Splits on `/` first, then decodes each segment once; `None` if a segment is refused.
fn segments(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/')
        .map(|segment| percent_decode(segment).filter(|text| text != "." && text != ".." && !text.contains('\0')))
        .collect()
}

fn parts_match(parts: &[PathPart], segments: &[String]) -> bool {
    parts.len() == segments.len()
        && parts.iter().zip(segments).all(|(part, segment)| match part {
            PathPart::Literal(text) => text == segment,
            PathPart::Parameter(_) => true,
        })
}

fn literals(parts: &[PathPart]) -> usize {
    parts.iter().filter(|part| matches!(part, PathPart::Literal(_))).count()
}

fn parameters(parts: &[PathPart], segments: Vec<String>) -> Vec<(&'static str, String)> {
    parts
        .iter()
        .zip(segments)
        .filter_map(|(part, segment)| match part {
            PathPart::Parameter(name) => Some((*name, segment)),
            PathPart::Literal(_) => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_split_first_and_decoded_once() {
        assert_eq!(segments("/a%2Fb/c+d/"), Some(vec!["a/b".into(), "c+d".into()]));
        for bad in ["/..", "/%2e%2e/x", "/%00", "/%zz", "/."] {
            assert_eq!(segments(bad), None, "{bad}");
        }
    }
}
