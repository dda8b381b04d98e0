//! What holds on every system.

#![allow(clippy::unwrap_used)]
use std::{
    fs,
    io::{ErrorKind, Seek as _, Write as _},
    path::PathBuf,
    time::{Duration, SystemTime},
};

use crate::*;

/// A folder whose path is longer than the 260 characters that Windows takes without its long form, and not ASCII.
fn long_folder() -> (tempfile::TempDir, PathBuf) {
    let place = tempfile::tempdir().unwrap();
    let path = ["Maksut ä€", &"pitkä nimi ".repeat(12), &"toinen ".repeat(20)]
        .iter()
        .fold(place.path().to_owned(), |path, part| path.join(part.trim_end()));
    folder(&path).unwrap();
    (place, path)
}

#[test]
fn what_is_made_is_its_owners_alone_also_below_a_long_path() {
    let (_place, path) = long_folder();
    FileFacts::at(&path).unwrap().require_owner_alone("").unwrap();
    check_folder(&path).unwrap();
    let file = path.join("avain ä.key");
    let mut made = create_new(&file, FileAccess::Owner).unwrap();
    made.write_all(b"secret").unwrap();
    made.sync_all().unwrap();
    let facts = FileFacts::of(&made).unwrap();
    assert!(facts.is_own() && facts.metadata().is_file());
    facts.require_owner_alone("").unwrap();
    assert_eq!(create_new(&file, FileAccess::Owner).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(read_secret(&file, 100).unwrap().unwrap().expose(), "secret");
    check_opened_secret(&file, &facts).unwrap();
    // Windows replaces no open file on every file system.
    drop(made);
    write_whole(&file, b"another").unwrap();
    assert!(check_opened_secret(&file, &facts).unwrap_err().message().contains("replaced"));
    assert_eq!(read_whole(&file, 100).unwrap(), b"another");
    write_whole_readable(&path.join("public.pem"), b"public").unwrap();
    assert_eq!(fs::read(path.join("public.pem")).unwrap(), b"public");
    assert!(read_secret(&path.join("none"), 100).unwrap().is_none());
    make_folder(&path.join("one")).unwrap();
    assert_eq!(make_folder(&path.join("one")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    make_folders(&path.join("one")).unwrap();
}

#[test]
fn a_new_file_is_whole_and_its_owners_and_replaces_nothing() {
    let (_place, path) = long_folder();
    let file = path.join("avain ä.key");
    assert!(write_new(&file, b"first").unwrap());
    assert!(!write_new(&file, b"second").unwrap());
    FileFacts::at(&file).unwrap().require_owner_alone("").unwrap();
    assert_eq!(read_whole(&file, 100).unwrap(), b"first");
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "nothing half-made stays");
    assert!(write_new(&path.join("none/file"), b"").is_err());
}

#[test]
fn an_own_file_is_appended_to_and_cut() {
    let (_place, path) = long_folder();
    let path = path.join("journal");
    append_own(&path).unwrap().write_all(b"first\n").unwrap();
    let mut file = append_own(&path).unwrap();
    file.rewind().unwrap();
    file.write_all(b"second\n").unwrap();
    file.sync_data().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "first\nsecond\n");
    set_length(&file, 6).unwrap();
    file.write_all(b"third\n").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "first\nthird\n");
    let read = open_for_reading(&path).unwrap();
    sync_opened(&read).unwrap();
    let mut bytes = [0; 5];
    read_exact_at(&read, &mut bytes, 6).unwrap();
    assert_eq!(&bytes, b"third");
    assert_eq!(read_exact_at(&read, &mut bytes, 8).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    create_or_truncate(&path).unwrap().write_all(b"x").unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "x");
    assert!(open_own(path.parent().unwrap()).is_err(), "no plain file");
}

#[test]
fn files_are_told_apart_whatever_their_names() {
    let (_place, path) = long_folder();
    let (one, other) = (path.join("one"), path.join("other"));
    let file = open_or_create(&one).unwrap();
    let id = FileId::of(&file).unwrap();
    assert_eq!(FileId::at_itself(&one).unwrap(), id);
    assert_eq!(link_count(&file).unwrap(), 1);
    rename(&one, &other).unwrap();
    assert_eq!(FileId::at(&other).unwrap(), id);
    assert_eq!(FileId::at(&one).unwrap_err().kind(), ErrorKind::NotFound);
    drop(file);
    let second = open_or_create(&one).unwrap();
    assert_ne!(FileId::of(&second).unwrap(), id);
    assert_eq!(take_free_name(&one, &other).unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert!(one.exists());
    rename(&one, &other).unwrap();
    assert_ne!(FileId::at(&other).unwrap(), id, "it was replaced");
    take_free_name(&other, &one).unwrap();
    let seen = FileState::of(&second).unwrap();
    assert_eq!((seen, seen.size()), (FileState::of(&second).unwrap(), 0));
    (&second).write_all(b"more").unwrap();
    assert_ne!(FileState::of(&second).unwrap(), seen);
}

#[test]
fn an_open_folder_takes_files_in() {
    let (_place, path) = long_folder();
    let (inner, outer) = (path.join("inner"), path.join("outer"));
    make_folder(&inner).unwrap();
    let folder = OpenFolder::open(&inner, false).unwrap();
    folder.create("made").unwrap().write_all(b"made").unwrap();
    assert_eq!(folder.create("made").unwrap_err().kind(), ErrorKind::AlreadyExists);
    write_whole(&outer, b"moved").unwrap();
    folder.adopt(&outer, "moved").unwrap();
    make_folder(&inner.join("folder")).unwrap();
    let mut files = folder.files().unwrap();
    files.sort();
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["made", "moved"]);
    let age = SystemTime::now().duration_since(files[0].1).unwrap_or_default();
    assert!(age < Duration::from_secs(3600), "{age:?}");
    folder.remove("made").unwrap();
    folder.sync().unwrap();
    assert_eq!(fs::read(inner.join("moved")).unwrap(), b"moved");
    assert!(OpenFolder::open(&inner.join("moved"), false).is_err(), "no folder");
    assert!(free_bytes(&inner).unwrap() > 0);
    assert!(has_room(&folder.create("room").unwrap(), 4096));
}

#[test]
fn a_canonical_path_is_one_that_people_write() {
    let place = tempfile::tempdir().unwrap();
    let path = plain_canonical(&place.path().join(".")).unwrap();
    assert!(path.is_absolute() && path.is_dir());
    assert!(!path.to_str().unwrap().contains('?'), "{}", path.display());
}
