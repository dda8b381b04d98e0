//! The input of the generators: operations, types, settings and errors, checked and in a fixed order.

use std::collections::BTreeMap;

use bankchannel::{
    model::{Field, Shape, StructShape},
    operation::{Ask, CatalogueEntry, OperationKind, Pages},
    protocols::{ClientKind, CommandPlacement},
};
use bankchannel_counterparts::COUNTERPARTS;
use bankchannel_foundation::{error::ErrorRow, question::Interface};

use crate::{
    named_types::{Named, Types, home},
    orders::{OrderTypes, common_orders, same_where_named_the_same},
    served::Served,
};

/// Names of a typed method's own options; a request's field of such a name would clash with them.
const RESERVED: [&str; 14] = [
    "timeout",
    "timeout_ms",
    "cancel",
    "signal",
    "destination",
    "on_code",
    "on_progress",
    "request_id",
    "retries",
    "with_response",
    "signer",
    "logger",
    "self",
    "options",
];

/// Whether a field names a file or a folder: there each language also takes its own kind of path.
pub(crate) fn is_path(field: &Field) -> bool {
    const NAMES: [&str; 13] = [
        "bank_ca",
        "config",
        "connector_public_key",
        "data",
        "directory",
        "ledger",
        "module",
        "private_key",
        "record_to",
        "reject_repeats",
        "replay_from",
        "tls_cert",
        "tls_key",
    ];
    const ENDS: [&str; 2] = ["_file", "_dir"];
    let is_named = NAMES.contains(&field.name) || ENDS.iter().any(|end| field.name.ends_with(end));
    // A key as text is a secret; one that is not is named by its file.
    is_named && matches!(field.shape, Shape::Text(_))
}

/// Whether a field names a folder or a database: its address holds a password, so it is a secret, and each language takes
/// its own kind of path too.
pub(crate) fn is_store(field: &Field) -> bool {
    field.name == "store" && matches!(field.shape, Shape::Secret(_))
}

/// The input of all generators.
pub(crate) struct Model {
    /// The protocols, each with a client or as a module of functions.
    pub(crate) protocols: Vec<ProtocolModel>,
    /// The orders that every embedded server has, and their types.
    pub(crate) common_orders: Vec<OperationModel>,
    /// The types of those.
    pub(crate) common_types: OrderTypes,
    /// The error table.
    pub(crate) errors: Vec<&'static ErrorRow>,
}

/// One protocol: a client and servers to embed, or functions only.
pub(crate) struct ProtocolModel {
    /// `ws-channel`.
    pub(crate) name: &'static str,
    /// `ws_channel`.
    pub(crate) module: &'static str,
    /// The purpose of its class, in a few words.
    pub(crate) what: &'static str,
    /// The class with its operations: of its clients, `WsChannel`; or of functions, if there is no client.
    pub(crate) class: &'static str,
    /// The client's settings; `None` if there is no client.
    pub(crate) settings: Option<&'static StructShape>,
    /// The embedded servers of the protocol.
    pub(crate) served: Vec<Served>,
    /// Its client, unless it has functions only.
    pub(crate) client: Option<&'static ClientKind>,
    /// The form of its operations on the command line.
    pub(crate) commands: CommandPlacement,
    /// In the catalogue's order.
    pub(crate) operations: Vec<OperationModel>,
    /// Every named type that the operations, settings and options use; a type comes after those that it uses itself.
    pub(crate) types: Vec<Named>,
    /// Interfaces of the program's objects that its clients ask.
    pub(crate) interfaces: &'static [&'static Interface],
    /// The types that occur in their questions only.
    pub(crate) of_questions: Vec<Named>,
}

/// One operation.
pub(crate) struct OperationModel {
    /// Its declaration and shapes.
    pub(crate) entry: &'static CatalogueEntry,
    /// `list_files`.
    pub(crate) name: &'static str,
    /// The request.
    pub(crate) request: &'static StructShape,
    /// The response.
    pub(crate) response: ResponseModel,
    /// The request's field that is content.
    pub(crate) request_content: Option<&'static Field>,
    /// The response's field that is content.
    pub(crate) response_content: Option<&'static Field>,
}

/// A response: a struct, or one of several.
#[derive(Clone, Copy)]
pub(crate) struct ResponseModel {
    /// The type's name.
    pub(crate) name: &'static str,
    /// The type.
    pub(crate) shape: &'static Shape,
}

impl OperationModel {
    /// The model of an operation.
    pub(crate) fn new(entry: &'static CatalogueEntry) -> Result<Self, String> {
        operation(entry)
    }

