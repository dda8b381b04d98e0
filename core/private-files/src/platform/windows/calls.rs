//! The calls of the system: the only place of this crate with `unsafe`. Each function is safe to call and owns what it gets.

#![allow(unsafe_code)] // The standard library has no access lists, file identities or handles of folders.

use std::{
    fs::File,
    io,
    os::windows::{
        ffi::OsStrExt as _,
        io::{AsRawHandle as _, FromRawHandle as _, OwnedHandle},
    },
    path::{Path, PathBuf},
    ptr,
    sync::OnceLock,
};

use windows_sys::Win32::{
    Foundation::{INVALID_HANDLE_VALUE, LocalFree},
    Security::{
        ACCESS_ALLOWED_ACE, ACL, Authorization as authorization, DACL_SECURITY_INFORMATION, GetAce,
        GetTokenInformation, LookupAccountSidW, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
        PSECURITY_DESCRIPTOR, PSID, SECURITY_ATTRIBUTES, SetKernelObjectSecurity, TOKEN_QUERY, TOKEN_USER, TokenUser,
    },
    Storage::FileSystem as files,
    System::Threading::{GetCurrentProcess, OpenProcessToken},
};

/// The revision of the text form of descriptors.
const SDDL_REVISION: u32 = 1;
/// Longest path that the system takes without its prefix for long ones, less a short file name.
const SHORT_PATH: usize = 247;

/// A path as the system takes it, also a long one, with its end.
fn wide(path: &Path) -> io::Result<Vec<u16>> {
    let path = long_form(path)?;
    let mut text: Vec<u16> = path.as_os_str().encode_wide().collect();
    if text.contains(&0) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path has a zero byte"));
    }
    text.push(0);
    Ok(text)
}

/// A path that may be longer than 260 characters, with the prefix that says so.
fn long_form(path: &Path) -> io::Result<PathBuf> {
    let text = path.as_os_str();
    if text.is_empty() || text.as_encoded_bytes().starts_with(br"\\?\") || text.as_encoded_bytes().starts_with(br"\\.\")
    {
        return Ok(path.to_owned());
    }
    let whole = std::path::absolute(path)?;
    if whole.as_os_str().encode_wide().count() <= SHORT_PATH {
        return Ok(path.to_owned());
    }
    let mut long = std::ffi::OsString::new();
    match whole.to_str().and_then(|text| text.strip_prefix(r"\\")) {
        Some(share) => {
            long.push(r"\\?\UNC\");
            long.push(share);
        }
        None => {
            long.push(r"\\?\");
            long.push(&whole);
        }
    }
    Ok(long.into())
}

fn checked(done: i32) -> io::Result<()> {
    if done == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn checked_code(code: u32) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code.cast_signed())) }
}

/// A descriptor in memory of the system's.
pub(super) struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    /// From its text (SDDL).
    pub(super) fn from_text(text: &str) -> io::Result<Self> {
        let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut made = ptr::null_mut();
        // SAFETY: the text ends with zero; the system sets the pointer on success, and `Drop` frees it.
        checked(unsafe {
            authorization::ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION,
                &raw mut made,
                ptr::null_mut(),
            )
        })?;
        Ok(Self(made))
    }

    fn attributes(&self) -> SECURITY_ATTRIBUTES {
        SECURITY_ATTRIBUTES {
            nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or_default(),
            lpSecurityDescriptor: self.0,
            bInheritHandle: 0,
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for us, and nothing refers to it any more.
        unsafe { LocalFree(self.0) };
    }
}

/// How a file is opened.
pub(super) struct Opening<'a> {
    pub(super) access: u32,
    pub(super) share: u32,
    pub(super) creation: u32,
    pub(super) flags: u32,
    /// The access list of one that is made.
    pub(super) descriptor: Option<&'a Descriptor>,
}

pub(super) fn open(path: &Path, how: &Opening<'_>) -> io::Result<File> {
    let path = wide(path)?;
    let attributes = how.descriptor.map(Descriptor::attributes);
    let attributes = attributes.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the path ends with zero, and the attributes outlive the call; the handle is owned by the file from here on.
    let handle = unsafe {
        files::CreateFileW(path.as_ptr(), how.access, how.share, attributes, how.creation, how.flags, ptr::null_mut())
    };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nobody else has it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

/// Another handle of an open file, with other rights.
pub(super) fn reopen(file: &File, access: u32, share: u32) -> io::Result<File> {
    // SAFETY: the handle is valid while `file` lives.
    let handle = unsafe { files::ReOpenFile(file.as_raw_handle(), access, share, 0) };
    if handle == INVALID_HANDLE_VALUE {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the handle was just opened, and nobody else has it.
    Ok(unsafe { File::from_raw_handle(handle) })
}

pub(super) fn create_folder(path: &Path, descriptor: &Descriptor) -> io::Result<()> {
    let (path, attributes) = (wide(path)?, descriptor.attributes());
    // SAFETY: the path ends with zero, and the attributes outlive the call.
    checked(unsafe { files::CreateDirectoryW(path.as_ptr(), &raw const attributes) })
}

/// Renames, on disk when this returns, and never over anything.
pub(super) fn rename_to_free(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from)?, wide(to)?);
    // SAFETY: both paths end with zero.
    checked(unsafe { files::MoveFileExW(from.as_ptr(), to.as_ptr(), files::MOVEFILE_WRITE_THROUGH) })
}

