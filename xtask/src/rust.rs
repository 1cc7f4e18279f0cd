//! Just enough reading of Rust to look past comments, strings and tests.

/// What a masked text keeps beside the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: comments and the insides of strings become spaces.
    Code,
    /// Strings stay; comments become spaces.
    CodeAndStrings,
}

/// The text with comments (and strings) blanked, every line and column in its old place.
pub fn mask(text: &str, keep: Keep) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let rest = characters.get(at..).unwrap_or_default();
        let (length, kept) = match piece(rest, masked.chars().next_back()) {
            Piece::Code => (1, true),
            Piece::Comment(length) => (length, false),
            Piece::Text(length) => (length, keep == Keep::CodeAndStrings),
        };
        for character in rest.iter().take(length) {
            masked.push(if kept || *character == '\n' { *character } else { ' ' });
        }
        at += length;
    }
    masked
}

/// What begins here, and how many characters it takes.
enum Piece {
    Code,
    Comment(usize),
    Text(usize),
}

fn piece(rest: &[char], before: Option<char>) -> Piece {
    let inside_name = before.is_some_and(is_name);
    match rest {
        ['/', '/', ..] => Piece::Comment(rest.iter().take_while(|character| **character != '\n').count()),
        ['/', '*', ..] => Piece::Comment(block_comment(rest)),
        ['"', ..] => Piece::Text(string(rest)),
        ['r', '"' | '#', ..] if !inside_name => raw(rest, 1),
        ['b', 'r', '"' | '#', ..] if !inside_name => raw(rest, 2),
        ['\'', '\\', ..] => Piece::Text(escaped_character(rest)),
        ['\'', _, '\'', ..] => Piece::Text(3),
        _ => Piece::Code,
    }
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while at < rest.len() {
        match rest.get(at..) {
            Some(['/', '*', ..]) => (depth, at) = (depth + 1, at + 2),
            Some(['*', '/', ..]) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while let Some(character) = rest.get(at) {
        match character {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn raw(rest: &[char], prefix: usize) -> Piece {
    let hashes = rest.iter().skip(prefix).take_while(|character| **character == '#').count();
    if rest.get(prefix + hashes) != Some(&'"') {
        return Piece::Code; // a raw name such as r#type
    }
    let mut at = prefix + hashes + 1;
    while at < rest.len() {
        let closes =
            rest.get(at) == Some(&'"') && rest.iter().skip(at + 1).take_while(|c| **c == '#').count() >= hashes;
        if closes {
            return Piece::Text(at + 1 + hashes);
        }
        at += 1;
    }
    Piece::Text(rest.len())
}

fn escaped_character(rest: &[char]) -> usize {
    // '\'' and '\u{1F600}': the closing quote is the first one after the escaped character.
    rest.iter().skip(3).position(|character| *character == '\'').map_or(rest.len(), |index| index + 4)
}

fn is_name(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Masked code with every `#[cfg(test)]` item blanked as well.
pub fn without_tests(masked: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::with_capacity(masked.len());
    let mut rest = masked;
    while let Some(start) = rest.find(MARK) {
        let (before, item) = rest.split_at(start);
        let (item, after) = item.split_at(item_length(item));
        kept.push_str(before);
        kept.extend(item.chars().map(|character| if character == '\n' { '\n' } else { ' ' }));
        rest = after;
    }
    kept.push_str(rest);
    kept
}

/// Bytes up to the end of the first braced body, or to the first `;` before any body.
pub fn item_length(item: &str) -> usize {
    let mut depth = 0usize;
    for (index, character) in item.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            ';' if depth == 0 => return index + 1,
            _ => {}
        }
    }
    item.len()
}

/// Where `word` stands in `line` as a whole name: not inside a longer one. Byte offsets.
pub fn whole(line: &str, word: &str) -> Option<usize> {
    line.match_indices(word).map(|(index, _)| index).find(|index| {
        let before = line.get(..*index).and_then(|text| text.chars().next_back());
        let after = line.get(index + word.len()..).and_then(|text| text.chars().next());
        let open_start = !word.starts_with(is_name) || !before.is_some_and(is_name);
        let open_end = !word.ends_with(is_name) || !after.is_some_and(is_name);
        open_start && open_end
    })
}

/// The number of the line, from 1, in which the byte offset lies.
pub fn line_at(text: &str, offset: usize) -> usize {
    text.get(..offset).map_or(0, |before| before.matches('\n').count()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        mask(text, Keep::Code)
    }

    #[test]
    fn comments_and_strings_are_blanked_and_nothing_moves() {
        assert_eq!(code("a // b\nc"), "a     \nc");
        assert_eq!(code("a /* b /* c */ d */ e"), "a                   e");
        assert_eq!(code(r#"x("q\"z"); y"#), "x(      ); y");
        assert_eq!(code("r#\"a\"b\"#;z"), "        ;z");
        assert_eq!(code("br\"a\";z"), "     ;z");
    }

    #[test]
    fn characters_are_not_lifetimes() {
        assert_eq!(code("'\"' + 'a' + '\\'' + '\\u{41}'; f::<'x>(\"y\")"), "    +     +      +         ; f::<'x>(   )");
    }

    #[test]
    fn raw_names_are_code_and_strings_can_stay() {
        assert_eq!(code("r#type"), "r#type");
        assert_eq!(mask("f(\"a\") // b", Keep::CodeAndStrings), "f(\"a\")     ");
    }

    #[test]
    fn test_modules_are_blanked_and_what_follows_stays() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { {} }\n}\nfn c() {}";
        assert_eq!(without_tests(text).replace(' ', ""), "fna(){}\n\n\n\n\nfnc(){}");
        assert_eq!(without_tests("#[cfg(test)]\nmod tests;\nfn c() {}").replace(' ', ""), "\n\nfnc(){}");
    }

    #[test]
    fn a_name_inside_a_longer_name_is_not_found() {
        assert_eq!(whole("my_env::var", "env::var"), None);
        assert_eq!(whole("std::env::var(x)", "env::var"), Some(5));
        assert_eq!(whole("env::var_os(x)", "env::var"), None);
    }
}
