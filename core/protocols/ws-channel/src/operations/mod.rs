//! Every operation of the protocol, one file each, in one folder per subject.
//!
//! A new operation is its file, its `pub mod` line in the subject's `mod.rs`, and its name in the list below: from
//! the list come the catalogue, the client's methods, the generic call and the server's router.

pub mod files;

use bankchannel_foundation::operation::Entry;

/// Hands the list of operations to a macro: `exchange subject::file::Type;` and `local subject::file::Type;`.
#[macro_export]
macro_rules! for_each_operation {
    ($callback:path) => {
        $callback! {
            exchange files::list_files::ListFiles;
            exchange files::upload_file::UploadFile;
        }
    };
}

macro_rules! catalogue {
    ($($kind:ident $subject:ident::$file:ident::$name:ident;)+) => {
        /// Every operation of this protocol.
        pub static CATALOGUE: &[Entry] = &[$(Entry::of::<$subject::$file::$name>()),+];
    };
}

for_each_operation!(catalogue);
