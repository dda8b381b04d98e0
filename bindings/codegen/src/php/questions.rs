//! PHP: a protocol's questions to the program's object: an interface, the types, and the code that turns questions into
//! calls of it.

use bankchannel::model::Shape;
use bankchannel_foundation::question::{Interface, QuestionEntry};

use crate::{
    Generated,
    model::ProtocolModel,
    named_types::Named,
    names::camel,
    text::{Out, plain},
};

use super::{
    source::{class, namespace, quoted},
    types::{self, Side},
};

/// Every file about the program's objects.
pub(crate) fn files(protocol: &ProtocolModel) -> Vec<Generated> {
    let mut files = Vec::new();
    for named in protocol.types_of_questions() {
        let side = match named {
            Named::Struct(shape) if protocol.is_question(shape.name) => Side::Out,
            _ => Side::In,
        };
        files.extend(types::files_of(protocol.class, named, side));
    }
    for interface in protocol.interfaces {
        files.push(declared(protocol, interface));
        files.push(calls(protocol, interface));
    }
    files
}

/// The class that calls objects of this interface.
pub(crate) fn calls_class(interface: &Interface) -> String {
    format!("{}Calls", interface.name)
}

fn is_empty(question: &QuestionEntry) -> bool {
    matches!(question.answer, Shape::Struct(shape) if shape.fields.is_empty())
}

fn declared(protocol: &ProtocolModel, interface: &Interface) -> Generated {
    class(&format!("{}/{}", protocol.class, interface.name), &namespace(protocol), |out| {
        out.jsdoc("", &format!("{} A method that throws has failed; why stays in the program.", plain(interface.what)));
        out.line(format!("interface {}", interface.name));
        out.line("{");
        for (at, question) in interface.questions.iter().enumerate() {
            if at > 0 {
                out.blank();
            }
            let declaration = question.declaration;
            out.jsdoc("    ", &format!("{}.\n\n{}", plain(declaration.summary), plain(declaration.doc)));
            let answer = if is_empty(question) { "void" } else { name(question.answer) };
            let (method, request) = (camel(question.method()), name(question.request));
            out.line(format!("    public function {method}({request} $question): {answer};"));
        }
        out.line("}");
    })
}

fn name(shape: &'static Shape) -> &'static str {
    shape.name().unwrap_or("array")
}

fn calls(protocol: &ProtocolModel, interface: &Interface) -> Generated {
    let own = calls_class(interface);
    class(&format!("{}/{own}", protocol.class), &namespace(protocol), |out: &mut Out| {
        out.line("use Bankchannel\\Encode;");
        out.line("use Bankchannel\\Question;");
        out.blank();
        out.jsdoc("", &format!("Questions as calls of a `{}`.\n\n@internal", interface.name));
        out.line(format!("final class {own}"));
        out.line("{");
        out.jsdoc(
            "    ",
            "What answers questions: the object those that are for it, `$onCode` any other.\n\n@param (callable(Question): string)|null $onCode",
        );
        out.line(format!("    public static function of({} $object, ?callable $onCode): \\Closure", interface.name));
        out.line("    {");
        out.line("        return static fn (Question $question): string => match ($question->kind) {");
        for question in interface.questions {
            let (kind, method) = (quoted(question.declaration.name), camel(question.method()));
            let request = format!("{}::fromArray($question->request() ?? [])", name(question.request));
            let call = format!("$object->{method}({request})");
            out.line(match is_empty(question) {
                true => format!("            {kind} => self::nothing(static fn () => {call}),"),
                false => format!("            {kind} => Encode::json({call}->toArray()),"),
            });
        }
        let unanswered = "throw new \\LogicException('no callback can answer this question')";
        out.line(format!("            default => $onCode === null ? {unanswered} : $onCode($question),"));
        out.line("        };");
        out.line("    }");
        out.blank();
        out.line("    private static function nothing(\\Closure $call): string");
        out.line("    {");
        out.line("        $call();");
        out.blank();
        out.line("        return '{}';");
        out.line("    }");
        out.line("}");
    })
}
