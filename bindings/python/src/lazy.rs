//! Results in lists: a field becomes a Python value when it is first read. Of a thousand entries with sixty values
//! each, a program reads ten of each.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bankchannel_bridge::{Object, Value, give_back};
use pyo3::{prelude::*, types::PyTuple};

use crate::{
    building::ValueBuilder,
    plan::{Class, Make, alternative},
    record::frozen_value,
};

/// The present fields of a result. No lock is held while Python runs.
pub(crate) struct Lazy {
    class: Arc<Class>,
    /// Taken at the first access to any field.
    members: Mutex<Option<Object<'static>>>,
    fields: OnceLock<Vec<LazyField>>,
    /// Whether the runtime's thread has made the values: then it frees them too.
    from_runtime: bool,
}

struct LazyField {
    /// Its index in the class.
    place: usize,
    node: Node,
    made: OnceLock<Py<PyAny>>,
}

enum Node {
    /// A value without results: made like any other.
    Value(Value<'static>),
    /// A result, or a list: taken apart when it is read.
    Whole { unread: Mutex<Value<'static>>, parts: OnceLock<Parts> },
}

enum Parts {
    Record(Arc<Lazy>),
    List(Vec<Node>),
    /// No class is known for it: the reader gets the error.
    Other(Value<'static>),
}

/// The argument with which a class makes a result of these fields.
#[pyclass(frozen, module = "bankchannel._native", name = "_Lazy")]
pub(crate) struct Handle(pub(crate) Arc<Lazy>);

impl Lazy {
    pub(crate) fn new(members: Object<'static>, class: &Arc<Class>, from_runtime: bool) -> Arc<Self> {
        let members = Mutex::new(Some(members));
        Arc::new(Self { class: class.clone(), members, fields: OnceLock::new(), from_runtime })
    }

    fn fields(&self) -> &[LazyField] {
        self.fields.get_or_init(|| {
            let members = self.members.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
            let mut fields = Vec::with_capacity(members.len());
            fields.extend(self.class.placed(members).map(|(place, value)| {
                let node = Node::new(value, &self.class.fields[place].1);
                LazyField { place, node, made: OnceLock::new() }
            }));
            fields
        })
    }

    /// The result.
    pub(crate) fn record<'py>(self: &Arc<Self>, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.class.class.bind(py).call1((Handle(self.clone()),))
    }

    /// The field at this index; `None` if it is absent.
    pub(crate) fn get<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        let Some(field) = self.fields().iter().find(|field| field.place == place) else {
            return Ok(py.None().into_bound(py));
        };
        if let Some(made) = field.made.get() {
            return Ok(made.bind(py).clone());
        }
        // Another thread may do the same meanwhile: the first result counts.
        let made = field.node.make(py, &self.class.fields[place].1, self.from_runtime)?.unbind();
        Ok(field.made.get_or_init(|| made).bind(py).clone())
    }

    /// All fields in their order.
    pub(crate) fn all<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let values = (0..self.class.fields.len()).map(|place| self.get(py, place));
        PyTuple::new(py, values.collect::<PyResult<Vec<_>>>()?)
    }
}

impl Drop for Lazy {
    /// The Python values stay with Python; the source values go back to the thread that made them.
    fn drop(&mut self) {
        if !self.from_runtime {
            return;
        }
        if let Some(members) = self.members.get_mut().unwrap_or_else(PoisonError::into_inner).take() {
            give_back(Value::Object(members));
        }
        for field in self.fields.get_mut().into_iter().flatten() {
            field.node.give_back();
        }
    }
}

impl Node {
    fn new(value: Value<'static>, make: &Make) -> Self {
        match (&value, make) {
            (Value::Object(_), Make::Record(_) | Make::Union { .. }) | (Value::Array(_), Make::List(_)) => {
                Self::Whole { unread: Mutex::new(value), parts: OnceLock::new() }
            }
            _ => Self::Value(value),
        }
    }

    fn make<'py>(&self, py: Python<'py>, make: &Make, from_runtime: bool) -> PyResult<Bound<'py, PyAny>> {
        let whole = match self {
            Self::Value(value) => return made(py, value, make),
            Self::Whole { unread, parts } => parts.get_or_init(|| {
                let value = std::mem::take(&mut *unread.lock().unwrap_or_else(PoisonError::into_inner));
                Parts::new(value, make, from_runtime)
            }),
        };
        match whole {
            Parts::Record(record) => record.record(py),
            Parts::List(nodes) => {
                let of = make.of_list();
                let values = nodes.iter().map(|node| node.make(py, of, from_runtime));
                Ok(PyTuple::new(py, values.collect::<PyResult<Vec<_>>>()?)?.into_any())
            }
            Parts::Other(value) => made(py, value, make),
        }
    }

    /// Gives source values back to the thread that made them.
    fn give_back(&mut self) {
        match self {
            Self::Value(value) => give_back(std::mem::take(value)),
            Self::Whole { unread, .. } => {
                let unread = unread.get_mut().unwrap_or_else(PoisonError::into_inner);
                if !unread.is_null() {
                    give_back(std::mem::take(unread));
                }
            }
        }
    }
}

impl Parts {
    fn new(value: Value<'static>, make: &Make, from_runtime: bool) -> Self {
        match (value, make) {
            (Value::Object(members), Make::Record(class)) => Self::Record(Lazy::new(members, class, from_runtime)),
            (Value::Object(members), Make::Union { tag, alternatives }) => {
                match alternative(&members, tag, alternatives) {
                    Ok(class) => Self::Record(Lazy::new(members, class, from_runtime)),
                    Err(_) => Self::Other(Value::Object(members)),
                }
            }
            (Value::Array(values), Make::List(of)) => {
                Self::List(values.into_iter().map(|value| Node::new(value, of)).collect())
            }
            (value, _) => Self::Other(value),
        }
    }
}

fn made<'py>(py: Python<'py>, value: &Value<'static>, make: &Make) -> PyResult<Bound<'py, PyAny>> {
    let builder = ValueBuilder { py, typed: true, from_runtime: false, content: None };
    match value {
        Value::Array(_) | Value::Object(_) => frozen_value(builder.value(value.clone(), make)?),
        scalar => builder.scalar(scalar, make),
    }
}
