//! Writes the typed interfaces of every language from the catalogue.
//!
//! ```text
//!   bankchannel-codegen            writes every generated file below the repository's root, and removes stale ones
//!   bankchannel-codegen --check    writes nothing; fails and names the files that are stale
//!   bankchannel-codegen --root DIR uses DIR as the root, instead of the current folder
//!   bankchannel-codegen --output DIR writes every file below DIR, which need not be the root of anything
//! ```
//!
//! A new operation needs no change here: everything comes from the catalogue, the settings and the error table.

mod c_names;
mod configuration;
mod descriptors;
mod model;
mod named_types;
mod names;
mod node;
mod operator_reference;
mod order_reference;
mod orders;
mod php;
mod python;
mod reference;
mod rust_example;
mod served;
mod source;
mod text;
mod written;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use model::Model;

/// One file that is written.
pub(crate) struct Generated {
    /// Below the repository's root.
    pub(crate) path: String,
    /// Its complete text.
    pub(crate) text: String,
}

fn main() -> ExitCode {
    match run(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(code) => code,
        Err(why) => {
            say(&format!("bankchannel-codegen: {why}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let (mut check, mut root, mut elsewhere) = (false, PathBuf::from("."), false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--root" => root = rest.next().ok_or("--root needs a folder")?.into(),
            "--output" => {
                root = rest.next().ok_or("--output needs a folder")?.into();
                elsewhere = true;
            }
            other => return Err(format!("unknown argument {other}; there are --check, --root DIR and --output DIR")),
        }
    }
    if !elsewhere && !root.join("bindings/codegen/Cargo.toml").is_file() {
        return Err(format!("{} is not the repository's root; run it there or give --root DIR", root.display()));
    }
    let files = generate(&Model::load()?)?;
    let stale: Vec<&Generated> = files.iter().filter(|file| !written::is_fresh(&root, file)).collect();
    let superfluous = written::superfluous(&root, &files)?;
    if check {
        stale.iter().for_each(|file| say(&format!("stale: {}", file.path)));
        superfluous.iter().for_each(|path| say(&format!("written by nothing any more: {path}")));
        if stale.is_empty() && superfluous.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        say("run tests/regenerate, and commit what it writes");
        return Ok(ExitCode::FAILURE);
    }
    for file in &stale {
        written::write(&root, file)?;
        say(&format!("written: {}", file.path));
    }
    for path in &superfluous {
        written::remove(&root, path)?;
        say(&format!("removed: {path}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Every generated file.
fn generate(model: &Model) -> Result<Vec<Generated>, String> {
    let mut files = Vec::new();
    files.extend(python::files(model)?);
    files.extend(node::files(model)?);
    files.extend(php::files(model)?);
    files.extend(c_names::files(model));
    files.extend(reference::files(model));
    files.extend(configuration::files()?);
    files.push(written::git_attributes(&files));
    Ok(files)
}

fn say(line: &str) {
    // A closed stderr is not a fault of the generator.
    let _ = writeln!(io::stderr().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn two_runs_write_the_same() {
        let (first, second) = (generate(&Model::load().unwrap()).unwrap(), generate(&Model::load().unwrap()).unwrap());
        assert_eq!(first.len(), second.len());
        for (one, other) in first.iter().zip(&second) {
            assert_eq!((&one.path, &one.text), (&other.path, &other.text));
        }
    }

    #[test]
    fn every_operation_reaches_every_face() {
        let model = Model::load().unwrap();
        let files = generate(&model).unwrap();
        let text = |end: &str| files.iter().find(|file| file.path.ends_with(end)).unwrap().text.clone();
        for protocol in &model.protocols {
            let faces = [
                format!("bankchannel/{}.py", protocol.module),
                format!("lib/{}.js", protocol.module),
                "bankchannel_operations.h".to_owned(),
                format!("reference/{}.md", protocol.name),
            ];
            for operation in &protocol.operations {
                let name = operation.entry.declaration.name;
                for face in &faces {
                    assert!(text(face).contains(name), "{name} is not in {face}");
                }
                let declared = format!(
                    "{}{}(",
                    if protocol.is_module() { "export function " } else { "" },
                    names::camel(operation.name)
                );
                assert!(text("index.d.ts").contains(&format!("  {declared}")), "{name}");
            }
        }
    }

    #[test]
    fn every_order_of_every_server_reaches_every_face() {
        let model = Model::load().unwrap();
        let files = generate(&model).unwrap();
        let text = |end: &str| files.iter().find(|file| file.path.ends_with(end)).unwrap().text.clone();
        // The text of a class, up to the next one.
        let class = |text: &str, head: &str, end: &str| {
            let (_, rest) = text.split_once(head).unwrap_or_else(|| panic!("{head} is absent"));
            rest.split(end).next().unwrap().to_owned()
        };
        let mut reached = 0;
        let mut reaches = |orders: &[model::OperationModel], [python, node, types, php]: [String; 4], twin: String| {
            for order in orders {
                let (name, short) = (order.entry.declaration.name, names::camel(order.name));
                assert!(
                    python.contains(&format!("def {}(self", order.name))
                        || python.contains(&format!("def {}(\n", order.name)),
                    "{name}"
                );
                assert!(twin.contains(&format!("    {} = awaited(", order.name)) || order.is_seed(), "{name}");
                assert!(twin.contains("async def seed(") || !order.is_seed(), "{name}");
                assert!(types.contains(&format!("  {short}(")), "{name} is not in index.d.ts");
                // The base classes load data in these languages.
                assert!(
                    node.contains(&format!("  {short}(request = {{}})")) || order.is_seed(),
                    "{name} is not in Node"
                );
                assert!(php.contains(&format!("public function {short}(")) || order.is_seed(), "{name} is not in PHP");
                assert!(
                    text("bankchannel_operations.h")
                        .contains(&format!("BANKCHANNEL_ORDER_{} {name:?}", names::upper(name)))
                );
                assert!(text("server-orders.md").contains(&format!("### {name}\n")));
                reached += 1;
            }
        };
        let (python, types) = (text("bankchannel/service.py"), text("index.d.ts"));
        let of = |name: &str, node: &str, declared: &str, php: &str| {
            let faces = [
                class(&python, &format!("\nclass {name}("), "\nclass "),
                class(&text(node), &format!("class {name} "), "\n}"),
                class(&types, &format!("export {declared} {name} "), "\n}"),
                text(php),
            ];
            (faces, class(&python, &format!("\nclass Async{name}("), "\nclass "))
        };
        let (faces, twin) =
            of("ControlledServer", "lib/controlled_server.js", "interface", "Generated/ControlledService.php");
        reaches(&model.common_orders, faces, twin);
        for protocol in &model.protocols {
            for served in &protocol.served {
                let php = format!("Generated/{}/{}.php", protocol.class, served.short);
                let node = format!("lib/{}.js", protocol.module);
                let (faces, twin) = of(served.class, &node, "declare class", &php);
                assert!(types.contains(&format!("export interface {} extends ControlledServer", served.class)));
                reaches(&served.orders, faces, twin);
            }
        }
        let declared: std::collections::BTreeSet<&str> = bankchannel_counterparts::COUNTERPARTS
            .iter()
            .flat_map(|counterpart| counterpart.orders())
            .map(|entry| entry.declaration.name)
            .collect();
        assert_eq!(reached, declared.len());
    }

    #[test]
    fn secrets_of_orders_are_hidden_in_every_language() {
        let files = generate(&Model::load().unwrap()).unwrap();
        let text = |end: &str| files.iter().find(|file| file.path.ends_with(end)).unwrap().text.clone();
        let python = text("bankchannel/service.py");
        let class =
            |name: &str| python.split(&format!("\nclass {name}(")).nth(1).unwrap().split("\nclass ").next().unwrap();
        for (name, secret) in [("SeedAccount", "\"password\""), ("NewPsu", "\"personal_identifier\"")] {
            assert!(class(name).contains(&format!("_secret: ClassVar = frozenset(({secret},))")), "{name}");
        }
        assert!(class("SeededAccount").contains("id_tokens: Mapping[str, SecretText]"), "{}", class("SeededAccount"));
        assert!(
            text("lib/nextgen_psd2.js").contains("[\"personalIdentifier\", \"personal_identifier\", secret]"),
            "Node"
        );
        let php = text("Generated/NextGenPsd2/Bank.php");
        let is_marked = |line: &str| line.contains("$personalIdentifier") && line.contains("\\SensitiveParameter");
        assert!(php.lines().any(is_marked), "{php}");
    }

    #[test]
    fn every_error_code_reaches_every_face() {
        let model = Model::load().unwrap();
        let files = generate(&model).unwrap();
        for row in &model.errors {
            for face in ["bankchannel/codes.py", "lib/errors.js", "reference/errors.md"] {
                let file = files.iter().find(|file| file.path.ends_with(face)).unwrap();
                assert!(file.text.contains(row.code), "{} is not in {face}", row.code);
            }
        }
    }
    /// Pages and texts by hand that tell a reader of a language what there is.
    #[test]
    fn every_client_and_server_stands_where_its_readers_begin() {
        let model = Model::load().unwrap();
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let page = |path: &str| std::fs::read_to_string(root.join(path)).unwrap();
        let (c, header) = (page("docs/c-abi.md"), page("include/bankchannel.h"));
        let (front, readme) = (page("core/bankchannel/src/lib.rs"), page("README.md"));
        let servers = page("docs/embedded-servers.md");
        let start = page("core/counterparts/src/embedded_server.rs");
        let start = start.lines().map(str::trim_start).filter(|line| line.starts_with("///")).collect::<String>();
        let front: String = front.lines().take_while(|line| line.starts_with("//!")).collect();
        let languages = ["python", "node", "php"].map(|name| page(&format!("bindings/{name}/README.md")));
        for protocol in &model.protocols {
            if protocol.client.is_some() {
                let quoted = format!("\"{}\"", protocol.name);
                assert!(
                    c.contains(&quoted) && header.contains(&quoted),
                    "{quoted} is not in docs/c-abi.md and its header"
                );
                assert!(front.contains(protocol.class), "{} is not on the crate's front page", protocol.class);
                for text in languages.iter().chain([&readme]) {
                    assert!(text.contains(protocol.class), "{} is not in each README", protocol.class);
                }
            }
            for served in &protocol.served {
                let kind = format!("`{}`", served.kind);
                for (name, text) in
                    [("the header", &header), ("docs/embedded-servers.md", &servers), ("EmbeddedServer", &start)]
                {
                    assert!(text.contains(&kind), "{kind} is not in {name}");
                }
            }
        }
    }
}
