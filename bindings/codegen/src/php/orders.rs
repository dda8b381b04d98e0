//! PHP: the orders of embedded servers as methods, and their types.

use crate::{
    Generated,
    model::OperationModel,
    orders::{OrderTypes, TypeUse},
    text::Out,
};

use super::{
    methods::signature,
    parameters::fields_as,
    source::{class, quoted},
    types::{self, Side},
};

/// The class of the servers that take orders; the types of the orders of every server are below it.
pub(super) const CONTROLLED: &str = "ControlledService";

/// The types of orders, below a class. Data to load are arrays.
pub(super) fn types(place: &str, of: &OrderTypes) -> Vec<Generated> {
    let typed = of.own.iter().filter(|(named, _)| !of.of_seed.contains(named.name()));
    let side = |place: TypeUse| if place == TypeUse::Given { Side::In } else { Side::Out };
    typed.flat_map(|(named, used)| types::files_of(place, named, side(*used))).collect()
}

/// The base class of the servers that take orders, with those of every server.
pub(super) fn controlled(orders: &[OperationModel]) -> Generated {
    class(CONTROLLED, "Bankchannel", |out| {
        for order in orders.iter().filter(|order| order.answers()) {
            out.line(format!("use Bankchannel\\{CONTROLLED}\\{};", order.response.name));
        }
        out.line("use Bankchannel\\Exception\\BankchannelException;");
        out.blank();
        out.jsdoc("", "A service that takes orders; these are the orders of every one. All need `control: true`.");
        out.line(format!("abstract class {CONTROLLED} extends AbstractService"));
        out.line("{");
        for (at, order) in orders.iter().enumerate() {
            if at > 0 {
                out.blank();
            }
            method(out, order);
        }
        out.line("}");
    })
}

/// The method of an order.
pub(super) fn method(out: &mut Out, order: &OperationModel) {
    let name = crate::names::camel(order.name);
    signature(out, order, &format!("function {name}"), &[]);
    let (kind, before, close) = match order.answers() {
        true => (order.response.name, format!("return {}::fromArray(", order.response.name), ")"),
        false => ("void", String::new(), ""),
    };
    out.line(format!("    ): {kind} {{"));
    let whole = order.form().and_then(|form| form.whole_answer);
    let whole = whole.map(|member| format!(", {}", quoted(member))).unwrap_or_default();
    let content = order.request_content.map(|field| {
        let place = quoted(field.name);
        let most = order.form().map_or(0, |form| form.max_bytes);
        format!("{place} => self::inOrder({}, Content::of(${}), {most}),", quoted(field.camel), field.camel)
    });
    let begin = format!("        {before}$this->order({}, ", quoted(order.entry.declaration.name));
    let end = format!("{whole}){close};");
    if order.request.fields.is_empty() {
        out.line(format!("{begin}[]{end}"));
    } else {
        let mut written = Out::default();
        fields_as(&mut written, &begin, order.request, &end, |field| {
            types::encoded_field(field, &format!("${}", field.camel), field.optional || field.profile, Side::In)
        });
        let text = written.done();
        let (head, rest) = text.split_once('\n').unwrap_or((&text, ""));
        out.line(head);
        content.into_iter().for_each(|content| out.line(format!("            {content}")));
        rest.lines().for_each(|line| out.line(line));
    }
    out.line("    }");
}
