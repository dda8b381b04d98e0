//! Guesses at values that were signed in an equivalent form (H-22), and at a `Date` that was replaced later (H-21).
//! Each is tried alone, and in one line.

use super::{super::visible, CandidateSearch, GuessBasis, LineSlot, MAX_HASHED, REQUEST_TARGET, dates, uri};

/// The maximum number of bytes hashed for each of the two; the rest is for the other guesses.
const MAX_HASHED_FORMS: usize = MAX_HASHED / 8;
/// The maximum length of a date shown, in characters.
const MAX_SHOWN: usize = 64;
/// Ports that may be part of a host, or be missing there.
const PORTS: [&str; 4] = [":443", ":80", ":8443", ":8080"];

pub(super) fn try_all(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    search.within(MAX_HASHED_FORMS, |search| values(basis, search));
    search.within(MAX_HASHED_FORMS, |search| stamped_anew(basis, search));
}

/// H-22.
fn values(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    for (at, field) in basis.fields.iter().enumerate() {
        let slot = LineSlot::new(basis, at);
        let Ok(value) = std::str::from_utf8(&field.value) else { continue };
        let name = field.name.as_str();
        if name == "date" {
            for form in dates::read(value).map(dates::forms).unwrap_or_default() {
                let text = || format!("`date` was signed in another form or time zone: `{form}`");
                search.try_value("H-22", &slot, form.as_bytes(), text);
            }
        }
        // H-07 covers its other spellings.
        if name == REQUEST_TARGET {
            continue;
        }
        for (how, form) in forms(name, value) {
            let text = || format!("the value of `{}` was signed {how}", visible::clip(name, MAX_SHOWN));
            search.try_value("H-22", &slot, &form, text);
        }
    }
}

/// H-21.
fn stamped_anew(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    let Some(at) = basis.fields.iter().position(|field| field.name == "date") else { return };
    let sent = basis.fields.get(at).and_then(|field| std::str::from_utf8(&field.value).ok());
    let Some(sent_s) = sent.and_then(dates::read) else { return };
    let slot = LineSlot::new(basis, at);
    for (later, date) in dates::around(sent_s) {
        let text = || {
            let (apart, when) = (later.abs(), if later < 0 { "before" } else { "after" });
            let seconds = if apart == 1 { "second" } else { "seconds" };
            format!("`date` was signed as `{date}`, {apart} {seconds} {when} the one that is sent: it was stamped anew")
        };
        if search.try_value("H-21", &slot, date.as_bytes(), text) {
            return;
        }
    }
}

/// The other forms of a value, each with a description.
fn forms(name: &str, value: &str) -> Vec<(&'static str, Vec<u8>)> {
    const CASE: &str = "with letters of another case";
    let mut out =
        vec![(CASE, value.to_ascii_lowercase().into_bytes()), (CASE, value.to_ascii_uppercase().into_bytes())];
    let mut push = |how, other: String| out.push((how, other.into_bytes()));
    match name {
        "x-request-id" => uuids(value).into_iter().for_each(|other| push("as another form of the same UUID", other)),
        "host" => hosts(value)
            .into_iter()
            .for_each(|other| push("with another port, or without one, or in lower case", other)),
        "digest" => digests(value).into_iter().for_each(|other| push("in another base64", other)),
        "content-type" => types(value).into_iter().for_each(|other| push("with other parameters", other)),
        "tpp-redirect-uri" | "tpp-nok-redirect-uri" => {
            for other in addresses(value) {
                push("with another scheme, host or port of the same", other);
            }
            out.extend(paths(value));
        }
        _ => {}
    }
    out
}

/// With and without hyphens, in braces and as a URN, each in both letter cases.
fn uuids(value: &str) -> Vec<String> {
    let trimmed = value.strip_prefix("urn:uuid:").unwrap_or(value);
    let trimmed = trimmed.trim_matches(['{', '}']);
    let bare: String = trimmed.chars().filter(|character| *character != '-').collect();
    if bare.len() != 32 || !bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Vec::new();
    }
    let parts = [bare.get(..8), bare.get(8..12), bare.get(12..16), bare.get(16..20), bare.get(20..)];
    let hyphened = parts.into_iter().flatten().collect::<Vec<_>>().join("-");
    let forms = [bare, format!("{{{hyphened}}}"), format!("urn:uuid:{hyphened}"), hyphened];
    forms.iter().flat_map(|form| [form.clone(), form.to_ascii_lowercase(), form.to_ascii_uppercase()]).collect()
}