    /// Whether it takes the options of every call, such as a time limit.
    pub(crate) fn takes_options(&self) -> bool {
        !self.is_local() && !self.is_order()
    }

    /// Whether it only computes, and has an awaitable form, too.
    pub(crate) fn takes_time(&self) -> bool {
        self.is_local() && self.entry.declaration.takes_time
    }

    pub(crate) fn is_local(&self) -> bool {
        self.entry.declaration.kind == OperationKind::Local
    }

    pub(crate) fn deprecated(&self) -> Option<&'static str> {
        let successor = self.entry.declaration.deprecated?.successor;
        Some(successor.split_once('.').map_or(successor, |(_, short)| short))
    }

    /// If it returns one page: how to iterate over all pages, and the shapes of the members of each list: the last are
    /// the items.
    pub(crate) fn pages(&self) -> Option<(Pages, Vec<&'static Shape>)> {
        let pages = self.entry.declaration.pages?;
        let member = |shape: &'static Shape, list: &str| {
            shape.fields().iter().find(|field| field.name == list).and_then(|field| match field.shape {
                Shape::List(of) => Some(*of),
                _ => None,
            })
        };
        let mut of = self.response.shape;
        let members = pages.items.iter().map(|list| {
            of = member(of, list)?;
            Some(of)
        });
        Some((pages, members.collect::<Option<_>>()?))
    }

    /// Whether it may ask questions while it runs.
    pub(crate) fn asks(&self) -> bool {
        !self.entry.declaration.asks.is_empty()
    }

    /// Whether it reports progress: it transfers content, or has several steps.
    pub(crate) fn reports(&self) -> bool {
        let has_content = self.request_content.is_some() || self.response_content.is_some();
        self.takes_options() && (has_content || self.entry.declaration.kind == OperationKind::Flow)
    }

    /// Whether it may ask a person or an object of the program.
    pub(crate) fn asks_person(&self) -> bool {
        self.asks_object() || self.entry.declaration.asks.contains(&Ask::Person)
    }

    /// Whether it may ask an object of the program: then it does not start without such an object.
    pub(crate) fn asks_object(&self) -> bool {
        self.entry.declaration.asks_object().is_some()
    }

    /// Whether it may ask for signatures, and the field of the request that names their key.
    pub(crate) fn asks_signature(&self) -> Option<Option<&'static str>> {
        self.entry.declaration.asks.iter().find_map(|ask| match ask {
            Ask::Signature { of } => Some(*of),
            Ask::Person | Ask::Object { .. } => None,
        })
    }
}

impl Model {
    /// Reads the catalogue. Fails on a declaration that a typed interface cannot express.
    pub(crate) fn load() -> Result<Self, String> {
        let protocols = bankchannel::protocols::PROTOCOLS.iter().copied().map(ProtocolModel::load);
        let protocols: Vec<_> = protocols.collect::<Result<_, String>>()?;
        let known: usize = protocols.iter().map(|protocol| protocol.operations.len()).sum();
        if known != bankchannel::catalogue().count() {
            return Err("the catalogue has operations of a protocol that nothing is generated for".into());
        }
        let common_orders = common_orders()?;
        let common_types = OrderTypes::of(&common_orders, None)?;
        same_where_named_the_same(&protocols, &common_types)?;
        Ok(Self { protocols, common_orders, common_types, errors: bankchannel::error_table().collect() })
    }
}

impl ProtocolModel {
    fn load(protocol: &'static bankchannel::protocols::Protocol) -> Result<Self, String> {
        let name = protocol.name;
        let settings = protocol.client.as_ref().map(|kind| fields_of(protocol.class, kind.settings)).transpose()?;
        let set = settings.map_or(&[][..], |settings| settings.fields);
        let counterparts = COUNTERPARTS.iter().filter(|counterpart| counterpart.protocol == name);
        let served = counterparts.map(|counterpart| Served::new(counterpart, set));
        let mut served: Vec<_> = served.collect::<Result<_, String>>()?;
        let mut types = Types { but_modules: settings.is_some(), ..Types::default() };
        let mut operations = Vec::new();
        for entry in bankchannel::catalogue().filter(|entry| entry.declaration.protocol == name) {
            let operation = operation(entry)?;
            types.add(entry.request)?;
            types.add(entry.response)?;
            operations.push(operation);
        }
        for field in set.iter().chain(served.iter().flat_map(|served| served.options.fields)) {
            types.add(field.shape)?;
        }
        let known = types.all.len();
        let mut with_questions = Types { all: types.all.clone(), ..types };
        for question in protocol.interfaces.iter().flat_map(|interface| interface.questions) {
            with_questions.add(question.request)?;
            with_questions.add(question.answer)?;
        }
        let of_questions = with_questions.all.split_off(known);
        let mut model = Self {
            name,
            module: protocol.module,
            what: protocol.what,
            class: protocol.class,
            settings,
            served: Vec::new(),
            client: protocol.client.as_ref(),
            commands: protocol.commands,
            operations,
            types: with_questions.all,
            interfaces: protocol.interfaces,
            of_questions,
        };
        for served in &mut served {
            served.order_types = OrderTypes::of(&served.orders, Some(&model))?;
        }
        model.served = served;
        Ok(model)
    }

