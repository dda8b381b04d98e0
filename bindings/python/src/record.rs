//! Results: immutable objects with named fields, made directly from the answer.

use std::sync::Arc;

use pyo3::{
    IntoPyObjectExt,
    exceptions::PyTypeError,
    intern,
    prelude::*,
    types::{PyDict, PyFrozenSet, PyList, PyMappingProxy, PyString, PyTuple, PyType},
};

use crate::lazy::{Handle, Lazy};

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
        let names = names(cls)?;
        let values = values.map(|values| values.cast::<PyTuple>()).transpose()?;
        let values = match (values, fields) {
            (Some(values), None) if values.len() == names.len() => frozen(values)?,
            (None, fields) => frozen(&named(cls, &names, fields)?)?,
            _ => return Err(PyTypeError::new_err(format!("{} takes its fields as keyword arguments", cls.name()?))),
        };
        Ok(Self(Values::Made(values.unbind())))
    }

    /// Gives each field its index; a value of the class body is its default.
    #[classmethod]
    #[pyo3(signature = (**_options))]
    fn __init_subclass__(cls: &Bound<'_, PyType>, _options: Option<&Bound<'_, PyDict>>) -> PyResult<()> {
        for (index, name) in names(cls)?.iter().enumerate() {
            let name = name.cast_into::<PyString>()?;
            let default = match cls.getattr_opt(&name)? {
                // A subclass of a result keeps the inherited indexes.
                Some(found) if found.is_instance_of::<Field>() => continue,
                found => found.map(Bound::unbind),
            };
            cls.setattr(&name, Field { index, default })?;
        }
        Ok(())
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

    /// The present fields, as a dict; results inside become dicts too.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(slf.py());
        for (name, value) in pairs(slf)? {
            if !value.is_none() {
                dict.set_item(name, plain(value)?)?;
            }
        }
        Ok(dict)
    }
}

/// The index of a field in the results of a class.
#[pyclass(frozen, module = "bankchannel._native", name = "_Field")]
pub(crate) struct Field {
    index: usize,
    default: Option<Py<PyAny>>,
}

#[pymethods]
impl Field {
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

/// The values given by keyword, in order, with the defaults of absent ones.
fn named<'py>(
    cls: &Bound<'py, PyType>,
    names: &Bound<'py, PyTuple>,
    fields: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyTuple>> {
    let py = cls.py();
    let (mut values, mut missing, mut used) = (Vec::new(), Vec::new(), 0);
    for name in names {
        let given = fields.map(|fields| fields.get_item(&name)).transpose()?.flatten();
        used += usize::from(given.is_some());
        let value = match given {
            Some(value) => Some(value),
            None => {
                let place = cls.getattr(name.cast::<PyString>()?)?.cast_into::<Field>()?;
                place.get().default.as_ref().map(|default| default.bind(py).clone())
            }
        };
        match value {
            Some(value) => values.push(value),
            None => missing.push(name.to_string()),
        }
    }
    if !missing.is_empty() {
        return Err(PyTypeError::new_err(format!("{} needs {}", cls.name()?, missing.join(", "))));
    }
    if let Some(fields) = fields.filter(|fields| fields.len() > used) {
        let known = names.to_list();
        let unknown: Vec<String> = fields
            .keys()
            .iter()
            .filter(|name| !known.contains(name).unwrap_or_default())
            .map(|name| name.to_string())
            .collect();
        return Err(PyTypeError::new_err(format!("{} has no field {}", cls.name()?, unknown.join(", "))));
    }
    PyTuple::new(py, values)
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
        return Ok(Record::to_dict(record)?.into_any());
    }
    if let Ok(values) = value.cast::<PyTuple>() {
        let values: Vec<_> = values.iter().map(plain).collect::<PyResult<_>>()?;
        return Ok(PyList::new(py, values)?.into_any());
    }
    thawed(value)
}
