//! The derive macros of bankchannel: its closed type model, operations and questions, rows of a database.
//!
//! `#[derive(Boundary)]` turns a struct, an enum of names or a tagged union into a
//! `bankchannel_foundation::model::Boundary`: its shape (for JSON Schema and the typed faces), how it is read
//! and how it is written, in both representations. A field whose type is outside the model does not compile.
//! A struct also gets a builder, `Name::builder()`, with a method for each field.
//!
//! | attribute | on | meaning |
//! | --- | --- | --- |
//! | `#[boundary(profile)]` | field | if omitted, it is taken from the client's profile |
//! | `#[boundary(wire = "EncPrivatekey")]` | field | its name on the wire, if that is not its own name in PascalCase |
//! | `#[boundary(same_names)]` | struct | every field has the same name on the wire as on the boundary, unless it sets another |
//! | `#[boundary(own_new)]` | struct | a `#[non_exhaustive]` struct has a `new` of its own, so none that takes its required fields is derived |
//! | `#[boundary(alias = "EncPrivateKey")]` | field | a second name accepted on the wire |
//! | `#[boundary(off_wire)]` | field | never on the wire; the field's documentation says why |
//! | `#[boundary(opens_file)]` | field | it names a file or folder that the reader opens: refused in a message that comes over a connection |
//! | `#[boundary(env = "ISECURE_KEY")]` | field of settings | an environment variable for it, in addition to the one with the client's prefix and the field's name |
//! | `#[boundary(gives = "key")]` | field of settings | what it is one way to give: of all that give the same, only those of one source count |
//! | `#[boundary(default = 30)]` | field | its value if it is left out: a literal, or a list or an object of literals as JSON. What an object leaves out is taken from the default, too |
//! | `#[boundary(example = "https://bank.example")]` | field | an example where there is no default, for pages |
//! | `#[boundary(absent)]` | field | it is not part of the boundary: it has its type's default |
//! | `#[boundary(flatten)]` | field | a struct whose fields are inlined among the others, in both representations |
//! | `#[boundary(flattened)]` | struct | it may be flattened into others: makes the methods that their builders have for its fields |
//! | `#[boundary(open)]` | enum | values from a peer: the last variant, `Other(String)`, takes unknown ones |
//! | `#[boundary("NEW")]` | variant | the value, the same in both representations |
//! | `#[boundary(tag = "state")]` | enum | a tagged union; each variant holds one struct or nothing |
//! | `#[boundary(text, max_bytes = 8, example = "12345678", check = digits)]` | struct of one `String` or `Secret` | a text that is checked when it is made; `format` and `pattern` describe it in JSON Schema; `personal`: never shown |
//! | `#[boundary(value = "private", wire = "PRIVATE")]` | variant | its value on the wire, where that is another |

use proc_macro::TokenStream;
use syn::{Data, DeriveInput, Fields, parse_macro_input};

mod attributes;
mod builders;
// The library has a copy, for the catalogue: a proc-macro crate cannot export functions.
#[allow(unreachable_pub)]
#[path = "../../src/model/cited.rs"]
mod cited;
mod declared;
mod enums;
mod group;
mod operation;
mod question;
mod stored_row;
mod structs;
mod texts;
mod unions;

/// Derives `bankchannel_foundation::model::Boundary`; the crate page lists the attributes.
#[proc_macro_derive(Boundary, attributes(boundary))]
pub fn derive_boundary(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `bankchannel_foundation::operation::Operation`, whose page has an example, and `Exchange` with it.
///
/// The doc comment of the type is the documentation of the operation: the first paragraph is its summary, which ends with
/// a full stop; the others say effects, caveats, source. The module of the type gets the macro `method_doc`, which documents
/// the methods of clients; so a module has one operation.
///
/// | attribute | meaning |
/// | --- | --- |
/// | `#[operation(ListKeysRequest => ListKeysResponse)]` | the types of request and response |
/// | `#[declaration(takes_time: true, ..declare::local("ws_channel.list_keys", "pgp"))]` | the `Declaration`: its members as in a struct literal, most of them from the protocol's own function |
/// | `#[errors(..SESSION_ERRORS, errors::{PGP_KEY_MISSING, PGP_KEY_REFUSED})]` | its specific errors: all rows of a list, or rows by name as in a `use` declaration, in the order of its documentation; those of the base, if it is left out |
/// | `#[route(success: 201, ..declare::session("ListKeys", Method::Get, "/pgp"))]` | the `Route` of an exchange: its members as in a struct literal |
/// | `#[exchange(WsChannelCodec, WsChannelTerms::SESSION)]` | `Exchange`: the codec, and its terms for this exchange. An exchange that overrides a function of the codec leaves it out and implements the trait itself |
#[proc_macro_derive(Operation, attributes(operation, declaration, errors, route, exchange))]
pub fn derive_operation(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    operation::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `bankchannel_foundation::question::TypedQuestion`: the doc comment as that of an operation, and
/// `#[question("bank.list_accounts", ListAccountsQuestion => ListAccountsAnswer)]`, its name and its types.
#[proc_macro_derive(TypedQuestion, attributes(question))]
pub fn derive_typed_question(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    question::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Derives `bankchannel_storage::engine::StoredRow`, in that crate: the columns are the fields, in their order.
///
/// `#[row(alias = "s")]` on the struct stands before the columns; `#[row(sql = "…")]` on a field is what is selected in its
/// place, `#[row(absent)]` says that it is no column: it is `Default` and filled in afterwards. A field that is a row itself, or
/// an `Option` of one (a LEFT JOIN), stands with its own columns.
#[proc_macro_derive(StoredRow, attributes(row))]
pub fn derive_stored_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    stored_row::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// A description as a static, and a reference to it. A reference to a constant is compiled with all that the constant refers
/// to, again in each place: with descriptions of descriptions that took minutes.
fn in_static(ty: &proc_macro2::TokenStream, value: &proc_macro2::TokenStream) -> proc_macro2::TokenStream {
    quote::quote! {
        {
            static DESCRIPTION: #ty = #value;
            &DESCRIPTION
        }
    }
}

fn expand(input: &DeriveInput) -> syn::Result<proc_macro2::TokenStream> {
    if !input.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(&input.generics, "boundary types are not generic"));
    }
    let attributes = attributes::BoundaryAttributes::parse(&input.attrs)?;
    match &input.data {
        Data::Struct(data) => match &data.fields {
            fields @ (Fields::Named(_) | Fields::Unit) => structs::expand(input, fields),
            Fields::Unnamed(fields) => texts::expand(input, fields, &attributes),
        },
        Data::Enum(data) => match &attributes.tag {
            Some(tag) => unions::expand(input, data, tag),
            None => enums::expand(input, data, attributes.open),
        },
        Data::Union(_) => Err(syn::Error::new_spanned(&input.ident, "a boundary type is a struct or an enum")),
    }
}
