//! PHP: the classes of the embedded servers.

use bankchannel::model::{Field, Shape};
use bankchannel_counterparts::CLIENTS;

use crate::{
    Generated,
    model::{ProtocolModel, holds_secrets, is_path},
    served::Served,
    text::{Out, plain},
};

use super::{
    orders::{self, CONTROLLED},
    parameters::{fields, parameter, parameter_doc},
    source::{class, namespace, quoted},
};

fn has_secret(field: &Field) -> bool {
    holds_secrets(field.shape)
}

/// The class of an embedded server.
pub(crate) fn service(protocol: &ProtocolModel, served: &Served) -> Generated {
    let text = |info: &Field| match (Served::is_object(info), info.optional) {
        (true, _) => "array",
        (false, true) => "?string",
        (false, false) => "string",
    };
    class(&format!("{}/{}", protocol.class, served.short), &namespace(protocol), |out| {
        let any = |wanted: fn(&Field) -> bool| served.options.fields.iter().any(wanted);
        let in_orders =
            |wanted: fn(&Field) -> bool| served.typed_orders().flat_map(|order| order.request.fields).any(wanted);
        let is_encoded = |field: &Field| {
            matches!(field.shape, Shape::Date | Shape::Timestamp) || has_secret(field) || is_path(field)
        };
        let encodes = any(is_encoded) || in_orders(is_encoded);
        let used = [
            ("AbstractService", !served.has_orders()),
            ("Bridge\\Bridge", true),
            ("Content", served.typed_orders().any(|order| order.request_content.is_some())),
            (CONTROLLED, served.has_orders()),
            ("Encode", encodes),
            ("Exception\\BankchannelException", true),
            ("Secret", any(has_secret) || in_orders(has_secret)),
        ];
        for (class, _) in used.into_iter().filter(|(_, is_used)| *is_used) {
            out.line(format!("use Bankchannel\\{class};"));
        }
        out.blank();
        out.jsdoc("", &format!("{}, running inside this process. It stops when this object is gone.", served.what));
        let base = if served.has_orders() { CONTROLLED } else { "AbstractService" };
        out.line(format!("final class {} extends {base}", served.short));
        out.line("{");
        for info in served.info {
            let of = object_type(info).map(|of| format!("\n\n@var {of}")).unwrap_or_default();
            out.jsdoc("    ", &format!("{}{of}", info.doc));
            out.line(format!("    public readonly {} ${};", text(info), info.camel));
            out.blank();
        }
        let mut doc = format!("{}\n", plain(served.options.doc));
        for field in served.options.fields {
            doc.push_str(&parameter_doc(field));
        }
        doc.push_str("\n@param Bridge|null $bridge The way into the native library; left out, it is found by itself.");
        doc.push_str("\n@throws BankchannelException");
        out.jsdoc("    ", &doc);
        out.line("    public function __construct(");
        for field in served.options.fields {
            out.line(format!("        {},", parameter(field, true)));
        }
        out.line("        ?Bridge $bridge = null,");
        out.line("    ) {");
        fields(out, &format!("        $told = $this->start({}, ", quoted(served.kind)), served.options, ", $bridge);");
        for info in served.info {
            let or = match (object_type(info), info.optional) {
                (Some(of), _) => {
                    out.line(format!("        /** @var {of} ${} */", info.camel));
                    out.line(format!(
                        "        ${} = self::objectOf($told[{}] ?? null);",
                        info.camel,
                        quoted(info.name)
                    ));
                    out.line(format!("        $this->{0} = ${0};", info.camel));
                    continue;
                }
                (None, true) => "null",
                (None, false) => "''",
            };
            out.line(format!("        $this->{} = $told[{}] ?? {or};", info.camel, quoted(info.name)));
        }
        out.line("    }");
        out.blank();
        for order in served.typed_orders() {
            orders::method(out, order);
            out.blank();
        }
        if let Some(clients) = served.clients() {
            client_of(out, protocol, clients);
            out.line("}");
            return;
        }
        let members: Vec<String> = served.settings().map(|info| format!("{}: {}", info.camel, text(info))).collect();
        let doc = format!(
            "What a client needs to reach it, as named arguments: `new {}(...$server->clientSettings(), …)`.\n\n@return array{{{}}}",
            protocol.class,
            members.join(", ")
        );
        out.jsdoc("    ", &doc);
        out.line("    public function clientSettings(): array");
        out.line("    {");
        let members: Vec<String> =
            served.settings().map(|info| format!("{} => $this->{}", quoted(info.camel), info.camel)).collect();
        out.line(format!("        return [{}];", members.join(", ")));
        out.line("    }");
        out.line("}");
    })
}

/// The type of a member that is an object. What `clientSettings` looks into by name has no fixed members.
fn object_type(info: &Field) -> Option<String> {
    Served::is_object(info).then(|| match info.name {
        CLIENTS => "array<string, mixed>".to_owned(),
        _ => array_shape(info.shape),
    })
}

/// The type of a member of the readiness line, as the JSON has it.
fn array_shape(shape: &Shape) -> String {
    match shape {
        Shape::Struct(of) => {
            let member = |field: &Field| {
                let or = if field.optional { "?" } else { "" };
                format!("{}: {or}{}", field.name, array_shape(field.shape))
            };
            format!("array{{{}}}", of.fields.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Shape::List(of) => format!("list<{}>", array_shape(of)),
        _ => "string".to_owned(),
    }
}

/// `clientSettings` of a server that plays several peers.
fn client_of(out: &mut Out, protocol: &ProtocolModel, clients: &'static [Field]) {
    let names: Vec<String> = clients.iter().map(|one| quoted(one.name)).collect();
    let fields = Served::client_fields(clients);
    let members: Vec<String> = fields
        .iter()
        .map(|field| format!("{}: {}string", field.camel, if field.optional { "?" } else { "" }))
        .collect();
    out.jsdoc(
        "    ",
        &format!(
            "What a client of one of its banks needs, as named arguments: `new {}(...$server->clientSettings({}), …)`.\n\n\
             @param {} $name\n\n@return array{{{}}}\n\n@throws BankchannelException",
            protocol.class,
            names.first().map_or("", String::as_str),
            names.join("|"),
            members.join(", ")
        ),
    );
    out.line("    public function clientSettings(string $name): array");
    out.line("    {");
    out.line("        $of = $this->clients[$name] ?? null;");
    out.line("        if (!\\is_array($of)) {");
    out.line(format!(
        "            throw BankchannelException::invalidInput('name', {});",
        quoted(&format!("must be one of {}", clients.iter().map(|one| one.name).collect::<Vec<_>>().join(", ")))
    ));
    out.line("        }");
    out.blank();
    out.line("        return [");
    for field in fields {
        let text = format!("$of[{}]", quoted(field.name));
        let value =
            if field.optional { format!("isset({text}) ? (string) {text} : null") } else { format!("(string) {text}") };
        out.line(format!("            {} => {value},", quoted(field.camel)));
    }
    out.line("        ];");
    out.line("    }");
}
