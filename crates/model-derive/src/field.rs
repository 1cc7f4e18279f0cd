//! `#[field(…)]`: what one field is, and how it may be found.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Type};

use crate::Mistakes;
use crate::attribute::dotted;

/// One declared field.
pub struct Field<'a> {
    pub ident: &'a Ident,
    pub ty: &'a Type,
    /// As it stands in the body.
    pub name: String,
    pub sensitivity: Ident,
    pub search: Search,
    pub unique: bool,
    pub refers: Option<LitStr>,
    pub ends: Option<Ident>,
}

/// How it can be found.
#[derive(Default)]
pub enum Search {
    #[default]
    Never,
    /// `Exact`, `Words` or `Ordered`, as written.
    Whole(Ident),
    /// `Bucket(…)`, as written.
    Bucket(Ident, Ident),
}

#[derive(Default)]
struct Draft {
    sensitivity: Option<Ident>,
    search: Option<Search>,
    unique: Option<Ident>,
    refers: Option<LitStr>,
    ends: Option<Ident>,
}

const SENSITIVITIES: [&str; 5] = ["Public", "Internal", "Identifying", "Health", "Secret"];
/// INVARIANT: nothing above these is indexed in order. `model::FieldDecl::new` holds it too.
const ORDERABLE: [&str; 2] = ["Public", "Internal"];

/// Reads one field's declaration; what is wrong goes into `mistakes`.
pub fn read<'a>(field: &'a syn::Field, mistakes: &mut Mistakes) -> Option<Field<'a>> {
    let ident = field.ident.as_ref()?;
    let mut draft = Draft::default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("field")) {
        mistakes.note(attribute.parse_nested_meta(|meta| draft.take(&meta)))?;
    }
    let name = ident.unraw().to_string();
    let Some(sensitivity) = draft.sensitivity else {
        mistakes.at(
            ident.span(),
            format!("`{name}` has no sensitivity: add `#[field(sensitivity = …)]` with {}", one_of(&SENSITIVITIES)),
        );
        return None;
    };
    let search = draft.search.unwrap_or_default();
    let sound = known(&sensitivity, mistakes) & orderable(&sensitivity, &search, mistakes);
    if let (Some(unique), Search::Never) = (&draft.unique, &search) {
        mistakes.at(
            unique.span(),
            format!("`{name}` is unique but cannot be found, so nobody could tell: add `search = Exact`"),
        );
    }
    if let Some(refers) = &draft.refers {
        dotted(refers, "a kind's name", mistakes);
    }
    sound.then_some(Field {
        ident,
        ty: &field.ty,
        name,
        sensitivity,
        search,
        unique: draft.unique.is_some(),
        refers: draft.refers,
        ends: draft.ends,
    })
}

impl Draft {
    fn take(&mut self, meta: &ParseNestedMeta) -> syn::Result<()> {
        let Some(key) = meta.path.get_ident() else { return Err(unknown(meta)) };
        let fresh = match key.to_string().as_str() {
            "sensitivity" => self.sensitivity.replace(meta.value()?.parse()?).is_none(),
            "search" => self.search.replace(meta.value()?.parse()?).is_none(),
            "refers" => self.refers.replace(meta.value()?.parse()?).is_none(),
            "unique" => self.unique.replace(key.clone()).is_none(),
            "ends" => self.ends.replace(key.clone()).is_none(),
            _ => return Err(unknown(meta)),
        };
        if fresh { Ok(()) } else { Err(meta.error("said twice: say it once")) }
    }
}

fn unknown(meta: &ParseNestedMeta) -> syn::Error {
    meta.error("unknown here: `#[field]` takes sensitivity, search, unique, refers, ends")
}

fn known(sensitivity: &Ident, mistakes: &mut Mistakes) -> bool {
    let known = SENSITIVITIES.iter().any(|name| sensitivity == name);
    if !known {
        mistakes.at(
            sensitivity.span(),
            format!("there is no sensitivity `{sensitivity}`: choose {}", one_of(&SENSITIVITIES)),
        );
    }
    known
}

fn orderable(sensitivity: &Ident, search: &Search, mistakes: &mut Mistakes) -> bool {
    let Search::Whole(how) = search else { return true };
    let right = how != "Ordered" || ORDERABLE.iter().any(|name| sensitivity == name);
    if !right {
        mistakes.at(
            how.span(),
            format!("`{sensitivity}` data cannot have an ordered index, which stands in the clear: choose Exact, Words or Bucket(Day)"),
        );
    }
    right
}

fn one_of(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

impl Search {
    /// The value of `model::Search` that it means.
    pub fn tokens(&self) -> TokenStream {
        match self {
            Self::Never => quote!(::model::Search::Never),
            Self::Whole(how) => quote!(::model::Search::#how),
            Self::Bucket(how, finest) => quote!(::model::Search::#how(::model::Bucket::#finest)),
        }
    }
}

impl Parse for Search {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        let how: Ident = input.parse()?;
        match how.to_string().as_str() {
            "Never" => Ok(Self::Never),
            "Exact" | "Words" | "Ordered" => Ok(Self::Whole(how)),
            "Bucket" => {
                let finest;
                syn::parenthesized!(finest in input);
                Ok(Self::Bucket(how, finest.parse()?))
            }
            _ => Err(syn::Error::new(
                how.span(),
                format!("there is no search `{how}`: choose Never, Exact, Words, Bucket(Day) or Ordered"),
            )),
        }
    }
}
