//! The orders of embedded servers: operations of a running server, with a typed method in every language.

use std::collections::{BTreeMap, BTreeSet};

use bankchannel::{
    model::Shape,
    operation::{CatalogueEntry, OperationKind},
};
use bankchannel_counterparts::{COUNTERPARTS, Counterpart, orders::SEED};
use bankchannel_foundation::operation::HostedForm;

use crate::{
    model::{OperationModel, ProtocolModel},
    named_types::{Named, Types},
};

impl OperationModel {
    /// Whether it is an order to a server: it takes none of the options of a call.
    pub(crate) fn is_order(&self) -> bool {
        self.entry.declaration.kind == OperationKind::ServerOrder
    }

    /// Whether it loads data: it takes them as the JSON has them, too.
    pub(crate) fn is_seed(&self) -> bool {
        self.form().is_some_and(|form| form.path == SEED)
    }

    /// How it travels, if it is an order.
    pub(crate) fn form(&self) -> Option<&'static HostedForm> {
        self.entry.declaration.hosted.as_ref()
    }

    /// Whether its answer says anything.
    pub(crate) fn answers(&self) -> bool {
        !self.is_order() || !self.response.shape.fields().is_empty()
    }
}

/// The orders that every server has.
pub(crate) fn common_orders() -> Result<Vec<OperationModel>, String> {
    let any = COUNTERPARTS.iter().find(|counterpart| counterpart.orders().next().is_some());
    any.into_iter().flat_map(|counterpart| counterpart.orders()).filter(|entry| is_common(entry)).map(order).collect()
}

/// The orders that only this kind of server has.
pub(crate) fn own_orders(counterpart: &Counterpart) -> Result<Vec<OperationModel>, String> {
    counterpart.orders().filter(|entry| !is_common(entry)).map(order).collect()
}

/// Whether every server has this order.
pub(crate) fn is_common(entry: &CatalogueEntry) -> bool {
    entry.declaration.name.starts_with("server.")
}

fn order(entry: &'static CatalogueEntry) -> Result<OperationModel, String> {
    let made = OperationModel::new(entry)?;
    match made.response.shape {
        Shape::Struct(_) => Ok(made),
        _ => Err(format!("{}: the answer of an order must be a struct", made.name)),
    }
}

/// Where values of a type occur.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TypeUse {
    /// In requests only.
    Given,
    /// In answers only.
    Answered,
    /// In both.
    Both,
}

/// The types with names that orders use. A request is none: its fields are parameters, unless other requests contain it.
#[derive(Default)]
pub(crate) struct OrderTypes {
    /// Those of their own; a type comes after those that it uses itself.
    pub(crate) own: Vec<(Named, TypeUse)>,
    /// Those that the protocol has, too.
    pub(crate) shared: Vec<&'static str>,
    /// Of their own those that only data to load have.
    pub(crate) of_seed: BTreeSet<&'static str>,
}

impl OrderTypes {
    /// The types of these orders; a protocol's own types are shared with it.
    pub(crate) fn of(orders: &[OperationModel], protocol: Option<&ProtocolModel>) -> Result<Self, String> {
        let types = || Types { but_modules: true, ..Types::default() };
        let (mut all, mut given, mut answered, mut typed) = (types(), types(), types(), types());
        for order in orders {
            let response = order.answers().then_some(order.response.shape);
            for shape in order.request.fields.iter().map(|field| field.shape) {
                given.add(shape)?;
            }
            response.map_or(Ok(()), |shape| answered.add(shape))?;
            for shape in order.request.fields.iter().map(|field| field.shape).chain(response) {
                all.add(shape)?;
                if !order.is_seed() {
                    typed.add(shape)?;
                }
            }
        }
        let is_in = |types: &Types, named: &Named| types.all.iter().any(|known| known.name() == named.name());
        let of_protocol = || protocol.into_iter().flat_map(|one| one.types.iter().chain(&one.of_questions));
        let mut found = Self::default();
        for named in all.all {
            match of_protocol().find(|known| known.name() == named.name()) {
                Some(known) if known.is_same(&named) => found.shared.push(named.name()),
                Some(_) => return Err(format!("an order and its protocol have different types {}", named.name())),
                None => {
                    if !is_in(&typed, &named) {
                        found.of_seed.insert(named.name());
                    }
                    let place = match (is_in(&given, &named), is_in(&answered, &named)) {
                        (true, true) => TypeUse::Both,
                        (true, false) => TypeUse::Given,
                        _ => TypeUse::Answered,
                    };
                    found.own.push((named, place));
                }
            }
        }
        Ok(found)
    }
}

/// Languages that keep the types of all clients in one namespace must not get two different types of one name. The
/// types of a module are in the module.
pub(crate) fn same_where_named_the_same(protocols: &[ProtocolModel], common: &OrderTypes) -> Result<(), String> {
    let mut known: BTreeMap<&str, &Named> = BTreeMap::new();
    let with_client = || protocols.iter().filter(|protocol| !protocol.is_module());
    let of_orders =
        with_client().flat_map(|protocol| &protocol.served).map(|served| &served.order_types).chain([common]);
    let of_orders = of_orders.flat_map(|types| types.own.iter().map(|(named, _)| named));
    for named in with_client().flat_map(|protocol| &protocol.types).chain(of_orders) {
        let first = known.entry(named.name()).or_insert(named);
        if !first.is_same(named) {
            return Err(format!("two protocols have different types {}", named.name()));
        }
    }
    Ok(())
}
