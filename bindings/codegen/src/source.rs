//! Where a documented fact comes from: links from the reference into `docs/protocols`.

use bankchannel::model::cited;

use crate::{model::Protocol, text::plain};

/// The pages that texts of a protocol cite.
const PAGES: [(&str, &str, &str); 5] = [
    ("ws-channel", "ws-channel.md", include_str!("../../../docs/protocols/ws-channel.md")),
    ("nextgen-psd2", "nextgen-psd2.md", include_str!("../../../docs/protocols/nextgen-psd2.md")),
    ("salt-edge-connector", "salt-edge-connector.md", include_str!("../../../docs/protocols/salt-edge-connector.md")),
    ("salt-edge-hub", "salt-edge-connector.md", include_str!("../../../docs/protocols/salt-edge-connector.md")),
    ("iso20022", "iso20022.md", include_str!("../../../docs/protocols/iso20022.md")),
];

/// A documentation text with links to the sections that it cites.
///
/// # Panics
/// Where there is no such section: the reference is not generated with a link that leads nowhere.
pub(crate) fn sourced(protocol: &Protocol, doc: &str) -> String {
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
    let page = PAGES.iter().find(|(name, ..)| *name == protocol);
    let Some((_, file, text)) = page else { panic!("{protocol} cites §{section} and has no page") };
    let heading = text.lines().filter(|line| line.starts_with('#')).find_map(|line| {
        let title = line.trim_start_matches('#').trim();
        let number = title.split(' ').next().unwrap_or_default().trim_end_matches('.');
        (number == section).then_some(title)
    });
    let Some(heading) = heading else { panic!("docs/protocols/{file} has no §{section}") };
    format!("[§{section}](../protocols/{file}#{})", anchor(heading))
}

/// The anchor of a heading, as Markdown's usual renderers make it.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}
