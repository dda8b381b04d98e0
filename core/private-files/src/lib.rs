//! Access rules for private files and folders, of a server or of a client that keeps keys: other users cannot write them,
//! and links cannot redirect them. Also locks of a folder: [`folder_lock`].
//!
//! | what | rule |
//! |---|---|
//! | folders | the service's user or root owns them; no other user may write them |
//! | files that the server writes | no link; the service's user owns them; others get no access |
//! | secrets that it reads | the service's user owns them and others get no access, or root owns them and the service's group may read |
//!
//! The last rule covers secrets that are mounted into containers or handed over by systemd: owner root, mode 0440, the
//! service's group. The service can then read a key but not change it. Links to secrets are followed if root or the
//! service's user created them: mounted secrets and `certbot` consist of such links.

pub mod folder_lock;

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io::{self, ErrorKind, Read, Write as _},
    os::{
        fd::OwnedFd,
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use bankchannel_foundation::{Error, Result, Secret, error::row, read_opened_text, shown};
use rustix::{
    fs::{Mode, OFlags, StatVfsMountFlags},
    process::{getegid, geteuid, getgroups},
};

/// Permission bits of group and others.
const OTHERS: u32 = 0o077;
/// Permission bits that group and others may not have on a folder.
const OTHERS_WRITE: u32 = 0o022;
/// Permission bits that group and others may not have on a secret that root owns.
const BEYOND_GROUP_READ: u32 = 0o037;
const ROOT: u32 = 0;

/// Creates a folder that only its owner can enter, if it is absent; refuses one that others can change.
///
/// # Errors
/// `resource.storage` when it cannot be created, `configuration.invalid` when others can change it.
pub fn folder(path: &Path) -> Result<()> {
    create_folder(path)?;
    check_folder(path)
}

fn create_folder(path: &Path) -> Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|why| unusable(path, &why))
}

/// Creates a folder inside the server's own, as [`folder`]; a link in its place is refused, whoever made it.
///
/// # Errors
/// As [`folder`]; the refusal of a link says how to have the folder elsewhere.
pub fn inner_folder(path: &Path, elsewhere: &str) -> Result<()> {
    check_inner_folder(path, elsewhere)?;
    create_folder(path)?;
    check_inner_folder(path, elsewhere)
}

/// Checks a folder inside the server's own, if it is there: as [`check_folder`], and a link in its place is refused. The
/// link itself is looked at, never its target.
///
/// # Errors
/// As [`folder`].
pub fn check_inner_folder(path: &Path, elsewhere: &str) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            let shown = shown::path(path);
            Err(refused(path, format!("{shown} is a link, which is not followed: remove the link, and {elsewhere}")))
        }
        Ok(found) => judge_folder(path, &found),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(unusable(path, &why)),
    }
}

/// Opens a folder of the server's own. What is done through it reaches this folder, whatever takes its place later. A
/// link is followed only in the place that a setting names.
///
/// # Errors
/// Those of the operating system.
pub fn open_folder(path: &Path, is_named_by_setting: bool) -> io::Result<OwnedFd> {
    let follow = if is_named_by_setting { OFlags::empty() } else { OFlags::NOFOLLOW };
    Ok(rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC | follow, Mode::empty())?)
}

/// Creates a private file in an open folder; there must be none of this name.
///
/// # Errors
/// Those of the operating system.
pub fn create_in(folder: &OwnedFd, name: &str) -> io::Result<File> {
    let how = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::openat(folder, name, how, Mode::RUSR | Mode::WUSR)?))
}

/// Refuses a folder that another user owns or can write.
///
/// # Errors
/// As [`folder`].
pub fn check_folder(path: &Path) -> Result<()> {
    judge_folder(path, &fs::metadata(path).map_err(|why| unusable(path, &why))?)
}

fn judge_folder(path: &Path, found: &Metadata) -> Result<()> {
    let shown = shown::path(path);
    if !found.is_dir() {
        return Err(refused(path, format!("{shown} is not a folder")));
    }
    let own = geteuid().as_raw();
    if found.uid() != own && found.uid() != ROOT {
        let why = format!(
            "the folder {shown} belongs to user {}, the service runs as user {own}: chown {own} it, or give the service a folder \
             of its own",
            found.uid()
        );
        return Err(refused(path, why));
    }
    let mode = found.permissions().mode() & 0o7777;
    if mode & OTHERS_WRITE != 0 && !is_read_only(path) {
        return Err(refused(
            path,
            format!("the folder {shown} can be written by others (mode {mode:04o}): chmod 700 it"),
        ));
    }
    Ok(())
}

