//! Finds the order of a path or a name, and carries it out.

use std::{io::Read as _, path::Path, sync::Arc};

use bankchannel_foundation::{
    Error, Result,
    error::row,
    message::Method,
    model::{Content, unknown_members},
    open_regular,
    operation::HostedForm,
    shown,
};
use bankchannel_transport::background;
use bytes::Bytes;
use serde_json::Value;

use super::{COMMON_ORDERS, CallableOrder};
use crate::{
    counterpart::with_nulls,
    hosted::{self, RequestSource},
    http::control::ControlTarget,
};

/// A request for an order.
#[derive(Default)]
pub(crate) struct OrderRequest {
    /// The members.
    pub(crate) members: Value,
    /// The body, if it is no JSON.
    pub(crate) content: Option<Bytes>,
    /// Where it comes from.
    pub(crate) source: RequestSource,
}

/// The orders at one path, one of which is meant.
pub(crate) struct FoundOrder {
    orders: Vec<&'static CallableOrder>,
    parameters: Vec<(&'static str, String)>,
}

/// The common orders and the server's own.
fn all(target: &dyn ControlTarget) -> impl Iterator<Item = &'static CallableOrder> {
    COMMON_ORDERS.iter().chain(target.orders().iter().copied().flatten())
}

/// The orders at a path; below `sandbox/` those of the top are there, too.
pub(crate) fn found_at(target: &dyn ControlTarget, path: &str, is_below: bool) -> Option<FoundOrder> {
    let mut found = FoundOrder { orders: Vec::new(), parameters: Vec::new() };
    for order in all(target).filter(|order| is_below || order.form.at_top) {
        let Some(parameters) = order.form.parameters(path) else { continue };
        // `sessions/all` is a name before it is a parameter.
        if !found.orders.is_empty() && parameters.len() > found.parameters.len() {
            continue;
        }
        if parameters.len() < found.parameters.len() {
            found.orders.clear();
        }
        found.orders.push(order);
        found.parameters = parameters.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    }
    (!found.orders.is_empty()).then_some(found)
}

/// Whether an order by this path or name needs no open control interface, or there is none.
pub(crate) fn is_free(target: &dyn ControlTarget, order: &str) -> bool {
    named(target, order).is_none_or(|found| found.orders.iter().all(|order| !order.form.needs_control))
}

fn named(target: &dyn ControlTarget, order: &str) -> Option<FoundOrder> {
    match declared(target, order) {
        Some(found) => Some(FoundOrder { orders: vec![found], parameters: Vec::new() }),
        None => found_at(target, order, true),
    }
}

impl FoundOrder {
    /// The method of the path.
    pub(crate) fn method(&self) -> Method {
        self.orders.first().map_or(Method::Post, |order| order.form.method)
    }

    /// The largest body.
    pub(crate) fn max_bytes(&self) -> usize {
        self.orders.iter().map(|order| order.form.max_bytes).max().unwrap_or_default()
    }

    /// The headers that are members, if the body is no JSON.
    pub(crate) fn raw_headers(&self) -> Option<&'static [(&'static str, &'static str)]> {
        self.orders.iter().find_map(|order| order.form.raw_request.as_ref()).map(|raw| raw.headers)
    }

    /// Carries out the one that the request's members select.
    pub(crate) async fn carry_out(self, target: Arc<dyn ControlTarget>, request: OrderRequest) -> Result<Value> {
        let OrderRequest { mut members, content, source } = request;
        if members.is_null() {
            members = Value::Object(serde_json::Map::new());
        }
        self.refuse_unknown(&members)?;
        let is_given =
            |name: &str| members.get(name).is_some_and(|value| !value.is_null() && *value != Value::Bool(false));
        let chosen = |order: &&&'static CallableOrder| {
            let given = order.form.given;
            !given.is_empty() && given.iter().all(|name| is_given(name))
        };
        let mut chosen = self.orders.iter().filter(chosen);
        let order = match (&self.orders[..], chosen.next(), chosen.next()) {
            // Given by its name.
            ([only], ..) => *only,
            (_, Some(one), Some(other)) => {
                let names = [one.form.given, other.form.given].concat().join(" and ");
                let why = format!("{names} exclude each other: give one of them for each order");
                return Err(Error::because(&row::INVALID_JSON, why));
            }
            (_, Some(one), None) => one,
            (all, None, _) => *all
                .iter()
                .find(|order| order.form.given.is_empty())
                .ok_or_else(|| Error::internal("no order of a path is its default"))?,
        };
        let form = order.form;
        if let Some(list) = form.whole_request {
            members = as_list(members, list)?;
        }
        if let Value::Object(members) = &mut members {
            // What selects another order at this path and is `false` is as good as left out.
            let others = self.orders.iter().flat_map(|other| other.form.given);
            for name in others.filter(|name| !form.given.contains(name)) {
                if members.get(*name).is_some_and(|value| value.is_null() || *value == Value::Bool(false)) {
                    members.remove(*name);
                }
            }
            for (name, value) in self.parameters {
                if members.contains_key(name) {
                    return Err(Error::invalid_field(name, "stands in the path: leave it out of the request"));
                }
                members.insert(name.to_owned(), value.into());
            }
        }
        let answer = (order.run)(target, members, content.map(Content::Bytes), source).await?;
        let answer = if form.writes_nulls { with_nulls(answer, order.entry.response) } else { answer };
        Ok(match (form.whole_answer, answer) {
            (Some(name), Value::Object(mut members)) => members.remove(name).unwrap_or_default(),
            (_, answer) => answer,
        })
    }

    /// Refuses a member that no order at the path has, with those of all of them, before one that is missing is named.
    fn refuse_unknown(&self, members: &Value) -> Result<()> {
        let Value::Object(members) = members else { return Ok(()) };
        // One item may stand for a list.
        if self.orders.iter().any(|order| order.form.whole_request.is_some()) {
            return Ok(());
        }
        let is_in_path = |name: &str| self.parameters.iter().any(|(parameter, _)| *parameter == name);
        let known = || {
            let fields = self.orders.iter().flat_map(|order| order.entry.request.fields());
            fields.map(|field| field.name).filter(|name| !is_in_path(name))
        };
        let unknown: Vec<&str> = members
            .keys()
            .map(String::as_str)
            .filter(|name| !is_in_path(name) && known().all(|field| field != *name))
            .collect();
        if unknown.is_empty() { Ok(()) } else { Err(unknown_members(unknown.into_iter(), known())) }
    }
}