    /// The types that it uses from modules, by module.
    pub(crate) fn taken_from_modules(&self) -> BTreeMap<&'static str, Vec<&'static str>> {
        let mut taken: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        if self.is_module() {
            return taken;
        }
        let own = self.types.iter().flat_map(|named| match named {
            Named::Struct(shape) => shape.fields.iter().map(|field| field.shape).collect(),
            Named::Union(shape) => shape.variants.iter().filter_map(|variant| variant.shape).collect(),
            Named::Enum(_) => Vec::new(),
        });
        let set = self.setting_fields().iter().chain(self.options()).map(|field| field.shape);
        for shape in own.chain(set).chain(self.operations.iter().map(|operation| operation.response.shape)) {
            let mut shape = shape;
            while let Shape::List(of) | Shape::Map(of) = shape {
                shape = of;
            }
            if let (Some(module), Some(name)) = (home(shape), shape.name()) {
                let names = taken.entry(module.module).or_default();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        taken
    }

    /// Whether its clients have `iter_new_files`, which is written by hand in each language: it combines `list_files` and
    /// `download_new_files` of a channel to several banks, where each call names one.
    pub(crate) fn iterates_new_files(&self) -> bool {
        let names_bank = |name: &str| {
            let found = self.operations.iter().find(|operation| operation.name == name);
            found.is_some_and(|of| of.entry.request.fields().iter().any(|field| field.name == "bank"))
        };
        names_bank("list_files") && names_bank("download_new_files")
    }

    /// The object of its functions in Node.
    pub(crate) fn node_object(&self) -> String {
        crate::names::camel(self.module)
    }

    /// Whether it has functions only, without a client.
    pub(crate) fn is_module(&self) -> bool {
        self.settings.is_none()
    }

    /// The fields of its client's settings.
    pub(crate) fn setting_fields(&self) -> &'static [Field] {
        self.settings.map_or(&[], |settings| settings.fields)
    }

    /// The classes of its client and of its embedded servers.
    pub(crate) fn classes(&self) -> Vec<&'static str> {
        let client = (!self.is_module()).then_some(self.class);
        client.into_iter().chain(self.served.iter().map(|served| served.class)).collect()
    }

    /// The prefix of the environment variables: `ISECURE_`.
    pub(crate) fn variable_prefix(&self) -> &'static str {
        self.client.map_or("", |client| client.variable_prefix)
    }

    /// The variable of its address.
    pub(crate) fn address_variable(&self) -> String {
        let fields = self.settings.map_or(&[][..], |settings| settings.fields);
        let setting = fields.iter().map(|field| field.name).find(|name| name.ends_with("_url")).unwrap_or("base_url");
        format!("{}{}", self.variable_prefix(), setting.to_ascii_uppercase())
    }

    /// The fields of the options of its embedded servers.
    pub(crate) fn options(&self) -> impl Iterator<Item = &'static Field> + use<'_> {
        self.served.iter().flat_map(|served| served.options.fields)
    }

    /// Whether one of its calls may ask for a code, or for a signature by an external key.
    pub(crate) fn asks(&self) -> bool {
        self.operations.iter().any(OperationModel::asks)
    }

    /// Whether a type of this name is the request of a question to the program's object.
    pub(crate) fn is_question(&self, name: &str) -> bool {
        let mut questions = self.interfaces.iter().flat_map(|interface| interface.questions);
        questions.any(|question| question.request.name() == Some(name))
    }

    /// The types that only questions have, except those that are only alternatives of a union.
    pub(crate) fn types_of_questions(&self) -> impl Iterator<Item = &Named> {
        let stands = |name: &str| {
            let mut questions = self.interfaces.iter().flat_map(|interface| interface.questions);
            let asked =
                questions.any(|question| question.request.name() == Some(name) || question.answer.name() == Some(name));
            let held = self.of_questions.iter().any(|named| match named {
                Named::Struct(shape) => shape.fields.iter().any(|field| holds(field.shape, name)),
                _ => false,
            });
            let alternative = self.of_questions.iter().any(|named| match named {
                Named::Union(shape) => {
                    shape.variants.iter().filter_map(|variant| variant.shape).any(|of| of.name() == Some(name))
                }
                _ => false,
            });
            asked || held || !alternative
        };
        self.of_questions.iter().filter(move |named| stands(named.name()))
    }

    /// Whether a type of this name is used only as an alternative of a union: then the union's own class has its
    /// fields.
    pub(crate) fn is_alternative(&self, name: &str) -> bool {
        let names = |shape: &'static Shape| {
            let mut shape = shape;
            while let Shape::List(of) | Shape::Map(of) = shape {
                shape = of;
            }
            shape.name() == Some(name)
        };
        let answered = self.operations.iter().any(|operation| names(operation.response.shape));
        let held = self.types.iter().any(|named| match named {
            Named::Struct(shape) => shape.fields.iter().any(|field| names(field.shape)),
            _ => false,
        });
        let mut given = self.setting_fields().iter().chain(self.options());
        !answered && !held && !given.any(|field| names(field.shape))
    }

    /// Whether a type of this name occurs only as input, in requests and settings.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        !self.operations.iter().any(|operation| holds(operation.response.shape, name))
    }

    /// Whether a type of this name occurs as input, in a request or in settings.
    pub(crate) fn is_taken(&self, name: &str) -> bool {
        let asked = self.operations.iter().any(|operation| holds(operation.entry.request, name));
        let fields = self.settings.iter().flat_map(|settings| settings.fields);
        asked || fields.into_iter().any(|field| holds(field.shape, name))
    }

    /// Whether a type of this name is a request: its fields become a method's parameters.
    pub(crate) fn is_request(&self, name: &str) -> bool {
        self.operations.iter().any(|operation| operation.request.name == name)
    }
}