/// Whether the path is on a read-only file system: mounted secrets can have any mode there, as no user can write.
pub fn is_read_only(path: &Path) -> bool {
    rustix::fs::statvfs(path).is_ok_and(|found| found.f_flag.contains(StatVfsMountFlags::RDONLY))
}

/// Opens a file that the server writes, without following links. If others can read it, their access is removed.
///
/// # Errors
/// When it is a link, not a regular file, owned by another user, or cannot be opened.
pub fn open_own(path: &Path, how: &mut OpenOptions) -> io::Result<File> {
    let file = open_plain(path, how)?;
    let found = file.metadata()?;
    if found.uid() != geteuid().as_raw() {
        return Err(io::Error::new(ErrorKind::PermissionDenied, format!("it belongs to user {}", found.uid())));
    }
    if found.permissions().mode() & OTHERS != 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
    }
    Ok(file)
}

/// Opens a file written by the server, for reading, without following links.
///
/// # Errors
/// When it is a link, not a regular file, writable by others, or cannot be opened.
pub fn open_for_reading(path: &Path) -> io::Result<File> {
    let file = open_plain(path, OpenOptions::new().read(true))?;
    if file.metadata()?.permissions().mode() & OTHERS_WRITE != 0 {
        return Err(io::Error::new(ErrorKind::PermissionDenied, "others can write it"));
    }
    Ok(file)
}

/// Reads a file of at most this size, as [`open_for_reading`].
///
/// # Errors
/// As [`open_for_reading`], and for one that is larger.
pub fn read_whole(path: &Path, max_bytes: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_for_reading(path)?.take(max_bytes.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > max_bytes {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it has more than {max_bytes} bytes")));
    }
    Ok(bytes)
}

/// Reads a secret, if it exists.
///
/// # Errors
/// `configuration.invalid` for a secret that others can read or change, `resource.storage` for one that cannot be read.
pub fn read_secret(path: &Path, max_bytes: u64) -> Result<Option<Secret>> {
    let file = match open_secret(path) {
        Err(why) if why.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(|why| unusable(path, &why))?,
    };
    let found = file.metadata().map_err(|why| unusable(path, &why))?;
    check_secret(path, &found)?;
    if found.len() > max_bytes {
        return Err(refused(path, format!("{} is larger than any key file", shown::path(path))));
    }
    match read_opened_text(file, &found, max_bytes) {
        Ok(text) => Ok(Some(Secret::new(&*text))),
        Err(why) if why.kind() == ErrorKind::InvalidData => {
            Err(refused(path, format!("the key file {} is damaged (it is not text)", shown::path(path))))
        }
        Err(why) => Err(unusable(path, &why)),
    }
}

/// Refuses an opened file with a secret that others can read or change. What was read is judged, and it must still be what
/// has this path, itself or by a link of root or of the service's user: so no link of others led to it.
///
/// # Errors
/// As [`read_secret`]; also when the path is gone or leads to another file by now.
pub fn check_opened_secret(path: &Path, opened: &Metadata) -> Result<()> {
    let followed = fs::symlink_metadata(path).and_then(|here| match here.is_symlink() {
        true => check_link(&here).and_then(|()| fs::metadata(path)),
        false => Ok(here),
    });
    let here = followed.map_err(|why| unusable(path, &why))?;
    if (here.dev(), here.ino()) != (opened.dev(), opened.ino()) {
        return Err(refused(path, format!("{} was replaced while it was read: start again", shown::path(path))));
    }
    check_secret(path, opened)
}

/// Refuses a secret file that others can read or change. A missing file passes: reading it reports the error.
///
/// # Errors
/// As [`read_secret`].
pub fn check_secret_file(path: &Path) -> Result<()> {
    match open_secret(path).and_then(|file| file.metadata()) {
        Ok(found) => check_secret(path, &found),
        Err(why) if why.kind() == ErrorKind::NotFound => Ok(()),
        Err(why) => Err(unusable(path, &why)),
    }
}

fn open_secret(path: &Path) -> io::Result<File> {
    let mut how = OpenOptions::new();
    how.read(true);
    let link = match fs::symlink_metadata(path)? {
        found if found.is_symlink() => found,
        _ => return open_plain(path, &mut how),
    };
    check_link(&link)?;
    plain(how.custom_flags(flags(OFlags::NONBLOCK)).open(path)?)
}

fn check_link(link: &Metadata) -> io::Result<()> {
    if [ROOT, geteuid().as_raw()].contains(&link.uid()) {
        return Ok(());
    }
    Err(io::Error::new(ErrorKind::PermissionDenied, format!("it is a link of user {}", link.uid())))
}

fn check_secret(path: &Path, found: &Metadata) -> Result<()> {
    let (shown, own, mode) = (shown::path(path), geteuid().as_raw(), found.permissions().mode() & 0o7777);
    if found.uid() == own && mode & OTHERS == 0 {
        return Ok(());
    }
    if found.uid() == ROOT && mode & BEYOND_GROUP_READ == 0 && (mode & OTHERS == 0 || is_own_group(found.gid())) {
        return Ok(());
    }
    let why = if found.uid() != own && found.uid() != ROOT {
        format!("the key file {shown} belongs to user {}, the service runs as user {own}: chown {own} it", found.uid())
    } else if found.uid() == own && own != ROOT {
        format!("the key file {shown} can be read by others (mode {mode:04o}): chmod 600 it")
    } else {
        format!(
            "the key file {shown} can be read by others (mode {mode:04o}, group {}): chmod 600 it, or 440 with owner root and the \
             service's own group",
            found.gid()
        )
    };
    Err(refused(path, why))
}

fn is_own_group(group: u32) -> bool {
    getegid().as_raw() == group || getgroups().is_ok_and(|all| all.iter().any(|one| one.as_raw() == group))
}

fn open_plain(path: &Path, how: &mut OpenOptions) -> io::Result<File> {
    let opened = how.mode(0o600).custom_flags(flags(OFlags::NOFOLLOW | OFlags::NONBLOCK)).open(path);
    match opened {
        Err(why) if why.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            Err(io::Error::new(ErrorKind::PermissionDenied, "it is a link, which is not followed here"))
        }
        opened => plain(opened?),
    }
}

