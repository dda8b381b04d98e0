//! PHP: structs as readonly classes, closed enums as enums, unions as class trees.

use bankchannel::model::{EnumShape, Field, Shape, StructShape, UnionShape};

use crate::{
    Generated,
    model::{ProtocolModel, holds_secrets, is_path, is_store},
    named_types::{Named, home},
    names::pascal,
    text::{Out, plain},
};

use super::source::{class, quoted};

/// Whether a value is input or output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Input: a secret may be named, a date is any date object.
    In,
    /// Output.
    Out,
}

/// The files of a type.
pub(crate) fn files(protocol: &ProtocolModel, named: &Named) -> Vec<Generated> {
    let is_given = matches!(named, Named::Struct(shape) if protocol.is_given(shape.name));
    files_of(protocol.class, named, if is_given { Side::In } else { Side::Out })
}

/// The same for an input or output type below `place`, a class.
pub(crate) fn files_of(place: &str, named: &Named, side: Side) -> Vec<Generated> {
    let namespace = format!("Bankchannel\\{place}");
    let path = |name: &str| format!("{place}/{name}");
    match named {
        Named::Struct(shape) => {
            vec![class(&path(shape.name), &namespace, |out| structure(out, shape, side))]
        }
        Named::Enum(shape) if shape.open => vec![class(&path(shape.name), &namespace, |out| constants(out, shape))],
        Named::Enum(shape) => vec![class(&path(shape.name), &namespace, |out| enumeration(out, shape))],
        Named::Union(shape) => {
            let mut files = vec![class(&path(shape.name), &namespace, |out| union(out, shape))];
            for variant in shape.variants {
                let name = shape.name.to_owned() + &pascal(variant.tag);
                let fields = variant.shape.map_or(&[][..], |shape| shape.fields());
                files.push(class(&path(&name), &namespace, |out| {
                    imports(out, fields, side);
                    out.jsdoc("", &plain(variant.doc));
                    out.line(format!("final class {name} extends {}{}", shape.name, written_by(fields, side)));
                    members(out, fields, Some((shape.tag, variant.tag)), side);
                }));
            }
            files
        }
    }
}

/// The class of a type; with its namespace if a module has it.
pub(crate) fn placed(shape: &'static Shape) -> String {
    let name = shape.name().unwrap_or_default();
    home(shape).map_or_else(|| name.to_owned(), |module| format!("\\Bankchannel\\{}\\{name}", module.class))
}

/// The type in a PHP declaration.
pub(crate) fn declared(shape: &'static Shape, side: Side, optional: bool) -> String {
    let placed = placed(shape);
    let name = match shape {
        Shape::Bool => "bool",
        Shape::Integer { .. } => "int",
        Shape::Seconds | Shape::Number => "float",
        Shape::Secret(_) if side == Side::In => {
            return if optional { "string|Secret|null".into() } else { "string|Secret".into() };
        }
        Shape::Decimal | Shape::Text(_) | Shape::Secret(_) | Shape::Bytes => "string",
        Shape::Date | Shape::Timestamp if side == Side::In => "\\DateTimeInterface",
        Shape::Date | Shape::Timestamp => "\\DateTimeImmutable",
        // A resource has no declaration in PHP.
        Shape::Content if side == Side::In => return "mixed".into(),
        Shape::AnyJson => return "mixed".into(),
        Shape::Content => "Content",
        Shape::Enum(shape) if shape.open => "string",
        Shape::List(_) | Shape::Map(_) | Shape::Json => "array",
        Shape::Enum(_) | Shape::Struct(_) | Shape::Union(_) => &placed,
    };
    if optional { format!("?{name}") } else { name.to_owned() }
}

/// The type in documentation, for readers and PHPStan.
pub(crate) fn documented(shape: &'static Shape, side: Side) -> String {
    match shape {
        Shape::Content if side == Side::In => "Content|string|\\SplFileInfo|resource".into(),
        Shape::List(of) => format!("list<{}>", documented(of, side)),
        Shape::Map(of) => format!("array<string, {}>", documented(of, side)),
        Shape::Json => "array<string, mixed>".into(),
        other => declared(other, side, false),
    }
}

/// The type of a field that is given: one that names a file also takes PHP's own object for a path.
pub(crate) fn given(field: &Field, optional: bool) -> String {
    match (is_path(field), optional) {
        (true, true) => "string|\\SplFileInfo|null".into(),
        (true, false) => "string|\\SplFileInfo".into(),
        (false, true) if is_store(field) => "string|Secret|\\SplFileInfo|null".into(),
        (false, false) if is_store(field) => "string|Secret|\\SplFileInfo".into(),
        (false, optional) => declared(field.shape, Side::In, optional),
    }
}