/// A request whose list may stand for it, and one item for the list.
fn as_list(request: Value, list: &str) -> Result<Value> {
    refuse_empty(&request, list)?;
    let items = match request {
        Value::Object(members) if members.contains_key(list) => return Ok(members.into()),
        Value::Array(items) => items,
        one => vec![one],
    };
    Ok(Value::Object([(list.to_owned(), items.into())].into_iter().collect()))
}

fn refuse_empty(request: &Value, list: &str) -> Result<()> {
    let is_empty = |items: &Value| items.as_array().is_some_and(Vec::is_empty);
    if is_empty(request) || request.get(list).is_some_and(is_empty) {
        return Err(Error::because(&row::INVALID_JSON, "the list is empty: it orders nothing".to_owned()));
    }
    Ok(())
}

/// Carries out an order, given by its path or its name, for the program that runs the server.
///
/// # Errors
/// `input.*`, and the errors of the order.
pub async fn carry_out(target: Arc<dyn ControlTarget>, order: &str, request: Value) -> Result<Value> {
    let Some(found) = named(&*target, order) else { return Err(unknown(&*target, order)) };
    // Base64 of content that is raw over HTTP.
    let largest = if found.raw_headers().is_some() { found.max_bytes() / 3 * 4 + 1024 } else { found.max_bytes() };
    check_size(&request, largest)?;
    found.carry_out(target, OrderRequest { members: request, content: None, source: RequestSource::Program }).await
}

/// Carries out an order, given by its declared name, for a program with types: request and answer are those of its
/// declaration, whatever form they have on the way.
///
/// # Errors
/// `input.*`, and the errors of the order.
pub async fn carry_out_declared(
    target: Arc<dyn ControlTarget>,
    name: &str,
    request: Value,
    content: Option<Content>,
) -> Result<Value> {
    let Some(order) = declared(&*target, name) else { return Err(unknown(&*target, name)) };
    let largest = order.form.max_bytes;
    check_size(&request, largest)?;
    let content = match content {
        Some(content) => Some(in_memory(content, largest).await?),
        None => None,
    };
    if let Some(list) = order.form.whole_request {
        refuse_empty(&request, list)?;
    }
    (order.run)(target, request, content, RequestSource::Program).await
}

fn declared(target: &dyn ControlTarget, name: &str) -> Option<&'static CallableOrder> {
    all(target).find(|known| known.entry.declaration.name == name)
}

fn check_size(request: &Value, largest: usize) -> Result<()> {
    // Seeds are large, and are not written only to be measured.
    if largest < HostedForm::LARGEST && request.to_string().len() > largest {
        return Err(Error::invalid_field("request", format!("has more than {largest} bytes")));
    }
    Ok(())
}

/// An order's content: a server opens no file that a request names, but the program's own are read here.
async fn in_memory(content: Content, largest: usize) -> Result<Content> {
    let content = match content {
        Content::File { path, .. } => {
            let read = background::blocking(move || read_at_most(&path, largest as u64 + 1)).await;
            Content::from(read.map_err(|why| why.error("the content could not be read"))??)
        }
        other => other,
    };
    match content.known_size() {
        Some(size) if size > largest as u64 => {
            Err(Error::because(&row::TOO_LARGE, format!("the content has more than {largest} bytes")))
        }
        _ => Ok(content),
    }
}

fn read_at_most(path: &Path, largest: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = open_regular(path).and_then(|(file, _)| file.take(largest).read_to_end(&mut bytes));
    let unreadable = |why| Error::because(&row::CONTENT_UNREADABLE, shown::unreadable_content(path, &why));
    read.map(|_| bytes).map_err(unreadable)
}

/// The page that has all orders.
const ORDERS_PAGE: &str = "docs/reference/server-orders.md";

/// The error for an order that the server does not have: its name, the nearest one, and those that there are.
pub(crate) fn unknown(target: &dyn ControlTarget, order: &str) -> Error {
    let mut known: Vec<String> = all(target).map(|order| order.form.whole_path().into_owned()).collect();
    known.dedup();
    hosted::unknown_name("order", order, &known, |name| name.strip_prefix("sandbox/").unwrap_or(name), ORDERS_PAGE)
}