fn plain(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(ErrorKind::PermissionDenied, "it is not a regular file"))
    }
}

/// Converts open flags; the bits always fit, as they come from the same `int`.
fn flags(flags: OFlags) -> i32 {
    i32::try_from(flags.bits()).unwrap_or_default()
}

/// Whether there is no space, on the disk or for this user.
pub fn is_full(why: &io::Error) -> bool {
    matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// Replaces a file atomically, with this mode: on failure the former file stays.
///
/// # Errors
/// `resource.storage`.
pub fn write_whole(path: &Path, mode: u32, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = (|| {
        match fs::remove_file(&beside) {
            Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(why),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)?;
        // The name is on disk, too.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder)?.sync_all()
    })();
    written.map_err(|why| unusable(path, &why))
}

fn refused(path: &Path, why: String) -> Error {
    Error::because(&row::CONFIGURATION, why).with("file", shown::path(path))
}

/// The error for an unusable file or folder.
pub fn unusable(path: &Path, why: &io::Error) -> Error {
    let shown = shown::path(path);
    Error::because(&row::STORAGE, format!("{shown} cannot be used: {why}")).with("file", shown)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::fs::{chown, symlink};

    use super::*;

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
        assert!(open_folder(&link, false).is_err());
        create_in(&open_folder(&link, true).unwrap(), "named").unwrap();
        fs::remove_file(target.join("named")).unwrap();
        // The remedy.
        fs::remove_file(&link).unwrap();
        inner_folder(&link, "").unwrap();
        let opened = open_folder(&link, false).unwrap();
        // What takes its place afterwards gets nothing.
        fs::rename(&link, place.path().join("aside")).unwrap();
        symlink(&target, &link).unwrap();
        create_in(&opened, "made").unwrap();
        assert!(create_in(&opened, "made").is_err(), "it is there");
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
        let append = || {
            let mut how = OpenOptions::new();
            how.append(true).create(true);
            how
        };
        assert!(open_own(&link, &mut append()).unwrap_err().to_string().contains("link"));
        assert!(open_for_reading(&link).is_err());
        set_mode(&target, 0o644);
        open_own(&target, &mut append()).unwrap();
        assert_eq!(fs::metadata(&target).unwrap().permissions().mode() & 0o777, 0o600);
        open_for_reading(&target).unwrap();
        set_mode(&target, 0o666);
        assert!(open_for_reading(&target).is_err());
        let made = place.path().join("made");
        open_own(&made, &mut append()).unwrap();
        assert_eq!(fs::metadata(&made).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(open_own(place.path(), OpenOptions::new().read(true)).is_err(), "no plain file");
        if geteuid().is_root() {
            chown(&target, Some(NOBODY), None).unwrap();
            assert!(open_own(&target, &mut append()).unwrap_err().to_string().contains("65534"));
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
        let opened = fs::metadata(&path).unwrap();
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
            let opened = fs::metadata(&path).unwrap();
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
}
