//! Texts with a format: structs of one `String` or `Secret` whose values are always valid.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{DeriveInput, Expr, FieldsUnnamed, Type};

use crate::{
    attributes::{BoundaryAttributes, doc},
    in_static,
};

pub(crate) fn expand(
    input: &DeriveInput,
    fields: &FieldsUnnamed,
    attributes: &BoundaryAttributes,
) -> syn::Result<TokenStream> {
    let ident = &input.ident;
    let wrong = |why: &str| syn::Error::new_spanned(ident, why);
    let inner = match fields.unnamed.iter().collect::<Vec<_>>().as_slice() {
        [one] if attributes.text => one.ty.clone(),
        _ => {
            return Err(wrong(
                "a boundary struct has named fields, or is a `#[boundary(text)]` of one String or Secret",
            ));
        }
    };
    let BoundaryAttributes { max_bytes: Some(max_bytes), example: Some(example), check: Some(check), .. } = attributes
    else {
        return Err(wrong("a text needs `max_bytes`, `example` and `check`"));
    };
    let (format, pattern) = (attributes.format.as_deref().unwrap_or(""), attributes.pattern.as_deref().unwrap_or(""));
    let (name, type_doc) = (ident.to_string(), doc(&input.attrs, ident)?);
    let model = quote! { ::bankchannel_foundation::model };
    let is_secret = matches!(&inner, Type::Path(path) if path.path.is_ident("Secret"));
    let parts = if is_secret { secret(ident) } else { plain(ident, attributes.personal) };
    let TextParts { kind, make, methods, impls, read, write } = parts;
    let constructors = constructors(&name, max_bytes, check, &make);
    let shape = quote! {
        #model::Shape::#kind(#model::TextShape {
            name: #name,
            doc: #type_doc,
            format: #format,
            pattern: #pattern,
            max_bytes: #max_bytes,
            example: #example,
        })
    };
    let shape = in_static(&quote! { #model::Shape }, &shape);
    Ok(quote! {
        impl #ident {
            #constructors
            #methods
        }

        #impls
        ::bankchannel_foundation::text_field!(#ident);

        impl #model::Boundary for #ident {
            const SHAPE: &'static #model::Shape = #shape;
            fn read(
                value: #model::Value<'_>,
                reader: &mut #model::Reader<'_>,
            ) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                #read
            }
            fn write(self, writer: &mut #model::Writer) -> #model::Value<'static> {
                #write
            }
        }
    })
}

fn constructors(name: &str, max_bytes: &Expr, check: &Expr, make: &TokenStream) -> TokenStream {
    quote! {
        /// Checks a text and makes a value of it.
        ///
        /// # Errors
        /// `input.invalid_field` if the text does not have this format. The text itself is not shown.
        pub fn new(text: &str) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
            Self::parse(text).map_err(|why| ::bankchannel_foundation::Error::invalid_field(#name, why))
        }

        /// Checks a text and makes a value of it; the error describes the required format.
        ///
        /// # Errors
        /// A phrase that follows the field's name: "must be …".
        pub fn parse(text: &str) -> ::core::result::Result<Self, &'static str> {
            const CHECK: ::bankchannel_foundation::model::TextCheck = #check;
            if text.len() > #max_bytes {
                return Err("is too long");
            }
            CHECK(text).map(|kept| kept.into_owned()).map(#make)
        }
    }
}

/// What differs between a text and a secret text.
struct TextParts {
    /// The variant of the shape.
    kind: TokenStream,
    /// Makes the value of a checked text.
    make: TokenStream,
    methods: TokenStream,
    /// Other traits.
    impls: TokenStream,
    read: TokenStream,
    write: TokenStream,
}

/// A text; that of a person is not shown.
fn plain(ident: &syn::Ident, is_personal: bool) -> TextParts {
    let hidden = format!("{ident}([redacted])");
    let impls = if is_personal {
        quote! {
            impl ::core::fmt::Debug for #ident {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(#hidden)
                }
            }
        }
    } else {
        quote! {
            impl ::core::fmt::Display for #ident {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    f.write_str(&self.0)
                }
            }

            impl ::core::str::FromStr for #ident {
                type Err = ::bankchannel_foundation::Error;
                fn from_str(text: &str) -> ::core::result::Result<Self, ::bankchannel_foundation::Error> {
                    Self::new(text)
                }
            }
        }
    };
    TextParts {
        kind: quote! { Text },
        make: quote! { Self },
        methods: quote! {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        },
        impls,
        read: quote! {
            let text = reader.text(value)?;
            Self::parse(&text).map_err(|why| reader.invalid(why))
        },
        write: quote! {
            let _ = writer;
            self.0.into()
        },
    }
}

/// A secret text: never shown, wiped when dropped, and on the boundary also readable from a file or an environment
/// variable.
fn secret(ident: &syn::Ident) -> TextParts {
    TextParts {
        kind: quote! { Secret },
        make: quote! { |text| Self(::bankchannel_foundation::Secret::new(text)) },
        methods: quote! {
            /// The secret itself.
            #[must_use]
            pub fn expose(&self) -> &str {
                self.0.expose()
            }
        },
        impls: quote! { impl ::bankchannel_foundation::model::SecretField for #ident {} },
        read: quote! {
            let secret = <::bankchannel_foundation::Secret as ::bankchannel_foundation::model::Boundary>::read(value, reader)?;
            Self::parse(secret.expose()).map_err(|why| reader.invalid(why))
        },
        write: quote! { ::bankchannel_foundation::model::shown_secret(&self.0, writer) },
    }
}