/// The same in documentation.
pub(crate) fn documented_field(field: &Field, side: Side) -> String {
    let is_given = side == Side::In && (is_path(field) || is_store(field));
    if is_given { given(field, false) } else { documented(field.shape, side) }
}

/// The value of a field in its JSON form.
pub(crate) fn encoded_field(field: &Field, value: &str, optional: bool, side: Side) -> String {
    if side == Side::In && (is_path(field) || is_store(field)) {
        let kind = if is_path(field) { "path" } else { "store" };
        let path = format!("Encode::{kind}({}, {value})", quoted(field.camel));
        return if optional { format!("{value} === null ? null : {path}") } else { path };
    }
    encoded(field.shape, value, optional)
}

/// The value in its JSON form.
pub(crate) fn encoded(shape: &Shape, value: &str, optional: bool) -> String {
    let guard = |with: String| if optional { format!("{value} === null ? null : {with}") } else { with };
    match shape {
        Shape::Date => guard(format!("Encode::date({value})")),
        Shape::Timestamp => guard(format!("Encode::timestamp({value})")),
        Shape::Secret(_) => guard(format!("Encode::secret({value})")),
        Shape::Bytes => guard(format!("base64_encode({value})")),
        Shape::Enum(shape) if !shape.open => {
            if optional {
                format!("{value}?->value")
            } else {
                format!("{value}->value")
            }
        }
        Shape::List(of) => guard(format!("array_values({})", mapped(of, value))),
        Shape::Map(of) => guard(format!("(object) {}", mapped(of, value))),
        // An empty array would be a list.
        Shape::Json => guard(format!("(object) {value}")),
        Shape::Struct(_) | Shape::Union(_) => guard(format!("(object) {value}->toArray()")),
        _ => value.to_owned(),
    }
}

fn mapped(of: &'static Shape, value: &str) -> String {
    match encoded(of, "$item", false) {
        same if same == "$item" => value.to_owned(),
        each => {
            // The class of secrets is not imported into output types.
            let kind = if matches!(of, Shape::Secret(_)) { "mixed".into() } else { declared(of, Side::In, false) };
            format!("array_map(static fn ({kind} $item): mixed => {each}, {value})")
        }
    }
}

/// The value from its JSON form.
fn decoded(shape: &'static Shape, value: &str) -> String {
    let each = |of: &'static Shape| match decoded(of, "$item") {
        same if same == "$item" => value.to_owned(),
        each => format!("array_map(static fn (mixed $item): mixed => {each}, {value})"),
    };
    match shape {
        Shape::Date | Shape::Timestamp => format!("new \\DateTimeImmutable({value})"),
        Shape::Bytes => format!("Encode::bytes({value})"),
        Shape::Enum(of) if !of.open => format!("{}::from({value})", placed(shape)),
        Shape::List(of) | Shape::Map(of) => each(of),
        Shape::Struct(_) | Shape::Union(_) => format!("{}::fromArray({value})", placed(shape)),
        _ => value.to_owned(),
    }
}

fn imports(out: &mut Out, fields: &[Field], side: Side) {
    let has = |wanted: fn(&Shape) -> bool| fields.iter().any(|field| wanted(field.shape));
    if has(|shape| matches!(shape, Shape::Content)) {
        out.line("use Bankchannel\\Content;");
    }
    if !fields.is_empty() {
        out.line("use Bankchannel\\Encode;");
        if fields.iter().any(|field| is_hidden(field, side)) {
            out.line("use Bankchannel\\Secret;");
        }
        out.blank();
    }
}

/// Whether a value is stored outside its object: a secret that is input, or a list or map of them. The program may read
/// output.
fn is_hidden(field: &Field, side: Side) -> bool {
    side == Side::In && holds_secrets(field.shape)
}

/// Whether the constructor checks a value that PHP would change: without `strict_types` the amount `true` would become
/// `1`, and a number of floating point would be rounded.
fn is_checked(field: &Field, side: Side) -> bool {
    side == Side::In && matches!(field.shape, Shape::Decimal)
}

/// The interface of a class that itself says what `json_encode` writes: one of output with secrets.
fn written_by(fields: &[Field], side: Side) -> &'static str {
    if shows_secrets(fields, side) { " implements \\JsonSerializable" } else { "" }
}

/// Whether a class has secrets as public members: output that the program may read.
fn shows_secrets(fields: &[Field], side: Side) -> bool {
    side == Side::Out && fields.iter().any(|field| holds_secrets(field.shape))
}

