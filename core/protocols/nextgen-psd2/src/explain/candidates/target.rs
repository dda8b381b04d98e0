//! Guesses at `(request-target)` (H-07): an unlisted line, or a listed one that was signed with another method, path or
//! scheme.

use std::collections::BTreeSet;

use super::{
    super::{hypotheses::AS_REQUESTED, visible},
    CandidateLine, CandidateSearch, GuessBasis, LineSlot, REQUEST_TARGET, uri,
};
use crate::http::Request;

/// The maximum length of a target shown, in characters.
const MAX_SHOWN: usize = 200;
/// The maximum number of bytes hashed for other spellings; the rest is for the other guesses.
const MAX_HASHED_SPELLINGS: usize = super::MAX_HASHED / 4;
/// The maximum length of a target for which other spellings are tried.
const MAX_SPELLED: usize = 2048;
/// The methods that may be confused with each other.
const METHODS: [&str; 7] = ["get", "post", "put", "delete", "patch", "head", "options"];

/// With and without the prefix, without the query, as a whole URL; combined with each line ending.
pub(super) fn try_usual(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    for target in targets(basis.request, basis.base_path) {
        for method in [basis.request.method.to_ascii_lowercase(), basis.request.method.to_ascii_uppercase()] {
            try_value(basis, search, &format!("{method} {target}").into_bytes(), "");
        }
    }
}

/// The same with other spellings, methods and schemes.
pub(super) fn try_spellings(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    if basis.request.target.len() > MAX_SPELLED {
        return;
    }
    search.within(MAX_HASHED_SPELLINGS, |search| {
        let mut seen = BTreeSet::new();
        for (how, value) in values(basis) {
            if search.is_over("H-07") {
                return;
            }
            if seen.insert(value.clone()) {
                try_value(basis, search, &value, how);
            }
        }
    });
}

/// The possible values of the line, each with a description of the difference.
fn values(basis: &GuessBasis<'_>) -> Vec<(&'static str, Vec<u8>)> {
    const METHOD: &str = "with another method";
    const SCHEME: &str = "with scheme and host";
    let method = basis.request.method.as_str();
    let methods = [method.to_ascii_lowercase(), method.to_ascii_uppercase()];
    let own = format!("{} ", methods[0]);
    let targets = targets(basis.request, basis.base_path);
    let mut out: Vec<(&'static str, Vec<u8>)> = Vec::new();
    let mut push = |how, method: &str, target: &[u8]| out.push((how, [method.as_bytes(), target].concat()));
    for target in &targets {
        let target = target.as_bytes();
        for other in METHODS.iter().flat_map(|other| [format!("{other} "), format!("{} ", other.to_ascii_uppercase())])
        {
            push(METHOD, &other, target);
        }
        push(METHOD, &format!("{method} "), target);
        push(METHOD, &format!("{} ", capital(method)), target);
        push("without a method", "", target);
        push("with a colon after the method", &format!("{}: ", methods[0]), target);
        push("with the protocol's version", &own, &[target, b" HTTP/1.1"].concat());
    }
    for host in hosts(basis.request) {
        for target in &targets {
            for scheme in ["https://", "http://", "//", ""] {
                for method in &methods {
                    push(SCHEME, &format!("{method} "), format!("{scheme}{host}{target}").as_bytes());
                }
            }
        }
    }
    for target in &targets {
        for (how, spelled) in uri::spellings(target.as_bytes()) {
            for method in &methods {
                push(how, &format!("{method} "), &spelled);
            }
        }
    }
    for target in &targets {
        out.push(("in lower case", [own.as_bytes(), &target.as_bytes().to_ascii_lowercase()].concat()));
    }
    out
}

fn capital(method: &str) -> String {
    let (first, rest) = method.split_at(method.len().min(1));
    format!("{}{}", first.to_ascii_uppercase(), rest.to_ascii_lowercase())
}

/// The host as sent, in lower case, with and without a port.
fn hosts(request: &Request) -> BTreeSet<String> {
    let Some(host) = request.headers.text("host") else { return BTreeSet::new() };
    super::forms::hosts(host).into_iter().chain([host.to_owned()]).collect()
}

fn try_value(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>, value: &[u8], how: &str) {
    let how = if how.is_empty() { String::new() } else { format!(", {how}") };
    let shown = |value: &[u8]| visible::clip(&String::from_utf8_lossy(value), MAX_SHOWN);
    let listed = basis.fields.iter().position(|field| field.name == REQUEST_TARGET);
    let Some(at) = listed else {
        for first in [true, false] {
            let place = if first { "first" } else { "last" };
            let text = || {
                format!("the signed text has the line `{REQUEST_TARGET}: {}`{how} as its {place} line", shown(value))
            };
            let mut lines: Vec<Vec<u8>> = Vec::with_capacity(basis.fields.len() + 1);
            lines.extend(basis.fields.iter().map(CandidateLine::line));
            lines.insert(if first { 0 } else { lines.len() }, CandidateLine::new(REQUEST_TARGET, value).line());
            search.try_lines("H-07", text, &lines);
        }
        return;
    };
    let Some(right) = basis.fields.get(at).map(|field| field.value.as_slice()).filter(|right| *right != value) else {
        return;
    };
    let text = || {
        format!("`{REQUEST_TARGET}` was signed as `{}`{how}, the request line gives `{}`", shown(value), shown(right))
    };
    if search.try_value("H-07", &LineSlot::new(basis, at), value, text) {
        search.advise("H-07", AS_REQUESTED);
    }
}

/// The target with and without its prefix and its query, and as a whole URL. If the prefix is unknown, the banks' usual
/// one is assumed.
fn targets(request: &Request, base_path: &str) -> Vec<String> {
    let target = request.target.as_str();
    let unknown = if target.starts_with("/v1/") { "/api" } else { "" };
    let base = Some(base_path.trim_end_matches('/')).filter(|base| !base.is_empty()).unwrap_or(unknown);
    let mut targets = vec![target.to_owned()];
    // The target without its first segment, which may be the prefix.
    let first = target.get(1..).and_then(|rest| rest.find('/')).and_then(|slash| target.get(slash + 1..));
    let without = target.strip_prefix(base).filter(|rest| !base.is_empty() && rest.starts_with('/'));
    targets.extend([without, first].into_iter().flatten().map(str::to_owned));
    if without.is_none() && !base.is_empty() {
        targets.push(format!("{base}{target}"));
    }
    let queryless: Vec<String> =
        targets.iter().filter_map(|target| target.split_once('?')).map(|(path, _)| path.to_owned()).collect();
    targets.extend(queryless);
    if let Some(host) = request.headers.text("host") {
        targets.push(format!("https://{host}{target}"));
    }
    targets.dedup();
    targets
}
