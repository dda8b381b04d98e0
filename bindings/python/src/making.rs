//! Python's values are made while JSON is read: no tree of the answer stands in between.

use std::fmt;

use pyo3::{
    IntoPyObjectExt,
    prelude::*,
    types::{PyDict, PyList, PyString, PyTuple},
};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::{
    moments,
    plan::{self, Class, Make},
};

/// Makes what stands in the place of content, from the size that the answer says.
pub(crate) type Content<'a> = &'a dyn Fn(Option<u64>) -> PyResult<Py<PyAny>>;

/// Reads one value as its plan says.
#[derive(Clone, Copy)]
pub(crate) struct Seed<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) make: &'a Make,
    pub(crate) content: Option<Content<'a>>,
}

/// Python's own failure, such as for want of memory.
fn own<E: Error>(why: impl Into<PyErr>) -> E {
    E::custom(why.into())
}

impl<'py> Seed<'_, 'py> {
    /// The same for what is inside; content stands at the first level only.
    fn inside<'b>(&self, make: &'b Make) -> Seed<'b, 'py> {
        Seed { py: self.py, make, content: None }
    }

    fn given<E: Error>(&self, value: impl IntoPyObjectExt<'py>) -> Result<Bound<'py, PyAny>, E> {
        value.into_bound_py_any(self.py).map_err(own)
    }
}

impl<'de, 'py> DeserializeSeed<'de> for Seed<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match (self.make, self.content) {
            (Make::Content, Some(content)) => {
                let said: Value = serde::Deserialize::deserialize(deserializer)?;
                let found = content(said.get("size").and_then(Value::as_u64)).map_err(own)?;
                Ok(found.into_bound(self.py))
            }
            (Make::Union { tag, alternatives }, _) => {
                // Which it is stands somewhere in it.
                let value: Value = serde::Deserialize::deserialize(deserializer)?;
                let found = value.get(tag).and_then(Value::as_str).unwrap_or_default();
                let Some((_, class)) = alternatives.iter().find(|(name, _)| *name == found) else {
                    return Err(D::Error::custom(format_args!("`{found}` is no alternative of it")));
                };
                let fields = Fields { class, seed: self };
                (&value).deserialize_map(fields).map_err(D::Error::custom)
            }
            (Make::Record(class), _) => deserializer.deserialize_any(Fields { class, seed: self }),
            _ => deserializer.deserialize_any(self),
        }
    }
}

impl<'de, 'py> Visitor<'de> for Seed<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        self.given(flag)
    }

    fn visit_i64<E: Error>(self, whole: i64) -> Result<Self::Value, E> {
        self.given(whole)
    }

    fn visit_u64<E: Error>(self, whole: u64) -> Result<Self::Value, E> {
        self.given(whole)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        self.given(number)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match self.make {
            Make::Decimal => moments::decimal(self.py, text).map_err(own),
            Make::Date => moments::date(self.py, text).map_err(own),
            Make::Timestamp => moments::timestamp(self.py, text).map_err(own),
            Make::Secret => plan::secret(self.py, &PyString::new(self.py, text)).map_err(own),
            _ => Ok(PyString::new(self.py, text).into_any()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::with_capacity(seq.size_hint().unwrap_or_default());
        // A typed result cannot be changed; a plain one is as `json` would make it.
        if let Make::List(of) = self.make {
            while let Some(value) = seq.next_element_seed(self.inside(of))? {
                values.push(value);
            }
            return Ok(PyTuple::new(self.py, values).map_err(own)?.into_any());
        }
        while let Some(value) = seq.next_element_seed(self.inside(&Make::Plain))? {
            values.push(value);
        }
        Ok(PyList::new(self.py, values).map_err(own)?.into_any())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let of = match self.make {
            Make::Map(of) => of,
            _ => &Make::Plain,
        };
        // The result that it is put into makes it unchangeable.
        let dict = PyDict::new(self.py);
        while let Some(name) = map.next_key_seed(self.inside(&Make::Plain))? {
            dict.set_item(name, map.next_value_seed(self.inside(of))?).map_err(own)?;
        }
        Ok(dict.into_any())
    }
}

/// Reads the fields of a class of results.
struct Fields<'a, 'py> {
    class: &'a Class,
    seed: Seed<'a, 'py>,
}

impl<'de, 'py> Visitor<'de> for Fields<'_, 'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        self.seed.visit_unit()
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Self { class, seed } = self;
        let py = seed.py;
        // What was left out is `None`.
        let mut values = vec![None; class.fields.len()];
        let mut next = 0;
        while let Some(place) = map.next_key_seed(Place { class, next })? {
            match place {
                Some(place) => {
                    let of = Seed { make: &class.fields[place].1, ..seed };
                    values[place] = Some(map.next_value_seed(of)?);
                    next = place + 1;
                }
                // What this version does not know is ignored.
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let values = PyTuple::new(py, values).map_err(own)?;
        class.class.bind(py).call1((values,)).map_err(own)
    }
}

/// Finds a field's place by its name: mostly it is the next one.
struct Place<'a> {
    class: &'a Class,
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        let fields = &self.class.fields;
        let after = fields.iter().skip(self.next).position(|(field, _)| *field == name).map(|found| self.next + found);
        Ok(after.or_else(|| fields.iter().position(|(field, _)| *field == name)))
    }
}
