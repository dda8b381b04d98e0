//! The documents that the bank has received lately, as they are behind encryption: for who runs it, never for a customer.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::orders::ReceivedDocument;

/// How many are kept.
const KEPT: usize = 100;
/// How much of each is kept, bytes.
const SHOWN: usize = 16 * 1024;
/// Elements whose text is not shown: codes of customers.
const SECRETS: [&str; 3] = ["PIN", "TransferKey", "HMAC"];

/// The documents.
#[derive(Debug, Default)]
pub(crate) struct DocumentsReceived(Mutex<VecDeque<ReceivedDocument>>);

impl DocumentsReceived {
    /// Keeps the beginning of a document.
    pub(crate) fn note(&self, of: ReceivedDocument, document: &[u8]) {
        let shown = String::from_utf8_lossy(&document[..document.len().min(SHOWN)]);
        let left_out = document.len().saturating_sub(SHOWN) as u64;
        let one =
            ReceivedDocument { document: without_secrets(&shown), left_out: (left_out > 0).then_some(left_out), ..of };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == KEPT {
            all.pop_front();
        }
        all.push_back(one);
    }

    /// The documents, oldest first.
    pub(crate) fn all(&self) -> Vec<ReceivedDocument> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// The text with three dots in the place of each secret, whatever prefix its element has.
fn without_secrets(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let Some(end) = rest[at..].find('>').map(|end| at + end + 1) else { break };
        let name = rest[at + 1..end - 1].split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        let name = if name.starts_with('/') { "" } else { name.rsplit(':').next().unwrap_or_default() };
        shown.push_str(&rest[..end]);
        rest = &rest[end..];
        if SECRETS.contains(&name) {
            shown.push_str("...");
            rest = &rest[rest.find('<').unwrap_or(rest.len())..];
        }
    }
    shown + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_not_shown_and_all_else_is() {
        for (text, shown) in [
            ("<a><PIN>1234</PIN><b>ä</b></a>", "<a><PIN>...</PIN><b>ä</b></a>"),
            ("<e:PIN x=\"1\">12\n34</e:PIN>", "<e:PIN x=\"1\">...</e:PIN>"),
            ("<TransferKey>12345678", "<TransferKey>..."),
            ("<PINS>1</PINS", "<PINS>1</PINS"),
            ("no tag", "no tag"),
        ] {
            assert_eq!(without_secrets(text), shown);
        }
    }
}
