//! Python: the package's own module. It loads clients, servers and exceptions at their first use.

use bankchannel::Category;

use crate::{model::Model, names::error_class, text::Out};

/// The part that does not come from the catalogue.
const TEMPLATE: &str = include_str!("../templates/python_init.py");

/// Names from hand-written modules of the package.
const OWN: &[(&str, &str)] = &[
    ("AsyncOnCode", "_call"),
    ("AsyncSigner", "_call"),
    ("BankchannelError", "_errors"),
    ("Cancel", "_native"),
    ("HttpExchange", "_call"),
    ("HttpRequest", "_call"),
    ("OnCode", "_call"),
    ("OnProgress", "_call"),
    ("OnRequest", "_call"),
    ("OnResponse", "_call"),
    ("Progress", "_call"),
    ("Question", "_call"),
    ("Received", "_native"),
    ("Record", "_native"),
    ("Replace", "_content"),
    ("SecretText", "_secret"),
    ("SignatureRequest", "_call"),
    ("Signer", "_call"),
    ("TraceParent", "_tracing"),
    ("json_default", "_json"),
];

/// The module.
pub(crate) fn module(model: &Model) -> String {
    let mut classes: Vec<(String, &str)> = Vec::new();
    let mut modules = vec!["codes", "errors", "service", "web"];
    for protocol in &model.protocols {
        modules.push(protocol.module);
        if protocol.is_module() {
            continue;
        }
        classes.push((format!("Async{}", protocol.class), protocol.module));
        classes.push((protocol.class.to_owned(), protocol.module));
        for served in &protocol.served {
            classes.push((format!("Async{}", served.class), "service"));
            classes.push((served.class.to_owned(), "service"));
        }
    }
    let mut errors: Vec<(String, &str)> = Category::ALL.iter().map(|one| (error_class(*one), "errors")).collect();
    errors.push(("Peer".to_owned(), "errors"));
    let mut imported = classes.clone();
    imported.extend(errors);
    imported.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
    let imports: Vec<String> =
        imported.iter().map(|(name, module)| format!("    from .{module} import {name} as {name}")).collect();
    let mut places: Vec<(&str, &str)> = OWN.to_vec();
    places.extend(classes.iter().map(|(name, module)| (name.as_str(), *module)));
    places.sort_unstable();
    let places: Vec<String> = places.iter().map(|(name, module)| format!("    {name:?}: {module:?},")).collect();
    modules.sort_unstable();
    let own = OWN.iter().map(|(name, _)| *name);
    let mut all: Vec<&str> = own.chain(imported.iter().map(|(name, _)| name.as_str())).collect();
    all.push("catalogue");
    all.extend(&modules);
    all.sort_unstable();
    let all: Vec<String> = all.iter().map(|name| format!("    {name:?},")).collect();
    let module_imports: Vec<String> =
        modules.iter().map(|name| format!("    from . import {name} as {name}")).collect();
    let modules: Vec<String> = modules.iter().map(|name| format!("{name:?}")).collect();
    TEMPLATE
        .replace("{doc}", docstring(model).trim_end())
        .replace("{imports}", &imports.join("\n"))
        .replace("{module_imports}", &module_imports.join("\n"))
        .replace("{all}", &all.join("\n"))
        .replace("{places}", &places.join("\n"))
        .replace("{modules}", &modules.join(", "))
}

fn docstring(model: &Model) -> String {
    let mut text = String::from("Talk to banks from code.\n\n");
    for protocol in &model.protocols {
        if protocol.is_module() {
            text.push_str(&format!("`{}`: {}. ", protocol.module, protocol.what));
            continue;
        }
        text.push_str(&format!("`{0}` and `Async{0}`: {1}. ", protocol.class, protocol.what));
        for served in &protocol.served {
            text.push_str(&format!("`{0}` and `Async{0}`: {1}. ", served.class, served.what));
        }
    }
    text.push_str("`errors` has the exceptions.\nModules are loaded when they are first used.");
    let mut out = Out::default();
    out.docstring("", &text);
    out.done()
}