/// Renames, on disk when this returns, in the place of what has the name.
pub(super) fn rename_over(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from)?, wide(to)?);
    let how = files::MOVEFILE_REPLACE_EXISTING | files::MOVEFILE_WRITE_THROUGH;
    // SAFETY: both paths end with zero.
    checked(unsafe { files::MoveFileExW(from.as_ptr(), to.as_ptr(), how) })
}

pub(super) fn information(file: &File) -> io::Result<files::BY_HANDLE_FILE_INFORMATION> {
    let mut found = files::BY_HANDLE_FILE_INFORMATION::default();
    // SAFETY: the handle is valid while `file` lives, and the structure is writable.
    checked(unsafe { files::GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    Ok(found)
}

/// The times of a file, that of the last change of its metadata too.
pub(super) fn times(file: &File) -> io::Result<files::FILE_BASIC_INFO> {
    let mut found = files::FILE_BASIC_INFO::default();
    let size = u32::try_from(size_of_val(&found)).unwrap_or_default();
    // SAFETY: the handle is valid while `file` lives, and the structure has the size that is given.
    checked(unsafe {
        files::GetFileInformationByHandleEx(file.as_raw_handle(), files::FileBasicInfo, (&raw mut found).cast(), size)
    })?;
    Ok(found)
}

/// Gives a file room on the disk, and no content.
pub(super) fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    let wanted = files::FILE_ALLOCATION_INFO { AllocationSize: i64::try_from(bytes).unwrap_or(i64::MAX) };
    let size = u32::try_from(size_of_val(&wanted)).unwrap_or_default();
    // SAFETY: the handle is valid while `file` lives, and the structure has the size that is given.
    checked(unsafe {
        files::SetFileInformationByHandle(
            file.as_raw_handle(),
            files::FileAllocationInfo,
            (&raw const wanted).cast(),
            size,
        )
    })
}

pub(super) fn free_bytes(folder: &Path) -> io::Result<u64> {
    let (folder, mut free) = (wide(folder)?, 0);
    // SAFETY: the path ends with zero; two of the numbers are not asked for.
    checked(unsafe { files::GetDiskFreeSpaceExW(folder.as_ptr(), &raw mut free, ptr::null_mut(), ptr::null_mut()) })?;
    Ok(free)
}

/// The flags of the file system that a file is on.
pub(super) fn volume_flags(file: &File) -> io::Result<u32> {
    let mut flags = 0;
    // SAFETY: the handle is valid while `file` lives; no text is asked for.
    checked(unsafe {
        files::GetVolumeInformationByHandleW(
            file.as_raw_handle(),
            ptr::null_mut(),
            0,
            ptr::null_mut(),
            ptr::null_mut(),
            &raw mut flags,
            ptr::null_mut(),
            0,
        )
    })?;
    Ok(flags)
}

/// One line of an access list.
pub(super) struct AccessEntry {
    /// Which kind it is: 0 allows.
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) mask: u32,
    /// Whom it is for, in the form `S-1-…`; empty for kinds that this does not read.
    pub(super) identity: String,
}

/// Who owns a file, and its access list: none lets everybody do everything.
pub(super) struct AccessList {
    pub(super) owner: String,
    pub(super) entries: Option<Vec<AccessEntry>>,
}

