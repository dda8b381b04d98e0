//! Turns Python's objects into values. Others are refused with the field's name, before anything is sent.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use bankchannel::model::Shape;
use bankchannel_bridge::{Error, MAX_DEPTH, MAX_JSON, Object, Value, too_large};
use pyo3::{
    exceptions::PyMemoryError,
    intern,
    prelude::*,
    types::{PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMemoryView, PyString, PyTuple, PyType},
};
use serde_json::Number;

use crate::{
    errors::raised,
    interpreter::PerInterpreter,
    marked::{self, MomentKind},
    record::{Record, present},
};

/// What PyO3 says in its panic where Python has no memory for an object.
const NO_OBJECT: &str = "PyObject pointer is null";

/// The reason why a value is refused.
enum Fault {
    /// The fault of a value, and its place below the field, from the outside: `[777].creditor.name`.
    Value { place: String, why: String },
    /// A field is nested too deep: the place would be as long as its nesting.
    TooDeep,
    /// The whole request is too large.
    TooLarge,
    /// The caller's own code, such as a signal handler or a mapping, has raised.
    Raised(PyErr),
}

impl Fault {
    /// The same, of a value inside of another one.
    fn at(self, outer: impl FnOnce() -> String) -> Self {
        match self {
            Self::Value { place, why } => Self::Value { place: outer() + &place, why },
            other => other,
        }
    }

    fn error(self, field: &str) -> UnusableRequest {
        match self {
            Self::Value { place, why } => UnusableRequest::Error(Error::invalid_field(&format!("{field}{place}"), why)),
            Self::TooDeep => {
                UnusableRequest::Error(Error::invalid_field(field, format!("is nested more than {MAX_DEPTH} deep")))
            }
            Self::TooLarge => UnusableRequest::Error(too_large()),
            Self::Raised(why) => UnusableRequest::Raised(why),
        }
    }
}

/// Why a request cannot be used.
pub(crate) enum UnusableRequest {
    Error(Error),
    /// An exception of the caller's own code, which passes through.
    Raised(PyErr),
}

impl UnusableRequest {
    /// The exception; an error gets this operation's name.
    pub(crate) fn raised(self, py: Python<'_>, placed: impl FnOnce(Error) -> Error) -> PyErr {
        match self {
            Self::Error(error) => raised(py, &placed(error)),
            Self::Raised(why) => why,
        }
    }
}

impl From<Error> for UnusableRequest {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<String> for Fault {
    fn from(why: String) -> Self {
        Self::Value { place: String::new(), why }
    }
}

impl From<PyErr> for Fault {
    fn from(why: PyErr) -> Self {
        Self::Raised(why)
    }
}

/// A request or a set of settings with these fields. `None` at the first level counts as absent.
pub(crate) fn fields(given: &Bound<'_, PyDict>, known: Option<&Shape>) -> Result<Object<'static>, UnusableRequest> {
    // Where memory is short, PyO3 panics: nothing was sent, and the exception is one that programs catch.
    let read = catch_unwind(AssertUnwindSafe(|| read_fields(given, known)));
    read.unwrap_or_else(|panic| match panic.downcast_ref::<&str>() {
        Some(&NO_OBJECT) => Err(UnusableRequest::Raised(PyMemoryError::new_err(()))),
        _ => resume_unwind(panic),
    })
}

fn read_fields(given: &Bound<'_, PyDict>, known: Option<&Shape>) -> Result<Object<'static>, UnusableRequest> {
    let mut fields = Object::with_capacity(given.len());
    let mut reading = Reading { left: MAX_JSON, has_marks: false };
    for (name, value) in given {
        if value.is_none() {
            continue;
        }
        let name = text(&name).map_err(|why| Error::invalid_field("request", format!("a field's name {why}")))?;
        reading.has_marks = false;
        let value = reading.value(&value, 1).map_err(|fault| fault.error(name))?;
        fields.push(name.to_owned(), reading.placed(name, value, shape_of(known, name))?);
    }
    Ok(fields)
}

/// The shape of a field.
fn shape_of<'s>(known: Option<&'s Shape>, name: &str) -> Option<&'s Shape> {
    // A secret, because the address of a database holds a password; but a path is the folder itself, not a file with the
    // address.
    if name == "store" {
        return None;
    }
    known?.fields().iter().find(|field| field.name == name).map(|field| field.shape)
}

/// One row of a list that is given row by row, or another value of this shape.
pub(crate) fn row(
    field: &str,
    given: &Bound<'_, PyAny>,
    known: Option<&Shape>,
) -> Result<Value<'static>, UnusableRequest> {
    let mut reading = Reading { left: MAX_JSON, has_marks: false };
    let value = reading.value(given, 1).map_err(|fault| fault.error(field))?;
    reading.placed(field, value, known)
}

