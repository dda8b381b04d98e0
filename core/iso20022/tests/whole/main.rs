//! Nothing is lost in silence: every leaf of a message is in the result, or named in `unread`.
#![allow(clippy::unwrap_used, clippy::panic)]
#![allow(clippy::print_stdout)] // The numbers are what the test reports.

mod document;

use std::collections::BTreeMap;

use bankchannel_foundation::model::write_boundary;
use bankchannel_iso20022::data::UnreadElement;
use bankchannel_iso20022::{
    cash, read_payment, read_statement, read_status_report,
    schema::{MessageType, validate},
};
use document::{WholeDocument, documents};
use serde_json::Value;

/// The result as JSON, and its unread elements.
fn read(message: MessageType, xml: &str) -> (Value, Vec<UnreadElement>) {
    if message.name().starts_with("pain.001") {
        let read = read_payment(xml.as_bytes()).unwrap();
        let unread = read.unread.clone();
        return (write_boundary(read), unread);
    }
    if message.name().starts_with("pain.002") {
        let read = read_status_report(xml.as_bytes()).unwrap();
        let unread = read.reports.iter().flat_map(|report| report.unread.clone()).collect();
        return (write_boundary(read), unread);
    }
    let read = read_statement(xml.as_bytes()).unwrap();
    let mut unread = read.unread.clone();
    unread.extend(read.messages.iter().flat_map(|one| one.unread.clone()));
    unread.extend(read.statements.iter().flat_map(|one| one.unread.clone()));
    (write_boundary(read), unread)
}

/// All texts of a result but those that name elements.
fn texts(value: &Value, all: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter().filter(|(name, _)| *name != "unread") {
                all.push(name.clone());
                texts(member, all);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
        Value::String(text) => all.push(text.clone()),
        other => all.push(other.to_string()),
    }
}

/// Whether a value is in the result: as it is, or in the form of its type.
fn is_there(value: &str, texts: &[String]) -> bool {
    let date = value.get(..10).filter(|_| value.as_bytes().get(4) == Some(&b'-'));
    let forms = [Some(value), date, value.strip_suffix(".25").map(|_| value)];
    let forms = forms.into_iter().flatten();
    let words = [("CRDT", "credit"), ("DBIT", "debit")];
    let named = words.iter().find(|(code, _)| *code == value).map(|(_, word)| *word);
    forms.chain(named).any(|form| {
        texts.iter().any(|text| {
            text == form || text.strip_prefix('-') == Some(form) || text.split([' ', '\n']).any(|one| one == form)
        })
    })
}

#[test]
fn whole_documents_obey_their_schemas() {
    for message in MessageType::ALL.iter().copied() {
        let made = documents(message);
        assert!(made.len() > 1, "{message}: choices are gone through");
        for one in &made {
            assert_eq!(validate(message, one.xml.as_bytes()), Ok(()), "{message}");
        }
    }
}

#[test]
fn every_leaf_is_in_the_result_or_named() {
    for message in MessageType::ALL.iter().copied() {
        let (mut named, mut lost) = (BTreeMap::new(), BTreeMap::new());
        let mut all = std::collections::BTreeSet::new();
        for WholeDocument { xml, leaves } in documents(message) {
            let (result, unread) = read(message, &xml);
            let mut found = Vec::new();
            texts(&result, &mut found);
            for leaf in leaves {
                all.insert(leaf.path.clone());
                if let Some(one) = unread.iter().find(|one| one.path == leaf.path) {
                    assert!(one.count >= 1 && one.first_line <= leaf.line, "{one:?}");
                    named.insert(leaf.path, leaf.value);
                } else if !is_there(&leaf.value, &found) {
                    lost.insert(leaf.path, leaf.value);
                }
            }
        }
        println!("{message}: {} leaves, {} in the result, {} named", all.len(), all.len() - named.len(), named.len());
        assert!(lost.is_empty(), "{message}: neither in the result nor named: {lost:#?}");
    }
}

#[test]
fn pages_name_what_the_whole_names() {
    for WholeDocument { xml, .. } in documents(MessageType::Camt05300108) {
        cash::fuzz(xml.as_bytes());
    }
}