/// Whether a value contains a type of this name.
fn holds(shape: &Shape, name: &str) -> bool {
    shape.name() == Some(name)
        || match shape {
            Shape::List(of) | Shape::Map(of) => holds(of, name),
            Shape::Struct(shape) => shape.fields.iter().any(|field| holds(field.shape, name)),
            Shape::Union(shape) => shape.variants.iter().filter_map(|variant| variant.shape).any(|of| holds(of, name)),
            _ => false,
        }
}

fn operation(entry: &'static CatalogueEntry) -> Result<OperationModel, String> {
    let name = entry.declaration.name;
    let request = fields_of(name, entry.request)?;
    // Orders have no options.
    let is_reserved = |field: &&Field| entry.declaration.hosted.is_none() && RESERVED.contains(&field.name);
    if let Some(field) = request.fields.iter().find(is_reserved) {
        return Err(format!(
            "{name}: a request cannot have a field `{}`: typed methods have an option of that name",
            field.name
        ));
    }
    let response = match entry.response {
        Shape::Struct(_) | Shape::Union(_) => {
            ResponseModel { name: entry.response.name().unwrap_or_default(), shape: entry.response }
        }
        _ => return Err(format!("{name}: a response must be a struct or a union")),
    };
    for shape in [entry.request, entry.response] {
        let fields = shape.fields();
        if fields.iter().filter(|field| matches!(field.shape, Shape::Content)).count() > 1 {
            return Err(format!("{name}: there is more than one content"));
        }
        if matches!(shape, Shape::Union(_)) && holds_content(shape)
            || fields.iter().any(|field| holds_content(field.shape))
        {
            return Err(format!("{name}: content below the first level"));
        }
    }
    Ok(OperationModel {
        entry,
        name: entry.short_name(),
        request,
        response,
        request_content: entry.request.content_field(),
        response_content: entry.response.content_field(),
    })
}

fn fields_of(what: &str, shape: &'static Shape) -> Result<&'static StructShape, String> {
    match shape {
        Shape::Struct(shape) => Ok(shape),
        _ => Err(format!("{what}: a request, response or set of options must be a struct")),
    }
}

fn holds_content(shape: &Shape) -> bool {
    match shape {
        Shape::List(of) | Shape::Map(of) => matches!(of, Shape::Content) || holds_content(of),
        Shape::Struct(shape) => {
            shape.fields.iter().any(|field| matches!(field.shape, Shape::Content) || holds_content(field.shape))
        }
        Shape::Union(shape) => shape.variants.iter().filter_map(|variant| variant.shape).any(holds_content),
        _ => false,
    }
}

/// Whether a value is a secret, or contains one.
pub(crate) fn holds_secrets(shape: &Shape) -> bool {
    match shape {
        Shape::Secret(_) => true,
        Shape::List(of) | Shape::Map(of) => holds_secrets(of),
        _ => false,
    }
}
