//! Python: a protocol's questions to the program's object, as types and as a protocol class that the object implements.

use bankchannel::model::Shape;
use bankchannel_foundation::question::{Interface, QuestionEntry};

use crate::{
    model::ProtocolModel,
    named_types::Named,
    text::{Out, plain},
};

use super::types::{given_type, input_type, names, output_field, output_type, record, union};

/// All questions of a protocol to the program's objects.
pub(crate) fn interfaces(out: &mut Out, protocol: &ProtocolModel) -> Result<(), String> {
    for named in protocol.types_of_questions() {
        match named {
            Named::Struct(shape) => {
                let typed = if protocol.is_question(shape.name) { output_field } else { given_type };
                record(out, shape.name, &plain(shape.doc), None, shape.fields, typed);
            }
            Named::Enum(shape) => names(out, shape),
            Named::Union(shape) => union(out, shape, given_type)?,
        }
    }
    for interface in protocol.interfaces {
        class(out, interface, "", |answer| answer);
        class(out, interface, "Async", |answer| format!("Union[{answer}, Awaitable[{answer}]]"));
    }
    Ok(())
}

/// A class with the methods that an object must have.
fn class(out: &mut Out, interface: &Interface, prefix: &str, given: fn(String) -> String) {
    out.export(format!("{prefix}{}", interface.name));
    out.blank();
    out.blank();
    out.line(format!("class {prefix}{}(Protocol):", interface.name));
    let awaited = if prefix.is_empty() { "" } else { " Its methods may be coroutines." };
    out.docstring(
        "    ",
        &format!("{}{awaited} A method that raises has failed; why stays in the program.", plain(interface.what)),
    );
    for question in interface.questions {
        out.blank();
        let answer = given(answer(question));
        let request = output_type(question.request);
        out.line(format!("    def {}(self, question: {request}, /) -> {answer}:", question.method()));
        let declaration = question.declaration;
        out.docstring("        ", &format!("{}.\n\n{}", plain(declaration.summary), plain(declaration.doc)));
        out.line("        ...");
    }
}

/// The return type of a method. A method with an empty answer may return `None`.
fn answer(question: &QuestionEntry) -> String {
    let answer = input_type(question.answer);
    match question.answer {
        Shape::Struct(shape) if shape.fields.is_empty() => format!("Union[{answer}, None]"),
        _ => answer,
    }
}
