//! Turns answers into Python's values.

use bankchannel_bridge::{Object, Value};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyBytes, PyDict, PyList, PyString, PyTuple},
};

use crate::{
    lazy::Lazy,
    moments,
    plan::{self, Class, Make, alternative},
};

/// Makes the replacement of content in an answer, from the size that the answer has in its place.
pub(crate) type ContentMaker<'a> = &'a dyn Fn(Option<u64>) -> PyResult<Py<PyAny>>;

/// Makes values by their plan.
#[derive(Clone, Copy)]
pub(crate) struct ValueBuilder<'a, 'py> {
    pub(crate) py: Python<'py>,
    /// Whether results have their own classes; otherwise they are dicts and lists. Secrets are hidden in both.
    pub(crate) typed: bool,
    /// Whether the runtime's thread has made the values: then it frees them too.
    pub(crate) from_runtime: bool,
    pub(crate) content: Option<ContentMaker<'a>>,
}

impl<'py> ValueBuilder<'_, 'py> {
    pub(crate) fn value(self, value: Value<'static>, make: &Make) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        if let (Make::Content, Some(content)) = (make, self.content) {
            return Ok(content(size(&value))?.into_bound(py));
        }
        match value {
            Value::Array(values) => {
                let of = make.of_list();
                let each = values.into_iter().map(|value| self.item(value, of));
                let values = each.collect::<PyResult<Vec<_>>>()?;
                // A typed result is immutable; a plain one is as `json` would make it.
                match make {
                    Make::List(_) if self.typed => Ok(PyTuple::new(py, values)?.into_any()),
                    _ => Ok(PyList::new(py, values)?.into_any()),
                }
            }
            Value::Object(members) => match make {
                Make::Record(class) => self.record(members, class),
                Make::Union { tag, alternatives } => match alternative(&members, tag, alternatives) {
                    Ok(class) => self.record(members, class),
                    Err(why) if self.typed => Err(why),
                    Err(_) => self.dict(members, |_| &Make::Plain),
                },
                Make::Map(of) => self.inside().dict(members, |_| &**of),
                _ => self.inside().dict(members, |_| &Make::Plain),
            },
            scalar => self.scalar(&scalar, make),
        }
    }

    /// A value that is neither a list nor an object.
    pub(crate) fn scalar(self, value: &Value<'_>, make: &Make) -> PyResult<Bound<'py, PyAny>> {
        let py = self.py;
        match value {
            Value::Null | Value::Array(_) | Value::Object(_) => Ok(py.None().into_bound(py)),
            Value::Bool(flag) => flag.into_bound_py_any(py),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => whole.into_bound_py_any(py),
                (None, Some(whole)) => whole.into_bound_py_any(py),
                (None, None) => number.as_f64().into_bound_py_any(py),
            },
            Value::String(text) => match make {
                Make::Secret => plan::secret(py, &PyString::new(py, text)),
                Make::Bytes => {
                    Ok(PyBytes::new(py, &STANDARD.decode(text.as_bytes()).map_err(plan::unreadable)?).into_any())
                }
                Make::Decimal if self.typed => moments::decimal(py, text),
                Make::Date if self.typed => moments::date(py, text),
                Make::Timestamp if self.typed => moments::timestamp(py, text),
                _ => Ok(PyString::new(py, text).into_any()),
            },
        }
    }

    /// A member of a list.
    fn item(self, value: Value<'static>, make: &Make) -> PyResult<Bound<'py, PyAny>> {
        match (value, make) {
            (Value::Object(members), Make::Record(class)) if self.typed => {
                Lazy::new(members, class, self.from_runtime).record(self.py)
            }
            (value, make) => self.inside().value(value, make),
        }
    }

    /// The same for members of lists and maps, which contain no content.
    fn inside(self) -> Self {
        Self { content: None, ..self }
    }

    /// A dict; a typed result that it is put into makes it immutable.
    fn dict<'m>(self, members: Object<'static>, mut make: impl FnMut(&str) -> &'m Make) -> PyResult<Bound<'py, PyAny>> {
        let dict = PyDict::new(self.py);
        for (name, value) in members {
            dict.set_item(PyString::new(self.py, &name), self.value(value, make(&name))?)?;
        }
        Ok(dict.into_any())
    }

    fn record(self, members: Object<'static>, class: &Class) -> PyResult<Bound<'py, PyAny>> {
        if !self.typed {
            let mut place = class.places();
            return self.dict(members, |name| place(name).map_or(&Make::Plain, |place| &class.fields[place].1));
        }
        // Absent fields are `None`.
        let mut values = vec![None; class.fields.len()];
        for (place, value) in class.placed(members) {
            values[place] = Some(self.value(value, &class.fields[place].1)?);
        }
        class.class.bind(self.py).call1((PyTuple::new(self.py, values)?,))
    }
}

/// The number of bytes of content, which an answer has in its place.
fn size(said: &Value<'_>) -> Option<u64> {
    match said.get("size") {
        Some(Value::Number(size)) => size.as_u64(),
        _ => None,
    }
}
