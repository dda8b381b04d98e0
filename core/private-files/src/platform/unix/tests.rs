//! The rules by modes and owners.

#![allow(clippy::unwrap_used)]
use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, chown, symlink},
    path::Path,
};

use rustix::process::{getegid, geteuid};

use super::{FileFacts, OpenFolder, append_own, open_for_reading, open_own};
use crate::{check_opened_secret, folder, inner_folder, read_secret};

const NOBODY: u32 = 65_534;

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_folder_that_others_can_change_is_refused_with_the_remedy() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("a/b");
    folder(&path).unwrap();
    for mode in [0o720, 0o702, 0o777, 0o1777] {
        set_mode(&path, mode);
        let error = folder(&path).unwrap_err();
        assert_eq!(error.code(), "configuration.invalid");
        assert!(error.message().contains("chmod 700"), "{error}");
    }
    set_mode(&path, 0o755);
    folder(&path).unwrap();
    if geteuid().is_root() {
        chown(&path, Some(NOBODY), None).unwrap();
        assert!(folder(&path).unwrap_err().message().contains("chown"));
    }
}

#[test]
fn a_link_in_the_place_of_an_inner_folder_is_refused_with_the_remedy() {
    let place = tempfile::tempdir().unwrap();
    let (target, link) = (place.path().join("target"), place.path().join("link"));
    symlink(&target, &link).unwrap();
    for is_there in [false, true] {
        let error = inner_folder(&link, "name its target by the setting keys_folder").unwrap_err();
        assert_eq!(error.code(), "configuration.invalid");
        assert!(error.message().contains("remove the link") && error.message().contains("keys_folder"), "{error}");
        assert_eq!(target.exists(), is_there, "nothing is made behind it");
        fs::create_dir_all(&target).unwrap();
    }
    assert!(OpenFolder::open(&link, false).is_err());
    OpenFolder::open(&link, true).unwrap().create("named").unwrap();
    fs::remove_file(target.join("named")).unwrap();
    // The remedy.
    fs::remove_file(&link).unwrap();
    inner_folder(&link, "").unwrap();
    let opened = OpenFolder::open(&link, false).unwrap();
    // What takes its place afterwards gets nothing.
    fs::rename(&link, place.path().join("aside")).unwrap();
    symlink(&target, &link).unwrap();
    opened.create("made").unwrap();
    assert!(opened.create("made").is_err(), "it is there");
    assert!(place.path().join("aside/made").is_file());
    fs::remove_file(&link).unwrap();
    fs::rename(place.path().join("aside"), &link).unwrap();
    fs::remove_file(link.join("made")).unwrap();
    assert!(!link.is_symlink() && fs::read_dir(&target).unwrap().count() == 0);
}

#[test]
fn own_files_are_no_links_and_closed_to_others() {
    let place = tempfile::tempdir().unwrap();
    let (target, link) = (place.path().join("target"), place.path().join("link"));
    fs::write(&target, "text").unwrap();
    symlink(&target, &link).unwrap();
    assert!(append_own(&link).unwrap_err().to_string().contains("link"));
    assert!(open_for_reading(&link).is_err());
    set_mode(&target, 0o644);
    append_own(&target).unwrap();
    assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
    open_for_reading(&target).unwrap();
    set_mode(&target, 0o666);
    assert!(open_for_reading(&target).is_err());
    let made = place.path().join("made");
    append_own(&made).unwrap();
    assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(open_own(place.path()).is_err(), "no plain file");
    assert!(open_for_reading(place.path()).unwrap_err().to_string().contains("not a regular file"));
    if geteuid().is_root() {
        chown(&target, Some(NOBODY), None).unwrap();
        assert!(append_own(&target).unwrap_err().to_string().contains("65534"));
    }
}

#[test]
fn an_opened_secret_is_still_what_has_its_path() {
    let place = tempfile::tempdir().unwrap();
    let (path, other, link) = (place.path().join("key"), place.path().join("other"), place.path().join("link"));
    for file in [&path, &other] {
        fs::write(file, "secret").unwrap();
        set_mode(file, 0o600);
    }
    symlink(&path, &link).unwrap();
    let opened = FileFacts::at(&path).unwrap();
    for at in [&path, &link] {
        check_opened_secret(at, &opened).unwrap();
    }
    fs::rename(&other, &path).unwrap();
    for at in [&path, &link] {
        assert!(check_opened_secret(at, &opened).unwrap_err().message().contains("replaced"));
    }
    fs::remove_file(&path).unwrap();
    for at in [&path, &link] {
        assert_eq!(check_opened_secret(at, &opened).unwrap_err().code(), "resource.storage", "it is gone");
    }
    if geteuid().is_root() {
        fs::write(&path, "secret").unwrap();
        set_mode(&path, 0o600);
        let opened = FileFacts::at(&path).unwrap();
        check_opened_secret(&link, &opened).unwrap();
        std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
        assert!(check_opened_secret(&link, &opened).unwrap_err().message().contains("link of user"));
    }
}

#[test]
fn secrets_are_private_or_mounted() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("key");
    let read = || read_secret(&path, 100);
    assert!(read().unwrap().is_none());
    fs::write(&path, "secret").unwrap();
    for (mode, accepted) in [(0o600, true), (0o400, true), (0o644, false), (0o660, false), (0o604, false)] {
        set_mode(&path, mode);
        assert_eq!(read().is_ok(), accepted, "{mode:o}");
    }
    set_mode(&path, 0o600);
    assert_eq!(read().unwrap().unwrap().expose(), "secret");
    assert!(read_secret(&path, 3).is_err());
    if geteuid().is_root() {
        for (group, mode, accepted) in [
            (getegid().as_raw(), 0o440, true),
            (getegid().as_raw(), 0o640, true),
            (getegid().as_raw(), 0o460, false),
            (getegid().as_raw(), 0o444, false),
            (NOBODY, 0o440, false),
        ] {
            chown(&path, None, Some(group)).unwrap();
            set_mode(&path, mode);
            assert_eq!(read().is_ok(), accepted, "{mode:o} {group}");
        }
        chown(&path, Some(NOBODY), Some(0)).unwrap();
        set_mode(&path, 0o600);
        assert!(read().unwrap_err().message().contains("chown"));
        chown(&path, Some(0), Some(0)).unwrap();
        let link = place.path().join("link");
        symlink(&path, &link).unwrap();
        assert!(read_secret(&link, 100).unwrap().is_some(), "root's link, as in a mounted secret");
        std::os::unix::fs::lchown(&link, Some(NOBODY), None).unwrap();
        assert!(read_secret(&link, 100).is_err());
    }
}
