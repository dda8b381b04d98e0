//! Guesses at the lines: names (H-03), colons (H-04), order (H-05, H-20), lines missing or added (H-06, and H-07 in
//! `target`).

use super::{CandidateLine, CandidateSearch, GuessBasis, target};

/// The maximum number of lines for which every order is tried (720 orders).
const MAX_PERMUTED: usize = 6;

/// The headers that a signature may cover, in the bank's spelling and in the order in which a client signs them (§2.2).
const SIGNED: [&str; 6] = ["Date", "Digest", "X-Request-ID", "PSU-ID", "PSU-Corporate-ID", "TPP-Redirect-URI"];
/// Further headers that clients are known to sign.
const OTHERS: [&str; 3] = ["Host", "Content-Type", "TPP-Signature-Certificate"];

pub(super) fn try_all(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    names(basis, search);
    colons(basis, search);
    missing(basis, search);
    added(basis, search);
    target::try_usual(basis, search);
    order(basis, search);
}

/// The spelling of a name.
type NameSpelling = fn(&GuessBasis<'_>, &str) -> String;

/// H-03.
fn names(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    const SPELLINGS: [(&str, NameSpelling); 4] = [
        ("as the headers are spelled", as_sent),
        ("as the bank's pages spell them", as_listed),
        ("with capital initials", |_, name| camel(name)),
        ("in upper case", |_, name| name.to_ascii_uppercase()),
    ];
    for (how, spell) in SPELLINGS {
        let spelled = |field: &CandidateLine| CandidateLine::new(&spell(basis, &field.name), &*field.value);
        let fields: Vec<CandidateLine> = basis.fields.iter().map(spelled).collect();
        search.try_fields("H-03", || format!("the names were signed {how}: {}", list(&fields)), &fields);
    }
}

fn as_sent(basis: &GuessBasis<'_>, name: &str) -> String {
    let sent = basis.request.headers.named(name).next();
    sent.map_or_else(|| name.to_owned(), |header| header.name.clone())
}

fn as_listed(_: &GuessBasis<'_>, name: &str) -> String {
    let known = SIGNED.iter().find(|known| known.eq_ignore_ascii_case(name));
    known.map_or_else(|| camel(name), |known| (*known).to_owned())
}

fn camel(name: &str) -> String {
    let mut initial = true;
    let capital = |letter: char| {
        let letter = if initial { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() };
        initial = letter == '-';
        letter
    };
    name.chars().map(capital).collect()
}

/// H-04.
fn colons(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    const COLONS: [(&str, &str); 5] = [
        ("no space after the colons", ":"),
        ("a space before the colons too", " : "),
        ("the space before the colons", " :"),
        ("two spaces after the colons", ":  "),
        ("`=` in place of colon and space", "="),
    ];
    for (what, colon) in COLONS {
        let lines: Vec<Vec<u8>> = basis.fields.iter().map(|field| field.with_colon(colon.as_bytes())).collect();
        search.try_lines("H-04", || format!("the signed text has {what}"), &lines);
    }
    let values: Vec<&[u8]> = basis.fields.iter().map(|field| field.value.as_slice()).collect();
    search.try_lines("H-04", || "the signed text has the values only, without names and colons".to_owned(), &values);
}

/// H-06: one line left out, or all except those that are always signed.
fn missing(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    if basis.fields.len() < 2 {
        return;
    }
    for left_out in 0..basis.fields.len() {
        let mut fields = basis.fields.to_vec();
        let gone = fields.remove(left_out);
        search.try_fields("H-06", || format!("the line `{}` is missing from the signed text", gone.name), &fields);
    }
    let always = |field: &&CandidateLine| SIGNED.iter().take(3).any(|name| name.eq_ignore_ascii_case(&field.name));
    let fields: Vec<CandidateLine> = basis.fields.iter().filter(always).cloned().collect();
    if !fields.is_empty() {
        search.try_fields("H-06", || format!("only {} were signed", list(&fields)), &fields);
    }
}

/// H-06: a header of the request that `headers` does not list, at every position.
fn added(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    for name in SIGNED.iter().chain(&OTHERS) {
        if basis.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        // A missing header may have been signed with an empty value.
        let value = basis.request.headers.get(name).unwrap_or_default();
        let field = CandidateLine::new(&name.to_ascii_lowercase(), value);
        let text = || format!("the signed text has a line `{}`, which `headers` does not list", field.name);
        insert_everywhere(basis, search, "H-06", &field, text);
    }
}

/// Tries an additional line at every position.
fn insert_everywhere(
    basis: &GuessBasis<'_>,
    search: &mut CandidateSearch<'_>,
    id: &'static str,
    field: &CandidateLine,
    text: impl Fn() -> String,
) {
    for place in 0..=basis.fields.len() {
        let mut fields = basis.fields.to_vec();
        fields.insert(place, field.clone());
        if search.try_fields(id, &text, &fields) {
            return;
        }
    }
}

/// H-05, and H-20, since the same lines may be right for another list.
fn order(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    let request_place = |field: &CandidateLine| {
        let place = basis.request.headers.iter().position(|header| header.name.eq_ignore_ascii_case(&field.name));
        place.unwrap_or(usize::MAX)
    };
    let client_place = |field: &CandidateLine| {
        let place = SIGNED.iter().position(|name| name.eq_ignore_ascii_case(&field.name));
        place.unwrap_or(SIGNED.len())
    };
    let mut alphabetical = basis.fields.to_vec();
    alphabetical.sort_by(|left, right| left.name.cmp(&right.name));
    let mut as_sent = basis.fields.to_vec();
    as_sent.sort_by_key(request_place);
    let mut as_usual = basis.fields.to_vec();
    as_usual.sort_by_key(client_place);
    let mut digest_first = basis.fields.to_vec();
    digest_first.sort_by_key(|field| field.name != "digest");
    let reversed = basis.fields.iter().rev().cloned().collect();
    for (how, fields) in [
        ("alphabetically: ", alphabetical),
        ("in the order of the request's headers: ", as_sent),
        ("in the usual order: ", as_usual),
        ("with the digest first: ", digest_first),
        ("in reverse: ", reversed),
    ] {
        if try_order(basis, search, how, &fields) {
            return;
        }
    }
    if basis.fields.len() <= MAX_PERMUTED {
        permutations(basis, search);
    }
}

fn try_order(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>, how: &str, fields: &[CandidateLine]) -> bool {
    let matched =
        search.try_fields("H-05", || format!("the lines were signed in another order, {how}{}", list(fields)), fields);
    if matched {
        let text = format!("`headers` lists {}, signed were {}", list(basis.fields), list(fields));
        search.also("H-20", text);
    }
    matched
}

/// Tries every order, with Heap's algorithm without recursion.
fn permutations(basis: &GuessBasis<'_>, search: &mut CandidateSearch<'_>) {
    let mut fields = basis.fields.to_vec();
    let mut counters = vec![0_usize; fields.len()];
    let mut at = 1;
    while let Some(counter) = counters.get(at).copied() {
        if counter < at {
            fields.swap(if at % 2 == 0 { 0 } else { counter }, at);
            if try_order(basis, search, "", &fields) {
                return;
            }
            if let Some(counter) = counters.get_mut(at) {
                *counter += 1;
            }
            at = 1;
        } else {
            if let Some(counter) = counters.get_mut(at) {
                *counter = 0;
            }
            at += 1;
        }
    }
}

fn list(fields: &[CandidateLine]) -> String {
    fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(" ")
}
