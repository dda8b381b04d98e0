//! The types that have a name, each once, and the module that each belongs to.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    hash::{DefaultHasher, Hasher},
    sync::{LazyLock, Mutex, PoisonError},
};

use bankchannel::{
    model::{EnumShape, Shape, StructShape, UnionShape},
    protocols::{PROTOCOLS, Protocol},
};

/// A type with a name in every language. Text types are plain text there.
#[derive(Clone, Copy)]
pub(crate) enum Named {
    /// Named fields.
    Struct(&'static StructShape),
    /// One of a list of names.
    Enum(&'static EnumShape),
    /// One of several structs.
    Union(&'static UnionShape),
}

impl Named {
    /// The type's name.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Struct(shape) => shape.name,
            Self::Enum(shape) => shape.name,
            Self::Union(shape) => shape.name,
        }
    }

    /// The type of this shape; `None` for one without a name in every language.
    fn of_shape(shape: &'static Shape) -> Option<Self> {
        match shape {
            Shape::Struct(shape) => Some(Self::Struct(shape)),
            Shape::Enum(shape) => Some(Self::Enum(shape)),
            Shape::Union(shape) => Some(Self::Union(shape)),
            _ => None,
        }
    }

    /// Whether two types of the same name are the same type.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.fingerprint() == other.fingerprint()
    }

    /// A hash of all that the type consists of. It is written out once: the types inside are written out with it.
    fn fingerprint(&self) -> u64 {
        static KNOWN: Mutex<BTreeMap<usize, u64>> = Mutex::new(BTreeMap::new());
        let (address, shape): (usize, &dyn fmt::Debug) = match self {
            Self::Struct(shape) => (std::ptr::from_ref(*shape).addr(), shape),
            Self::Enum(shape) => (std::ptr::from_ref(*shape).addr(), shape),
            Self::Union(shape) => (std::ptr::from_ref(*shape).addr(), shape),
        };
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        *known.entry(address).or_insert_with(|| {
            let mut hashed = HashedText(DefaultHasher::new());
            let _ = write!(hashed, "{shape:?}");
            hashed.0.finish()
        })
    }
}

/// Hashes the written text.
struct HashedText(DefaultHasher);

impl fmt::Write for HashedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write(text.as_bytes());
        Ok(())
    }
}

/// The module that defines this type: a protocol with a client uses the types of a module directly.
pub(crate) fn home(shape: &'static Shape) -> Option<&'static Protocol> {
    static TYPES: LazyLock<BTreeMap<&'static str, (&'static Protocol, Named)>> = LazyLock::new(|| {
        let mut known = BTreeMap::new();
        for module in PROTOCOLS.iter().copied().filter(|protocol| protocol.client.is_none()) {
            let mut types = Types::default();
            for entry in module.callables().map(|callable| &callable.entry) {
                // An inexpressible type is reported when the module itself is read.
                let _ = types.add(entry.request).and_then(|()| types.add(entry.response));
            }
            known.extend(types.all.into_iter().map(|named| (named.name(), (module, named))));
        }
        known
    });
    let (module, named) = TYPES.get(shape.name()?)?;
    named.is_same(&Named::of_shape(shape)?).then_some(*module)
}

/// Named types; a type comes after those that it uses itself.
#[derive(Default)]
pub(crate) struct Types {
    pub(crate) all: Vec<Named>,
    /// Whether the types of modules are left out, because the modules have them.
    pub(crate) but_modules: bool,
}

impl Types {
    pub(crate) fn add(&mut self, shape: &'static Shape) -> Result<(), String> {
        if let Shape::List(of) | Shape::Map(of) = shape {
            return self.add(of);
        }
        let Some(named) = Named::of_shape(shape) else { return Ok(()) };
        if self.but_modules && home(shape).is_some() {
            return Ok(());
        }
        if let Some(known) = self.all.iter().find(|known| known.name() == named.name()) {
            return if known.is_same(&named) {
                Ok(())
            } else {
                Err(format!("two different types are named {}", named.name()))
            };
        }
        match named {
            Named::Struct(shape) => shape.fields.iter().try_for_each(|field| self.add(field.shape))?,
            Named::Union(shape) => {
                shape.variants.iter().filter_map(|variant| variant.shape).try_for_each(|shape| self.add(shape))?
            }
            Named::Enum(_) => {}
        }
        self.all.push(named);
        Ok(())
    }
}
