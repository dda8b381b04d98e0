//! Results: immutable objects with named fields, made directly from the answer.

use std::sync::Arc;

use pyo3::{
    IntoPyObjectExt,
    exceptions::{PyAttributeError, PyTypeError},
    intern,
    prelude::*,
    types::{PyDict, PyFrozenSet, PyList, PyMappingProxy, PyString, PyTuple, PyType},
};

use crate::{
    lazy::{Handle, Lazy},
    plan::Plan,
};

/// The base of every result. Fields are read by name and are immutable; two results are equal if they have the same
/// class and all fields are equal. Secrets are hidden in its `repr`.
///
/// A subclass names its fields in `__match_args__`, and the secret ones in `_secret`.
#[pyclass(frozen, subclass, module = "bankchannel._native")]
pub(crate) struct Record(Values);

/// The values of the fields, in the order of `__match_args__`.
enum Values {
    Made(Py<PyTuple>),
    Lazy(Arc<Lazy>),
}

impl Record {
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        match &self.0 {
            Values::Made(values) => Ok(values.bind(py).clone()),
            Values::Lazy(fields) => fields.all(py),
        }
    }

    fn value<'py>(&self, py: Python<'py>, place: usize) -> PyResult<Bound<'py, PyAny>> {
        match &self.0 {
            Values::Made(values) => values.bind(py).get_item(place),
            Values::Lazy(fields) => fields.get(py, place),
        }
    }
}

#[pymethods]
impl Record {
    /// The fields by keyword. Alternatively one tuple with all of them in order, which pickling and answers use. The
    /// members of lists are made from a handle whose fields are made when they are read.
    #[new]
    #[classmethod]
    #[pyo3(signature = (values=None, /, **fields))]
    fn new(
        cls: &Bound<'_, PyType>,
        values: Option<&Bound<'_, PyAny>>,
        fields: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        if let (Some(values), None) = (values, fields)
            && let Ok(handle) = values.cast_exact::<Handle>()
        {
            return Ok(Self(Values::Lazy(handle.get().0.clone())));
        }
        let values = values.map(|values| values.cast::<PyTuple>()).transpose()?;
        let values = match (values, fields) {
            (Some(values), None) if values.len() == names(cls)?.len() => frozen(values)?,
            (None, fields) => named(cls, fields)?,
            _ => return Err(PyTypeError::new_err(format!("{} takes its fields as keyword arguments", cls.name()?))),
        };
        Ok(Self(Values::Made(values.unbind())))
    }

