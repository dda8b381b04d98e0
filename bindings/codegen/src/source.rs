//! Sources of documented facts: links from the reference into `docs/protocols`.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use bankchannel::model::cited;

use crate::{model::ProtocolModel, text::plain};

const FOLDER: &str = "docs/protocols";

/// A documentation text with links to the sections that it cites.
///
/// # Panics
/// If there is no such section: the reference must not contain a dead link.
pub(crate) fn sourced(protocol: &ProtocolModel, doc: &str) -> String {
    let mut text = plain(doc);
    let sections = cited(doc).sections;
    if sections.is_empty() {
        return text;
    }
    let links: Vec<String> = sections.iter().map(|section| link(protocol.name, section)).collect();
    text.push_str(&format!(" ({})", links.join(", ")));
    text
}

fn link(protocol: &str, section: &str) -> String {
    let page = pages().iter().find(|(name, _)| protocol.starts_with(name.as_str()));
    let Some((name, text)) = page else { panic!("{protocol} cites §{section} and has no page in {FOLDER}") };
    let heading = text.lines().filter(|line| line.starts_with('#')).find_map(|line| {
        let title = line.trim_start_matches('#').trim();
        let number = title.split(' ').next().unwrap_or_default().trim_end_matches('.');
        (number == section).then_some(title)
    });
    let Some(heading) = heading else { panic!("{FOLDER}/{name}.md has no §{section}") };
    format!("[§{section}](../protocols/{name}.md#{})", anchor(heading))
}

/// The pages by their names, which are prefixes of the names of their protocols.
fn pages() -> &'static [(String, String)] {
    static PAGES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(FOLDER);
        let files = fs::read_dir(folder).unwrap_or_else(|why| panic!("{FOLDER}: {why}"));
        let page = |path: PathBuf| Some((path.file_stem()?.to_str()?.to_owned(), fs::read_to_string(&path).ok()?));
        files.filter_map(|file| page(file.ok()?.path())).collect()
    })
}

/// The anchor of a heading, as usual Markdown renderers make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
