//! What Python gives becomes JSON values. What cannot is refused by the field's name, before anything is sent.

use bankchannel_bridge::{Error, Object, Value};
use pyo3::{
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{
        PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyMemoryView, PySequence, PyString,
        PyTuple, PyType,
    },
};
use serde_json::Number;

use crate::record::{Record, pairs};

/// The deepest nesting that is taken; what refers to itself ends here.
const MAX_DEPTH: usize = 32;

/// A request or a set of settings. `None` at the first level is as good as left out.
pub(crate) fn fields(given: &Bound<'_, PyDict>) -> Result<Value<'static>, Error> {
    let mut fields = Object::with_capacity(given.len());
    for (name, value) in given {
        if value.is_none() {
            continue;
        }
        let name = text(&name).map_err(|why| Error::invalid_field("request", format!("a field's name {why}")))?;
        let value = value_of(&value, 0).map_err(|why| Error::invalid_field(&name, why))?;
        fields.push(name, value);
    }
    Ok(Value::Object(fields))
}

fn value_of(given: &Bound<'_, PyAny>, depth: usize) -> Result<Value<'static>, String> {
    if depth > MAX_DEPTH {
        return Err(format!("is nested more than {MAX_DEPTH} deep"));
    }
    if given.is_instance_of::<PyString>() {
        return text(given).map(Value::from);
    }
    if given.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = given.cast::<PyBool>() {
        return Ok(Value::Bool(flag.is_true()));
    }
    if given.is_instance_of::<PyInt>() {
        let whole: i64 = given.extract().map_err(|_| "is a number beyond 2^53".to_owned())?;
        return Ok(whole.into());
    }
    if let Ok(number) = given.cast::<PyFloat>() {
        return Number::from_f64(number.value()).map(Value::Number).ok_or_else(|| "must be a finite number".into());
    }
    if let Ok(record) = given.cast::<Record>() {
        let members = pairs(record).map_err(|why| why.to_string())?;
        let there = members.into_iter().filter(|(_, value)| !value.is_none());
        // A keyword of Python's has an underscore that the boundary does not know.
        return there
            .map(|(name, value)| Ok((text(&name)?.trim_end_matches('_').to_owned(), value_of(&value, depth + 1)?)))
            .collect();
    }
    if let Ok(dict) = given.cast::<PyDict>() {
        return dict.iter().map(|(name, value)| Ok((text(&name)?, value_of(&value, depth + 1)?))).collect();
    }
    if let Ok(list) = given.cast::<PyList>() {
        return list.iter().map(|value| value_of(&value, depth + 1)).collect();
    }
    if let Ok(tuple) = given.cast::<PyTuple>() {
        return tuple.iter().map(|value| value_of(&value, depth + 1)).collect();
    }
    rare(given, depth)
}

/// Values with a class of their own, and collections that are neither dict, list nor tuple.
fn rare(given: &Bound<'_, PyAny>, depth: usize) -> Result<Value<'static>, String> {
    let py = given.py();
    let own = |why: PyErr| why.to_string();
    if is_a(given, &DATETIME, "datetime", "datetime") && given.getattr("tzinfo").is_ok_and(|zone| zone.is_none()) {
        return Err("must have a time zone, such as datetime.now(timezone.utc)".into());
    }
    // A datetime is a date too.
    if is_a(given, &DATE, "datetime", "date") {
        return given.call_method0(intern!(py, "isoformat")).map_err(own).and_then(|found| value_of(&found, depth));
    }
    if is_a(given, &DECIMAL, "decimal", "Decimal") {
        return given
            .call_method1(intern!(py, "__format__"), ("f",))
            .map_err(own)
            .and_then(|found| value_of(&found, depth));
    }
    if let Ok(Some(path)) = given.getattr_opt(intern!(py, "__fspath__")) {
        // An open file may have a path too; where it stands would not count.
        if given.hasattr(intern!(py, "seek")).unwrap_or_default() {
            return Err(cannot_be(given));
        }
        let path = path.call0().map_err(own)?;
        return if path.is_instance_of::<PyString>() { text(&path).map(Value::from) } else { Err(cannot_be(given)) };
    }
    if let Ok(map) = given.cast::<PyMapping>() {
        let mut members = Object::new();
        for item in map.items().map_err(own)? {
            let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract().map_err(own)?;
            members.push(text(&name)?, value_of(&value, depth + 1)?);
        }
        // A mapping of its own kind may have a key several times.
        return if members.has_a_name_twice() { Err("has a key twice".into()) } else { Ok(members.into()) };
    }
    let bytes = given.is_instance_of::<PyBytes>()
        || given.is_instance_of::<PyByteArray>()
        || given.is_instance_of::<PyMemoryView>();
    match given.cast::<PySequence>() {
        Ok(values) if !bytes => {
            let values = values.to_tuple().map_err(own)?;
            values.iter().map(|value| value_of(&value, depth + 1)).collect()
        }
        _ => Err(cannot_be(given)),
    }
}

fn text(given: &Bound<'_, PyAny>) -> Result<String, String> {
    let text = given.cast::<PyString>().map_err(|_| cannot_be(given))?;
    text.to_str().map(str::to_owned).map_err(|_| "has a surrogate without its other half: it is no UTF-8 text".into())
}

fn cannot_be(given: &Bound<'_, PyAny>) -> String {
    format!("cannot be a {}", given.get_type().name().map_or_else(|_| "thing".into(), |name| name.to_string()))
}

static DATETIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DATE: PyOnceLock<Py<PyType>> = PyOnceLock::new();
static DECIMAL: PyOnceLock<Py<PyType>> = PyOnceLock::new();

fn is_a(given: &Bound<'_, PyAny>, class: &PyOnceLock<Py<PyType>>, module: &str, name: &str) -> bool {
    class.import(given.py(), module, name).and_then(|class| given.is_instance(class)).unwrap_or_default()
}
