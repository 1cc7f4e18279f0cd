//! From a declaration to the implementation of `model::Kind`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Fields};

use crate::attribute::{self, KindAttribute, Subject};
use crate::field::{self, Field, Search};
use crate::{Mistakes, foreign};

/// The implementation, or every mistake in the declaration.
pub fn kind(input: &DeriveInput) -> syn::Result<TokenStream> {
    let mut mistakes = Mistakes::default();
    let declared = declared_fields(input)?;
    foreign::check(&input.attrs, &mut mistakes);
    let fields: Vec<Field> = declared
        .iter()
        .filter_map(|field| {
            foreign::check(&field.attrs, &mut mistakes);
            field::read(field, &mut mistakes)
        })
        .collect();
    let attribute = attribute::read(&input.attrs, &input.ident, &mut mistakes);
    if let Some(attribute) = &attribute {
        // A field with a mistake of its own is not in `fields`, so names are looked up in the struct.
        check_subject(&attribute.subject, declared, &mut mistakes);
        check_end(&attribute.history, &fields, &mut mistakes);
    }
    let attribute = mistakes.finish(attribute)?;
    Ok(implementation(&input.ident, &attribute, &fields))
}

type Declared = syn::punctuated::Punctuated<syn::Field, syn::Token![,]>;

fn declared_fields(input: &DeriveInput) -> syn::Result<&Declared> {
    if let Some(parameter) = input.generics.params.first() {
        return Err(syn::Error::new(parameter.span(), "a kind has one stored shape, so it takes no parameters"));
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(named) => Ok(&named.named),
            _ => Err(syn::Error::new(input.ident.span(), "a kind's fields have names: write `struct Name { … }`")),
        },
        _ => Err(syn::Error::new(input.ident.span(), "a kind is a struct with named fields")),
    }
}

fn check_subject(subject: &Subject, declared: &Declared, mistakes: &mut Mistakes) {
    let Subject::Field(wanted) = subject else { return };
    if !declared.iter().any(|field| field.ident.as_ref() == Some(wanted)) {
        mistakes.at(
            wanted.span(),
            format!("there is no field `{wanted}`: `subject` names the field that holds the person's id"),
        );
    }
}

fn check_end(history: &Ident, fields: &[Field], mistakes: &mut Mistakes) {
    let mut ends = fields.iter().filter_map(|field| field.ends.as_ref());
    match (history == "Ephemeral", ends.next()) {
        (true, None) => mistakes.at(
            history.span(),
            "an ephemeral record ends by itself: mark the field that says when, a `model::Time`, with `#[field(…, ends)]`",
        ),
        (false, Some(end)) => mistakes.at(
            end.span(),
            "only a kind with `history = Ephemeral` ends by itself; others end by their retention",
        ),
        _ => {}
    }
    for second in ends {
        mistakes.at(second.span(), "a record ends once: mark one field with `ends`");
    }
}

fn implementation(ident: &Ident, attribute: &KindAttribute, fields: &[Field]) -> TokenStream {
    let decl = declaration(attribute, fields);
    let subject = subject(&attribute.subject, fields);
    let terms = terms(fields);
    let ends = ends(fields);
    let steps = &attribute.steps;
    quote! {
        #[automatically_derived]
        impl ::model::Kind for #ident {
            const DECL: &'static ::model::KindDecl = &#decl;

            fn subject(&self) -> ::core::option::Option<::model::SubjectId> {
                #subject
            }

            fn terms(&self) -> ::std::vec::Vec<::model::Term> {
                #terms
            }

            #ends

            fn encode(&self) -> ::core::result::Result<::std::vec::Vec<u8>, ::model::DecodeError> {
                ::model::__private::encode(Self::DECL, self)
            }

            fn decode(version: u16, body: &[u8]) -> ::core::result::Result<Self, ::model::DecodeError> {
                const STEPS: &[::model::UpgradeStep] = &[#(#steps),*];
                ::model::__private::decode(Self::DECL, STEPS, version, body)
            }
        }
    }
}

fn declaration(attribute: &KindAttribute, fields: &[Field]) -> TokenStream {
    let KindAttribute { name, version, words, purpose, retention, history, read, create, revise, retire, .. } =
        attribute;
    let subject = match &attribute.subject {
        Subject::Nobody => quote!(Nobody),
        Subject::Itself => quote!(Itself),
        Subject::Field(field) => {
            let field = syn::ext::IdentExt::unraw(field).to_string();
            quote!(Field(#field))
        }
    };
    let fields = fields.iter().map(|field| {
        let Field { name, sensitivity, refers, .. } = field;
        let search = field.search.tokens();
        let unique = field.unique.then(|| quote!(.unique()));
        let refers = refers.as_ref().map(|kind| quote!(.refers(#kind)));
        quote!(::model::FieldDecl::new(#name, ::model::Sensitivity::#sensitivity, #search) #unique #refers)
    });
    quote! {
        ::model::KindDecl {
            name: #name,
            version: #version,
            words: #words,
            form: ::model::Form::Record,
            subject: ::model::SubjectRule::#subject,
            purpose: ::model::Purpose::#purpose,
            retention: ::model::Retention::#retention,
            history: ::model::History::#history,
            acts: ::model::Acts { read: #read, create: #create, revise: #revise, retire: #retire },
            fields: &[#(#fields),*],
        }
    }
}

/// Spans stand on the field's type, so a type that cannot be found or owned is named as such.
fn subject(subject: &Subject, fields: &[Field]) -> TokenStream {
    let Subject::Field(named) = subject else { return quote!(::core::option::Option::None) };
    let mut named = named.clone();
    if let Some(field) = fields.iter().find(|field| *field.ident == named) {
        named.set_span(field.ty.span());
    }
    let value = quote_spanned!(named.span()=> ::model::SubjectValue::person(&self.#named));
    quote!(::core::option::Option::Some(#value))
}

fn terms(fields: &[Field]) -> TokenStream {
    let pushes: Vec<TokenStream> = fields
        .iter()
        .filter(|field| !matches!(field.search, Search::Never))
        .map(|field| {
            let Field { ident, name, ty, .. } = field;
            let search = field.search.tokens();
            quote_spanned!(ty.span()=> ::model::__private::terms(&self.#ident, #name, #search, &mut terms);)
        })
        .collect();
    if pushes.is_empty() {
        return quote!(::std::vec::Vec::new());
    }
    quote! {
        let mut terms = ::std::vec::Vec::new();
        #(#pushes)*
        terms
    }
}

fn ends(fields: &[Field]) -> Option<TokenStream> {
    let field = fields.iter().find(|field| field.ends.is_some())?;
    let ident = field.ident;
    let moment = quote_spanned!(field.ty.span()=> <::model::Time as ::core::clone::Clone>::clone(&self.#ident));
    Some(quote! {
        fn ends(&self) -> ::core::option::Option<::model::Time> {
            ::core::option::Option::Some(#moment)
        }
    })
}
