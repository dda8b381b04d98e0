//! The types that have a name, each once, and the module that each belongs to.

use std::{collections::BTreeMap, sync::LazyLock};

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

    /// Whether two types of the same name are the same type.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        format!("{:?}", shape_of(self)) == format!("{:?}", shape_of(other))
    }
}

/// The module that defines this type: a protocol with a client uses the types of a module directly.
pub(crate) fn home(shape: &Shape) -> Option<&'static Protocol> {
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
    let text = match shape {
        Shape::Struct(shape) => format!("{shape:?}"),
        Shape::Enum(shape) => format!("{shape:?}"),
        Shape::Union(shape) => format!("{shape:?}"),
        _ => return None,
    };
    (text == format!("{:?}", shape_of(named))).then_some(*module)
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
        let named = match shape {
            Shape::List(of) | Shape::Map(of) => return self.add(of),
            Shape::Struct(shape) => Named::Struct(shape),
            Shape::Enum(shape) => Named::Enum(shape),
            Shape::Union(shape) => Named::Union(shape),
            _ => return Ok(()),
        };
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

fn shape_of(named: &Named) -> &dyn std::fmt::Debug {
    match named {
        Named::Struct(shape) => shape,
        Named::Enum(shape) => shape,
        Named::Union(shape) => shape,
    }
}
