//! Values that a language no longer needs, freed by the thread that allocated them.
//!
//! The runtime's thread allocates an answer in many small pieces. Freeing a piece on another thread takes the lock of
//! the memory arena in which the runtime's thread is just allocating the next answer; in Python, the thread that waits
//! for that lock also holds the interpreter's.

use std::{cell::Cell, sync::Mutex};

use bankchannel_foundation::model::Value;

/// The maximum number of waiting values, and the most parts of all of them. Values beyond these limits are freed
/// immediately:
/// waiting is for many small answers, and must not keep large ones.
const MOST: usize = 1024;
const MOST_PARTS: usize = 32 * 1024;
/// The longest text of a part.
const LONG: usize = 4096;

/// The waiting values, and the number of their parts.
static LEFT: Mutex<(Vec<Value<'static>>, usize)> = Mutex::new((Vec::new(), 0));

thread_local! {
    /// A reused buffer for the values to free.
    static ROOM: Cell<Vec<Value<'static>>> = const { Cell::new(Vec::new()) };
}

/// Leaves a value to the runtime's thread, which frees it at its next call. Never blocks: if the lock is not free, also
/// in the child of a fork, the value is freed here.
pub fn give_back(value: Value<'static>) {
    // Before locking, to hold the lock as short as possible.
    let Some(more) = count(&value, MOST_PARTS) else { return };
    let Ok(mut left) = LEFT.try_lock() else { return };
    let (values, parts) = &mut *left;
    if values.len() < MOST && *parts + more <= MOST_PARTS {
        values.push(value);
        *parts += more;
    }
}

/// The number of a value's parts; `None` if there are more than `most`, or if one is long.
fn count(value: &Value<'_>, max: usize) -> Option<usize> {
    let left = max.checked_sub(1)?;
    let mut inner = 0;
    match value {
        Value::String(text) if text.len() > LONG => return None,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        Value::Array(values) => {
            for value in values {
                inner += count(value, left - inner)?;
            }
        }
        Value::Object(members) => {
            for (_, value) in members.iter() {
                inner += count(value, left - inner)?;
            }
        }
    }
    Some(inner + 1)
}

/// Frees the waiting values. Called by the runtime's thread.
pub(crate) fn free() {
    let mut taken = ROOM.take();
    if let Ok(mut left) = LEFT.try_lock()
        && !left.0.is_empty()
    {
        std::mem::swap(&mut left.0, &mut taken);
        left.1 = 0;
    }
    taken.clear();
    ROOM.set(taken);
}

#[cfg(test)]
mod tests {
    use bankchannel_foundation::model::Object;

    use super::*;

    fn waiting() -> (usize, usize) {
        LEFT.lock().map(|left| (left.0.len(), left.1)).unwrap_or_default()
    }

    #[test]
    fn what_is_given_back_is_freed_and_no_more_waits_than_there_may() {
        for _ in 0..3 * MOST {
            give_back(Value::from("text".to_owned()));
        }
        assert_eq!(waiting(), (MOST, MOST));
        free();
        assert_eq!(waiting(), (0, 0));
        let object = |members: usize| {
            let member = |number: usize| (number.to_string().into(), Value::from("text".to_owned()));
            Value::Object((0..members).map(member).collect::<Object<'static>>())
        };
        // Large and long values do not wait, and medium-sized ones only up to the limit of all parts.
        give_back(object(MOST_PARTS));
        give_back(Value::from("x".repeat(LONG + 1)));
        assert_eq!(waiting(), (0, 0));
        for _ in 0..MOST {
            give_back(object(99));
        }
        assert_eq!(waiting(), (MOST_PARTS / 100, MOST_PARTS / 100 * 100));
        free();
        // While the lock is held, nothing blocks.
        let held = LEFT.lock();
        give_back(Value::Null);
        free();
        drop(held);
        assert_eq!(waiting(), (0, 0));
    }
}
