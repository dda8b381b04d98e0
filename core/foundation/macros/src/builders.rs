//! A struct's builder: one method for each field, over the boundary form.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{DeriveInput, Field, GenericArgument, Ident, PathArguments, Type, Visibility};

use crate::cited::cited;

/// Collects the builder's methods while the struct's fields are visited.
pub(crate) struct BuilderMethods<'a> {
    of: &'a Ident,
    name: Ident,
    visibility: &'a Visibility,
    methods: Vec<TokenStream>,
}

impl<'a> BuilderMethods<'a> {
    pub(crate) fn new(input: &'a DeriveInput) -> Self {
        let name = format_ident!("{}Builder", input.ident);
        Self { of: &input.ident, name, visibility: &input.vis, methods: Vec::new() }
    }

    /// A field with its own name.
    pub(crate) fn field(&mut self, field: &Field, index: usize, doc: &str) {
        let (of, name, ty) = (self.of, &field.ident, inner(&field.ty));
        let doc = cited(doc).text.into_owned();
        self.methods.push(quote! {
            #[doc = #doc]
            #[must_use]
            pub fn #name(mut self, value: impl ::bankchannel_foundation::model::IntoField<#ty>) -> Self {
                self.0.set::<#ty>(&#of::OWN_FIELDS[#index], value);
                self
            }
        });
    }

    /// A group: a field whose own fields are flattened into the struct. The macro that the group's type has beside it
    /// makes a method for each of them.
    pub(crate) fn group(&mut self, field: &Field) {
        let (name, ty) = (&field.ident, &field.ty);
        self.methods.push(quote! {
            #ty! { #ty }

            /// Sets the fields of this group, which are flattened into this object on the boundary.
            #[must_use]
            pub fn #name(mut self, group: impl ::bankchannel_foundation::model::IntoField<#ty>) -> Self {
                self.0.set_group::<#ty>(group);
                self
            }
        });
    }

    pub(crate) fn finish(self) -> TokenStream {
        let Self { of, name, visibility, methods } = self;
        let model = quote! { ::bankchannel_foundation::model };
        let of_builder =
            format!("Makes a [`{of}`] field by field; what is left out may come from a client's settings.");
        quote! {
            #[doc = #of_builder]
            #[derive(Debug, Clone, Default)]
            #[must_use = "a builder does nothing until it is given to a call or built"]
            #visibility struct #name(#model::Draft);

            #[allow(dead_code)]
            impl #of {
                /// A builder, with nothing set.
                pub fn builder() -> #name {
                    #name::default()
                }
            }

            #[allow(dead_code)]
            impl #name {
                #(#methods)*

                /// Checks the fields and builds the value, without a client's settings.
                ///
                /// # Errors
                /// `input.*`, each naming its field.
                pub fn build(self) -> ::core::result::Result<#of, ::bankchannel_foundation::Error> {
                    self.0.read()
                }
            }

            impl #model::IntoRequest<#of> for #name {
                fn into_request(
                    self,
                    complete: impl ::core::ops::FnOnce(
                        #model::Value<'static>,
                        ::core::option::Option<#model::Content>,
                    ) -> ::core::result::Result<#of, ::bankchannel_foundation::Error>,
                ) -> ::core::result::Result<#of, ::bankchannel_foundation::Error> {
                    #model::IntoRequest::into_request(self.0, complete)
                }
            }

            impl #model::IntoField<#of> for #name {
                fn into_field(self, writer: &mut #model::Writer) -> #model::Value<'static> {
                    self.0.into_field(writer)
                }
            }

            ::bankchannel_foundation::field_of_itself!(#of);
        }
    }
}

/// The type of the field's value when it is set.
pub(crate) fn inner(ty: &Type) -> &Type {
    let Type::Path(path) = ty else { return ty };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Option") else { return ty };
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return ty };
    match arguments.args.first() {
        Some(GenericArgument::Type(inner)) => inner,
        _ => ty,
    }
}