/// Reads values. A self-reference ends at [`MAX_DEPTH`], many references to one object at [`MAX_JSON`].
struct Reading {
    /// The bytes that the request may still have, counted as JSON text without escapes.
    left: usize,
    /// Whether there are paths, bytes, dates or times, whose form depends on their field.
    has_marks: bool,
}

impl Reading {
    /// The value with its paths, bytes, dates and times in the form that each field wants.
    fn placed(
        &self,
        at: &str,
        value: Value<'static>,
        known: Option<&Shape>,
    ) -> Result<Value<'static>, UnusableRequest> {
        if !self.has_marks {
            return Ok(value);
        }
        marked::settled(value, known).map_err(|fault| {
            let place = format!("{at}{}", fault.place);
            Error::invalid_field(place.trim_start_matches('.'), fault.why).into()
        })
    }

    fn value(&mut self, given: &Bound<'_, PyAny>, depth: usize) -> Result<Value<'static>, Fault> {
        if given.is_instance_of::<PyString>() {
            return self.text(given);
        }
        self.take(1)?;
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
            let number = Number::from_f64(number.value()).ok_or_else(|| {
                "must be a finite number; where there is no value, give None in place of NaN".to_owned()
            })?;
            return Ok(Value::Number(number));
        }
        if let Ok(record) = given.cast::<Record>() {
            let there = present(record)?.into_iter();
            // A name that is a keyword of Python has an underscore that the boundary does not know.
            return self.object(there.map(Ok), |name| name.trim_end_matches('_'), depth);
        }
        if let Ok(dict) = given.cast::<PyDict>() {
            return self.object(dict.iter().map(Ok), |name| name, depth);
        }
        if let Ok(list) = given.cast::<PyList>() {
            return self.list(list.iter().map(Ok), depth);
        }
        if let Ok(tuple) = given.cast::<PyTuple>() {
            return self.list(tuple.iter().map(Ok), depth);
        }
        self.rare(given, depth)
    }

    /// Values with their own class, and collections that are neither dict, list nor tuple.
    fn rare(&mut self, given: &Bound<'_, PyAny>, depth: usize) -> Result<Value<'static>, Fault> {
        let py = given.py();
        // Amounts are the most frequent of them.
        if is_a(given, &DECIMAL, "decimal", "Decimal")? {
            let text = given.str()?;
            // With an exponent it is written out.
            if text.to_cow()?.contains('E') {
                return self.text(&given.call_method1(intern!(py, "__format__"), ("f",))?);
            }
            return self.text(&text);
        }
        // A datetime is a date too.
        if is_a(given, &DATE, "datetime", "date")? {
            let kind = match is_a(given, &DATETIME, "datetime", "datetime")? {
                true if given.getattr("tzinfo").is_ok_and(|zone| zone.is_none()) => MomentKind::LocalTime,
                true => MomentKind::Time,
                false => MomentKind::Day,
            };
            let written = given.call_method0(intern!(py, "isoformat"))?;
            let written = text(&written)?;
            // That of pandas for "not a time" is a datetime, too.
            if written == "NaT" {
                return Err("is NaT, no time: where there is none, give None".to_owned().into());
            }
            self.take(written.len() + QUOTES)?;
            self.has_marks = true;
            return Ok(marked::moment(written.to_owned(), kind));
        }
        if let Ok(Some(path)) = given.getattr_opt(intern!(py, "__fspath__")) {
            // An open file may have a path too; its position would be ignored.
            if given.hasattr(intern!(py, "seek")).unwrap_or_default() {
                return Err(cannot_be(given).into());
            }
            let path = path.call0()?;
            let Ok(text) = path.cast::<PyString>() else { return Err(cannot_be(given).into()) };
            let text = self::text(text)?;
            self.take(text.len() + QUOTES)?;
            self.has_marks = true;
            return Ok(marked::path(text.to_owned()));
        }
        if is_secret_text(given) {
            return self.text(&given.call_method0(intern!(py, "reveal"))?);
        }
        if is_a(given, &MAPPING, "collections.abc", "Mapping")? {
            let items = given.call_method0(intern!(py, "items"))?;
            let pairs = items.try_iter()?.map(|pair| Ok(pair?.extract()?));
            return self.object(pairs, |name| name, depth);
        }
        if given.is_instance_of::<PyBytes>()
            || given.is_instance_of::<PyByteArray>()
            || given.is_instance_of::<PyMemoryView>()
        {
            let bytes: Vec<u8> = py.get_type::<PyBytes>().call1((given,))?.extract()?;
            self.take(bytes.len().div_ceil(3) * 4 + QUOTES)?;
            self.has_marks = true;
            return Ok(marked::bytes(&bytes, class_of(given)));
        }
        if is_a(given, &SEQUENCE, "collections.abc", "Sequence")? {
            return self.list(given.try_iter()?.map(|value| Ok(value?)), depth);
        }
        Err(cannot_be(given).into())
    }

    fn object<'py>(
        &mut self,
        pairs: impl Iterator<Item = Result<(Bound<'py, PyAny>, Bound<'py, PyAny>), Fault>>,
        named: impl Fn(&str) -> &str,
        depth: usize,
    ) -> Result<Value<'static>, Fault> {
        shallow(depth)?;
        let mut members = Object::with_capacity(pairs.size_hint().0);
        for pair in pairs {
            let (name, value) = pair?;
            let name = named(text(&name)?);
            self.take(name.len() + MEMBER)?;
            let value = self.value(&value, depth + 1).map_err(|fault| fault.at(|| format!(".{name}")))?;
            members.push(name.to_owned(), value);
        }
        // A custom mapping may have a key several times.
        if members.has_a_name_twice() { Err("has a key twice".to_owned().into()) } else { Ok(members.into()) }
    }

    fn list<'py>(
        &mut self,
        values: impl Iterator<Item = Result<Bound<'py, PyAny>, Fault>>,
        depth: usize,
    ) -> Result<Value<'static>, Fault> {
        shallow(depth)?;
        let mut next = |(index, value): (usize, Result<Bound<'py, PyAny>, Fault>)| {
            self.take(COMMA)?;
            self.value(&value?, depth + 1).map_err(|fault| fault.at(|| format!("[{index}]")))
        };
        values.enumerate().map(&mut next).collect()
    }

    fn text(&mut self, given: &Bound<'_, PyAny>) -> Result<Value<'static>, Fault> {
        let text = text(given)?;
        self.take(text.len() + QUOTES)?;
        Ok(text.to_owned().into())
    }

    fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        self.left = self.left.checked_sub(bytes).ok_or(Fault::TooLarge)?;
        Ok(())
    }
}