/// In lower case, with and without a port.
pub(super) fn hosts(value: &str) -> Vec<String> {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = value.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(value, |(name, _)| name);
    let lower = name.to_ascii_lowercase();
    let mut out = vec![value.to_ascii_lowercase(), name.to_owned(), lower.clone()];
    for port in PORTS {
        out.extend([format!("{name}{port}"), format!("{lower}{port}")]);
    }
    out
}

/// Without padding, and between base64 and base64url.
fn digests(value: &str) -> Vec<String> {
    let Some((token, hash)) = value.split_once('=') else { return Vec::new() };
    let plain = hash.trim_end_matches('=').replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - plain.len() % 4) % 4);
    let url_safe = plain.replace('+', "-").replace('/', "_");
    [plain, url_safe].iter().flat_map(|form| [format!("{token}={form}"), format!("{token}={form}{padding}")]).collect()
}

/// With and without the character set that libraries add.
fn types(value: &str) -> Vec<String> {
    let (kind, charset) = (value.split(';').next().unwrap_or_default().trim_end(), ["utf-8", "UTF-8"]);
    let with = charset.iter().flat_map(|set| ["; ", ";"].map(|mark| format!("{kind}{mark}charset={set}")));
    with.chain([kind.to_owned()]).collect()
}

/// Scheme and host in another letter case, with and without the usual port.
fn addresses(value: &str) -> Vec<String> {
    let Some((scheme, rest)) = value.split_once("://") else { return Vec::new() };
    let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let mut out = Vec::new();
    for scheme in [scheme.to_owned(), scheme.to_ascii_lowercase(), "https".to_owned(), "http".to_owned()] {
        for host in hosts(host).into_iter().chain([host.to_owned()]) {
            out.push(format!("{scheme}://{host}{path}"));
        }
    }
    out
}

/// Another percent-encoding, and other slashes after the host.
fn paths(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let begin = value.find("://").map_or(0, |at| at + 3);
    let path = value.get(begin..).and_then(|rest| rest.find(['/', '?'])).map_or(value.len(), |at| begin + at);
    let (before, path) = value.split_at(path);
    let whole = |(how, other): (&'static str, Vec<u8>)| (how, [before.as_bytes(), &other].concat());
    uri::spellings(path.as_bytes()).into_iter().map(whole).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each form is found from the other, whether the client or a proxy changed it.
    #[test]
    fn each_form_has_the_other() {
        const UUID: &str = "4eba4445-1a4b-47b8-bdd5-4e56ef026b19";
        for (name, one, other) in [
            ("x-request-id", UUID, "4EBA4445-1A4B-47B8-BDD5-4E56EF026B19"),
            ("x-request-id", UUID, "4eba44451a4b47b8bdd54e56ef026b19"),
            ("x-request-id", UUID, "{4eba4445-1a4b-47b8-bdd5-4e56ef026b19}"),
            ("psu-id", "psu-7f3a91", "PSU-7F3A91"),
            ("host", "bank.example", "bank.example:443"),
            ("host", "bank.example:8443", "bank.example"),
            ("digest", "SHA-256=ab+/zw==", "SHA-256=ab-_zw"),
            ("digest", "SHA-256=ab+/zw==", "SHA-256=ab+/zw"),
            ("content-type", "application/json", "application/json; charset=utf-8"),
            ("tpp-redirect-uri", "https://tpp.example/cb", "https://tpp.example/cb/"),
            ("tpp-redirect-uri", "https://tpp.example", "https://tpp.example/"),
            ("tpp-redirect-uri", "https://tpp.example/cb", "https://tpp.example:443/cb"),
            ("tpp-redirect-uri", "https://tpp.example/a%2fb", "https://tpp.example/a%2Fb"),
        ] {
            for (from, to) in [(one, other), (other, one)] {
                assert!(forms(name, from).iter().any(|(_, form)| form == to.as_bytes()), "{name}: {from} as {to}");
            }
        }
        assert!(forms("host", "Bank.Example").iter().any(|(_, form)| form == b"bank.example"));
        assert!(uuids("not a UUID").is_empty() && addresses("/cb").is_empty() && digests("x").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_value_is_answered(name in "host|digest|x-request-id|content-type|tpp-redirect-uri|[a-z]{3}", value: String) {
            let _ = forms(&name, &value);
        }
    }
}
