//! Values that a language is done with, freed by the thread that made them.
//!
//! An answer is made on the runtime's thread, of many small pieces of memory. Freed on another thread, each piece takes the lock of
//! the memory that the runtime's thread is just making the next answer in; in Python, whoever waits for that lock holds the
//! interpreter's too.

use std::{cell::Cell, sync::Mutex};

use bankchannel_foundation::model::Value;

/// Most values that wait, and most parts of all of them. What comes beyond is freed where it is: that is for many small answers, and
/// must keep no large one.
const MOST: usize = 1024;
const MOST_PARTS: usize = 32 * 1024;
/// The longest text of a part.
const LONG: usize = 4096;

/// The values that wait, and how many parts they have.
static LEFT: Mutex<(Vec<Value<'static>>, usize)> = Mutex::new((Vec::new(), 0));

thread_local! {
    /// Room for what is to be freed, kept from one time to the next.
    static ROOM: Cell<Vec<Value<'static>>> = const { Cell::new(Vec::new()) };
}

/// Leaves a value to the runtime's thread, which frees it at its next call. Waits for nobody: where that is not at once possible, in
/// a fork's child too, the value is freed here.
pub fn give_back(value: Value<'static>) {
    // Before the lock: it is held for as short as can be.
    let Some(more) = count(&value, MOST_PARTS) else { return };
    let Ok(mut left) = LEFT.try_lock() else { return };
    let (values, parts) = &mut *left;
    if values.len() < MOST && *parts + more <= MOST_PARTS {
        values.push(value);
        *parts += more;
    }
}

/// How many parts a value has; `None` for more than these, and where one is long.
fn count(value: &Value<'_>, most: usize) -> Option<usize> {
    let left = most.checked_sub(1)?;
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

/// Frees what was left. For the runtime's thread.
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
        // Large ones and long ones do not wait, and many of a middling size no longer than their parts are few.
        give_back(object(MOST_PARTS));
        give_back(Value::from("x".repeat(LONG + 1)));
        assert_eq!(waiting(), (0, 0));
        for _ in 0..MOST {
            give_back(object(99));
        }
        assert_eq!(waiting(), (MOST_PARTS / 100, MOST_PARTS / 100 * 100));
        free();
        // Somebody holds it: nobody waits.
        let held = LEFT.lock();
        give_back(Value::Null);
        free();
        drop(held);
        assert_eq!(waiting(), (0, 0));
    }
}
