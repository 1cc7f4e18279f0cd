//! Searchable values as keyed digests, one rule for each declared [`Search`].

use std::collections::BTreeSet;

use model::{KindDecl, Refusal, RefusalKind, Search, Term, fold, words};
use seal::TenantKeys;

use crate::limits;

/// The longest beginning of a word that has a digest of its own, in characters.
const PREFIX_CHARS_MAX: usize = 12;

/// What a record's terms become: keys in `Space::Term` (without the id that follows) and in `Space::Unique`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    pub terms: Vec<Vec<u8>>,
    pub uniques: Vec<[u8; 16]>,
}

pub(crate) fn digests(keys: &TenantKeys, kind: &'static KindDecl, terms: &[Term]) -> Result<Digests, Refusal> {
    let mut values = BTreeSet::new();
    let mut uniques = BTreeSet::new();
    for term in terms {
        let Some(field) = kind.field(term.field) else { continue };
        match field.search {
            Search::Never => {}
            Search::Exact | Search::Ordered => _ = values.insert((field.name, term.value.clone())),
            Search::Words => each_beginning(&term.value, |part| {
                values.insert((field.name, part.to_owned()));
                values.len() <= limits::TERMS_MAX
            }),
            Search::Bucket(_) => {
                values.extend(buckets(&term.value).iter().map(|part| (field.name, (*part).to_owned())))
            }
        }
        if field.unique {
            uniques.insert((field.name, term.value.as_str()));
        }
        // Before any digest is made, so that a long text costs little.
        if values.len().max(uniques.len()) > limits::TERMS_MAX {
            return Err(too_many());
        }
    }
    let digest = |name: &str, value: &str| keys.term_digest(kind.name, name, value.as_bytes());
    let term = |(name, value): &(&'static str, String)| match kind.field(name).map(|field| field.search) {
        Some(Search::Ordered) => ordered(keys, kind, name, value),
        _ => digest(name, value).to_vec(),
    };
    let mut terms: Vec<Vec<u8>> = values.iter().map(term).collect();
    terms.sort_unstable();
    terms.dedup();
    Ok(Digests { terms, uniques: uniques.iter().map(|(name, value)| digest(name, value)).collect() })
}

fn too_many() -> Refusal {
    let most = limits::TERMS_MAX;
    let words = format!("This record has more than {most} searchable values. Shorten its names or identifiers.");
    Refusal::new(RefusalKind::TooLarge, words)
}

/// Key of an ordered value: a digest of the field, then the value in the clear.
pub(crate) fn ordered(keys: &TenantKeys, kind: &KindDecl, field: &str, value: &str) -> Vec<u8> {
    let mut key = keys.term_digest(kind.name, field, b"").to_vec();
    key.extend(value.as_bytes().iter().take(128));
    key.push(0);
    key
}

/// The prefix of a word as it is looked up.
pub(crate) fn beginning(word: &str) -> String {
    fold(word).chars().filter(|letter| *letter != ' ').take(PREFIX_CHARS_MAX).collect()
}

/// Every beginning of every word, until `more` says that there were enough.
fn each_beginning(text: &str, mut more: impl FnMut(&str) -> bool) {
    for word in words(text) {
        let mut part = String::new();
        for letter in word.chars().take(PREFIX_CHARS_MAX) {
            part.push(letter);
            if !more(&part) {
                return;
            }
        }
    }
}

/// Year, month and day of a date, as far as it says them.
fn buckets(date: &str) -> Vec<&str> {
    [4, 7, 10].into_iter().filter_map(|len| date.get(..len)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_a_bucket_for_each_part_it_says() {
        assert_eq!(buckets("1988-03-04"), ["1988", "1988-03", "1988-03-04"]);
        assert_eq!(buckets("1988"), ["1988"]);
    }
}
