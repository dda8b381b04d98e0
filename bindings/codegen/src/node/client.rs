//! Node: the module of a protocol: its client or functions, and its embedded servers.

use bankchannel::model::StructShape;

use crate::{
    model::{OperationModel, ProtocolModel},
    names::camel,
    served::Served,
    text::Out,
};

use super::tables::{begin, descriptions, form_of, form_of_struct, orders, structure, types};

/// A module: an object of functions.
pub(super) fn module_of_functions(protocol: &ProtocolModel) -> String {
    let mut out = begin();
    out.line("const { items, local, localElsewhere } = require('./local');");
    types(&mut out, protocol);
    descriptions(&mut out, protocol);
    out.line(format!("const {} = Object.freeze({{", protocol.node_object()));
    for operation in &protocol.operations {
        let name = camel(operation.name);
        out.line(format!("  {name}: (request) => local(operations.{name}, request),"));
        out.line(format!("  {name}Async: (request) => localElsewhere(operations.{name}, request),"));
        if let Some((pages, _)) = operation.pages() {
            out.line(format!("  {}: (request) => items(operations.{name}, request),", camel(pages.iterator)));
        }
    }
    out.line("});");
    out.blank();
    out.line(format!("module.exports = {{ {} }};", protocol.node_object()));
    out.done()
}

pub(super) fn client(protocol: &ProtocolModel, settings: &'static StructShape) -> String {
    let mut out = begin();
    out.line("const { Client } = require('./client');");
    if protocol.iterates_new_files() {
        out.line("const { newFiles } = require('./new_files');");
    }
    if protocol.served.iter().any(Served::has_orders) {
        out.line("const { ControlledServer } = require('./controlled_server');");
    }
    if !protocol.served.iter().all(Served::has_orders) {
        out.line("const { Embedded } = require('./service');");
    }
    types(&mut out, protocol);
    structure(&mut out, settings);
    for served in &protocol.served {
        structure(&mut out, served.options);
    }
    descriptions(&mut out, protocol);
    objects(&mut out, protocol);
    let objects = if protocol.interfaces.is_empty() { "" } else { ", objects" };
    out.line(format!("class {} extends Client {{", protocol.class));
    out.line("  constructor(settings = {}, options = {}) {");
    let form = form_of_struct(settings);
    out.line(format!("    super({:?}, {form}, operations, settings, options{objects});", protocol.name));
    out.line("  }");
    out.blank();
    out.line("  static fromEnv(settings = {}, options = {}) {");
    out.line(format!("    return this._fromEnv({:?}, settings, options);", protocol.variable_prefix()));
    out.line("  }");
    for operation in &protocol.operations {
        methods(&mut out, operation);
    }
    if protocol.iterates_new_files() {
        out.blank();
        out.line("  iterNewFiles(request = {}, options = {}) {");
        out.line("    return newFiles(this, operations, request, options);");
        out.line("  }");
    }
    out.line("}");
    for served in &protocol.served {
        if served.has_orders() {
            orders(&mut out, &orders_of(served), served.typed_orders());
        } else {
            out.blank();
        }
        server(&mut out, served);
    }
    out.blank();
    out.line(format!("module.exports = {{ {} }};", protocol.classes().join(", ")));
    out.done()
}

/// Maps questions to methods of the program's objects, with the forms of both.
fn objects(out: &mut Out, protocol: &ProtocolModel) {
    if protocol.interfaces.is_empty() {
        return;
    }
    out.line("const objects = {");
    for interface in protocol.interfaces {
        out.line(format!("  {}: {{", camel(interface.option)));
        for question in interface.questions {
            out.line(format!(
                "    {:?}: [{:?}, {}, {}],",
                question.declaration.name,
                camel(question.method()),
                form_of(question.request),
                form_of(question.answer)
            ));
        }
        out.line("  },");
    }
    out.line("};");
    out.blank();
}

/// The embedded server's class.
fn server(out: &mut Out, served: &Served) {
    let base = if served.has_orders() { "ControlledServer" } else { "Embedded" };
    out.line(format!("class {} extends {base} {{", served.class));
    out.line("  static async start(options = {}) {");
    let told: Vec<String> = served.info.iter().map(|info| format!("[{:?}, {:?}]", info.camel, info.name)).collect();
    out.line(format!(
        "    return this._start({:?}, {}, [{}], options);",
        served.kind,
        form_of_struct(served.options),
        told.join(", ")
    ));
    out.line("  }");
    out.blank();
    for order in served.typed_orders() {
        order_method(out, &orders_of(served), order);
        out.blank();
    }
    if served.clients().is_some() {
        out.line("  clientSettings(name) {");
        out.line("    return this._clientOf(name);");
        out.line("  }");
        out.line("}");
        return;
    }
    out.line("  get clientSettings() {");
    let members: Vec<String> = served.settings().map(|info| format!("{0}: this.{0}", info.camel)).collect();
    out.line(format!("    return {{ {} }};", members.join(", ")));
    out.line("  }");
    out.line("}");
}

/// The table of a server's orders.
fn orders_of(served: &Served) -> String {
    format!("ordersOf{}", served.class)
}

fn order_method(out: &mut Out, table: &str, order: &OperationModel) {
    let name = camel(order.name);
    out.line(format!("  {name}(request = {{}}) {{"));
    out.line(format!("    return this._order({table}.{name}, request);"));
    out.line("  }");
}

/// The class with the orders that every server has.
pub(super) fn controlled_server(common: &[OperationModel]) -> String {
    let mut out = begin();
    out.line("const { Embedded } = require('./service');");
    out.line("const { plain } = require('./shape');");
    orders(&mut out, "orders", common.iter());
    out.line("/** A server that takes orders, with those that every one takes. */");
    out.line("class ControlledServer extends Embedded {");
    for (at, order) in common.iter().enumerate() {
        if at > 0 {
            out.blank();
        }
        order_method(&mut out, "orders", order);
    }
    out.line("}");
    out.blank();
    out.line("module.exports = { ControlledServer };");
    out.done()
}

fn methods(out: &mut Out, operation: &OperationModel) {
    let name = camel(operation.name);
    out.blank();
    if operation.is_local() {
        out.line(format!("  {name}(request = {{}}) {{"));
        out.line(format!("    return this._local(operations.{name}, request);"));
        out.line("  }");
        if operation.takes_time() {
            out.blank();
            out.line(format!("  {name}Async(request = {{}}) {{"));
            out.line(format!("    return this._elsewhere(operations.{name}, request);"));
            out.line("  }");
        }
        return;
    }
    out.line(format!("  {name}(request = {{}}, options = {{}}) {{"));
    out.line(format!("    return this._call(operations.{name}, request, options);"));
    out.line("  }");
    if let Some((pages, _)) = operation.pages() {
        out.blank();
        out.line(format!("  {}(request = {{}}, options = {{}}) {{", camel(pages.iterator)));
        out.line(format!("    return this._items(operations.{name}, request, options);"));
        out.line("  }");
    }
    if operation.response_content.is_some() {
        out.blank();
        out.line(format!("  {name}Stream(request = {{}}, options = {{}}) {{"));
        out.line(format!("    return this._stream(operations.{name}, request, options);"));
        out.line("  }");
    }
}
