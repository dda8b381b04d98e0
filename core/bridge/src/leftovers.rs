//! Values that a language is done with, freed by the thread that made them.
//!
//! An answer is made on the runtime's thread, of many small pieces of memory. Freed on another thread, each piece takes the lock of
//! the memory that the runtime's thread is just making the next answer in; in Python, whoever waits for that lock holds the
//! interpreter's too.

use std::{
    cell::Cell,
    sync::{Mutex, TryLockError},
};

use bankchannel_foundation::model::Value;

/// Most values that wait. What comes beyond is freed where it is.
const MOST: usize = 1024;

static LEFT: Mutex<Vec<Value<'static>>> = Mutex::new(Vec::new());

thread_local! {
    /// Room for what is to be freed, kept from one time to the next.
    static ROOM: Cell<Vec<Value<'static>>> = const { Cell::new(Vec::new()) };
}

/// Leaves a value to the runtime's thread, which frees it at its next call. Waits for nobody: where that is not at once possible, in
/// a fork's child too, the value is freed here.
pub fn give_back(value: Value<'static>) {
    if let Ok(mut left) = LEFT.try_lock()
        && left.len() < MOST
    {
        left.push(value);
    }
}

/// Frees what was left. For the runtime's thread.
pub(crate) fn free() {
    let mut taken = ROOM.take();
    match LEFT.try_lock() {
        Ok(mut left) if !left.is_empty() => std::mem::swap(&mut *left, &mut taken),
        Ok(_) | Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => {}
    }
    taken.clear();
    ROOM.set(taken);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_freed_and_no_more_waits_than_there_may() {
        for _ in 0..3 * MOST {
            give_back(Value::from("text".to_owned()));
        }
        assert_eq!(LEFT.lock().map(|left| left.len()).unwrap_or_default(), MOST);
        free();
        assert_eq!(LEFT.lock().map(|left| left.len()).unwrap_or_default(), 0);
        give_back(Value::Null);
        // Somebody holds it: nobody waits.
        let held = LEFT.lock();
        give_back(Value::Null);
        free();
        drop(held);
        free();
        assert_eq!(LEFT.lock().map(|left| left.len()).unwrap_or_default(), 0);
    }
}
