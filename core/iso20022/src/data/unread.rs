//! What of a file is in no field of the result.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use bankchannel_foundation::model::Boundary;
use bankchannel_xml::{TokenFlow, XmlElement, XmlFault, XmlToken, XmlTokens};

/// Maximum number of different elements that are named; all others are counted in a last one.
const MAX_NAMED: usize = 5000;
/// The path of that last one.
const OTHERS: &str = "/…";

/// An element whose text is in no field of the result.
#[derive(Debug, Clone, PartialEq, Eq, Boundary)]
#[non_exhaustive]
pub struct UnreadElement {
    /// The element as a path of names from the root, such as `/Document/BkToCstmrStmt/Stmt/Ntry/CardTx/Card/PlainCardData/PAN`;
    /// of a SWIFT statement `/MT940/:86:/?11`; `/…` for the sum of all others, if there are more than 5000 different ones.
    pub path: String,
    /// How often it occurs.
    pub count: u64,
    /// The line of the first one, from 1.
    pub first_line: u64,
}

/// Collects unread elements.
#[derive(Debug, Default, Clone)]
pub(crate) struct UnreadTally {
    found: Vec<UnreadElement>,
    /// The places of paths, by hash of their names: most are seen again with each entry, without making the text.
    places: HashMap<u64, usize>,
}

impl UnreadTally {
    /// Starts with the elements found before.
    pub(crate) fn new(found: Vec<UnreadElement>) -> Self {
        let key = |one: &UnreadElement| hash(one.path.split('/').skip(1));
        let places = found.iter().enumerate().map(|(at, one)| (key(one), at)).collect();
        Self { found, places }
    }

    /// Adds the unread parts inside an element; the path around it has these names.
    pub(crate) fn add(&mut self, around: &[&str], element: XmlElement<'_>) {
        element.each_unread(&mut |path, line| self.count(around.iter().chain(path).copied(), line));
    }

    /// The elements found, in the order of their first occurrence.
    pub(crate) fn found(&self) -> Vec<UnreadElement> {
        self.found.clone()
    }

    /// Skips the rest of the element whose start tag was returned last, and counts its texts.
    pub(crate) fn skip(&mut self, tokens: &mut XmlTokens<'_>) -> Result<(), XmlFault> {
        let mut path: Vec<String> = tokens.open_names().map(|name| bankchannel_xml::local(name).to_owned()).collect();
        let outside = path.len().saturating_sub(1);
        // The line of an element that has a text and no child so far.
        let (mut leaf, mut line) = (None, tokens.position().1);
        tokens.pump(|token| {
            match token {
                XmlToken::Start(tag) => {
                    path.push(tag.local().to_owned());
                    (leaf, line) = (None, tag.line);
                }
                XmlToken::Text(text) => leaf = leaf.or((!text.trim_ascii().is_empty()).then_some(line)),
                XmlToken::End => {
                    if let Some(line) = leaf.take() {
                        self.count(path.iter().map(String::as_str), line);
                    }
                    path.pop();
                    if path.len() == outside {
                        return Ok(TokenFlow::Stop);
                    }
                }
                _ => {}
            }
            Ok(TokenFlow::Next)
        })?;
        Ok(())
    }

    /// Counts a part with this path of names.
    pub(crate) fn count<'n>(&mut self, names: impl Iterator<Item = &'n str> + Clone, line: u64) {
        self.count_several(names, line, 1);
    }

    /// Adds what another one has found, behind this name.
    pub(crate) fn append(&mut self, name: &str, other: &Self) {
        for one in &other.found {
            self.count_several(std::iter::once(name).chain(one.path.split('/').skip(1)), one.first_line, one.count);
        }
    }

    /// The same for several of them, the first of which is on this line.
    fn count_several<'n>(&mut self, names: impl Iterator<Item = &'n str> + Clone, line: u64, several: u64) {
        let key = hash(names.clone());
        if let Some(place) = self.places.get(&key) {
            self.found[*place].count += several;
            return;
        }
        let path = if self.found.len() < MAX_NAMED {
            self.places.insert(key, self.found.len());
            names.flat_map(|name| ["/", name]).collect()
        } else {
            OTHERS.to_owned()
        };
        match self.found.last_mut().filter(|last| path == OTHERS && last.path == OTHERS) {
            Some(others) => others.count += several,
            None => self.found.push(UnreadElement { path, count: several, first_line: line }),
        }
    }
}

fn hash<'n>(names: impl Iterator<Item = &'n str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    names.for_each(|name| name.hash(&mut hasher));
    hasher.finish()
}
