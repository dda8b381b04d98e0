//! File content on disk: below `DATA/files`, written and synced before any row names it.

use std::{
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use bankchannel_crypto::random;
use bankchannel_foundation::model::Content;
use bankchannel_storage::ws_channel::{FileContent, INLINE_LIMIT};
use bankchannel_transport::background;

use crate::{HandlerFault, WsChannelService, config::ServiceConfig, data::FILES};
use bankchannel_server::private::{self, OpenFolder};

/// Bytes read at a time.
const STEP: usize = 256 * 1024;
/// Random characters of a content file's name.
const NAME_LENGTH: usize = 26;

/// The folder of content files: the configured one, or the data folder's own.
pub(crate) fn folder(data: &Path, config: &ServiceConfig) -> PathBuf {
    config.files_folder.as_ref().map_or_else(|| data.join(FILES), PathBuf::from)
}

/// Makes content durable: small content goes into the row that will name it, larger content into its own file. A
/// spooled file is moved, not copied.
pub(crate) async fn keep(service: &WsChannelService, content: Content) -> Result<FileContent, HandlerFault> {
    let folder = service.files_folder();
    match content {
        Content::Bytes(bytes) if bytes.len() <= INLINE_LIMIT => Ok(FileContent::Inline(bytes.to_vec())),
        Content::Bytes(_) | Content::File { .. } => {
            let is_named = service.config().files_folder.is_some();
            let work = move || store(&OpenFolder::open(&folder, is_named)?, &content);
            background::blocking(work)
                .await
                .map_err(HandlerFault::internal)?
                .map_err(|why| HandlerFault::unwritten("a content file", &why))
        }
        Content::Pieces(_) | Content::Delivered { .. } => {
            Err(HandlerFault::internal("a server's content is bytes or a file"))
        }
    }
}

fn store(folder: &OpenFolder, content: &Content) -> std::io::Result<FileContent> {
    let name = format!("c{}", random::base32_lower(NAME_LENGTH));
    let size = match content {
        Content::Bytes(bytes) => copy(&bytes[..], folder, &name)?,
        Content::File { path: spooled, .. } => {
            let file = private::open_for_reading(spooled)?;
            private::sync_opened(&file)?;
            match folder.adopt(spooled, &name) {
                // A shared folder on a separate file system.
                Err(why) if why.kind() == ErrorKind::CrossesDevices => copy(&file, folder, &name)?,
                moved => moved.and_then(|()| Ok(file.metadata()?.len()))?,
            }
        }
        Content::Pieces(_) | Content::Delivered { .. } => return Err(std::io::Error::other("not a server's content")),
    };
    // The directory entry must be durable too.
    folder.sync()?;
    Ok(FileContent::External { path: name, size: i64::try_from(size).unwrap_or(i64::MAX) })
}

/// Writes a new file and syncs it; an incomplete one is removed.
fn copy(mut from: impl Read, folder: &OpenFolder, name: &str) -> std::io::Result<u64> {
    let mut to = folder.create(name)?;
    let copied = std::io::copy(&mut from, &mut to).and_then(|size| to.sync_all().map(|()| size));
    if copied.is_err() {
        let _ = folder.remove(name);
    }
    copied
}

/// Whether a name has the format of those created by [`keep`].
pub(crate) fn is_own_name(name: &str) -> bool {
    let base32 = |byte: u8| byte.is_ascii_lowercase() || (b'2'..=b'7').contains(&byte);
    name.strip_prefix('c').is_some_and(|rest| rest.len() == NAME_LENGTH && rest.bytes().all(base32))
}

/// Removes content that no row names any more. Files that cannot be removed now are removed with later leftovers.
pub(crate) async fn discard(service: &WsChannelService, paths: &[String]) {
    if paths.is_empty() {
        return;
    }
    if let Err(why) = service.store.discard_content(&service.files_folder(), paths).await {
        tracing::warn!(%why, "an orphaned content file cannot be removed yet");
    }
}

/// Converts stored content: bytes, or the file to read.
pub(crate) fn stored(folder: &Path, content: FileContent) -> Content {
    match content {
        FileContent::Inline(bytes) => Content::Bytes(bytes.into()),
        FileContent::External { path, size } => {
            Content::File { path: folder.join(path), size: u64::try_from(size).ok() }
        }
    }
}

/// Passes the content once, in pieces. Blocks.
pub(crate) fn feed(content: &Content, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    match content {
        Content::Bytes(bytes) => take(bytes),
        Content::File { path, .. } => {
            let mut file = private::open_for_reading(path)?;
            let mut buffer = vec![0; STEP];
            loop {
                match file.read(&mut buffer)? {
                    0 => break,
                    read => take(&buffer[..read]),
                }
            }
        }
        Content::Pieces(_) | Content::Delivered { .. } => return Err(std::io::Error::other("not a server's content")),
    }
    Ok(())
}

/// Reads at most `limit` bytes of content. Blocks.
pub(crate) fn read_up_to(content: &Content, limit: usize) -> std::io::Result<Vec<u8>> {
    match content {
        Content::Bytes(bytes) => Ok(bytes[..bytes.len().min(limit)].to_vec()),
        Content::File { path, .. } => {
            let mut bytes = Vec::new();
            private::open_for_reading(path)?.take(limit as u64).read_to_end(&mut bytes)?;
            Ok(bytes)
        }
        Content::Pieces(_) | Content::Delivered { .. } => Err(std::io::Error::other("not a server's content")),
    }
}