/// The characters that JSON text has around a text, a member and an element.
const QUOTES: usize = 2;
const MEMBER: usize = QUOTES + 2;
const COMMA: usize = 1;

fn shallow(depth: usize) -> Result<(), Fault> {
    if depth < MAX_DEPTH { Ok(()) } else { Err(Fault::TooDeep) }
}

fn text<'a>(given: &'a Bound<'_, PyAny>) -> Result<&'a str, String> {
    let text = given.cast::<PyString>().map_err(|_| cannot_be(given))?;
    text.to_str().map_err(|_| "has an unpaired surrogate: it cannot be encoded as UTF-8".into())
}

fn cannot_be(given: &Bound<'_, PyAny>) -> String {
    format!("cannot be a {}", class_of(given))
}

fn class_of(given: &Bound<'_, PyAny>) -> String {
    given.get_type().name().map_or_else(|_| "thing".into(), |name| name.to_string())
}

static DATETIME: PerInterpreter<PyType> = PerInterpreter::new();
static DATE: PerInterpreter<PyType> = PerInterpreter::new();
static DECIMAL: PerInterpreter<PyType> = PerInterpreter::new();
static MAPPING: PerInterpreter<PyType> = PerInterpreter::new();
static SEQUENCE: PerInterpreter<PyType> = PerInterpreter::new();

fn is_a(given: &Bound<'_, PyAny>, class: &PerInterpreter<PyType>, module: &str, name: &str) -> PyResult<bool> {
    let class = class.import(given.py(), module, name)?;
    given.is_instance(class.as_any())
}

/// Whether it is a secret of a result; also one from before the package's modules were reloaded, whose class is another.
fn is_secret_text(given: &Bound<'_, PyAny>) -> bool {
    let is_it = |class: &Bound<'_, PyType>| {
        class.name().is_ok_and(|name| name == "SecretText")
            && class.module().is_ok_and(|module| module == "bankchannel._secret")
    };
    let class = given.get_type();
    is_it(&class) || class.mro().iter().any(|base| base.cast::<PyType>().is_ok_and(&is_it))
}
