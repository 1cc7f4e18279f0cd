use crate::finding::Finding;
use crate::house::{File, House};
use crate::rust::{self, Keep};

/// Macros that mark unfinished work, tests included.
const MACROS: &[&str] = &["todo!", "unimplemented!", "dbg!"];

/// Words that mark unfinished work, in any text. Split here, so that this file does not find itself.
const WORDS: &[&str] = &[concat!("FIX", "ME"), concat!("TO", "DO"), concat!("XX", "X:")];

/// Beginnings of paths that exist on one machine only.
const PLACES: &[&str] = &[concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Use", "rs/")];

/// Nothing unfinished, no conflict left from a merge, no path of somebody's machine.
pub fn check(house: &House) -> Vec<Finding> {
    house.files.iter().filter(|file| !is_data(file)).flat_map(leftovers).collect()
}

/// Samples that tests read, and tables from elsewhere, are what they are.
fn is_data(file: &File) -> bool {
    file.path.contains("/tests/data/")
        || file.path.contains("/testdata/")
        || file.path.starts_with("standards/")
        || file.path.starts_with("LICENSE")
        || file.path.ends_with(".lock")
        || file.path.ends_with(".svg")
}

fn leftovers(file: &File) -> Vec<Finding> {
    let code = if file.path.ends_with(".rs") { rust::mask(&file.text, Keep::Code) } else { String::new() };
    let mut findings = Vec::new();
    for (index, line) in code.lines().enumerate() {
        for name in MACROS.iter().filter(|name| rust::whole(line, name).is_some()) {
            findings.push(Finding::error(
                "leftover",
                &file.path,
                index + 1,
                format!("{name} is left"),
                "finish it or take it out",
            ));
        }
    }
    for (index, line) in file.text.lines().enumerate() {
        let mut say = |rule, what: String, remedy: &str| {
            findings.push(Finding::error(rule, &file.path, index + 1, what, remedy));
        };
        for word in WORDS.iter().filter(|word| rust::whole(line, word).is_some()) {
            say("leftover", format!("{word} is left"), "do it, or write an issue and take the word out");
        }
        if line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ") {
            say("leftover", "a merge conflict is left".to_owned(), "resolve it");
        }
        for place in PLACES.iter().filter(|place| is_absolute(line, place)) {
            say(
                "machine-path",
                format!("names {place}, a path of one machine"),
                "write it relative to the root, or pass it in",
            );
        }
    }
    findings
}

/// Whether `place` stands in the line as the beginning of a path, not inside a longer path or address.
fn is_absolute(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|character| character.is_alphanumeric() || "./~$}>-_%{".contains(character))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(&'static str, usize)> {
        check(&House::default().with(path, text)).iter().map(|finding| (finding.rule, finding.line)).collect()
    }

    #[test]
    fn unfinished_work_is_found() {
        assert_eq!(found("a.rs", "fn f() {\n  todo!()\n}"), [("leftover", 2)]);
        assert_eq!(found("a.rs", "fn f() { dbg!(1); }"), [("leftover", 1)]);
        assert_eq!(found("a.md", concat!("- FIX", "ME: later")), [("leftover", 1)]);
        assert_eq!(found("a.rs", concat!("// TO", "DO later")), [("leftover", 1)]);
        assert_eq!(found("a.toml", "<<<<<<< ours"), [("leftover", 1)]);
    }

    #[test]
    fn words_about_unfinished_work_are_not_it() {
        assert_eq!(found("a.rs", "// the todo! macro is denied\nlet x = \"dbg!\";"), []);
        assert_eq!(found("a.md", "a Todo list, FIXMEs"), []);
    }

    #[test]
    fn the_paths_of_one_machine_are_found() {
        assert_eq!(found("dev", concat!("cp x /ro", "ot/y")), [("machine-path", 1)]);
        assert_eq!(found("a.rs", concat!("let p = \"/ho", "me/me/x\";")), [("machine-path", 1)]);
        assert_eq!(found("a.md", concat!("https://example.org/ho", "me/x and $X/wo", "rk/y")), []);
    }

    #[test]
    fn data_is_left_alone() {
        assert_eq!(found("crates/shield/tests/data/attacks.txt", concat!("/ro", "ot/.ssh")), []);
    }
}
