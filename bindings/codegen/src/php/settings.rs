//! PHP: creating a client: the constructor with the settings, and `fromEnv`.

use bankchannel::model::{Field, Shape, StructShape};

use crate::{
    model::ProtocolModel,
    text::{Out, plain},
};

use super::{
    parameters::{fields_as, parameter, parameter_doc},
    questions,
    source::quoted,
    types::{self, Side},
};

/// The constructor and `fromEnv`.
pub(crate) fn constructors(out: &mut Out, protocol: &ProtocolModel, settings: &'static StructShape) {
    let mut doc = format!("Makes a client; nothing is sent.\n\n{}\n", plain(settings.doc));
    doc.push_str(&documented(protocol, settings));
    doc.push_str("\n@param bool $fromEnv Whether what is left out here is taken from the environment: see `fromEnv`.");
    doc.push_str(LAST_DOC);
    out.jsdoc("    ", &doc);
    out.line("    public function __construct(");
    parameters(out, protocol, settings);
    out.line("        bool $fromEnv = false,");
    out.line("        ?Bridge $bridge = null,");
    out.line("    ) {");
    let asked = if protocol.asks() { "$onCode, $signer" } else { "null, null" };
    for interface in protocol.interfaces {
        let (option, calls) = (interface.option, questions::calls_class(interface));
        out.line(format!("        $onCode = ${option} === null ? $onCode : {calls}::of(${option}, $onCode);"));
    }
    let environment = format!("$fromEnv ? {} : null", quoted(protocol.variable_prefix()));
    let before = format!("        parent::__construct({}, ", quoted(protocol.name));
    fields_as(
        out,
        &before,
        settings,
        &format!(", {asked}, $logger, {environment}, $bridge, $onRequest, $onResponse, $traceparent, $tracer);"),
        encoded,
    );
    out.line("    }");
    from_env(out, protocol, settings);
}

/// The last parameter, and the exceptions.
const LAST_DOC: &str = "\n@param Bridge|null $bridge The way into the native library; left out, it is found by itself.\
    \n@throws BankchannelException";

fn from_env(out: &mut Out, protocol: &ProtocolModel, settings: &'static StructShape) {
    out.blank();
    let mut doc = format!(
        "A client whose settings come from the environment's `{}…` variables (the list is in docs/reference, {}-settings). \
         What is given here takes precedence. A variable is looked for in `$_SERVER`, then among the parameters of the web \
         server (FastCGI) and the process's own (`getenv`), then in `$_ENV`.\n",
        protocol.variable_prefix(),
        protocol.name,
    );
    doc.push_str(&documented(protocol, settings));
    doc.push_str(LAST_DOC);
    out.jsdoc("    ", &doc);
    out.line("    final public static function fromEnv(");
    parameters(out, protocol, settings);
    out.line("        ?Bridge $bridge = null,");
    out.line("    ): static {");
    out.line("        return new static( // @phpstan-ignore new.static");
    let mut names: Vec<String> = settings.fields.iter().map(|field| field.camel.to_owned()).collect();
    if protocol.asks() {
        names.extend(["onCode".to_owned(), "signer".to_owned()]);
    }
    names.extend(protocol.interfaces.iter().map(|interface| interface.option.to_owned()));
    names.extend(["logger", "onRequest", "onResponse", "traceparent", "tracer"].map(str::to_owned));
    for name in names {
        out.line(format!("            {name}: ${name},"));
    }
    out.line("            fromEnv: true,");
    out.line("            bridge: $bridge,");
    out.line("        );");
    out.line("    }");
}

/// The tags of the parameters that the constructor and `fromEnv` share.
fn documented(protocol: &ProtocolModel, settings: &'static StructShape) -> String {
    let mut doc = String::new();
    for field in settings.fields {
        let tag = parameter_doc(field);
        match named(field) {
            // A configuration has the value as text.
            Some(name) => doc.push_str(&tag.replacen(&format!("{name}|null"), &format!("string|{name}|null"), 1)),
            None => doc.push_str(&tag),
        }
    }
    if protocol.asks() {
        doc.push_str(
            "\n@param (callable(Question): string)|null $onCode Answers what a call asks, such as for a one-time code.\
             \n@param (callable(SignatureRequest): string)|null $signer Signs with a key that the library does not have, such as \
             one in a hardware module; returns the raw signature's bytes.",
        );
    }
    for interface in protocol.interfaces {
        doc.push_str(&format!("\n@param {}|null ${} {}", interface.name, interface.option, plain(interface.what)));
    }
    doc.push_str(
        "\n@param LoggerInterface|null $logger Takes what calls do, redacted: exchanges at `debug`, steps at `info`.\
         \n@param (callable(HttpRequest): mixed)|null $onRequest Is told of each request that begins; it cannot change it. What it \
         throws is logged, and the call goes on.\
         \n@param (callable(HttpRequest, HttpExchange): mixed)|null $onResponse Is told of each answer when its head is there.\
         \n@param string|(\\Closure(): (string|null))|null $traceparent The W3C `traceparent` of the trace that the calls belong to, or a \
         function that is asked for it at each call; it goes along where `$sendTraceparent` allows it.\
         \n@param object|null $tracer A tracer of OpenTelemetry (`TracerInterface` of open-telemetry/api): each call is a span below the \
         present one, with its requests as events, and its `traceparent` goes along in the same way.",
    );
    doc
}

fn parameters(out: &mut Out, protocol: &ProtocolModel, settings: &'static StructShape) {
    for field in settings.fields {
        match named(field) {
            Some(name) => out.line(format!("        string|{name}|null ${} = null,", field.camel)),
            None => out.line(format!("        {},", parameter(field, true))),
        }
    }
    if protocol.asks() {
        out.line("        ?callable $onCode = null,");
        out.line("        ?callable $signer = null,");
    }
    for interface in protocol.interfaces {
        out.line(format!("        ?{} ${} = null,", interface.name, interface.option));
    }
    out.line("        ?LoggerInterface $logger = null,");
    out.line("        ?callable $onRequest = null,");
    out.line("        ?callable $onResponse = null,");
    out.line("        string|\\Closure|null $traceparent = null,");
    out.line("        ?object $tracer = null,");
}

/// The enum of a setting with a list of names: a configuration has it as text.
fn named(field: &Field) -> Option<String> {
    match field.shape {
        Shape::Enum(shape) if !shape.open => Some(types::declared(field.shape, Side::In, false)),
        _ => None,
    }
}

fn encoded(field: &Field) -> String {
    let value = format!("${}", field.camel);
    match named(field) {
        Some(_) => format!("Encode::name({value})"),
        None => types::encoded_field(field, &value, field.optional || field.profile, Side::In),
    }
}