fn structure(out: &mut Out, shape: &'static StructShape, side: Side) {
    imports(out, shape.fields, side);
    out.jsdoc("", &plain(shape.doc));
    out.line(format!("final class {}{}", shape.name, written_by(shape.fields, side)));
    members(out, shape.fields, None, side);
}

/// The body of a class: a constructor with named arguments, and the conversions from and to JSON.
fn members(out: &mut Out, fields: &'static [Field], tag: Option<(&str, &str)>, side: Side) {
    out.line("{");
    let hidden: Vec<&Field> = fields.iter().filter(|field| is_hidden(field, side)).collect();
    if !hidden.is_empty() {
        let has_several = hidden.iter().any(|field| !matches!(field.shape, Shape::Secret(_)));
        let member = |field: &&Field| {
            let null = if field.optional { "|null" } else { "" };
            format!("{}: {}{null}", field.name, documented(field.shape, side))
        };
        let kind = match has_several {
            true => format!("array{{{}}}", hidden.iter().map(member).collect::<Vec<_>>().join(", ")),
            false => "array<string, string|Secret|null>".to_owned(),
        };
        let doc = format!(
            "@var \\WeakMap<self, {kind}>|null secrets beside their objects: what dumps or exports an object cannot find one \
             in it"
        );
        out.jsdoc("    ", &doc);
        out.line("    private static ?\\WeakMap $secrets = null;");
        out.blank();
    }
    let (optional, mut order): (Vec<&Field>, Vec<&Field>) = fields.iter().partition(|field| field.optional);
    order.extend(optional);
    let checked: Vec<&Field> = order.iter().copied().filter(|field| is_checked(field, side)).collect();
    for field in &checked {
        out.line(format!("    public readonly {} ${};", declared(field.shape, side, field.optional), field.camel));
        out.blank();
    }
    if !fields.is_empty() {
        let mut doc = String::new();
        for field in &order {
            let null = if field.optional { "|null" } else { "" };
            let text = plain(field.doc).replace("\n\n", " ");
            doc.push_str(&format!("@param {}{null} ${} {text}\n", documented_field(field, side), field.camel));
        }
        out.jsdoc("    ", doc.trim_end());
        out.line("    public function __construct(");
        for field in &order {
            let default = if field.optional { " = null" } else { "" };
            let secret = if holds_secrets(field.shape) { "#[\\SensitiveParameter] " } else { "" };
            let kind = match (is_checked(field, side), field.optional) {
                (true, true) => "string|int|float|bool|null".to_owned(),
                (true, false) => "string|int|float|bool".to_owned(),
                (false, optional) if side == Side::In => given(field, optional),
                (false, optional) => declared(field.shape, side, optional),
            };
            let kept = if is_hidden(field, side) || is_checked(field, side) { "" } else { "public readonly " };
            out.line(format!("        {secret}{kept}{kind} ${}{default},", field.camel));
        }
        out.line("    ) {");
        if !hidden.is_empty() {
            let held: Vec<String> =
                hidden.iter().map(|field| format!("{} => ${}", quoted(field.name), field.camel)).collect();
            out.line("        self::$secrets ??= new \\WeakMap();");
            out.line(format!("        self::$secrets[$this] = [{}];", held.join(", ")));
        }
        for field in &checked {
            let name = field.camel;
            let check = format!("Encode::decimal({}, ${name})", quoted(name));
            let value = if field.optional { format!("${name} === null ? null : {check}") } else { check };
            out.line(format!("        $this->{name} = {value};"));
        }
        out.line("    }");
        out.blank();
    }
    if !hidden.is_empty() {
        out.jsdoc("    ", "It holds a secret, which must not be written anywhere with it.");
        out.line("    public function __serialize(): array");
        out.line("    {");
        out.line("        throw new \\LogicException(self::class . ' holds a secret and is not serialized');");
        out.line("    }");
        out.blank();
        out.jsdoc("    ", "A copy would be without its secret.");
        out.line("    private function __clone()");
        out.line("    {");
        out.line("    }");
        out.blank();
    }
    let shown: Vec<&Field> = order.iter().copied().filter(|field| holds_secrets(field.shape)).collect();
    if shows_secrets(fields, side) {
        out.jsdoc("    ", "What `var_dump` and `print_r` show: no secrets. The members and `toArray` have them.\n\n@return array<string, mixed>");
        out.line("    public function __debugInfo(): array");
        out.line("    {");
        let hidden: Vec<String> = shown.iter().map(|field| format!("{} => '[secret]'", quoted(field.camel))).collect();
        out.line(format!(
            "        return array_intersect_key([{}], array_filter(get_object_vars($this))) + get_object_vars($this);",
            hidden.join(", ")
        ));
        out.line("    }");
        out.blank();
        out.jsdoc("    ", "What `json_encode` writes: the same, without secrets.\n\n@return array<string, mixed>");
        out.line("    public function jsonSerialize(): array");
        out.line("    {");
        out.line("        return $this->__debugInfo();");
        out.line("    }");
        out.blank();
    }
    let content = fields.iter().any(|field| matches!(field.shape, Shape::Content));
    out.jsdoc("    ", "@internal\n\n@param array<string, mixed> $data");
    out.line(format!(
        "    public static function fromArray(array $data{}): self",
        if content { ", ?Content $content = null" } else { "" }
    ));
    out.line("    {");
    out.line("        return new self(");
    for field in &order {
        let from = format!("$data[{}]", quoted(field.name));
        let value = match (field.shape, field.optional) {
            (Shape::Content, true) => "$content".to_owned(),
            (Shape::Content, false) => "$content ?? Content::bytes('')".to_owned(),
            (shape, false) => decoded(shape, &from),
            (shape, true) => match decoded(shape, &from) {
                same if same == from => format!("{from} ?? null"),
                other => format!("isset({from}) ? {other} : null"),
            },
        };
        out.line(format!("            {}: {value},", field.camel));
    }
    out.line("        );");
    out.line("    }");
    out.blank();
    out.jsdoc("    ", "The value as JSON has it.\n\n@return array<string, mixed>");
    out.line("    public function toArray(): array");
    out.line("    {");
    if fields.is_empty() && tag.is_none() {
        out.line("        return [];");
    } else {
        out.line(if fields.is_empty() { "        return [" } else { "        return Encode::present([" });
        if let Some((field, value)) = tag {
            out.line(format!("            {} => {},", quoted(field), quoted(value)));
        }
        for field in fields.iter().filter(|field| !matches!(field.shape, Shape::Content)) {
            let value = match is_hidden(field, side) {
                true => format!("self::$secrets[$this][{}]", quoted(field.name)),
                false => format!("$this->{}", field.camel),
            };
            let value = encoded_field(field, &value, field.optional, side);
            out.line(format!("            {} => {value},", quoted(field.name)));
        }
        out.line(if fields.is_empty() { "        ];" } else { "        ]);" });
    }
    out.line("    }");
    out.line("}");
}

