//! Guesses at the signed text, H-01 to H-11 and H-20 to H-22: each is built, hashed and compared with the hash from the
//! signature.

mod dates;
mod forms;
mod lines;
mod target;
mod uri;
mod values;

use std::{collections::BTreeSet, rc::Rc};

use bankchannel_crypto::signature::Hash;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use data_encoding::{HEXLOWER, HEXUPPER};

use self::values::BodyVariantDigest;
use super::hypotheses::Cause;
use super::recovered::HashGoal;
use crate::http::Request;
use crate::signing::{REQUEST_TARGET, SigningText};

/// The maximum number of bytes hashed in a search.
const MAX_HASHED: usize = 16 * 1024 * 1024;
/// The share for variants of the body; the rest is for the other guesses.
const MAX_HASHED_BODIES: usize = MAX_HASHED / 2;

/// One line of the expected signing string.
#[derive(Clone)]
pub(super) struct CandidateLine {
    pub(super) name: String,
    pub(super) value: Vec<u8>,
}

impl CandidateLine {
    pub(super) fn new(name: &str, value: impl Into<Vec<u8>>) -> Self {
        Self { name: name.to_owned(), value: value.into() }
    }

    fn line(&self) -> Vec<u8> {
        self.with_colon(b": ")
    }

    fn with_colon(&self, colon: &[u8]) -> Vec<u8> {
        [self.name.as_bytes(), colon, &self.value].concat()
    }
}

/// The fields of a signing string.
pub(super) fn fields(text: &SigningText) -> Vec<CandidateLine> {
    let field = |line: &crate::signing::SigningLine| {
        let bytes = text.bytes.get(line.start..line.end).unwrap_or_default();
        CandidateLine::new(&line.name, bytes.get(line.name.len() + 2..).unwrap_or_default())
    };
    text.lines.iter().map(field).collect()
}

/// The fields joined in the right format.
pub(super) fn join(fields: &[CandidateLine]) -> Vec<u8> {
    PLAIN.join(&fields.iter().map(CandidateLine::line).collect::<Vec<_>>())
}

/// The input of the guesses.
pub(super) struct GuessBasis<'a> {
    pub(super) request: &'a Request,
    pub(super) fields: &'a [CandidateLine],
    /// A path prefix that a proxy or a client may have added, such as `/api`.
    pub(super) base_path: &'a str,
}

/// The signed text, and the hypotheses that explain it.
pub(super) struct CandidateSolution {
    /// The signed text; `None` if it is a hash of the expected text.
    pub(super) text: Option<Vec<u8>>,
    pub(super) hypotheses: Vec<Cause>,
}

/// Searches for the signed text. `None` if no guess has the hash, or if the expected text has it.
pub(super) fn solve(basis: &GuessBasis<'_>, goal: HashGoal<'_>) -> Option<CandidateSolution> {
    let mut search =
        CandidateSearch { goal, ending: PLAIN, budget: MAX_HASHED, done: BTreeSet::new(), found: None, digests: None };
    let expected: Vec<Vec<u8>> = basis.fields.iter().map(CandidateLine::line).collect();
    if goal.is_of(&PLAIN.join(&expected)) {
        return None;
    }
    for ending in ENDINGS {
        search.ending = ending;
        search.try_lines("", String::new, &expected);
    }
    // Each guess is tried alone first, then with each line ending.
    for ending in [PLAIN].into_iter().chain(ENDINGS) {
        if search.found.is_some() {
            break;
        }
        search.ending = ending;
        lines::try_all(basis, &mut search);
        values::try_all(basis, &mut search);
        // There are many of these, so they are only tried alone.
        if ending.says.is_none() && search.found.is_none() {
            forms::try_all(basis, &mut search);
            target::try_spellings(basis, &mut search);
        }
    }
    search.found.or_else(|| hash_signed(&expected, goal))
}

