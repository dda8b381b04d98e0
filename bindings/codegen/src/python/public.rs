//! Python: the package's public names that come from the catalogue: clients, embedded servers, error classes, modules.

use bankchannel::Category;

use crate::{
    model::Model,
    names::error_class,
    text::{Out, PYTHON_HEADER},
};

/// Public modules that are the same for every catalogue.
const MODULES: [&str; 4] = ["codes", "errors", "service", "web"];

/// The module `_public`, which `__init__` reads.
pub(super) fn module(model: &Model) -> String {
    let mut modules = MODULES.to_vec();
    let mut names: Vec<(&str, String)> = vec![("errors", "Peer".to_owned())];
    names.extend(Category::ALL.iter().map(|one| ("errors", error_class(*one))));
    for protocol in &model.protocols {
        modules.push(protocol.module);
        if protocol.is_module() {
            continue;
        }
        let served = protocol.served.iter().map(|served| ("service", served.class));
        for (module, class) in served.chain([(protocol.module, protocol.class)]) {
            names.extend([(module, format!("Async{class}")), (module, class.to_owned())]);
        }
    }
    names.sort_unstable();
    modules.sort_unstable();
    let mut all: Vec<&str> = names.iter().map(|(_, name)| name.as_str()).chain(modules.iter().copied()).collect();
    all.sort_unstable();

    let mut out = Out::default();
    out.line(PYTHON_HEADER);
    out.docstring("", "The package's public names that come from the catalogue, and the module of each.");
    out.blank();
    out.line("# Type checkers treat it as true, and editors' completion as possible: it looks into no branch of a literal `False`.");
    out.line("# Importing `typing` would cost more than all of this package that is loaded at once.");
    out.line("TYPE_CHECKING = bool()");
    out.line("if TYPE_CHECKING:");
    for module in &modules {
        out.line(format!("    from . import {module} as {module}"));
    }
    for (module, name) in &names {
        out.line(format!("    from .{module} import {name} as {name}"));
    }
    out.blank();
    out.line("__all__ = [");
    for name in all {
        out.line(format!("    {name:?},"));
    }
    out.line("]");
    out.blank();
    out.line("MODULE_OF = {");
    for (module, name) in &names {
        out.line(format!("    {name:?}: {module:?},"));
    }
    out.line("}");
    let modules: Vec<String> = modules.iter().map(|name| format!("{name:?}")).collect();
    out.line(format!("MODULES = ({})", modules.join(", ")));
    out.done()
}
