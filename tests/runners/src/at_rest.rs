//! Searches a data folder: secrets must not be readable there.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use crate::world::Outcome;

/// The maximum number of repeated searches while files come and go.
const LOOKS: u32 = 100;
/// The number of bytes of a PEM to search for, from its secret part.
const PART: usize = 32;

/// Searches every file for these texts; of a PEM, for a part of its bytes and for its lines. If a file is renamed
/// meanwhile, as by a writing server, all files are searched again.
///
/// # Errors
/// The file and the text found in it.
pub fn search(folder: &Path, texts: &[Value]) -> Outcome<()> {
    for _ in 0..LOOKS {
        if looked(folder, texts)? {
            return Ok(());
        }
    }
    Err(format!("{} does not stand still", folder.display()))
}

/// One search; returns whether all files existed until they were read.
fn looked(folder: &Path, texts: &[Value]) -> Outcome<bool> {
    let mut files = Vec::new();
    collect(folder, &mut files)?;
    if files.is_empty() {
        return Err(format!("{} holds no files", folder.display()));
    }
    for file in files {
        let held = match fs::read(&file) {
            Ok(held) => held,
            Err(why) if why.kind() == ErrorKind::NotFound => return Ok(false),
            Err(why) => return Err(format!("{}: {why}", file.display())),
        };
        for (number, text) in texts.iter().enumerate() {
            let text = text.as_str().ok_or("`data_has_no` takes texts")?;
            for needle in needles(text)? {
                if held.windows(needle.len()).any(|window| window == needle) {
                    return Err(format!("{} holds text {}", file.display(), number + 1));
                }
            }
        }
    }
    Ok(true)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Outcome<()> {
    for entry in fs::read_dir(folder).map_err(|why| format!("{}: {why}", folder.display()))? {
        let path = entry.map_err(|why| why.to_string())?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(())
}

fn needles(text: &str) -> Outcome<Vec<Vec<u8>>> {
    if !text.starts_with("-----BEGIN") {
        return if text.len() < 8 {
            Err("too short to be searched for".into())
        } else {
            Ok(vec![text.as_bytes().to_vec()])
        };
    }
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("-----")).collect();
    let der = STANDARD.decode(lines.concat()).map_err(|why| why.to_string())?;
    let middle = der.len() / 2;
    let part = der.get(middle..middle + PART).ok_or("too short for a key")?;
    let line = lines.get(lines.len() / 2).ok_or("too short for a key")?;
    Ok(vec![part.to_vec(), line.as_bytes().to_vec()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_secret_is_found_wherever_it_lies() {
        let folder = tempfile::tempdir().expect("a folder");
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).expect("a folder");
        fs::write(deep.join("c"), b"before the-secret-itself after").expect("a file");
        assert!(search(folder.path(), &[json!("the-secret-itself")]).is_err());
        assert!(search(folder.path(), &[json!("another-secret")]).is_ok());
    }
}
