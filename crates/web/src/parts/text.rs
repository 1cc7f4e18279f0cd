use askama::Template;

use super::{Cell, embeds};

/// Short text in monospace, for codes and names of machines.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(source = r#"<code class="code">{{ self.0 }}</code>"#, ext = "html")]
pub struct Code(pub String);

/// A long hash: its first sixteen and last four characters in fours, the whole of it on paper, when copied or read out.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<code class="hash" title="{{ whole }}"><span class="hash-short" aria-hidden="true">{{ short }}</span><span class="hash-whole">{{ whole }}</span></code>"#,
    ext = "html"
)]
pub struct Hash {
    whole: String,
    short: String,
}

impl Hash {
    /// A hash in hex or base64.
    pub fn new(whole: impl Into<String>) -> Self {
        let whole = whole.into();
        let chars: Vec<char> = whole.chars().collect();
        let fours = |part: &[char]| part.chunks(4).map(String::from_iter).collect::<Vec<_>>().join(" ");
        let short = match (chars.get(..16), chars.len().checked_sub(4).and_then(|from| chars.get(from..))) {
            (Some(head), Some(tail)) if chars.len() > 24 => format!("{} … {}", fours(head), fours(tail)),
            _ => fours(&chars),
        };
        Self { whole, short }
    }
}

/// Labels and what they stand for.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<dl class="facts">{% for (label, cell) in facts %}<div><dt>{{ label }}</dt><dd>{{ cell }}</dd></div>{% endfor %}</dl>"#,
    ext = "html"
)]
pub struct Facts {
    /// Label and value, in order.
    pub facts: Vec<(String, Cell)>,
}

impl Facts {
    /// Facts from pairs.
    pub fn new(pairs: Vec<(&str, Cell)>) -> Self {
        Self { facts: pairs.into_iter().map(|(label, cell)| (label.to_owned(), cell)).collect() }
    }
}

/// A few large numbers with what they count.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<dl class="figures">{% for (number, words) in figures %}<div><dt>{{ words }}</dt><dd>{{ number }}</dd></div>{% endfor %}</dl>"#,
    ext = "html"
)]
pub struct Figures {
    /// Number and what it counts.
    pub figures: Vec<(String, String)>,
}

impl Figures {
    /// Figures from pairs, with thousands set apart.
    pub fn new(pairs: &[(u64, &str)]) -> Self {
        Self { figures: pairs.iter().map(|(number, words)| (in_thousands(*number), (*words).to_owned())).collect() }
    }
}

fn in_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, as shown.
    pub when: String,
    /// What, in a sentence.
    pub words: String,
    /// Who and how, smaller.
    pub detail: String,
    /// Where to see more.
    pub href: Option<String>,
}

/// Things that happened, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Template)]
#[template(
    source = r#"<ol class="entries">{% for entry in entries %}<li><p class="entry-when">{{ entry.when }}</p><div><p>{% if let Some(href) = entry.href %}<a href="{{ href }}">{{ entry.words }}</a>{% else %}{{ entry.words }}{% endif %}</p>{% if !entry.detail.is_empty() %}<p class="small">{{ entry.detail }}</p>{% endif %}</div></li>{% endfor %}</ol>"#,
    ext = "html"
)]
pub struct Entries {
    /// The things, in order.
    pub entries: Vec<Entry>,
}

embeds!(Code, Hash, Facts, Figures, Entries);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_shown_in_fours_and_kept_whole() {
        let whole = "b7f091ce44aa0d1e00112233445566778899aabbccddeeff001122334455 9c2b".replace(' ', "");
        let html = Hash::new(whole.clone()).to_string();
        assert!(html.contains("b7f0 91ce 44aa 0d1e … 9c2b"));
        assert!(html.contains(&whole));
    }

    #[test]
    fn thousands_are_set_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1946, "1,946"), (184_203, "184,203"), (1_000_000, "1,000,000")]
        {
            assert_eq!(in_thousands(number), text);
        }
    }
}
