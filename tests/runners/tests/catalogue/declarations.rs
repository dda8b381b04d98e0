//! Checks of every operation's declaration, and of every protocol's rows of the error table.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use bankchannel::protocols::{PROTOCOLS, Protocol};
use bankchannel_foundation::operation::OperationKind;
use bankchannel_tests::faces::root;

#[test]
fn declarations_are_whole() {
    let mut names = BTreeSet::new();
    for (protocol, callable) in PROTOCOLS.iter().flat_map(|it| it.callables().map(move |callable| (it, callable))) {
        let (entry, declaration) = (&callable.entry, callable.entry.declaration);
        let name = declaration.name;
        assert!(names.insert(name), "{name} twice");
        let short = name.strip_prefix(protocol.module).and_then(|name| name.strip_prefix('.')).unwrap();
        assert!(short.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'), "{name}");
        assert_eq!(declaration.protocol, protocol.name, "{name}");
        assert!(!declaration.subject.is_empty(), "{name}");
        assert!(!declaration.summary.is_empty() && !declaration.summary.ends_with('.'), "{name}");
        assert!(declaration.doc.len() > 20 && declaration.doc.ends_with('.'), "{name}");
        assert_eq!(declaration.kind == OperationKind::Exchange, declaration.route.is_some(), "{name}");
        for fields in [entry.request.fields(), entry.response.fields()] {
            assert!(fields.iter().all(|field| !field.doc.is_empty()), "{name}");
        }
        let codes: BTreeSet<_> = declaration.errors.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), declaration.errors.len(), "{name} names an error twice");
        let path = declaration.route.iter().flat_map(|route| route.path.split('/'));
        for part in path.filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')) {
            let field = entry.request.fields().iter().find(|field| field.wire == part);
            assert!(field.is_some_and(|field| !field.optional), "{name} {part}");
        }
    }
}

#[test]
fn error_codes_are_unique_and_of_their_protocol() {
    for protocol in PROTOCOLS {
        let codes: BTreeSet<&str> = protocol.errors.iter().map(|row| row.code).collect();
        assert_eq!(codes.len(), protocol.errors.len(), "{}", protocol.name);
        let own = format!("{}.", protocol.module);
        assert!(codes.iter().all(|code| code.starts_with(&own)), "{codes:?}");
    }
}

/// A file that declares an operation and is in no list would be missing in the catalogue.
#[test]
fn every_file_of_an_operation_is_in_its_list() {
    let protocols = fs::read_dir(root().join("core/protocols")).unwrap().map(|folder| folder.unwrap().path());
    // A module of functions is a separate crate next to its users.
    for folder in protocols.chain([root().join("core/iso20022")]) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        if let Some(protocol) = bankchannel::protocols::protocol(name) {
            assert_eq!(declaring(&folder.join("src/operations")), listed(protocol), "{name}");
            continue;
        }
        // A crate of several protocols has a folder for each.
        let sides = fs::read_dir(folder.join("src")).unwrap().map(|side| side.unwrap().path());
        for side in sides.filter(|side| side.join("operations").is_dir()) {
            let name = format!("{name}-{}", side.file_name().unwrap().to_str().unwrap());
            let declared = declaring(&side.join("operations"));
            let protocol =
                bankchannel::protocols::protocol(&name).unwrap_or_else(|| panic!("no protocol of this name: {name}"));
            assert_eq!(declared, listed(protocol), "{name}");
        }
    }
}

/// The operations of a protocol that have their own files in its crate.
fn listed(protocol: &Protocol) -> BTreeSet<String> {
    let entries = protocol.callables().map(|callable| &callable.entry);
    let entries = entries.filter(|entry| entry.declaration.kind != OperationKind::Flow);
    entries.map(|entry| entry.short_name().to_owned()).collect()
}

/// The names of the files below this folder that declare an operation.
fn declaring(folder: &Path) -> BTreeSet<String> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<PathBuf>, Vec<PathBuf>) = paths.partition(|path| path.is_dir());
    let files = files.iter().filter(|file| fs::read_to_string(file).unwrap().contains("\n#[operation("));
    let stems = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned());
    stems.chain(folders.iter().flat_map(|folder| declaring(folder))).collect()
}
