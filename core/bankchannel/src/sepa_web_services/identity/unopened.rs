//! Keys that the passphrase does not open: a mistyped passphrase, which changes nothing, or a key that was made under another
//! one, which is a state with a way out.

use bankchannel_foundation::{Error, Result};
use bankchannel_renewal::AttemptPhase;

use super::renewing::IdentityRenewing;

/// The message about a key that was made under another passphrase than the others.
fn why_unopened(whose: &str, way_out: &str) -> String {
    format!(
        "the key of {whose} was made under another passphrase than the one that opens the other keys: give that one, or {way_out}"
    )
}

/// Makes sure that the pair that goes on can be opened, before anything is made or sent. A request that was never sent
/// is begun again; one that the bank may have certified stays, and a person decides, unless the present pair goes on
/// without it.
///
/// # Errors
/// `configuration.invalid` for a passphrase that opens no key; those of the folder.
pub(in super::super) async fn settle_unopened(driver: &mut IdentityRenewing) -> Result<()> {
    let life = driver.life().clone();
    let asked = life.attempt.as_ref().map(|attempt| &attempt.pair);
    let Some(name) = asked.or(life.switching.as_ref().map(|new| &new.pair.name)).cloned() else { return Ok(()) };
    let replaced = life.retired.iter().rev().map(|one| &one.pair.name);
    let others: Vec<String> = life.active.iter().map(|pair| &pair.name).chain(replaced).cloned().collect();
    let checked = driver.bank.folder.work(move |held| held.opens_beside(&name, &others)).await;
    let Some(opens_another) = checked.map_err(Error::from)? else { return Ok(()) };
    let now_s = driver.bank.client.now_s();
    match &life.attempt {
        Some(attempt) if attempt.phase == AttemptPhase::Prepared => {
            // Nothing was sent: no certificate can exist for that key.
            driver.change(|life| life.discard().map(drop)).await?;
        }
        Some(_) if life.stopped.is_none() && opens_another.is_ok() => {
            let why = why_unopened(
                "the request that is under way",
                "give the request up with `discard`: the bank may have certified that key, and an old certificate that it \
                 takes no more is replaced with a new code",
            );
            driver.change(|life| life.unusable(why, now_s)).await?;
        }
        None if opens_another.is_ok() => {
            let why = why_unopened("the new certificate", "enrol with a new code of the bank");
            driver.note(|life| life.set_new_aside(why, now_s)).await?;
        }
        _ => return opens_another,
    }
    Ok(())
}