    /// Gives each field its index; a value of the class body is its default.
    #[classmethod]
    #[pyo3(signature = (**_options))]
    fn __init_subclass__(cls: &Bound<'_, PyType>, _options: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        if cls.module()?.to_string().starts_with("bankchannel.") {
            Plan::forget(cls.py());
        }
        let py = cls.py();
        let class = Arc::new(Documented { module: cls.module()?.unbind(), class: cls.qualname()?.unbind() });
        let (places, mut defaults) = (PyDict::new(py), Vec::new());
        for (index, name) in names(cls)?.iter().enumerate() {
            let name = name.cast_into::<PyString>()?;
            places.set_item(&name, index)?;
            let default = match cls.getattr_opt(&name)? {
                // A subclass of a result keeps the inherited indexes.
                Some(found) if found.is_instance_of::<RecordField>() => {
                    let default = &found.cast::<RecordField>()?.get().default;
                    defaults.push(default.as_ref().map(|default| default.clone_ref(py)));
                    continue;
                }
                found => found.map(Bound::unbind),
            };
            defaults.push(default.as_ref().map(|default| default.clone_ref(py)));
            cls.setattr(&name, RecordField { index, default, class: class.clone(), name: name.clone().unbind() })?;
        }
        cls.setattr(intern!(py, "_layout"), RecordLayout { places: places.unbind(), defaults })
    }

    #[classattr]
    fn _layout(py: Python<'_>) -> RecordLayout {
        RecordLayout { places: PyDict::new(py).unbind(), defaults: Vec::new() }
    }

    #[classattr]
    fn __signature__() -> Signature {
        Signature
    }

    #[classattr]
    fn __match_args__(py: Python<'_>) -> Bound<'_, PyTuple> {
        PyTuple::empty(py)
    }

    #[classattr]
    fn _secret(py: Python<'_>) -> PyResult<Bound<'_, PyFrozenSet>> {
        PyFrozenSet::empty(py)
    }

    fn __eq__<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        match other.cast::<Self>() {
            Ok(other) if slf.get_type().is(other.get_type()) => {
                slf.get().values(py)?.eq(other.get().values(py)?)?.into_bound_py_any(py)
            }
            _ => Ok(py.NotImplemented().into_bound(py)),
        }
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        let py = slf.py();
        let values = slf.get().values(py)?;
        // A map has no hash: it is left out, for equal results alike.
        let hashes = values.iter().map(|value| value.hash().unwrap_or_default());
        (slf.get_type(), PyTuple::new(py, hashes.collect::<Vec<_>>())?).into_pyobject(py)?.hash()
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let cls = slf.get_type();
        let secret = cls.getattr(intern!(slf.py(), "_secret"))?;
        let mut shown = Vec::new();
        for (name, value) in pairs(slf)? {
            if value.is_none() {
                continue;
            }
            let value = if secret.contains(&name)? { "...".to_owned() } else { value.repr()?.to_string() };
            shown.push(format!("{name}={value}"));
        }
        Ok(format!("{}({})", cls.name()?, shown.join(", ")))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = slf.py();
        let values: Vec<_> = slf.get().values(py)?.iter().map(thawed).collect::<PyResult<_>>()?;
        (slf.get_type(), (PyTuple::new(py, values)?,)).into_pyobject(py)
    }

    /// The present fields, as a dict; results inside become dicts too. With `reveal`, secrets are plain texts.
    #[pyo3(signature = (*, reveal=false))]
    fn to_dict<'py>(slf: &Bound<'py, Self>, reveal: bool) -> PyResult<Bound<'py, PyAny>> {
        let dict = PyDict::new(slf.py());
        for (name, value) in pairs(slf)? {
            if !value.is_none() {
                dict.set_item(name, plain(value)?)?;
            }
        }
        if reveal { slf.py().import(JSON)?.call_method1("revealed", (dict,)) } else { Ok(dict.into_any()) }
    }

    /// The same result with other values for some fields.
    #[pyo3(signature = (**changes))]
    fn replace<'py>(slf: &Bound<'py, Self>, changes: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        let cls = slf.get_type();
        let fields = PyDict::new(slf.py());
        for (name, value) in pairs(slf)? {
            fields.set_item(name, value)?;
        }
        if let Some(changes) = changes {
            fields.update(changes.as_mapping())?;
        }
        cls.call1((named(&cls, Some(&fields))?,))
    }

    /// For `copy.replace`.
    #[pyo3(signature = (**changes))]
    fn __replace__<'py>(slf: &Bound<'py, Self>, changes: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyAny>> {
        Self::replace(slf, changes)
    }

    /// The present fields as JSON text.
    #[pyo3(signature = (*, indent=None))]
    fn to_json<'py>(slf: &Bound<'py, Self>, indent: Option<usize>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import(JSON)?.call_method1("text", (slf, indent))
    }

    /// For pydantic: the schema of a class, which checks and writes its values.
    #[classmethod]
    fn __get_pydantic_core_schema__<'py>(
        cls: &Bound<'py, PyType>,
        _source: &Bound<'py, PyAny>,
        handler: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        cls.py().import("bankchannel._pydantic")?.call_method1("schema", (cls, handler))
    }
}

/// The place of a class's text, with the documentation of its fields.
struct Documented {
    module: Py<PyString>,
    class: Py<PyString>,
}

// The index of a field in the results of a class. No documentation of its own, which Python would show in place of the
// field's.
#[allow(missing_docs)]
#[pyclass(frozen, module = "bankchannel._native", name = "_Field")]
pub(crate) struct RecordField {
    index: usize,
    default: Option<Py<PyAny>>,
    class: Arc<Documented>,
    name: Py<PyString>,
}

/// The fields of a class for its constructor: found once, as each object would look for all of them.
#[pyclass(frozen, module = "bankchannel._native", name = "_Layout")]
pub(crate) struct RecordLayout {
    /// The index of each field.
    places: Py<PyDict>,
    /// The default of each, if it has one.
    defaults: Vec<Option<Py<PyAny>>>,
}

/// What `inspect.signature` takes from a class of results; made when it is read.
#[pyclass(frozen, module = "bankchannel._native", name = "_Signature")]
pub(crate) struct Signature;

#[pymethods]
impl Signature {
    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        _instance: Option<&Bound<'py, PyAny>>,
        owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import(DOCUMENTED)?.call_method1("signature", (owner,))
    }
}

/// The Python module that writes results as JSON.
const JSON: &str = "bankchannel._json";

/// The Python module that reads the documentation of fields.
const DOCUMENTED: &str = "bankchannel._documented";

