//! The maker's library: loaded and initialised once per process, however many tokens are opened with it.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use bankchannel_foundation::shown;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error as Fault, RvError};
use cryptoki::slot::{Slot, TokenInfo};

use crate::wait::ProcessLock;
use crate::{Result, TokenError};

/// How long another thread may take to load a module.
const WAIT: Duration = Duration::from_secs(60);
/// Maximum number of tokens that an error names.
const MAX_NAMED: usize = 10;

/// The modules of this process by their paths, each with the process that initialised it.
static LOADED: LazyLock<ProcessLock<HashMap<String, (u32, Pkcs11)>>> =
    LazyLock::new(|| ProcessLock::new(HashMap::new()));

/// The module at `path`, initialised in this process.
pub(crate) fn load(path: &str) -> Result<Pkcs11> {
    // The loader's reason repeats the path.
    let shown = shown::path(path).to_string();
    let unusable = |why: String| TokenError::Module { module: shown.clone(), why: why.replace(path, &shown) };
    let own = std::process::id();
    let mut loaded = LOADED.lock(Some(WAIT))?;
    let before = loaded.get(path);
    if let Some((process, module)) = before
        && *process == own
        && !is_reset(module)
    {
        return Ok(module.clone());
    }
    let is_child = before.is_some_and(|(process, _)| *process != own);
    let module = Pkcs11::new(path).map_err(|fault| unusable(fault.to_string()))?;
    match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) => {}
        // Other code in this process uses the same module; but state inherited from a parent must not be used.
        Err(Fault::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) if !is_child => {}
        Err(Fault::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => return Err(TokenError::Forked),
        Err(fault) => return Err(unusable(fault.to_string())),
    }
    loaded.insert(path.to_owned(), (own, module.clone()));
    Ok(module)
}

/// Whether other code in this process has finalized the module (`C_Finalize`).
fn is_reset(module: &Pkcs11) -> bool {
    matches!(module.get_library_info(), Err(Fault::Pkcs11(RvError::CryptokiNotInitialized, _)))
}

/// The slot of the token with this label, or with this number.
pub(crate) fn find_token(module: &Pkcs11, wanted: &str) -> Result<(Slot, TokenInfo)> {
    let mut tokens = Vec::new();
    for slot in module.get_slots_with_token()? {
        // A token removed at this moment is skipped.
        if let Ok(info) = module.get_token_info(slot)
            && info.token_initialized()
        {
            tokens.push((slot, info));
        }
    }
    let named: Vec<_> = tokens.iter().filter(|(_, info)| info.label() == wanted).collect();
    match named[..] {
        [(slot, info)] => return Ok((*slot, info.clone())),
        [] => {}
        _ => {
            let slots: Vec<_> = named.iter().map(|(slot, _)| slot.id().to_string()).collect();
            return Err(TokenError::SeveralTokens { token: wanted.to_owned(), slots: slots.join(", ") });
        }
    }
    let number = wanted.parse::<u64>().ok();
    let found = tokens.iter().find(|(slot, _)| Some(slot.id()) == number);
    found.cloned().ok_or_else(|| {
        let labels: Vec<_> = tokens
            .iter()
            .take(MAX_NAMED)
            .map(|(slot, info)| format!("{:?} (slot {})", info.label(), slot.id()))
            .collect();
        let found = if labels.is_empty() { "none".to_owned() } else { labels.join(", ") };
        TokenError::NoToken { token: wanted.to_owned(), found }
    })
}
