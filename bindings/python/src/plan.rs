//! Answers become typed results, as the operation's declaration says.

use bankchannel::{
    model::{Field, Shape},
    operation::{Entry, Kind},
};
use bankchannel_bridge::operations;
use pyo3::{
    exceptions::{PyImportError, PyRuntimeError},
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyList, PyModule, PyString, PyTuple, PyType},
};
use serde_json::Value;

use crate::{moments, received::Received, record};

/// How an operation's answer is made. Made at the operation's first use, and kept.
#[pyclass(frozen)]
pub(crate) struct Plan {
    entry: &'static Entry,
    response: Make,
}

/// How one value is made.
enum Make {
    /// As JSON has it.
    Plain,
    Decimal,
    Date,
    Timestamp,
    Content,
    List(Box<Make>),
    Map(Box<Make>),
    Record(Class),
    Union {
        tag: &'static str,
        alternatives: Vec<(&'static str, Class)>,
    },
}

/// A class of results, and its fields in order.
struct Class {
    class: Py<PyType>,
    fields: Vec<(&'static str, Make)>,
}

impl Plan {
    /// The plan of the operation of this name; `None` where there is no such operation.
    pub(crate) fn find<'py>(py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, Self>>> {
        static PLANS: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
        let plans = PLANS.get_or_init(py, || PyDict::new(py).unbind()).bind(py);
        if let Some(found) = plans.get_item(name)? {
            return Ok(Some(found.cast_into()?));
        }
        let Some(entry) = operations::find(name.to_str()?) else { return Ok(None) };
        let module = py.import(format!("bankchannel.{}", entry.declaration.protocol.replace('-', "_")))?;
        let plan = Bound::new(py, Self { entry, response: make(&module, entry.response)? })?;
        plans.set_item(name, &plan)?;
        Ok(Some(plan))
    }

    /// The answer's field that is content.
    pub(crate) fn content_field(&self) -> Option<&'static str> {
        self.entry.response.content_field().map(|field| field.name)
    }

    /// The typed result of an answer. Received content takes its place in it.
    pub(crate) fn result<'py>(
        &self,
        py: Python<'py>,
        answer: &Value,
        content: Option<Received>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let content = content.map(|content| Bound::new(py, content)).transpose()?;
        self.response.value(py, answer, content.as_ref())
    }
}

/// The name of an operation as its declaration has it.
pub(crate) fn declared(name: &str) -> Option<&'static str> {
    operations::find(name).map(|entry| entry.declaration.name)
}

/// Whether an operation only computes.
pub(crate) fn is_local(name: &str) -> bool {
    operations::find(name).is_some_and(|entry| entry.declaration.kind == Kind::Local)
}

/// An answer as dicts and lists. Received content takes its place in it.
pub(crate) fn untyped<'py>(
    py: Python<'py>,
    answer: &Value,
    content: Option<(&str, Received)>,
) -> PyResult<Bound<'py, PyAny>> {
    let found = plain(py, answer)?;
    if let Some((field, content)) = content {
        found.set_item(field, Bound::new(py, content)?)?;
    }
    Ok(found)
}