pub(super) fn access_list(file: &File) -> io::Result<AccessList> {
    let (mut owner, mut list, mut descriptor) = (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
    // SAFETY: the handle is valid while `file` lives; owner and list point into the descriptor, which is freed below.
    checked_code(unsafe {
        authorization::GetSecurityInfo(
            file.as_raw_handle(),
            authorization::SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
            &raw mut owner,
            ptr::null_mut(),
            &raw mut list,
            ptr::null_mut(),
            &raw mut descriptor,
        )
    })?;
    let _descriptor = Descriptor(descriptor);
    let owner = identity_text(owner)?;
    if list.is_null() {
        return Ok(AccessList { owner, entries: None });
    }
    // SAFETY: the list is valid while the descriptor is.
    let count = unsafe { (*list).AceCount };
    let entries = (0..u32::from(count)).map(|index| entry(list, index)).collect::<io::Result<_>>()?;
    Ok(AccessList { owner, entries: Some(entries) })
}

fn entry(list: *const ACL, index: u32) -> io::Result<AccessEntry> {
    /// Kinds that have mask and identity in these places: those that allow and deny, without conditions or objects.
    const PLAIN: [u8; 2] = [0, 1];
    let mut found = ptr::null_mut();
    // SAFETY: the list is valid; the entry is a part of it.
    checked(unsafe { GetAce(list, index, &raw mut found) })?;
    let found: *const ACCESS_ALLOWED_ACE = found.cast_const().cast();
    // SAFETY: every entry begins with this head and, in all kinds that exist, a mask.
    let (head, mask) = unsafe { ((*found).Header, (*found).Mask) };
    let identity = match PLAIN.contains(&head.AceType) {
        // SAFETY: of these kinds the identity begins at this member.
        true => identity_text(unsafe { (&raw const (*found).SidStart).cast_mut().cast() })?,
        false => String::new(),
    };
    Ok(AccessEntry { kind: head.AceType, flags: head.AceFlags, mask, identity })
}

/// Replaces a file's access list; nothing is inherited from its folder any more. What is in a folder keeps its own lists.
pub(super) fn set_access_list(file: &File, descriptor: &Descriptor) -> io::Result<()> {
    let what = DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION;
    // SAFETY: the handle is valid while `file` lives, and the descriptor while it is borrowed.
    checked(unsafe { SetKernelObjectSecurity(file.as_raw_handle(), what, descriptor.0) })
}

fn identity_text(identity: PSID) -> io::Result<String> {
    let mut text = ptr::null_mut();
    // SAFETY: the identity is valid for the caller; the text is freed below.
    checked(unsafe { authorization::ConvertSidToStringSidW(identity, &raw mut text) })?;
    // SAFETY: the text ends with zero.
    let read = unsafe { text_at(text) };
    // SAFETY: the system allocated the text for us.
    unsafe { LocalFree(text.cast()) };
    Ok(read)
}

/// # Safety
/// The text must end with zero.
unsafe fn text_at(text: *const u16) -> String {
    // SAFETY: by the caller.
    let length = (0..).take_while(|at| unsafe { *text.add(*at) } != 0).count();
    // SAFETY: so many were just read.
    String::from_utf16_lossy(unsafe { std::slice::from_raw_parts(text, length) })
}

/// The identity of the user that this process runs as, in the form `S-1-…`.
pub(super) fn own_identity() -> io::Result<&'static str> {
    static OWN: OnceLock<String> = OnceLock::new();
    if let Some(own) = OWN.get() {
        return Ok(own);
    }
    let mut token = ptr::null_mut();
    // SAFETY: the handle of the own process needs no closing; the token's is owned from here on.
    checked(unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) })?;
    // SAFETY: it was just opened.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    // The structure and the identity that it points to: at most 68 bytes.
    let (mut found, mut size) = ([0_u64; 32], 0);
    let room = u32::try_from(size_of_val(&found)).unwrap_or_default();
    // SAFETY: the buffer has this room, and is aligned for the structure.
    checked(unsafe {
        GetTokenInformation(token.as_raw_handle(), TokenUser, found.as_mut_ptr().cast(), room, &raw mut size)
    })?;
    // SAFETY: the system has filled the structure in, and its identity lies in the same buffer.
    let identity = unsafe { (*found.as_ptr().cast::<TOKEN_USER>()).User.Sid };
    let text = identity_text(identity)?;
    Ok(OWN.get_or_init(|| text))
}

/// The name of an identity for people, `DOMAIN\name`; the identity itself if it has none.
pub(super) fn name_of(identity: &str) -> String {
    account_name(identity).unwrap_or_else(|_| identity.to_owned())
}

fn account_name(identity: &str) -> io::Result<String> {
    let text: Vec<u16> = identity.encode_utf16().chain([0]).collect();
    let mut sid = ptr::null_mut();
    // SAFETY: the text ends with zero; what is made is freed below.
    checked(unsafe { authorization::ConvertStringSidToSidW(text.as_ptr(), &raw mut sid) })?;
    let (mut name, mut domain, mut kind) = ([0_u16; 256], [0_u16; 256], 0);
    let (mut name_room, mut domain_room) = (256, 256);
    // SAFETY: both buffers have the room that is given.
    let found = checked(unsafe {
        LookupAccountSidW(
            ptr::null(),
            sid,
            name.as_mut_ptr(),
            &raw mut name_room,
            domain.as_mut_ptr(),
            &raw mut domain_room,
            &raw mut kind,
        )
    });
    // SAFETY: the system allocated it for us.
    unsafe { LocalFree(sid) };
    found?;
    let text = |buffer: &[u16]| String::from_utf16_lossy(buffer.split(|unit| *unit == 0).next().unwrap_or_default());
    let (name, domain) = (text(&name), text(&domain));
    Ok(if domain.is_empty() { name } else { format!(r"{domain}\{name}") })
}