#[pymethods]
impl RecordField {
    fn __get__<'py>(
        slf: &Bound<'py, Self>,
        instance: Option<&Bound<'py, PyAny>>,
        _owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match instance {
            None => Ok(slf.as_any().clone()),
            Some(instance) => instance.cast::<Record>()?.get().value(slf.py(), slf.get().index),
        }
    }

    /// Results are immutable. That a field has this method makes `help` list it with its documentation.
    fn __set__(&self, _instance: &Bound<'_, PyAny>, _value: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyAttributeError::new_err("results are immutable: make another with replace()"))
    }

    fn __delete__(&self, _instance: &Bound<'_, PyAny>) -> PyResult<()> {
        Err(PyAttributeError::new_err("results are immutable: make another with replace()"))
    }

    #[getter]
    fn __doc__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        py.import(DOCUMENTED)?.call_method1("field", (&self.class.module, &self.class.class, &self.name))
    }
}

/// A class's field names, in order.
pub(crate) fn names<'py>(cls: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyTuple>> {
    Ok(cls.getattr(intern!(cls.py(), "__match_args__"))?.cast_into()?)
}

/// A result's fields with their names, in order.
pub(crate) fn pairs<'py>(record: &Bound<'py, Record>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let names = names(&record.get_type())?;
    Ok(names.iter().zip(record.get().values(record.py())?.iter()).collect())
}

/// A result's present fields with their names, in order.
pub(crate) fn present<'py>(record: &Bound<'py, Record>) -> PyResult<Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)>> {
    let (names, values) = (names(&record.get_type())?, record.get().values(record.py())?);
    let there = values.iter_borrowed().enumerate().filter(|(_, value)| !value.is_none());
    there.map(|(place, value)| Ok((names.get_item(place)?, value.to_owned()))).collect()
}

/// The values given by keyword, immutable and in order, with the defaults of absent ones.
fn named<'py>(cls: &Bound<'py, PyType>, fields: Option<&Bound<'py, PyDict>>) -> PyResult<Bound<'py, PyTuple>> {
    let py = cls.py();
    let layout = cls.getattr(intern!(py, "_layout"))?.cast_into::<RecordLayout>()?;
    let RecordLayout { places, defaults } = layout.get();
    let places = places.bind(py);
    let mut values: Vec<Option<&Py<PyAny>>> = defaults.iter().map(Option::as_ref).collect();
    let mut given = Vec::with_capacity(fields.map_or(0, |fields| fields.len()));
    let mut unknown = Vec::new();
    for (name, value) in fields.into_iter().flatten() {
        match places.get_item(&name)? {
            Some(place) => given.push((place.extract::<usize>()?, frozen_value(value)?.unbind())),
            None => unknown.push(name.to_string()),
        }
    }
    for (place, value) in &given {
        values[*place] = Some(value);
    }
    let missing =
        || places.iter().zip(&values).filter(|(_, value)| value.is_none()).map(|((name, _), _)| name.to_string());
    if values.iter().any(Option::is_none) {
        return Err(PyTypeError::new_err(format!(
            "{} needs {}",
            cls.name()?,
            missing().collect::<Vec<_>>().join(", ")
        )));
    }
    if !unknown.is_empty() {
        return Err(PyTypeError::new_err(format!("{} has no field {}", cls.name()?, unknown.join(", "))));
    }
    PyTuple::new(py, values.into_iter().flatten().collect::<Vec<_>>())
}

/// Dicts among the values become immutable maps.
fn frozen<'py>(values: &Bound<'py, PyTuple>) -> PyResult<Bound<'py, PyTuple>> {
    if !values.iter_borrowed().any(|value| value.is_exact_instance_of::<PyDict>()) {
        return Ok(values.clone());
    }
    PyTuple::new(values.py(), values.iter().map(frozen_value).collect::<PyResult<Vec<_>>>()?)
}

/// A dict becomes an immutable map.
pub(crate) fn frozen_value(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    match value.cast_exact::<PyDict>() {
        Ok(dict) => Ok(PyMappingProxy::new(value.py(), dict.copy()?.as_mapping()).into_any()),
        Err(_) => Ok(value),
    }
}

/// The reverse, for pickling.
fn thawed(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    match value.cast::<PyMappingProxy>() {
        Ok(map) => map.call_method0(intern!(map.py(), "copy")),
        Err(_) => Ok(value),
    }
}

fn plain(value: Bound<'_, PyAny>) -> PyResult<Bound<'_, PyAny>> {
    let py = value.py();
    if let Ok(record) = value.cast::<Record>() {
        return Record::to_dict(record, false);
    }
    if let Ok(values) = value.cast::<PyTuple>() {
        let values: Vec<_> = values.iter().map(plain).collect::<PyResult<_>>()?;
        return Ok(PyList::new(py, values)?.into_any());
    }
    thawed(value)
}
