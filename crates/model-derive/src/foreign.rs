//! What serde's own attributes may say on a kind.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, Meta};

use crate::Mistakes;

/// Words that change how a value is written, but neither its name nor whether it is declared.
const HARMLESS: [&str; 8] = [
    "default",
    "deny_unknown_fields",
    "skip_serializing_if",
    "with",
    "serialize_with",
    "deserialize_with",
    "bound",
    "crate",
];

/// Notes every serde word that would make the body differ from its declaration.
///
/// INVARIANT: the body's members are exactly the declared fields, under the declared names.
pub fn check(attributes: &[Attribute], mistakes: &mut Mistakes) {
    for attribute in attributes {
        let Meta::List(list) = &attribute.meta else { continue };
        if !list.path.is_ident("serde") {
            continue;
        }
        for word in words(&list.tokens) {
            if !HARMLESS.iter().any(|harmless| word.to_string() == *harmless) {
                mistakes.at(
                    word.span(),
                    format!("`serde({word})` would make the stored body differ from its declaration: name the field as it is stored, and change past shapes by `upgrade`"),
                );
            }
        }
    }
}

/// The first token of each comma-separated part.
fn words(tokens: &TokenStream) -> Vec<TokenTree> {
    let mut first = true;
    let mut words = Vec::new();
    for token in tokens.clone() {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => first = true,
            TokenTree::Group(group) if group.delimiter() == Delimiter::None && first => {
                words.extend(self::words(&group.stream()));
                first = false;
            }
            _ if first => {
                words.push(token);
                first = false;
            }
            _ => {}
        }
    }
    words
}
