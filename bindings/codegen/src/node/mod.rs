//! Node: a module for each protocol, error classes, entry points for both module systems, types.

mod client;
mod declarations;
mod declared_client;
mod declared_types;
mod orders;
mod tables;

use bankchannel::Category;

use crate::{
    Generated,
    model::{Model, ProtocolModel},
    names::{error_class, upper},
    text::{NODE_HEADER, Out},
};

const FOLDER: &str = "bindings/node";

/// Exports of the package other than clients and error classes.
const HAND_WRITTEN: [&str; 8] = [
    "BankchannelError",
    "SaltEdgeWorker",
    "SecretText",
    "catalogue",
    "codes",
    "saltEdgeBankHandler",
    "saltEdgeHandler",
    "version",
];

/// Every Node file.
pub(crate) fn files(model: &Model) -> Result<Vec<Generated>, String> {
    let mut files = vec![
        Generated { path: format!("{FOLDER}/lib/errors.js"), text: errors(model) },
        Generated { path: format!("{FOLDER}/index.js"), text: common_js(model) },
        Generated { path: format!("{FOLDER}/index.mjs"), text: module(model) },
        Generated { path: format!("{FOLDER}/index.d.ts"), text: declarations::declarations(model)? },
        Generated {
            path: format!("{FOLDER}/index.d.mts"),
            text: format!("{NODE_HEADER}\nexport * from './index.js';\n"),
        },
    ];
    files.push(Generated {
        path: format!("{FOLDER}/lib/controlled_server.js"),
        text: client::controlled_server(&model.common_orders),
    });
    for protocol in &model.protocols {
        let text = match protocol.settings {
            Some(settings) => client::client(protocol, settings),
            None => client::module_of_functions(protocol),
        };
        files.push(Generated { path: format!("{FOLDER}/lib/{}.js", protocol.module), text });
    }
    Ok(files)
}

fn errors(model: &Model) -> String {
    let mut out = Out::default();
    out.line(NODE_HEADER);
    out.line("'use strict';");
    out.blank();
    out.line("const { BankchannelError, register } = require('./error');");
    out.blank();
    for category in Category::ALL {
        out.line(format!("class {} extends BankchannelError {{}}", error_class(category)));
        out.line(format!("register({:?}, {});", category.as_str(), error_class(category)));
    }
    out.blank();
    out.line("const codes = Object.freeze({");
    for row in &model.errors {
        out.line(format!("  {}: {:?},", upper(row.code), row.code));
    }
    out.line("});");
    out.blank();
    let names: Vec<String> = Category::ALL.iter().map(|category| error_class(*category)).collect();
    out.line("module.exports = {");
    out.line("  BankchannelError,");
    for name in names {
        out.line(format!("  {name},"));
    }
    out.line("  codes,");
    out.line("};");
    out.done()
}

fn common_js(model: &Model) -> String {
    let mut out = Out::default();
    out.line(NODE_HEADER);
    out.line("'use strict';");
    out.blank();
    out.line("module.exports = {");
    out.line("  ...require('./lib/errors'),");
    for protocol in &model.protocols {
        out.line(format!("  ...require('./lib/{}'),", protocol.module));
    }
    out.line("  ...require('./lib/about'),");
    out.line("  ...require('./lib/web'),");
    out.line("};");
    out.done()
}

fn module(model: &Model) -> String {
    let mut names: Vec<String> = HAND_WRITTEN.iter().map(|name| (*name).to_owned()).collect();
    names.extend(Category::ALL.iter().map(|category| error_class(*category)));
    names.extend(model.protocols.iter().flat_map(ProtocolModel::classes).map(str::to_owned));
    let modules = model.protocols.iter().filter(|protocol| protocol.is_module());
    names.extend(modules.map(ProtocolModel::node_object));
    names.sort();
    let mut out = Out::default();
    out.line(NODE_HEADER);
    out.line("import bankchannel from './index.js';");
    out.blank();
    out.line("export const {");
    for name in names {
        out.line(format!("  {name},"));
    }
    out.line("} = bankchannel;");
    out.done()
}
