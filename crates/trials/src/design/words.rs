//! Text: from dirty protocol prose to what each format can hold.

/// Plain words of a text that may hold HTML: tags gone, entities resolved, white space single.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let tag = after.chars().nth(1).is_some_and(|c| c.is_ascii_alphabetic() || c == '/' || c == '!');
        match after.find('>').filter(|_| tag) {
            Some(end) => {
                out.push(' ');
                rest = after.get(end + 1..).unwrap_or("");
            }
            None => {
                out.push('<');
                rest = after.get(1..).unwrap_or("");
            }
        }
    }
    out.push_str(rest);
    for (entity, letter) in
        [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
    {
        if out.contains(entity) {
            out = out.replace(entity, letter);
        }
    }
    squeeze(&out)
}

/// Control characters and runs of white space become one space.
pub(crate) fn squeeze(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let blank = letter.is_whitespace() || letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}');
        if !blank {
            out.push(letter);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Printable ASCII, as transport files and code values need it.
pub(crate) fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let plain = match letter {
            ' '..='~' => {
                out.push(letter);
                continue;
            }
            '\u{2264}' => "<=",
            '\u{2265}' => ">=",
            '\u{2260}' => "<>",
            '\u{b1}' => "+/-",
            '\u{d7}' => "x",
            '\u{f7}' => "/",
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{2032}' => "'",
            '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2033}' => "\"",
            '\u{2010}'..='\u{2015}' | '\u{2212}' => "-",
            '\u{2026}' => "...",
            '\u{2022}' | '\u{b7}' => "*",
            '\u{b5}' | '\u{3bc}' => "u",
            '\u{b0}' => " deg",
            '\u{b2}' => "2",
            '\u{b3}' => "3",
            '\u{ae}' | '\u{2122}' | '\u{a9}' => "",
            '\u{3b1}' => "alpha",
            '\u{3b2}' => "beta",
            '\u{3b3}' => "gamma",
            '\u{394}' | '\u{3b4}' => "delta",
            '\u{e0}'..='\u{e5}' => "a",
            '\u{c0}'..='\u{c5}' => "A",
            '\u{e7}' => "c",
            '\u{e8}'..='\u{eb}' => "e",
            '\u{c8}'..='\u{cb}' => "E",
            '\u{ec}'..='\u{ef}' => "i",
            '\u{f1}' => "n",
            '\u{f2}'..='\u{f6}' | '\u{f8}' => "o",
            '\u{d2}'..='\u{d6}' | '\u{d8}' => "O",
            '\u{f9}'..='\u{fc}' => "u",
            '\u{d9}'..='\u{dc}' => "U",
            '\u{df}' => "ss",
            letter if letter.is_whitespace() => " ",
            letter if letter.is_control() => "",
            _ => "?",
        };
        out.push_str(plain);
    }
    squeeze(&out)
}

/// At most `bytes` bytes, cut at a word where one ends in the last third; what is left over comes second.
pub(crate) fn cut(text: &str, bytes: usize) -> (&str, &str) {
    if text.len() <= bytes {
        return (text, "");
    }
    let mut end = bytes;
    while end > 0 && !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end).unwrap_or("");
    let end = head.rfind(' ').filter(|at| at * 3 > end * 2).unwrap_or(end);
    (text.get(..end).unwrap_or("").trim_end(), text.get(end..).unwrap_or("").trim_start())
}

/// Lower case letters and digits, single spaces: what two labels have in common when people mean the same.
pub(crate) fn key(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_alphanumeric() {
            out.extend(letter.to_lowercase());
        } else if letter != '\'' && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// A short code of at most `max` characters: upper case letters, digits and underscores, beginning with a letter.
pub(crate) fn short_code(text: &str, max: usize) -> String {
    let upper: String =
        ascii(text).to_uppercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<&str> = upper.split_whitespace().collect();
    let joined = words.concat();
    let code = if joined.len() <= max {
        joined
    } else {
        // Initials of the words, then as much of the last as fits.
        let share = (max / words.len().max(1)).max(1);
        words.iter().flat_map(|word| word.chars().take(share)).take(max).collect()
    };
    if code.starts_with(|c: char| c.is_ascii_alphabetic()) {
        code
    } else {
        format!("X{code}").chars().take(max).collect()
    }
}

/// Upper and lower case made fit for an identifier in a file: letters, digits, dots and hyphens.
pub(crate) fn oid(text: &str) -> String {
    let made: String =
        ascii(text).chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' }).collect();
    if made.is_empty() { "_".to_owned() } else { made }
}

/// A number as people write it: no trailing zeros.
pub(crate) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 { format!("{}", value as i64) } else { format!("{value}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_becomes_words() {
        assert_eq!(
            plain("<p>At least&nbsp;<b>50</b> years; HbA1c < 8 &amp; stable</p>"),
            "At least 50 years; HbA1c < 8 & stable"
        );
    }

    #[test]
    fn a_cut_falls_between_words() {
        assert_eq!(cut("alpha beta gamma", 12), ("alpha beta", "gamma"));
        assert_eq!(cut("é", 1), ("", "é"));
    }

    #[test]
    fn codes_are_short_and_begin_with_a_letter() {
        assert_eq!(short_code("GLUC_LY900018", 8), "GLUCLY90");
        assert_eq!(short_code("15mg-30mg", 8), "X15MG30M");
        assert_eq!(short_code("High - Start", 8), "HIGHSTAR");
    }
}