/// A way to join the lines.
#[derive(Clone, Copy)]
struct LineEnding {
    first: &'static str,
    between: &'static str,
    last: &'static str,
    /// The hypothesis that it stands for.
    says: Option<(&'static str, &'static str)>,
}

const PLAIN: LineEnding = LineEnding { first: "", between: "\n", last: "", says: None };

const ENDINGS: [LineEnding; 8] = [
    LineEnding { last: "\n", says: Some(("H-01", "the signed text has a line feed after the last line")), ..PLAIN },
    LineEnding { first: "\n", says: Some(("H-01", "the signed text begins with a line feed")), ..PLAIN },
    LineEnding {
        between: "\r\n",
        says: Some(("H-02", "the signed text has CRLF between its lines, none after the last")),
        ..PLAIN
    },
    LineEnding {
        between: "\r\n",
        last: "\r\n",
        says: Some(("H-02", "the signed text has CRLF after every line")),
        ..PLAIN
    },
    LineEnding {
        last: "\r\n",
        says: Some(("H-02", "the signed text has LF between its lines and CRLF after the last")),
        ..PLAIN
    },
    LineEnding {
        between: "\\n",
        says: Some(("H-02", "the signed text has a backslash and the letter n between its lines, not a line feed")),
        ..PLAIN
    },
    LineEnding { between: "", says: Some(("H-02", "the signed text has nothing between its lines")), ..PLAIN },
    LineEnding { between: " ", says: Some(("H-02", "the signed text has a space between its lines")), ..PLAIN },
];

impl LineEnding {
    fn join(self, lines: &[impl AsRef<[u8]>]) -> Vec<u8> {
        let size: usize = lines.iter().map(|line| line.as_ref().len() + 2).sum();
        let mut out = Vec::with_capacity(size + 4);
        out.extend_from_slice(self.first.as_bytes());
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                out.extend_from_slice(self.between.as_bytes());
            }
            out.extend_from_slice(line.as_ref());
        }
        out.extend_from_slice(self.last.as_bytes());
        out
    }
}

/// The state of a search.
struct CandidateSearch<'a> {
    goal: HashGoal<'a>,
    ending: LineEnding,
    /// The number of bytes that may still be hashed.
    budget: usize,
    /// The ids of the proven hypotheses.
    done: BTreeSet<&'static str>,
    found: Option<CandidateSolution>,
    /// The digests of possible bodies: hashed once for all line endings.
    digests: Option<Rc<[BodyVariantDigest]>>,
}