fn enumeration(out: &mut Out, shape: &'static EnumShape) {
    out.jsdoc("", &plain(shape.doc));
    out.line(format!("enum {}: string", shape.name));
    out.line("{");
    for value in shape.values {
        out.jsdoc("    ", &plain(value.doc));
        out.line(format!("    case {} = {};", identifier(value.value), quoted(value.value)));
    }
    out.line("}");
}

fn constants(out: &mut Out, shape: &'static EnumShape) {
    out.jsdoc("", &format!("{}\n\nThe values known to this version; the peer may send others.", plain(shape.doc)));
    out.line(format!("final class {}", shape.name));
    out.line("{");
    for value in shape.values {
        out.jsdoc("    ", &plain(value.doc));
        out.line(format!("    public const {} = {};", constant(value.value), quoted(value.value)));
    }
    out.line("}");
}

fn union(out: &mut Out, shape: &'static UnionShape) {
    out.jsdoc("", &plain(shape.doc));
    out.line(format!("abstract class {}", shape.name));
    out.line("{");
    out.jsdoc("    ", "@internal\n\n@param array<string, mixed> $data");
    out.line("    public static function fromArray(array $data): self");
    out.line("    {");
    out.line(format!("        return match ($data[{}]) {{", quoted(shape.tag)));
    for variant in shape.variants {
        out.line(format!(
            "            {} => {}{}::fromArray($data),",
            quoted(variant.tag),
            shape.name,
            pascal(variant.tag)
        ));
    }
    out.line("        };");
    out.line("    }");
    out.blank();
    out.jsdoc("    ", "The value as JSON has it.\n\n@return array<string, mixed>");
    out.line("    abstract public function toArray(): array;");
    out.line("}");
}

/// `SMS_MFA` → `SmsMfa`; `ALL` → `All`.
fn identifier(value: &str) -> String {
    let words: String =
        value.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    let name = pascal(&words);
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// `SMS_MFA` → `SMS_MFA`; `pain.001` → `PAIN_001`.
fn constant(value: &str) -> String {
    let name: String =
        value.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    // `class` is the only name that PHP does not allow for a constant.
    if name == "CLASS" || name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}
