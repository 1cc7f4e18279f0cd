//! How names are compared everywhere: without case, accents and apostrophes, word by word.

/// Lower-case letters that decompose to a base letter and marks (Unicode Character Database, NFKD), and
/// those that people write as one or two plain letters.
const LETTERS: &[(&str, &str)] = &[
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ("ae", "æǣǽ"),
    ("b", "ḃḅḇƀɓ"),
    ("c", "çćĉċčḉƈ"),
    ("d", "ďḋḍḏḑḓđðɖɗ"),
    ("dz", "ǆǳ"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệəɛ"),
    ("f", "ḟƒ"),
    ("g", "ĝğġģǧǵḡǥɠ"),
    ("h", "ĥȟḣḥḧḩḫẖħ"),
    ("i", "ìíîïĩīĭįǐȉȋḭḯỉịı"),
    ("ij", "ĳ"),
    ("j", "ĵǰ"),
    ("k", "ķǩḱḳḵƙ"),
    ("l", "ĺļľḷḹḻḽłŀ"),
    ("lj", "ǉ"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňǹṅṇṉṋŉŋɲ"),
    ("nj", "ǌ"),
    ("o", "òóôõöōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợøǿɔ"),
    ("oe", "œ"),
    ("p", "ṕṗ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšſșṡṣṥṧṩẛ"),
    ("ss", "ß"),
    ("t", "ţťțṫṭṯṱẗŧ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷȳẏẙỳỵỷỹƴ"),
    ("z", "źżžẑẓẕƶ"),
];

/// The text in lower case, without accents; apostrophes are gone and other punctuation is one space.
/// Folding twice gives the same.
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            '\u{300}'..='\u{36f}' | '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '\u{2bb}' | '`' | '\u{b4}' => {}
            c if c.is_ascii() => space(&mut out),
            c => match LETTERS.iter().find(|(_, accented)| accented.contains(c)) {
                Some((plain, _)) => out.push_str(plain),
                None if c.is_alphanumeric() => out.push(c),
                None => space(&mut out),
            },
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn space(out: &mut String) {
    if !out.is_empty() && !out.ends_with(' ') {
        out.push(' ');
    }
}

/// The folded words of a name. What stands on either side of an apostrophe counts as a word too, so
/// `O'Brien` has `obrien`, `o` and `brien`.
pub fn words(text: &str) -> Vec<String> {
    let apart = text.replace(['\'', '\u{2019}', '\u{2018}', '\u{2bc}', '\u{2bb}', '`', '\u{b4}'], " ");
    let mut words: Vec<String> = fold(text).split(' ').map(str::to_owned).collect();
    if apart != text {
        words.extend(fold(&apart).split(' ').map(str::to_owned));
    }
    words.retain(|word| !word.is_empty());
    words.sort_unstable();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_without_case_accents_and_apostrophes() {
        assert_eq!(fold("Ó Súilleabháin"), "o suilleabhain");
        assert_eq!(fold("O'BRIEN-Łukasz"), "obrien lukasz");
        assert_eq!(fold("e\u{301}Ærø"), "eaero");
        assert_eq!(fold("李 小龍"), "李 小龍");
        assert_eq!(words("O’Brien"), ["brien", "o", "obrien"]);
        assert_eq!(words("  van der  Berg "), ["berg", "der", "van"]);
        assert_eq!(fold("İstanbul"), "istanbul");
    }
}
