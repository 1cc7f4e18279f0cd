//! The derive behind `model`: it reads a kind's declaration beside its fields, refuses what a
//! house must not store, and writes the `model::Kind` implementation.
//!
//! The grammar stands in `model`'s documentation. Nothing is decided twice: values that `model`
//! enumerates (purposes, retention classes, histories) are passed through by name, so a new one
//! needs no change here.

mod attribute;
mod expand;
mod field;
mod foreign;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Declares a struct with named fields as a kind of record. See `model` for the grammar.
#[proc_macro_derive(Kind, attributes(kind, field))]
pub fn derive_kind(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    expand::kind(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Every mistake found in one declaration, so that one build shows them all.
#[derive(Default)]
struct Mistakes(Option<syn::Error>);

impl Mistakes {
    fn add(&mut self, mistake: syn::Error) {
        match &mut self.0 {
            Some(all) => all.combine(mistake),
            none => *none = Some(mistake),
        }
    }

    fn at(&mut self, span: proc_macro2::Span, words: impl std::fmt::Display) {
        self.add(syn::Error::new(span, words));
    }

    /// The value, or the mistake noted and nothing.
    fn note<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|mistake| self.add(mistake)).ok()
    }

    fn finish<T>(self, value: Option<T>) -> syn::Result<T> {
        match (self.0, value) {
            (Some(all), _) => Err(all),
            (None, Some(value)) => Ok(value),
            (None, None) => Err(syn::Error::new(proc_macro2::Span::call_site(), "this is not a declaration of a kind")),
        }
    }
}
