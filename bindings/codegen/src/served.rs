//! The embedded servers: their names, options and readiness information.

use bankchannel::model::{Field, Shape, StructShape};
use bankchannel_counterparts::{CLIENTS, Counterpart};

use crate::{
    model::OperationModel,
    named_types::Named,
    orders::{OrderTypes, own_orders},
};

/// One embedded server.
pub(crate) struct Served {
    /// Its class in Python and Node.
    pub(crate) class: &'static str,
    /// Its class in PHP, below the client's namespace.
    pub(crate) short: &'static str,
    /// Its kind, the name in C and on the command line.
    pub(crate) kind: &'static str,
    /// Its description, in a few words.
    pub(crate) what: &'static str,
    /// The options for starting it.
    pub(crate) options: &'static StructShape,
    /// The members of its readiness line.
    pub(crate) info: &'static [Field],
    /// The orders that only it has, besides those of every server.
    pub(crate) orders: Vec<OperationModel>,
    /// The types of these orders.
    pub(crate) order_types: OrderTypes,
    /// The settings of its protocol's client.
    settings: &'static [Field],
}

impl Served {
    /// The description of a counterpart for the generators, in addition to a client with these settings.
    pub(crate) fn new(counterpart: &'static Counterpart, settings: &'static [Field]) -> Result<Self, String> {
        let Shape::Struct(options) = counterpart.options else {
            return Err(format!("{}: a server's options must be a struct", counterpart.kind));
        };
        let other = |field: &&Field| !matches!(field.shape, Shape::Text(_) | Shape::Struct(_));
        if let Some(field) = counterpart.readiness.iter().find(other) {
            return Err(format!(
                "{}: `{}` of the readiness line must be text or an object",
                counterpart.kind, field.name
            ));
        }
        let orders = own_orders(counterpart)?;
        let taken = ["start", "stop", "close", "control", "client_settings"];
        let is_taken = |name: &str| taken.contains(&name) || counterpart.readiness.iter().any(|info| info.name == name);
        if let Some(order) = orders.iter().find(|order| is_taken(order.name)) {
            return Err(format!("{}: the server has a member `{}` already", order.entry.declaration.name, order.name));
        }
        Ok(Self {
            orders,
            order_types: OrderTypes::default(),
            class: counterpart.class,
            short: counterpart.short_class,
            kind: counterpart.kind,
            what: counterpart.what,
            options,
            info: counterpart.readiness,
            settings,
        })
    }

    /// Whether a member of the readiness line is an object of its own: languages have it as the JSON has it.
    pub(crate) fn is_object(info: &Field) -> bool {
        matches!(info.shape, Shape::Struct(_))
    }

    /// The names of the peers that it plays, if it plays several, each with the settings of its client.
    pub(crate) fn clients(&self) -> Option<&'static [Field]> {
        self.info.iter().find(|info| info.name == CLIENTS).map(|info| info.shape.fields())
    }

    /// The settings of a client of one of several peers.
    pub(crate) fn client_fields(clients: &'static [Field]) -> &'static [Field] {
        clients.first().map_or(&[], |one| one.shape.fields())
    }

    /// Whether it carries out orders.
    pub(crate) fn has_orders(&self) -> bool {
        !self.orders.is_empty()
    }

    /// Its orders but the one that loads data.
    pub(crate) fn typed_orders(&self) -> impl Iterator<Item = &OperationModel> + Clone {
        self.orders.iter().filter(|order| !order.is_seed())
    }

    /// The types of those.
    pub(crate) fn typed_types(&self) -> impl Iterator<Item = &Named> {
        self.order_types.own.iter().map(|(named, _)| named).filter(|one| !self.order_types.of_seed.contains(one.name()))
    }

    /// The members that a client uses as settings: those for which it has a setting of the same name.
    pub(crate) fn settings(&self) -> impl Iterator<Item = &'static Field> + use<> {
        let settings = self.settings;
        self.info.iter().filter(|info| settings.iter().any(|setting| setting.name == info.name))
    }
}
