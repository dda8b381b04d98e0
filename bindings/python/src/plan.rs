//! Turns answers into typed results, by the operation's declaration.

use std::sync::Arc;

use bankchannel::model::{Field, Shape};
use bankchannel_bridge::{BridgeServer, Object, Value, operations};
use pyo3::{
    exceptions::{PyImportError, PyRuntimeError, PyValueError},
    intern,
    prelude::*,
    types::{PyDict, PyModule, PyString, PyType},
};

use crate::{
    building::{ContentMaker, ValueBuilder},
    interpreter::PerInterpreter,
    record,
};

/// The construction plan of an operation's answer. Made at the operation's first use, and kept.
#[pyclass(frozen)]
pub(crate) struct Plan {
    response: Make,
    /// The module of its classes, and its name.
    module: Py<PyModule>,
    name: Py<PyString>,
}

/// The construction of one value.
pub(crate) enum Make {
    /// Unchanged.
    Plain,
    Decimal,
    Date,
    Timestamp,
    /// A text whose `repr` does not show it.
    Secret,
    Content,
    /// Bytes, which are base64 text on the boundary.
    Bytes,
    List(Box<Make>),
    Map(Box<Make>),
    Record(Arc<Class>),
    Union {
        tag: &'static str,
        alternatives: Alternatives,
    },
}

/// The classes of a union, by tag.
type Alternatives = Vec<(&'static str, Arc<Class>)>;

/// A class of results, and its fields in order.
pub(crate) struct Class {
    pub(crate) class: Py<PyType>,
    pub(crate) fields: Vec<(&'static str, Make)>,
}

impl Make {
    /// The construction of a list's members.
    pub(crate) fn of_list(&self) -> &Self {
        if let Self::List(of) = self { of } else { &Self::Plain }
    }
}

/// The class of an object in a union.
pub(crate) fn alternative<'m>(
    members: &Object<'_>,
    tag: &str,
    alternatives: &'m Alternatives,
) -> PyResult<&'m Arc<Class>> {
    let found = members.get(tag).and_then(Value::as_str).unwrap_or_default();
    let class = alternatives.iter().find(|(name, _)| *name == found).map(|(_, class)| class);
    class.ok_or_else(|| unreadable(format_args!("`{found}` is not one of its alternatives")))
}

impl Class {
    /// Finds the indexes of successive fields: usually the index after the last one, which is tried first.
    pub(crate) fn places(&self) -> impl FnMut(&str) -> Option<usize> {
        let mut next = 0;
        move |name| {
            let (before, after) = self.fields.split_at(next);
            let named = |(field, _): &(&str, Make)| *field == name;
            let found = after.iter().position(named).map(|found| next + found);
            let found = found.or_else(|| before.iter().position(named))?;
            next = found + 1;
            Some(found)
        }
    }

    /// Members with their indexes. Members unknown to this version are ignored.
    pub(crate) fn placed(&self, members: Object<'static>) -> impl Iterator<Item = (usize, Value<'static>)> {
        let mut place = self.places();
        members.into_iter().filter_map(move |(name, value)| Some((place(&name)?, value)))
    }
}

/// The plans that were made.
static PLANS: PerInterpreter<PyDict> = PerInterpreter::new();

impl Plan {
    /// Forgets all plans: the package's modules are reloaded (`importlib.reload`, or after they were removed from
    /// `sys.modules`), and results must be of their classes.
    pub(crate) fn forget(py: Python<'_>) {
        PLANS.forget(py);
    }

    /// Whether its classes are those of the module that is loaded now: a test may have put another one in its place for
    /// a while.
    fn is_of_loaded(&self, py: Python<'_>) -> PyResult<bool> {
        static LOADED: PerInterpreter<PyDict> = PerInterpreter::new();
        let all = LOADED
            .get_or_make(py, || Ok(py.import(intern!(py, "sys"))?.getattr(intern!(py, "modules"))?.cast_into()?))?;
        Ok(all.get_item(&self.name)?.is_none_or(|loaded| loaded.is(&self.module)))
    }

    /// The plan of the operation or order of this name; `None` if there is none.
    pub(crate) fn find<'py>(py: Python<'py>, name: &Bound<'py, PyString>) -> PyResult<Option<Bound<'py, Self>>> {
        let plans = || PLANS.get_or_make(py, || Ok(PyDict::new(py)));
        if let Some(found) = plans()?.get_item(name)? {
            let found: Bound<'py, Self> = found.cast_into()?;
            if found.get().is_of_loaded(py)? {
                return Ok(Some(found));
            }
        }
        let text = name.to_str()?;
        let operation = || operations::find(text).map(|entry| (entry, entry.declaration.protocol.replace('-', "_")));
        let order = || BridgeServer::declared_order(text).map(|entry| (entry, "service".to_owned()));
        let Some((entry, of)) = operation().or_else(order) else { return Ok(None) };
        let of = PyString::new(py, &format!("bankchannel.{of}"));
        let module = py.import(&of)?;
        let response = make(&module, entry.response)?;
        let plan = Bound::new(py, Self { response, module: module.unbind(), name: of.unbind() })?;
        // Not those from before: a module that was loaded just now has made them forgotten.
        plans()?.set_item(name, &plan)?;
        Ok(Some(plan))
    }
}

/// A question to the program's object, such as `bank.list_accounts`, from its JSON; typed by its declaration.
#[pyfunction]
pub(crate) fn question<'py>(py: Python<'py>, kind: &str, request: &str) -> PyResult<Bound<'py, PyAny>> {
    let (module, shape, _) =
        declared_question(kind).ok_or_else(|| PyValueError::new_err("there is no such question"))?;
    let request: serde_json::Value = serde_json::from_str(request).map_err(unreadable)?;
    let made = make(&py.import(format!("bankchannel.{module}"))?, shape)?;
    ValueBuilder { py, typed: true, from_runtime: false, content: None }.value(request.into(), &made)
}

