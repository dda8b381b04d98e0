//! Whether a file is a payment file of a supported version and obeys its schema.

use std::collections::HashSet;

use bankchannel_xml::schema::SchemaWalk;
use bankchannel_xml::{XmlFault, XmlToken};

use crate::data::MessageName;
use crate::payment::NEWEST;
use crate::recognise::other_message;
use crate::rules::{BankProfile, Finding, PaymentVersion, Rule};
use crate::schema::{self, MessageIdentity, MessageType, NAMESPACE_PREFIX};
use crate::text::quote;

/// Sees the tokens of a file before its reader: which message it is, and whether it obeys the schema.
pub(super) struct SchemaWatch<'p> {
    profile: &'p BankProfile,
    identity: Option<MessageIdentity>,
    walk: Option<SchemaWalk<'static>>,
    /// Why there is no walk.
    failure: Option<XmlFault>,
    /// The elements of the faults so far.
    faulty: HashSet<String>,
    /// The number of faults whose element is there.
    known: usize,
}

impl<'p> SchemaWatch<'p> {
    pub(super) fn new(profile: &'p BankProfile) -> Self {
        Self { profile, identity: None, walk: None, failure: None, faulty: HashSet::new(), known: 0 }
    }

    /// Receives the next token.
    pub(super) fn see(&mut self, token: &XmlToken<'_>) {
        if let (None, XmlToken::Start(root)) = (&self.identity, token) {
            let identity = MessageIdentity::from_root(root);
            // Version 12 has no schema here: the rules alone judge it.
            if version_finding(&identity, self.profile).is_none()
                && let Some(message) = identity.message
            {
                match schema::walk(message) {
                    Ok(walk) => self.walk = Some(walk),
                    Err(fault) => self.failure = Some(fault),
                }
            }
            self.identity = Some(identity);
        }
        if let Some(walk) = &mut self.walk {
            walk.see(token);
        }
    }

    /// The message's name, as far as it is known.
    pub(super) fn message_name(&self) -> Option<String> {
        MessageName::from_namespace(&self.identity.as_ref()?.namespace).name
    }

    /// The message's type, if it has a schema.
    pub(super) fn message(&self) -> Option<MessageType> {
        self.identity.as_ref()?.message
    }

    /// The finding that ends the check of another message or version.
    pub(super) fn refused(&self) -> Option<Finding> {
        version_finding(self.identity.as_ref()?, self.profile)
    }

    /// What there is to say of a version that hardly a bank takes.
    pub(super) fn newer(&self) -> Option<Finding> {
        let identity = self.identity.as_ref()?;
        let version = newer_version(&MessageName::from_namespace(&identity.namespace))?;
        let of_schema = match identity.message {
            Some(_) => "",
            None => ", and its schema is not here: only the rules were applied",
        };
        let message =
            format!("this is version {version} of pain.001; no bank is known here that asks for it{of_schema}");
        let found = Finding::warning(Rule::Version, message, "ask your bank, or make the file as pain.001.001.09");
        Some(found.line(identity.line))
    }

    /// Whether the schema has a fault of the element at this path, so that it need not be judged again.
    pub(super) fn has_fault_at(&mut self, path: &str) -> bool {
        let faults = self.walk.as_ref().map_or(&[][..], SchemaWalk::faults);
        self.faulty.extend(faults[self.known..].iter().map(|fault| plain_path(&fault.path)));
        self.known = faults.len();
        !self.faulty.is_empty() && self.faulty.contains(&plain_path(path))
    }

    /// The number of faults, and those that are kept.
    pub(super) fn finish(self) -> (u64, Vec<XmlFault>) {
        match (self.walk, self.failure) {
            (Some(walk), _) => (walk.count(), walk.into_faults()),
            (None, failure) => (u64::from(failure.is_some()), failure.into_iter().collect()),
        }
    }
}

/// A path without the number 1, which is left out where an element cannot be repeated.
fn plain_path(path: &str) -> String {
    path.replace("[1]", "")
}

/// The version of a payment file that is newer than those that are made, and is checked as version 9 with what differs.
fn newer_version(message: &MessageName) -> Option<u32> {
    let name = message.name.as_deref().filter(|name| name.starts_with("pain.001.001."))?;
    let is_standard = message.namespace.strip_suffix(name) == Some(NAMESPACE_PREFIX);
    message.version.filter(|version| is_standard && (10..=NEWEST).contains(version))
}

/// A file of another message, another version or a national variant gets a single finding instead of a hundred.
fn version_finding(identity: &MessageIdentity, profile: &BankProfile) -> Option<Finding> {
    let message = MessageName::from_namespace(&identity.namespace);
    let known = message.name.as_deref().and_then(PaymentVersion::of_message);
    let is_standard = known.is_some_and(|version| message.namespace == version.message().namespace());
    let wanted = profile.accepts.map_or("pain.001.001.09 or pain.001.001.03", |version| version.message().name());
    let is = match (&message.name, message.namespace.as_str()) {
        (Some(name), _) if is_standard => name.clone(),
        (Some(name), namespace) if !namespace.ends_with(name.as_str()) || known.is_some() => {
            format!("{name} in the namespace {}", quote(namespace))
        }
        (Some(name), _) => name.clone(),
        (None, "") => "a file without a namespace".to_owned(),
        (None, namespace) => format!("a file with the namespace {}", quote(namespace)),
    };
    let taken = match (known.filter(|_| is_standard), profile.accepts) {
        (Some(version), Some(accepted)) => version == accepted,
        (Some(_), None) => true,
        (None, _) => false,
    };
    if taken || (profile.accepts.is_none() && newer_version(&message).is_some()) {
        return None;
    }
    let other = message.name.as_deref().and_then(other_message);
    let (words, change) = match other {
        Some(words) => (format!(" ({words})"), "only credit transfers (pain.001) are checked".to_owned()),
        None => (String::new(), format!("make the file as {wanted}")),
    };
    let found = Finding::error(Rule::Version, format!("this is {is}{words}, not {wanted}"), change).reason("FF01");
    Some(found.line(identity.line))
}