/// JSON as Python's own values.
pub(crate) fn plain<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(flag) => flag.into_pyobject(py)?.to_owned().into_any(),
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.into_pyobject(py)?.into_any(),
            (None, Some(whole)) => whole.into_pyobject(py)?.into_any(),
            (None, None) => number.as_f64().into_pyobject(py)?,
        },
        Value::Array(values) => {
            let values: Vec<_> = values.iter().map(|value| plain(py, value)).collect::<PyResult<_>>()?;
            PyList::new(py, values)?.into_any()
        }
        Value::Object(members) => {
            let dict = PyDict::new(py);
            for (name, value) in members {
                dict.set_item(name, plain(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

fn make(module: &Bound<'_, PyModule>, shape: &'static Shape) -> PyResult<Make> {
    Ok(match shape {
        Shape::Decimal => Make::Decimal,
        Shape::Date => Make::Date,
        Shape::Timestamp => Make::Timestamp,
        Shape::Content => Make::Content,
        Shape::List(of) => Make::List(Box::new(make(module, of)?)),
        Shape::Map(of) => Make::Map(Box::new(make(module, of)?)),
        Shape::Struct(shape) => Make::Record(class(module, class_named(module, shape.name)?, None, shape.fields)?),
        Shape::Union(shape) => {
            // The module says which class is which alternative.
            let classes = module.getattr(format!("_{}", shape.name)).map_err(|_| stale(shape.name))?;
            let alternative = |tag: &'static str, of: Option<&'static Shape>| {
                let found = classes.get_item(tag).map_err(|_| stale(shape.name))?.cast_into()?;
                Ok((tag, class(module, found, Some(shape.tag), of.map_or(&[], Shape::fields))?))
            };
            let alternatives = shape.variants.iter().map(|variant| alternative(variant.tag, variant.shape));
            Make::Union { tag: shape.tag, alternatives: alternatives.collect::<PyResult<_>>()? }
        }
        _ => Make::Plain,
    })
}

fn class_named<'py>(module: &Bound<'py, PyModule>, name: &str) -> PyResult<Bound<'py, PyType>> {
    Ok(module.getattr(name).map_err(|_| stale(name))?.cast_into()?)
}

fn class(
    module: &Bound<'_, PyModule>,
    class: Bound<'_, PyType>,
    tag: Option<&'static str>,
    fields: &'static [Field],
) -> PyResult<Class> {
    let tag = tag.map(|tag| Ok((tag, Make::Plain)));
    let own = fields.iter().map(|field| Ok((field.name, make(module, field.shape)?)));
    let fields: Vec<_> = tag.into_iter().chain(own).collect::<PyResult<_>>()?;
    if record::names(&class)?.len() != fields.len() {
        return Err(stale(&class.name()?.to_string()));
    }
    Ok(Class { class: class.unbind(), fields })
}

/// The package's Python files and its native half do not belong together.
fn stale(name: &str) -> PyErr {
    PyImportError::new_err(format!(
        "bankchannel: {name} of the package is not that of its native library: install the package again"
    ))
}

impl Make {
    fn value<'py>(
        &self,
        py: Python<'py>,
        value: &Value,
        content: Option<&Bound<'py, Received>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match (self, value) {
            (_, Value::Null) => Ok(py.None().into_bound(py)),
            (Self::Content, value) => match content {
                Some(content) => Ok(content.as_any().clone()),
                None => {
                    let size = value.get("size").and_then(Value::as_u64).unwrap_or_default();
                    Ok(Bound::new(py, Received::of(size, None, None))?.into_any())
                }
            },
            (Self::Decimal, Value::String(text)) => moments::decimal(py, text),
            (Self::Date, Value::String(text)) => moments::date(py, text),
            (Self::Timestamp, Value::String(text)) => moments::timestamp(py, text),
            (Self::List(of), Value::Array(values)) => {
                let values: Vec<_> = values.iter().map(|value| of.value(py, value, None)).collect::<PyResult<_>>()?;
                Ok(PyTuple::new(py, values)?.into_any())
            }
            (Self::Map(of), Value::Object(members)) => {
                let dict = PyDict::new(py);
                for (name, value) in members {
                    dict.set_item(name, of.value(py, value, None)?)?;
                }
                // The result that it is put into makes it unchangeable.
                Ok(dict.into_any())
            }
            (Self::Record(class), value) => class.value(py, value, content),
            (Self::Union { tag, alternatives }, value) => {
                let found = value.get(tag).and_then(Value::as_str).unwrap_or_default();
                match alternatives.iter().find(|(name, _)| *name == found) {
                    Some((_, class)) => class.value(py, value, content),
                    None => Err(PyRuntimeError::new_err(format!("`{found}` is no alternative of the answer"))),
                }
            }
            (_, value) => plain(py, value),
        }
    }
}

impl Class {
    fn value<'py>(
        &self,
        py: Python<'py>,
        value: &Value,
        content: Option<&Bound<'py, Received>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        // What this version does not know is ignored; what was left out is `None`.
        let fields = self.fields.iter().map(|(name, make)| match value.get(name) {
            Some(value) => make.value(py, value, content),
            None => Ok(py.None().into_bound(py)),
        });
        let fields = PyTuple::new(py, fields.collect::<PyResult<Vec<_>>>()?)?;
        self.class.bind(py).call1((fields,))
    }
}