/// The answer of the program's object, as JSON text.
#[pyfunction]
pub(crate) fn answer_text(kind: &str, answer: &Bound<'_, PyAny>) -> PyResult<String> {
    let value = crate::given::row(kind, answer, declared_question(kind).map(|(.., shape)| shape));
    value.map(|value| value.to_json()).map_err(|refused| refused.raised(answer.py(), |error| error))
}

/// A question to the program's object: its module, and the shapes of its request and its answer.
fn declared_question(kind: &str) -> Option<(&'static str, &'static Shape, &'static Shape)> {
    bankchannel::protocols::PROTOCOLS.iter().find_map(|protocol| {
        let mut questions = protocol.interfaces.iter().flat_map(|interface| interface.questions);
        let found = questions.find(|question| question.declaration.name == kind)?;
        Some((protocol.module, found.request, found.answer))
    })
}

/// The shape of the items of a request's list, which is named with the item's number: `transactions[777]`.
pub(crate) fn item_shape(operation: &str, item: &str) -> Option<&'static Shape> {
    let list = item.split('[').next()?;
    let field = operations::request_shape(operation)?.fields().iter().find(|field| field.name == list)?;
    if let Shape::List(of) = field.shape { Some(*of) } else { None }
}

/// The name of an operation in its declaration.
pub(crate) fn declared(name: &str) -> Option<&'static str> {
    operations::find(name).map(|entry| entry.declaration.name)
}

/// An answer: the typed result, or dicts and lists. Received content is put in its place; secrets in it are hidden.
pub(crate) fn answer<'py>(
    py: Python<'py>,
    answer: Value<'static>,
    plan: Option<&Bound<'py, Plan>>,
    typed: bool,
    content: Option<ContentMaker<'_>>,
) -> PyResult<Bound<'py, PyAny>> {
    let make = plan.map_or(&Make::Plain, |plan| &plan.get().response);
    // The runtime's thread has made the answer of a call; this thread has made that of a local operation.
    let from_runtime = content.is_some();
    ValueBuilder { py, typed, from_runtime, content }.value(answer, make)
}

/// A text whose `repr` does not show it.
pub(crate) fn secret<'py>(py: Python<'py>, text: &Bound<'py, PyString>) -> PyResult<Bound<'py, PyAny>> {
    py.import(intern!(py, "bankchannel._secret"))?.getattr(intern!(py, "SecretText"))?.call1((text,))
}

/// A value as dicts and lists.
pub(crate) fn plain<'py>(py: Python<'py>, value: Value<'static>) -> PyResult<Bound<'py, PyAny>> {
    answer(py, value, None, false, None)
}

/// The error of an answer that does not fit its declaration. Other exceptions while an answer is made are the caller's,
/// such as that of a signal handler, and pass through.
pub(crate) fn unreadable(why: impl std::fmt::Display) -> PyErr {
    PyRuntimeError::new_err(format!("the answer of the native library cannot be read: {why}"))
}

fn make(module: &Bound<'_, PyModule>, shape: &'static Shape) -> PyResult<Make> {
    Ok(match shape {
        Shape::Decimal => Make::Decimal,
        Shape::Date => Make::Date,
        Shape::Timestamp => Make::Timestamp,
        Shape::Secret(_) => Make::Secret,
        Shape::Content => Make::Content,
        Shape::Bytes => Make::Bytes,
        Shape::List(of) => Make::List(Box::new(make(module, of)?)),
        Shape::Map(of) => Make::Map(Box::new(make(module, of)?)),
        Shape::Struct(shape) => Make::Record(class(module, class_named(module, shape.name)?, None, shape.fields)?),
        Shape::Union(shape) => {
            // The module has the class of each alternative.
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

/// A class of the module, or of a module of functions, whose types the clients share.
fn class_named<'py>(module: &Bound<'py, PyModule>, name: &str) -> PyResult<Bound<'py, PyType>> {
    if let Some(found) = module.getattr_opt(name)? {
        return Ok(found.cast_into()?);
    }
    for shared in bankchannel::protocols::PROTOCOLS.iter().filter(|protocol| protocol.client.is_none()) {
        if let Some(found) = module.py().import(format!("bankchannel.{}", shared.module))?.getattr_opt(name)? {
            return Ok(found.cast_into()?);
        }
    }
    Err(stale(name))
}

fn class(
    module: &Bound<'_, PyModule>,
    class: Bound<'_, PyType>,
    tag: Option<&'static str>,
    fields: &'static [Field],
) -> PyResult<Arc<Class>> {
    let tag = tag.map(|tag| Ok((tag, Make::Plain)));
    let own = fields.iter().map(|field| Ok((field.name, make(module, field.shape)?)));
    let fields: Vec<(&'static str, Make)> = tag.into_iter().chain(own).collect::<PyResult<_>>()?;
    let names = record::names(&class)?;
    // In the same order too: values are passed by index, and a secret at another index would be shown, or sent. A name
    // that is a keyword of Python has an underscore that the declaration does not have.
    let same = names.len() == fields.len()
        && names
            .iter()
            .zip(&fields)
            .all(|(name, (field, _))| name.extract::<String>().is_ok_and(|name| name.trim_end_matches('_') == *field));
    if !same {
        return Err(stale(&class.name()?.to_string()));
    }
    Ok(Arc::new(Class { class: class.unbind(), fields }))
}

/// The error when the package's Python files and its native half do not match.
fn stale(name: &str) -> PyErr {
    PyImportError::new_err(format!(
        "bankchannel: {name} of the package does not match its native library: install the package again"
    ))
}
