//! The commands of a service's operator: declared whole, and named once.

use std::collections::BTreeSet;

use bankchannel_counterparts::{COUNTERPARTS, CallableCommand};
use bankchannel_foundation::{
    model::{Field, Shape},
    operation::{OperationKind, OptionForm},
};

fn commands() -> Vec<&'static CallableCommand> {
    COUNTERPARTS.iter().flat_map(|counterpart| counterpart.operator_commands()).collect()
}

fn field<'a>(fields: &'a [Field], name: &str) -> Option<&'a Field> {
    fields.iter().find(|field| field.name == name)
}

#[test]
fn every_command_is_declared_whole() {
    let (mut names, mut words) = (BTreeSet::new(), BTreeSet::new());
    assert!(commands().len() > 10);
    for command in commands() {
        let (declaration, form) = (command.entry.declaration, command.form);
        let name = declaration.name;
        assert_eq!(declaration.kind, OperationKind::OperatorCommand, "{name}");
        assert!(!declaration.summary.is_empty() && !declaration.doc.is_empty(), "{name}");
        assert!(names.insert(name) && words.insert(form.command), "{name} stands twice");
        assert!(!form.examples.is_empty(), "{name} has no example");
        let fields = command.entry.request.fields();
        for option in form.options {
            let of = field(fields, option.field).unwrap_or_else(|| panic!("{name} has no field {}", option.field));
            let is_switch = matches!(of.shape, Shape::Bool) && !of.optional;
            assert!(option.form != OptionForm::Opposite || is_switch, "{name}: {} is no switch", option.option);
            assert!(
                option.form != OptionForm::Folder || matches!(of.shape, Shape::Text(_)),
                "{name}: {}",
                option.field
            );
        }
        // People see the first member of the answer.
        let result = command.entry.response.fields().first().unwrap_or_else(|| panic!("{name} answers nothing"));
        if let Some(verdict) = form.verdict {
            let of = field(result.shape.fields(), verdict).map(|field| field.shape);
            assert!(matches!(of, Some(Shape::Bool)), "{name}: {verdict}");
        }
        for word in form.examples.iter().flat_map(|example| example.split_whitespace()) {
            let Some(option) = word.strip_prefix("--").filter(|option| *option != "config") else { continue };
            let has = |field: &Field| match form.option(field.name) {
                Some(special) => special.option == option || special.aliases.contains(&option),
                None => field.name.replace('_', "-") == option,
            };
            assert!(fields.iter().any(has), "{name}: the example has --{option}");
        }
        // A catalogue of clients has none of them.
        assert!(bankchannel::find(name).is_none(), "{name}");
    }
}
