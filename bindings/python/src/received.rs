//! Content that was received.

use std::path::PathBuf;

use pyo3::{
    exceptions::PyValueError,
    prelude::*,
    types::{PyBytes, PyTuple, PyType},
};

/// Content that was received: in memory, in a file, or written to the caller's file object.
#[pyclass(frozen, module = "bankchannel._native")]
pub(crate) struct Received {
    /// The number of bytes.
    #[pyo3(get)]
    size: u64,
    /// The file, if that was the destination.
    #[pyo3(get)]
    path: Option<PathBuf>,
    data: Option<Py<PyBytes>>,
}

impl Received {
    pub(crate) fn from_parts(size: u64, path: Option<PathBuf>, data: Option<Bound<'_, PyBytes>>) -> Self {
        Self { size, path, data: data.map(Bound::unbind) }
    }
}

#[pymethods]
impl Received {
    #[new]
    #[pyo3(signature = (size, path=None, data=None))]
    fn new(size: u64, path: Option<PathBuf>, data: Option<Py<PyBytes>>) -> Self {
        Self { size, path, data }
    }

    #[classattr]
    fn __match_args__() -> (&'static str, &'static str) {
        ("size", "path")
    }

    /// The bytes, if they were received into memory.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        match &self.data {
            Some(data) => Ok(data.bind(py).clone()),
            None => Err(PyValueError::new_err("the content went to its destination, not into memory")),
        }
    }

    fn __bytes__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.data(py)
    }

    fn __len__(&self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }

    // An empty file is content too.
    fn __bool__(&self) -> bool {
        true
    }

    fn __eq__(&self, py: Python<'_>, other: &Self) -> bool {
        let data = match (&self.data, &other.data) {
            (Some(one), Some(another)) => one.as_bytes(py) == another.as_bytes(py),
            (None, None) => true,
            _ => false,
        };
        data && self.size == other.size && self.path == other.path
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (self.size, self.path.as_deref(), self.data.as_ref()).into_pyobject(py)?.hash()
    }

    fn __repr__(&self) -> String {
        match &self.path {
            Some(path) => format!("Received(size={}, path={path:?})", self.size),
            None => format!("Received(size={})", self.size),
        }
    }

    /// For pydantic.
    #[classmethod]
    fn __get_pydantic_core_schema__<'py>(
        cls: &Bound<'py, PyType>,
        _source: &Bound<'py, PyAny>,
        _handler: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        cls.py().import("bankchannel._pydantic")?.call_method1("received_schema", (cls,))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, this) = (slf.py(), slf.get());
        (slf.get_type(), (this.size, this.path.as_deref(), this.data.as_ref())).into_pyobject(py)
    }
}
