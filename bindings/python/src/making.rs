//! Answers become Python's values.

use bankchannel_bridge::{Object, Value};
use pyo3::{
    IntoPyObjectExt,
    exceptions::PyValueError,
    prelude::*,
    types::{PyDict, PyList, PyString, PyTuple},
};

use crate::{
    moments,
    plan::{self, Class, Make},
};

/// Makes what stands in the place of content, from the size that the answer says.
pub(crate) type Content<'a> = &'a dyn Fn(Option<u64>) -> PyResult<Py<PyAny>>;

/// Makes one value as its plan says. Content stands at the first level only: what is inside lists and maps has none.
pub(crate) fn made<'py>(
    py: Python<'py>,
    value: Value<'_>,
    make: &Make,
    content: Option<Content<'_>>,
) -> PyResult<Bound<'py, PyAny>> {
    if let (Make::Content, Some(content)) = (make, content) {
        return Ok(content(size(&value))?.into_bound(py));
    }
    match value {
        Value::Null => Ok(py.None().into_bound(py)),
        Value::Bool(flag) => flag.into_bound_py_any(py),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.into_bound_py_any(py),
            (None, Some(whole)) => whole.into_bound_py_any(py),
            (None, None) => number.as_f64().into_bound_py_any(py),
        },
        Value::String(text) => match make {
            Make::Decimal => moments::decimal(py, &text),
            Make::Date => moments::date(py, &text),
            Make::Timestamp => moments::timestamp(py, &text),
            Make::Secret => plan::secret(py, &PyString::new(py, &text)),
            _ => Ok(PyString::new(py, &text).into_any()),
        },
        Value::Array(values) => {
            let each =
                |of| values.into_iter().map(move |value| made(py, value, of, None)).collect::<PyResult<Vec<_>>>();
            // A typed result cannot be changed; a plain one is as `json` would make it.
            match make {
                Make::List(of) => Ok(PyTuple::new(py, each(of)?)?.into_any()),
                _ => Ok(PyList::new(py, each(&Make::Plain)?)?.into_any()),
            }
        }
        Value::Object(members) => match make {
            Make::Record(class) => record(py, members, class, content),
            Make::Union { tag, alternatives } => {
                let found = members.get(tag).and_then(Value::as_str).unwrap_or_default();
                match alternatives.iter().find(|(name, _)| *name == found) {
                    Some((_, class)) => record(py, members, class, content),
                    None => Err(PyValueError::new_err(format!("`{found}` is no alternative of it"))),
                }
            }
            Make::Map(of) => dict(py, members, of),
            _ => dict(py, members, &Make::Plain),
        },
    }
}

/// How many bytes of content there are, as an answer says it in their place.
pub(crate) fn size(said: &Value<'_>) -> Option<u64> {
    match said.get("size") {
        Some(Value::Number(size)) => size.as_u64(),
        _ => None,
    }
}

/// The result that it is put into makes it unchangeable.
fn dict<'py>(py: Python<'py>, members: Object<'_>, of: &Make) -> PyResult<Bound<'py, PyAny>> {
    let dict = PyDict::new(py);
    for (name, value) in members {
        dict.set_item(PyString::new(py, &name), made(py, value, of, None)?)?;
    }
    Ok(dict.into_any())
}

fn record<'py>(
    py: Python<'py>,
    members: Object<'_>,
    class: &Class,
    content: Option<Content<'_>>,
) -> PyResult<Bound<'py, PyAny>> {
    // What was left out is `None`.
    let mut values = vec![None; class.fields.len()];
    let mut next = 0;
    for (name, value) in members {
        // What this version does not know is ignored.
        let Some(place) = place(class, next, &name) else { continue };
        values[place] = Some(made(py, value, &class.fields[place].1, content)?);
        next = place + 1;
    }
    class.class.bind(py).call1((PyTuple::new(py, values)?,))
}

/// Finds a field's place by its name: mostly it is the next one.
fn place(class: &Class, next: usize, name: &str) -> Option<usize> {
    let (before, after) = class.fields.split_at(next);
    let named = |(field, _): &(&str, Make)| *field == name;
    after.iter().position(named).map(|found| next + found).or_else(|| before.iter().position(named))
}