impl CandidateSearch<'_> {
    /// Tests whether these lines, joined with the current ending, are the signed text. An empty id is for the expected
    /// lines.
    fn try_lines(&mut self, id: &'static str, text: impl FnOnce() -> String, lines: &[impl AsRef<[u8]>]) -> bool {
        if self.done.contains(id) || self.budget == 0 {
            return false;
        }
        let joined = self.ending.join(lines);
        self.budget = self.budget.saturating_sub(joined.len());
        if !self.goal.is_of(&joined) {
            return false;
        }
        let solution = self.found.get_or_insert_with(|| CandidateSolution { text: None, hypotheses: Vec::new() });
        solution.text.get_or_insert(joined);
        if !id.is_empty() {
            solution.hypotheses.push(Cause::matched(id, text()));
            self.done.insert(id);
        }
        if let Some((id, text)) = self.ending.says
            && self.done.insert(id)
        {
            solution.hypotheses.push(Cause::matched(id, text));
        }
        true
    }

    /// The same for fields in the right format.
    fn try_fields(&mut self, id: &'static str, text: impl FnOnce() -> String, fields: &[CandidateLine]) -> bool {
        if self.done.contains(id) || self.budget == 0 {
            return false;
        }
        let lines: Vec<Vec<u8>> = fields.iter().map(CandidateLine::line).collect();
        self.try_lines(id, text, &lines)
    }

    /// The same with another value in one line.
    fn try_value(
        &mut self,
        id: &'static str,
        slot: &LineSlot<'_>,
        value: &[u8],
        text: impl FnOnce() -> String,
    ) -> bool {
        if value == slot.value || self.is_over(id) {
            return false;
        }
        let lines = [slot.before.as_slice(), &[slot.head.as_slice(), value].concat(), &slot.after];
        let (from, to) = (usize::from(slot.before.is_empty()), if slot.after.is_empty() { 2 } else { 3 });
        self.try_lines(id, text, lines.get(from..to).unwrap_or_default())
    }

    /// Whether a hypothesis needs no more tests.
    fn is_over(&self, id: &str) -> bool {
        self.done.contains(id) || self.budget == 0
    }

    /// Runs a part of the search that may hash at most this many bytes.
    fn within(&mut self, max: usize, work: impl FnOnce(&mut Self)) {
        let aside = self.budget.saturating_sub(max);
        self.budget -= aside;
        work(self);
        self.budget += aside;
    }

    /// Sets the advice for a match if it differs from its row's advice.
    fn advise(&mut self, id: &str, advice: &'static str) {
        if let Some(solution) = &mut self.found
            && let Some(at) = solution.hypotheses.iter().position(|found| found.id == id)
        {
            let found = solution.hypotheses.remove(at);
            solution.hypotheses.insert(at, found.advising(advice));
        }
    }

    /// Adds a hypothesis that follows from the last match.
    fn also(&mut self, id: &'static str, text: String) {
        if let Some(solution) = &mut self.found
            && self.done.insert(id)
        {
            solution.hypotheses.push(Cause::matched(id, text));
        }
    }
}

/// A line of the expected text and its surroundings: for guesses at its value alone, with the right line endings.
struct LineSlot<'a> {
    before: Vec<u8>,
    head: Vec<u8>,
    value: &'a [u8],
    after: Vec<u8>,
}

impl<'a> LineSlot<'a> {
    fn new(basis: &GuessBasis<'a>, at: usize) -> Self {
        let (before, from) = basis.fields.split_at(at.min(basis.fields.len()));
        let (name, value) = from.first().map_or(("", &[][..]), |field| (field.name.as_str(), field.value.as_slice()));
        Self {
            before: join(before),
            head: [name.as_bytes(), b": "].concat(),
            value,
            after: join(from.get(1..).unwrap_or_default()),
        }
    }
}

/// H-11: the hash of the text was signed instead of the text, in text form or as bytes.
fn hash_signed(expected: &[Vec<u8>], goal: HashGoal<'_>) -> Option<CandidateSolution> {
    for ending in [PLAIN].into_iter().chain(ENDINGS) {
        let text = ending.join(expected);
        for hash in [Hash::Sha256, Hash::Sha512] {
            let digest = hash.digest(&text);
            let forms = [
                ("the bytes of the hash were signed, so the text was hashed twice", digest.clone()),
                ("the hash was signed as lower-case hexadecimal text", HEXLOWER.encode(&digest).into_bytes()),
                ("the hash was signed as upper-case hexadecimal text", HEXUPPER.encode(&digest).into_bytes()),
                ("the hash was signed as base64 text", STANDARD.encode(&digest).into_bytes()),
            ];
            // Programs that print a hash add a line feed.
            let found = forms.iter().find_map(|(what, form)| {
                let with_feed = || goal.is_of(&[form.as_slice(), b"\n"].concat());
                let feed = if goal.is_of(form) { "" } else { with_feed().then_some(", with a line feed after it")? };
                Some(format!("{what}{feed}"))
            });
            if let Some(what) = found {
                let bare = if goal.is_bare() { ", without a DigestInfo" } else { "" };
                let mut hypotheses = vec![Cause::matched("H-11", format!("{what} ({}){bare}", hash.name()))];
                hypotheses.extend(ending.says.map(|(id, text)| Cause::matched(id, text)));
                return Some(CandidateSolution { text: None, hypotheses });
            }
        }
    }
    None
}
