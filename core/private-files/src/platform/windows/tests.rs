//! The rules by owners and access lists.

#![allow(clippy::unwrap_used)]
use std::{fs, path::Path};

use super::{
    FILE_FLAG_BACKUP_SEMANTICS, FileFacts, OPEN_EXISTING, WRITE_DAC, append_own,
    calls::{self, Descriptor},
    opened, restrict_folder,
};
use crate::{check_folder, create_new, open_for_reading, read_secret};

/// Gives this user everything, and others what the text says.
fn open_to_others(path: &Path, others: &str) {
    let own = calls::own_identity().unwrap();
    let list = Descriptor::from_text(&format!("D:P(A;;FA;;;{own}){others}")).unwrap();
    calls::set_access_list(&opened(path, WRITE_DAC, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS).unwrap(), &list)
        .unwrap();
}

#[test]
fn a_secret_that_others_can_read_is_refused_with_the_remedy() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("key");
    drop(create_new(&path, crate::FileAccess::Owner).unwrap());
    fs::write(&path, "secret").unwrap();
    assert_eq!(read_secret(&path, 100).unwrap().unwrap().expose(), "secret");
    // Everyone; also one that may change it only.
    for others in ["(A;;FR;;;WD)", "(A;;FW;;;WD)"] {
        open_to_others(&path, others);
        let error = read_secret(&path, 100).unwrap_err();
        assert_eq!(error.code(), "configuration.invalid");
        assert!(error.message().contains("icacls"), "{error}");
        let told = FileFacts::at(&path).unwrap().require_owner_alone("key").unwrap_err();
        assert!(told.contains("icacls"), "{told}");
    }
    open_to_others(&path, "(A;;FW;;;WD)");
    assert!(open_for_reading(&path).unwrap_err().to_string().contains("others"));
    // A file of our own is closed to them.
    append_own(&path).unwrap();
    read_secret(&path, 100).unwrap().unwrap();
}

#[test]
fn a_folder_that_others_can_change_is_refused_with_the_remedy() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("data");
    crate::folder(&path).unwrap();
    // Others that can change it, and others that get what is made in it.
    for others in ["(A;;FA;;;WD)", "(A;OICI;FR;;;WD)"] {
        open_to_others(&path, others);
        let error = check_folder(&path).unwrap_err();
        assert_eq!(error.code(), "configuration.invalid");
        assert!(error.message().contains("icacls"), "{error}");
    }
    restrict_folder(&path).unwrap();
    check_folder(&path).unwrap();
}
